// The edge's work for an install in JavaScript, optimized for workerd: settings and keys are kept between requests, the URL
// is parsed once, and puts run concurrently if their order does not matter.
//
// It seals, checks, sends, stores, returns and logs the same data as the edge. Only the cipher may differ: `#seal` is
// seal-noble.js or seal-web-crypto.js.
import { makeSeal, sha256 } from "#seal";

const RECEIPT_LIFE = 600_000;
const SKEW = 5_000;
const LONGEST_FORM = 16 * 1024;
const LONGEST_ANSWER = 64 * 1024;
const EVENT_LIFE = 30 * 24 * 60 * 60;
const BACKOFF = [200, 1_200];
const SITE = /^[a-z0-9-]{1,32}$/;
const STATE = /^1\.([a-z0-9-]{1,32})\.([A-Za-z0-9_-]{43})$/;
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
const CODE = /^[\x20-\x7e]{1,1024}$/;
const TOKEN = /^[A-Za-z0-9._~+/=-]{1,4096}$/;
const APP = /^[A-Za-z0-9]{1,64}$/;
const UNCACHED = { "cache-control": "no-store", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff" };

const utf8 = new TextEncoder();
const text = new TextDecoder();

const base64url = (bytes) => bytes.toBase64({ alphabet: "base64url", omitPadding: true });
const unbase64url = (encoded) => Uint8Array.fromBase64(encoded, { alphabet: "base64url" });

class Problem extends Error {
  constructor(status, code, more) {
    super(code);
    Object.assign(this, { status, code, more });
  }
}

let kept;

async function settings(env) {
  const sites = new Map();
  for (const [name, { origin, return_to }] of Object.entries(env.SITES)) {
    if (!SITE.test(name) || new URL(return_to).origin !== origin) throw new Error(`SITES.${name}`);
    sites.set(name, { origin, returnTo: return_to });
  }
  const [id, key] = env.SEALING_KEYS.split(":");
  return {
    sites,
    clientId: env.SMOOCH_CLIENT_ID,
    clientSecret: env.SMOOCH_CLIENT_SECRET,
    tokenUrl: new URL(env.SMOOCH_TOKEN_URL).href,
    apiUrl: env.SMOOCH_API_URL,
    key: id,
    kv: env.CONNECTIONS,
    seal: await makeSeal(Uint8Array.fromBase64(key)),
  };
}

async function seal(edge, purpose, place, value) {
  const sealed = await edge.seal[purpose].seal(utf8.encode(place), utf8.encode(JSON.stringify(value)));
  return `${edge.key}.${base64url(sealed)}`;
}

async function open(edge, purpose, place, sealed) {
  const dot = sealed.indexOf(".");
  if (sealed.slice(0, dot) !== edge.key) throw new Problem(400, "receipt_invalid");
  try {
    return JSON.parse(text.decode(await edge.seal[purpose].open(utf8.encode(place), unbase64url(sealed.slice(dot + 1)))));
  } catch {
    throw new Problem(400, "receipt_invalid");
  }
}

/** Reads the parameters of a query or a form. A parameter must not be present twice (RFC 6749 §3.1, §3.2). */
function parameters(encoded, names) {
  const found = {};
  for (const [name, value] of new URLSearchParams(encoded)) {
    if (!names.includes(name)) continue;
    if (name in found) throw new Problem(400, "invalid_request");
    found[name] = value;
  }
  return found;
}

async function callback(edge, target, report) {
  if (target.query.length > 8192) return bounce(target.origin + "/install#smooch.error=invalid_request");
  const { code, state, error, iss: _ } = parameters(target.query, ["code", "state", "error", "iss"]);
  const [, name, challenge] = STATE.exec(state ?? "") ?? [];
  const site = edge.sites.get(name);
  if (!site) {
    report.outcome = "invalid_request";
    return bounce(target.origin + "/install#smooch.error=invalid_request");
  }
  report.site = name;
  if (error !== undefined || code === undefined || !CODE.test(code)) {
    report.outcome = error === "access_denied" ? "access_denied" : "smooch_malformed";
    return bounce(`${site.returnTo}#smooch.error=${report.outcome}&smooch.state=${state}`);
  }
  const receipt = { s: name, h: challenge, c: code, r: target.origin + "/callback", i: Date.now() };
  const sealed = await seal(edge, "receipt", edge.clientId, receipt);
  report.outcome = "bounced";
  return bounce(`${site.returnTo}#smooch.receipt=${sealed}&smooch.state=${state}`);
}

const bounce = (location) => new Response(null, { status: 303, headers: { location, ...UNCACHED } });

async function complete(edge, target, request, report) {
  const form = text.decode(await read(request, LONGEST_FORM, () => new Problem(400, "invalid_request")));
  const given = parameters(form, ["receipt", "verifier", "session", "started_session", "again"]);
  const { receipt: sealed, verifier } = given;
  if (sealed === undefined) throw new Problem(400, "invalid_request");
  const receipt = await open(edge, "receipt", edge.clientId, sealed);
  const site = edge.sites.get(receipt.s);
  if (!site || request.headers.get("origin") !== site.origin) throw new Problem(403, "origin_not_allowed");
  if (!VERIFIER.test(verifier ?? "") || base64url(await sha256(utf8.encode(verifier))) !== receipt.h) {
    throw new Problem(403, "verifier_mismatch");
  }
  if (given.session !== undefined || given.started_session !== undefined) throw new Problem(401, "session_invalid");
  report.site = receipt.s;
  report.steps.push("proven");
  const answer = (id, app, at) => {
    report.outcome = "connected";
    report.connection = id;
    const shown = { id, app: { id: app }, status: "connected", connected_at: Math.floor(at / 1000) };
    const headers = { "content-type": "application/json", ...UNCACHED, "access-control-allow-origin": site.origin, vary: "origin" };
    return new Response(JSON.stringify({ status: "connected", connection: shown }), { headers });
  };
  if (given.again !== undefined || receipt.t) {
    const known = await earlier(edge, receipt);
    if (known) return answer(known.id, known.app, known.at);
  }
  const now = Date.now();
  if (receipt.i > now + SKEW || now - receipt.i > RECEIPT_LIFE) throw new Problem(400, "receipt_expired");

  let token = receipt.t;
  try {
    token ??= await exchange(edge, receipt, sealed, report);
  } catch (problem) {
    const known = problem.code === "code_rejected" && (await earlier(edge, receipt));
    if (known) return answer(known.id, known.app, known.at);
    throw problem;
  }
  report.steps.push("exchanged");
  const app = appOf(token);
  if (receipt.t && !(await lives(edge, token, app))) throw new Problem(400, "code_rejected");
  report.steps.push("identified");

  const digest = await sha256(utf8.encode(`${edge.clientId}\0`));
  const id = `${app}-${base64url(digest).slice(0, 16)}`;
  const key = `connection/${id}`;
  const at = Date.now();
  const summary = { app, at, key: edge.key };
  try {
    await put(edge, key, await seal(edge, "record", key, { token }), { metadata: summary });
  } catch {
    const escrow = await seal(edge, "receipt", edge.clientId, { s: receipt.s, h: receipt.h, t: token, a: { id: app }, i: at });
    throw new Problem(503, "storage_unavailable", { retry_after: 2, receipt: escrow });
  }
  report.steps.push("stored");
  const event = { type: "connection.connected", id, ...summary };
  await Promise.all([
    put(edge, `event/${ulid(at)}`, "", { metadata: event, expirationTtl: EVENT_LIFE }),
    put(edge, `completed/${receipt.h}`, id, { expirationTtl: RECEIPT_LIFE / 1000 }),
  ]).catch(() => (report.note = "KV did not answer"));
  return answer(id, app, at);
}

/** Returns the connection of an earlier request of this flow, or nothing if none succeeded. */
async function earlier(edge, receipt) {
  const id = await edge.kv.get(`completed/${receipt.h}`);
  if (id === null) return;
  const { metadata } = await edge.kv.getWithMetadata(`connection/${id}`);
  if (metadata === null) throw new Problem(400, "code_rejected");
  return { id, ...metadata };
}

/** Returns true if Smooch still accepts a token from an escrow receipt. */
async function lives(edge, token, app) {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json", "user-agent": "add-to-smooch/0.1.0" };
  const url = `${edge.apiUrl}/v2/apps/${app}/integrations/me/webhooks`;
  const { status } = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(5_000) });
  return status !== 401 && status !== 403;
}

