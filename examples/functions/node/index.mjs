// A function in Node: it echoes `say` through @connections, and answers `ask` with a route response.
const url = process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI;

export async function handler({ requestContext, queryStringParameters, body }) {
  const { routeKey, connectionId } = requestContext;
  switch (routeKey) {
    case "$connect":
      return { statusCode: queryStringParameters?.name ? 200 : 403 };
    case "$disconnect":
      console.log(connectionId, "has left");
      break;
    case "say":
      await post(connectionId, { said: JSON.parse(body).text, by: "node" });
      break;
    case "ask":
      return { statusCode: 200, body: JSON.stringify({ answer: "node" }) };
  }
  return { statusCode: 200 };
}

// On AWS, sign these requests, for example with @aws-sdk/client-apigatewaymanagementapi. That works locally too.
async function post(id, message) {
  const connection = `${url}/@connections/${encodeURIComponent(id)}`;
  const response = await fetch(connection, { method: "POST", body: JSON.stringify(message) });
  if (!response.ok) throw new Error(`a post was answered ${response.status}`);
}
