// Runs a handler in Node as Lambda's own runtime does: asks the Runtime API for an event, calls the
// handler, posts what it answers, and starts again. Usage: node bootstrap.mjs FILE.NAME

import { existsSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT = process.cwd() } = process.env;
const agent = new http.Agent({ keepAlive: true });

// A program may build the API's endpoint from its id and region. Such names are the local gateway here.
const EXECUTE_API = /^[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/i;
const [, host, port] = (process.env.LIFT_EXECUTE_API ?? '').match(/^(.+):(\d+)$/) ?? [];
if (port) {
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...args) {
    const here = (to) => (EXECUTE_API.test(to?.host) ? { ...to, host, port: Number(port) } : to);
    // Node's own modules pass one list, which has further properties.
    if (Array.isArray(args[0])) args[0][0] = here(args[0][0]);
    else args[0] = here(args[0]);
    return connect.apply(this, args);
  };
}

// Not fetch, which gives up on an answer after five minutes: an event may take hours to come.
function call(method, what, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const url = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/${what}`;
    const request = http.request(url, { method, headers, agent }, async (response) => {
      let text = '';
      response.setEncoding('utf8');
      for await (const piece of response) text += piece;
      resolve({ headers: response.headers, text });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function postError(what, error) {
  // What is thrown, or handed to a callback, need not be an Error.
  const isError = error instanceof Error;
  const errorType = isError ? error.name : typeof error;
  const errorMessage = isError ? error.message : String(error);
  const trace = isError ? (error.stack ?? '').split('\n') : [];
  console.error(isError ? error : `${errorType}: ${errorMessage}`);
  const headers = { 'Lambda-Runtime-Function-Error-Type': errorType };
  return call('POST', what, JSON.stringify({ errorType, errorMessage, trace }), headers);
}

async function load(handler) {
  const [, folder, name, keys] = handler.match(/^(.*\/)?([^./]+)\.(.+)$/) ?? [];
  if (!name) throw new Error(`the handler ${handler} is not of the form FILE.NAME`);
  const stem = path.resolve(LAMBDA_TASK_ROOT, folder ?? '', name);
  const file = ['.js', '.mjs', '.cjs'].map((end) => stem + end).find((one) => existsSync(one));
  if (!file) {
    const isTypeScript = existsSync(`${stem}.ts`) || existsSync(`${stem}.mts`);
    const why = isTypeScript ? ': build it from the TypeScript that is there' : '';
    throw new Error(`there is no ${stem}.js, .mjs or .cjs${why}`);
  }
  const module = await import(pathToFileURL(file));
  const find = (from) => keys.split('.').reduce((value, key) => value?.[key], from);
  const found = find(module) ?? find(module.default);
  if (typeof found !== 'function') throw new Error(`${file} exports no function ${keys}`);
  return found;
}

function context(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const { env } = process;
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function invoke(handler, event, about) {
  return new Promise((resolve, reject) => {
    const answer = handler(event, about, (error, result) => (error ? reject(error) : resolve(result)));
    if (typeof answer?.then === 'function') answer.then(resolve, reject);
    // What a handler returns that is not async is lost on Lambda, too.
    else if (handler.length < 3) resolve(null);
  });
}

let handler;
try {
  handler = await load(process.argv[2]);
} catch (error) {
  await postError('init/error', error);
  process.exit(1);
}
for (;;) {
  const { headers, text } = await call('GET', 'invocation/next');
  const invocation = `invocation/${headers['lambda-runtime-aws-request-id']}`;
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
  try {
    const answer = await invoke(handler, JSON.parse(text), context(headers));
    await call('POST', `${invocation}/response`, JSON.stringify(answer ?? null));
  } catch (error) {
    await postError(`${invocation}/error`, error);
  }
}
