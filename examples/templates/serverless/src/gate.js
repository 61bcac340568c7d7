// The Lambda authorizer: every user except Mallory can connect.

exports.handler = async (event) => {
  const { name } = event.queryStringParameters;
  const Effect = name === 'mallory' ? 'Deny' : 'Allow';
  const Statement = [{ Action: 'execute-api:Invoke', Effect, Resource: event.methodArn }];
  return { principalId: name, policyDocument: { Version: '2012-10-17', Statement } };
};
