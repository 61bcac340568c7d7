// Calls of the inspector's server: JSON in, JSON out. An error response becomes an Error with its message.

async function call(path, options) {
  const response = await fetched(path, options);
  if (response.ok && options?.isFile) return response.blob();
  const text = await response.text();
  let body;
  try {
    body = text ? JSON.parse(text) : undefined;
  } catch {
    body = { error: text.trim() };
  }
  if (!response.ok) throw new Error(body?.error ?? `The answer was ${response.status}.`);
  return body;
}

async function fetched(path, options) {
  try {
    return await fetch(`/_lift/${path}`, options);
  } catch {
    throw new Error("Lift does not answer: is it still running?");
  }
}

export function get(path) {
  return call(path);
}

export function post(path, body = {}, isFile = false) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body), isFile });
}

// The file that the server makes of the body.
export function download(path, body) {
  return post(path, body, true);
}

// An operation on a connection: send, post, disconnect, advance.
export function act(connection, what, body) {
  return post(`connections/${encodeURIComponent(connection)}/${what}`, body);
}
