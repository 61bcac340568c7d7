// A two-way route: the reply's body goes to the client.

export async function handler(event, context) {
  const { stage, authorizer } = event.requestContext;
  const answer = {
    name: authorizer.name,
    stage,
    greeting: event.stageVariables.greeting,
    table: process.env.TABLE,
    seconds: Math.round(context.getRemainingTimeInMillis() / 1000),
  };
  return { statusCode: 200, body: JSON.stringify(answer) };
}
