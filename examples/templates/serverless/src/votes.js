// Votes on topics, counted in memory. That works because `reservedConcurrency` limits the function to one
// process.

const topics = process.env.TOPICS.split(',');
const votes = Object.fromEntries(topics.map((topic) => [topic, 0]));

exports.connect = async () => ({ statusCode: 200 });

exports.vote = async (event) => {
  const { topic } = JSON.parse(event.body);
  if (!(topic in votes)) throw new RangeError(`there is no vote on ${topic}`);
  votes[topic] += 1;
  return { statusCode: 200, body: JSON.stringify(votes) };
};

exports.rest = async (event) => {
  const url = `${process.env.ENDPOINT}/@connections/${event.requestContext.connectionId}`;
  await fetch(url, { method: 'POST', body: `vote on ${topics.join(' or ')}` });
  return { statusCode: 200 };
};
