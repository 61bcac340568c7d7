// The Lambda authorizer: a client with the secret can connect, with any name.

exports.handler = (event, context, callback) => {
  const { secret, name = 'somebody' } = event.queryStringParameters;
  if (secret !== process.env.SECRET) return callback('Unauthorized');
  callback(null, {
    principalId: name,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }],
    },
    context: { name },
  });
};