async function exchange(edge, receipt, sealed, report) {
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code: receipt.c,
    redirect_uri: receipt.r,
    client_id: edge.clientId,
    client_secret: edge.clientSecret,
  });
  const began = Date.now();
  let status, said;
  try {
    const answer = await fetch(edge.tokenUrl, {
      method: "POST",
      headers: {
        "user-agent": "add-to-smooch/0.1.0",
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: body.toString(),
      redirect: "manual",
      signal: AbortSignal.timeout(10_000),
    });
    status = answer.status;
    said = text.decode(await read(answer, LONGEST_ANSWER, () => new Problem(502, "smooch_malformed")));
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(502, "smooch_unavailable");
  } finally {
    report.upstream = Date.now() - began;
  }
  if (status === 429 || status === 503) throw new Problem(503, "smooch_unavailable", { retry_after: 2, receipt: sealed });
  if (status === 401 || status === 403) throw new Problem(502, "client_rejected");
  if (status === 400) throw new Problem(400, "code_rejected");
  if (status !== 200 && status !== 201) throw new Problem(502, "smooch_unavailable");
  let token, type;
  try {
    ({ access_token: token, token_type: type } = JSON.parse(said));
  } catch {
    throw new Problem(502, "smooch_malformed");
  }
  if (type?.toLowerCase() !== "bearer" || !TOKEN.test(token ?? "")) throw new Problem(502, "smooch_malformed");
  return token;
}

