// What Cloudflare's platform does for the Rust half, a few lines a verb. Nothing here decides anything.
//
// Rust runs from one wait to the next and works for one request then: `its`. What takes time comes back to that request
// with the ticket that Rust gave it. Texts, bytes and numbers cross, and no object.

let its, env, resume;

// Runs Rust for `whose`, who may have to wait then.
export const during = (whose, run) => {
  its = whose;
  return run();
};
export const attach = (bindings, comesBack) => {
  env = bindings;
  resume = comesBack;
};

// Tells Rust a number, a text and bytes once `promise` is kept, as `tell` takes them from its value; or that it was not, and
// why. Written with `then`, as each `async` function would cost two promises more.
const later = (ticket, promise, tell) => {
  const whose = its;
  const failed = (error) => resume(whose, ticket, -1, String(error?.message));
  promise.then((value) => tell(whose, ticket, value), failed);
};
const finished = (whose, ticket) => resume(whose, ticket, 0);
// What is wrong with a call at once is no other failure than what is wrong with it later.
const attempt = (call) => {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
};

// A setting as JSON. What JSON cannot say is null, which is not the same as unset.
export const setting = (name) =>
  env[name] === undefined ? undefined : (JSON.stringify(env[name]) ?? "null");
export const bound = (name) => env[name] != null;
export const random = (bytes) => crypto.getRandomValues(bytes);
export const log = (line) => console.log(line);
export const sleep = (ticket, milliseconds) =>
  later(ticket, new Promise((done) => setTimeout(done, milliseconds)), finished);

// A list of names and values, one a line: neither can have a line break in it.
const lines = (headers) => [...headers].flat().join("\n");
// As an object, which the platform reads in half the time of a list of pairs.
const named = (text) => {
  const list = text.split("\n"), headers = { __proto__: null };
  for (let at = 1; at < list.length; at += 2) headers[list[at - 1]] = list[at];
  return headers;
};

// Most bodies are shorter, and are there after one read.
const ROOM = 4096;
// The body of a request or an answer, up to `limit` bytes; and one more where there are more. One that says its length has
// no more, as HTTP is framed (RFC 9112 §6.3), unless it is unpacked on its way in: it may be taken whole, at half of what a
// reader costs.
const read = async (message, limit) => {
  const { headers, body } = message;
  if (!body) return new Uint8Array();
  const length = headers.get("content-length");
  if (length !== null && length <= limit && !headers.has("content-encoding"))
    return new Uint8Array(await message.arrayBuffer());
  const reader = body.getReader({ mode: "byob" });
  let whole = new Uint8Array();
  for (let room = Math.min(ROOM, limit + 1); room > 0; room = limit + 1 - whole.length) {
    // Less than there is room for comes at the end alone.
    const { value, done } = await reader.readAtLeast(room, new Uint8Array(room));
    const both = new Uint8Array(whole.length + value.length);
    both.set(whole);
    both.set(value, whole.length);
    whole = both;
    if (done || value.length < room) return whole;
  }
  reader.cancel().catch(() => {});
  return whole;
};

export const header = (name) => its.request.headers.get(name) ?? undefined;
export const headers = () => lines(its.request.headers);
export const has_body = () => its.request.body != null;
export const body = (ticket, limit) =>
  later(ticket, read(its.request, limit), (whose, ticket, bytes) => resume(whose, ticket, 0, undefined, bytes));

export const resolve = (base, reference) => {
  try {
    return new URL(reference, base).href;
  } catch {}
};

// The one place that sends. Redirects are followed by default, and would take a secret along to a host that no setting
// names.
const send = (method, url, headers, body, timeout) =>
  attempt(() =>
    fetch(url, { method, headers: named(headers), body, redirect: "manual", signal: AbortSignal.timeout(timeout) }),
  );
export const call = (ticket, method, url, headers, body, timeout, limit, headers_too) =>
  later(
    ticket,
    send(method, url, headers, body, timeout).then(async (answer) => [answer, await read(answer, limit)]),
    (whose, ticket, [answer, bytes]) => {
      const after = () => (answer.ok ? undefined : (answer.headers.get("retry-after") ?? undefined));
      resume(whose, ticket, answer.status, headers_too ? lines(answer.headers) : after(), bytes);
    },
  );
// The bodies stay here: the request's goes out, and the answer's back.
export const forward = (ticket, method, url, headers, with_body, timeout) =>
  later(
    ticket,
    send(method, url, headers, with_body ? its.request.body : undefined, timeout),
    (whose, ticket, answer) => {
      whose.answer = answer;
      resume(whose, ticket, answer.status, lines(answer.headers), answer.body ? new Uint8Array() : undefined);
    },
  );

const json = (value) => (value == null ? undefined : JSON.stringify(value));
export const kv_get = (ticket, key) =>
  later(
    ticket,
    attempt(() => env.CONNECTIONS.getWithMetadata(key, "arrayBuffer")),
    (whose, ticket, { value, metadata }) =>
      resume(whose, ticket, 0, json(metadata), value ? new Uint8Array(value) : undefined),
  );
export const kv_put = (ticket, key, value, metadata, expirationTtl) =>
  later(
    ticket,
    attempt(() => env.CONNECTIONS.put(key, value, { metadata: metadata && JSON.parse(metadata), expirationTtl })),
    finished,
  );
export const kv_delete = (ticket, key) => later(ticket, attempt(() => env.CONNECTIONS.delete(key)), finished);
export const kv_list = (ticket, prefix, cursor, limit) =>
  later(
    ticket,
    attempt(() => env.CONNECTIONS.list({ prefix, cursor, limit })),
    (whose, ticket, page) => {
      const keys = page.keys.map(({ name, metadata }) => ({ name, metadata: json(metadata) }));
      resume(whose, ticket, 0, JSON.stringify({ keys, cursor: page.list_complete ? undefined : page.cursor }));
    },
  );

export const enqueue = (ticket, text) =>
  later(ticket, attempt(() => env.EVENTS.send(text, { contentType: "text" })), finished);
export const allowed = (ticket, limiter, key) =>
  later(ticket, attempt(() => env[limiter].limit({ key })), (whose, ticket, { success }) =>
    resume(whose, ticket, success ? 1 : 0),
  );

// What came of it. The answer is made in one call, with the body that was forwarded if it has none of its own.
let kept;
export const keep_headers = (headers) => {
  kept = new Headers(named(headers));
};
export const respond = (status, with_kept, headers, body) => {
  // The Fetch Standard's null body statuses: a Response with one of these and a body throws.
  const none = status === 204 || status === 205 || status === 304;
  const own = named(headers);
  // An empty text would be a stream like any other, which takes the platform 4 µs of 80 to find empty.
  const content = none ? null : body === undefined ? its.answer?.body : body || null;
  const answer = new Response(content, { status, headers: with_kept ? kept : own });
  if (with_kept) for (const name in own) answer.headers.set(name, own[name]);
  its.result = answer;
};
export const done = (number) => {
  its.result = number;
};
