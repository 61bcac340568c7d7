// A function in Node, on nothing but Node: `say` is echoed through @connections, `ask` is answered
// as a route response. The loop at the end is what a runtime does.
import http from "node:http";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
// Signed calls, which AWS wants, come from @aws-sdk/client-apigatewaymanagementapi.
const connections = `${process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI}/@connections`;

function call(method, url, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method }, async (response) => {
      response.setEncoding("utf8");
      resolve({ headers: response.headers, text: (await response.toArray()).join("") });
    });
    request.on("error", reject).end(body);
  });
}

async function handler({ requestContext: { routeKey, connectionId }, queryStringParameters, body }) {
  switch (routeKey) {
    case "$connect":
      return { statusCode: queryStringParameters?.name ? 200 : 403 };
    case "$disconnect":
      console.log(connectionId, "has left");
      break;
    case "say": {
      const reply = JSON.stringify({ said: JSON.parse(body).text, by: "node" });
      await call("POST", `${connections}/${encodeURIComponent(connectionId)}`, reply);
      break;
    }
    case "ask":
      return { statusCode: 200, body: JSON.stringify({ answer: "node" }) };
  }
  return { statusCode: 200 };
}

while (true) {
  const { headers, text } = await call("GET", `${api}/next`);
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    await call("POST", `${api}/${id}/response`, JSON.stringify(await handler(JSON.parse(text))));
  } catch (error) {
    const report = { errorType: error.name, errorMessage: error.message };
    await call("POST", `${api}/${id}/error`, JSON.stringify(report));
  }
}