function appOf(token) {
  try {
    const parts = token.split(".");
    const { appId } = JSON.parse(text.decode(unbase64url(parts[1])));
    if (parts.length === 3 && APP.test(appId)) return appId;
  } catch {
    // A malformed token is the error below.
  }
  throw new Problem(502, "smooch_malformed");
}

/** Reads a body, or throws as soon as it is longer than `limit` bytes. */
async function read(message, limit, tooLong) {
  // With a content-length the platform reads the body in one step, and never more than that length.
  const told = message.headers.get("content-length");
  if (told !== null) {
    if (told > limit) throw tooLong();
    return message.arrayBuffer();
  }
  const stream = message.body;
  const chunks = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    length += chunk.length;
    if (length > limit) throw tooLong();
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

async function put(edge, key, value, options) {
  for (const wait of BACKOFF) {
    try {
      return await edge.kv.put(key, value, options);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return edge.kv.put(key, value, options);
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

function ulid(at) {
  let time = "";
  for (let rest = at, digit = 0; digit < 10; digit += 1) {
    time = CROCKFORD[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  let random = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) random += CROCKFORD[byte % 32];
  return time + random;
}

export default {
  async fetch(request, env) {
    kept ??= await settings(env);
    const edge = kept;
    const started = Date.now();
    const { method, url } = request;
    const host = url.indexOf("://") + 3;
    const slash = url.indexOf("/", host);
    const mark = url.indexOf("?", slash);
    const target = {
      origin: url.slice(0, slash),
      path: mark < 0 ? url.slice(slash) : url.slice(slash, mark),
      query: mark < 0 ? "" : url.slice(mark + 1),
    };
    const requestId = base64url(crypto.getRandomValues(new Uint8Array(12)));
    const report = { outcome: "", site: undefined, connection: undefined, steps: [], note: undefined, upstream: 0 };
    let route = "", response;
    try {
      if (target.path === "/callback") {
        route = "callback";
        if (method !== "GET" && method !== "HEAD") throw new Problem(405, "method_not_allowed");
        response = await callback(edge, target, report);
      } else if (target.path === "/complete") {
        route = "complete";
        if (method !== "POST") throw new Problem(405, "method_not_allowed");
        response = await complete(edge, target, request, report);
      } else {
        throw new Problem(404, "not_found");
      }
    } catch (error) {
      const { status = 500, code = "internal", more } = error;
      report.outcome = code;
      const headers = { "content-type": "application/problem+json", ...UNCACHED };
      response = new Response(JSON.stringify({ status, code, request_id: requestId, ...more }), { status, headers });
    }
    console.log(
      JSON.stringify({
        time: started,
        request_id: requestId,
        route,
        outcome: report.outcome,
        status: response.status,
        site: report.site,
        connection: report.connection,
        steps: report.steps.length > 0 ? report.steps : undefined,
        note: report.note,
        milliseconds: Date.now() - started,
        upstream_milliseconds: report.upstream,
      }),
    );
    return response;
  },
};
