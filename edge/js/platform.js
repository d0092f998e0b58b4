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

// Tells Rust `[number, text, bytes]` once `what` is done, or that it failed and how.
const later = async (ticket, what) => {
  const whose = its;
  let told;
  try {
    told = await what(whose);
  } catch (error) {
    told = [-1, String(error?.message)];
  }
  resume(whose, ticket, ...told);
};

// A setting as JSON. What JSON cannot say is null, which is not the same as unset.
export const setting = (name) =>
  env[name] === undefined ? undefined : (JSON.stringify(env[name]) ?? "null");
export const bound = (name) => env[name] != null;
export const random = (bytes) => crypto.getRandomValues(bytes);
export const log = (line) => console.log(line);
export const sleep = (ticket, milliseconds) =>
  later(ticket, async () => {
    await new Promise((done) => setTimeout(done, milliseconds));
    return [0];
  });

// A list of names and values, one a line: neither can have a line break in it.
const lines = (headers) => [...headers].flat().join("\n");
const pairs = (text) => {
  const list = text.split("\n"), found = [];
  for (let at = 1; at < list.length; at += 2) found.push([list[at - 1], list[at]]);
  return found;
};

// A body up to `limit` bytes; nothing if it is longer.
const read = async (stream, limit) => {
  if (!stream) return new Uint8Array();
  const reader = stream.getReader({ mode: "byob" });
  let room = new Uint8Array(limit + 1), length = 0;
  for (;;) {
    const { value, done } = await reader.readAtLeast(room.length - length, room.subarray(length));
    room = new Uint8Array(value.buffer);
    length += value.length;
    if (length > limit) {
      reader.cancel().catch(() => {});
      return;
    }
    if (done) return room.subarray(0, length);
  }
};

export const header = (name) => its.request.headers.get(name) ?? undefined;
export const headers = () => lines(its.request.headers);
export const has_body = () => its.request.body != null;
export const body = (ticket, limit) =>
  later(ticket, async ({ request }) => [0, undefined, await read(request.body, limit)]);

// The one place that sends. Redirects are followed by default, and would take a secret along to a host that no setting
// names.
const send = (method, url, headers, body, timeout) =>
  fetch(url, { method, headers: pairs(headers), body, redirect: "manual", signal: AbortSignal.timeout(timeout) });
export const call = (ticket, method, url, headers, body, timeout, limit) =>
  later(ticket, async () => {
    const answer = await send(method, url, headers, body, timeout);
    return [answer.status, answer.headers.get("retry-after") ?? undefined, await read(answer.body, limit)];
  });
// The bodies stay here: the request's goes out, and the answer's back.
export const forward = (ticket, method, url, headers, with_body, timeout) =>
  later(ticket, async (whose) => {
    const body = with_body ? whose.request.body : undefined;
    whose.answer = await send(method, url, headers, body, timeout);
    return [whose.answer.status, lines(whose.answer.headers), whose.answer.body ? new Uint8Array() : undefined];
  });

export const kv_get = (ticket, key) =>
  later(ticket, async () => {
    const { value, metadata } = await env.CONNECTIONS.getWithMetadata(key, "arrayBuffer");
    return [0, metadata == null ? undefined : JSON.stringify(metadata), value ? new Uint8Array(value) : undefined];
  });
export const kv_put = (ticket, key, value, metadata, expirationTtl) =>
  later(ticket, async () => {
    await env.CONNECTIONS.put(key, value, { metadata: metadata && JSON.parse(metadata), expirationTtl });
    return [0];
  });
export const kv_delete = (ticket, key) =>
  later(ticket, async () => {
    await env.CONNECTIONS.delete(key);
    return [0];
  });
export const kv_list = (ticket, prefix, cursor, limit) =>
  later(ticket, async () => {
    const page = await env.CONNECTIONS.list({ prefix, cursor, limit });
    const text = (metadata) => (metadata == null ? undefined : JSON.stringify(metadata));
    const keys = page.keys.map(({ name, metadata }) => ({ name, metadata: text(metadata) }));
    return [0, JSON.stringify({ keys, cursor: page.list_complete ? undefined : page.cursor })];
  });

export const enqueue = (ticket, text) =>
  later(ticket, async () => {
    await env.EVENTS.send(text, { contentType: "text" });
    return [0];
  });
export const allowed = (ticket, limiter, key) =>
  later(ticket, async () => [(await env[limiter].limit({ key })).success ? 1 : 0]);

// What came of it. The answer is made in one call, with the body that was forwarded if it has none of its own.
export const respond = (status, headers, body) => {
  // The Fetch Standard's null body statuses: a Response with one of these and a body throws.
  const none = status === 204 || status === 205 || status === 304;
  its.result = new Response(none ? null : (body ?? its.answer?.body), { status, headers: pairs(headers) });
};
export const done = (number) => {
  its.result = number;
};
