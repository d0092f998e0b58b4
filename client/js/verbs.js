// What the browser does for the Rust half, a few lines a verb. Nothing here decides anything.
import { NAMES, WHY, words } from "./view.js";

// Whom Rust is at work for, with what, and why. A listener may set it to work for another in the middle of that.
export let host, notes;
let event;
export const during = (handle, element, its, cause, kind) => {
  const before = [host, notes, event];
  [host, notes, event] = [element, its, cause];
  try {
    handle(notes.state, kind, event.turn ?? 0);
  } finally {
    [host, notes, event] = before;
  }
};

// What Rust adds until it is taken; then another begins.
let form = new URLSearchParams();
const take = () => {
  const taken = form;
  form = new URLSearchParams();
  return taken;
};

// What there is to know of a page, and what is kept as long as it is there.
const page = {
  get subtle() {
    return crypto.subtle;
  },
  get here() {
    return location.pathname + location.search;
  },
  get now() {
    return (Date.now() / 1000) >>> 0;
  },
  get keys() {
    return Object.keys(localStorage).join("\n");
  },
  get form() {
    return take();
  },
  get json() {
    return JSON.stringify(event.value);
  },
  set json(text) {
    event.value = JSON.parse(text);
  },
};

// What is in the fragment of the page's address, as far as it is there once.
const fragment = () => {
  const once = {};
  for (const part of location.hash.slice(1).split("&")) {
    const [name, value] = part.split("=", 2);
    once[name] = name in once ? "" : value;
  }
  return once;
};

// What Rust reads and keeps, in the order of `Key`: where it lies, and by what name. Storage throws where it is off.
const KEYS = [
  [() => page, "subtle here now keys form json taken"],
  [() => fragment(), "smooch.receipt smooch.error smooch.state"],
  [() => host.attributes, "client-id site session authorize-url mode pkce/name"],
  [() => notes, "edge verifier challenge href home detail which error"],
  [() => notes.flow, "since receipt verifier started_session place window site answer"],
  [() => notes.other, "since"],
  [() => sessionStorage, "smooch.pending smooch.outcome"],
  [() => localStorage, ""],
  [() => event, "text value value/status value/connection/id value/connection/app/name"],
  [() => event, "value/request_id value/receipt value/retry_after value/code"],
].flatMap(([place, names]) => names.split(" ").map((name) => [place, name]));
// The name of the intent that is meant is among the notes.
const place = (key) => [KEYS[key][0](), KEYS[key][1] || notes.which];

const look = (key) => {
  try {
    let [value, path] = place(key);
    for (const name of path.split("/")) value = value?.[name];
    // An attribute is its text.
    return value?.nodeValue ?? value;
  } catch {}
};
let found;
export const find = (key) => {
  found = new TextEncoder().encode(look(key) ?? "");
  return found.length;
};
// Rust's memory, which is another buffer each time it grows.
let memory;
export const remind = (its) => {
  memory = its;
};
const bytes = (address, length) => new Uint8Array(memory.buffer, address, length);
export const copy = (to) => bytes(to, found.length).set(found);
export const number = (key) => {
  const value = look(key);
  return value >= 0 ? value : -1;
};
const put = (key, text) => {
  try {
    const [store, name] = place(key);
    if (text) store[name] = text;
    else delete store[name];
    return 1;
  } catch {
    return 0;
  }
};
const decode = (address, length) => new TextDecoder().decode(bytes(address, length));
export const keep = (key, address, length) => put(key, decode(address, length));
export const pass = (from, to) => put(to, look(from));
export const load = (other, key) => {
  const flow = {};
  notes[other ? "other" : "flow"] = flow;
  try {
    Object.assign(flow, JSON.parse(look(key)));
  } catch {}
};
export const save = (key) => {
  notes.flow.since = page.now;
  return put(key, JSON.stringify(notes.flow));
};
export const add = (name, length, value, its) => form.append(decode(name, length), decode(value, its));
export const field = (key) => {
  const value = look(key);
  if (value) form.append(KEYS[key][1], value);
};
export const recall = () => notes.state;
export const remember = (state) => {
  notes.state = state;
};

// The elements in the page. What one of them gives back, another may have waited for.
export const present = new Set();
export const release = () => {
  delete page.taken;
  for (const element of present) element.handleEvent({ type: "changed" });
};

// What takes time comes back to the element as an event of its own, without a value if it failed.
const later = (type, turn, promise, text) => {
  const element = host;
  const tell = (value) => element.handleEvent({ type, turn, value, text });
  promise.then(tell, () => tell());
};
export const wait = (turn, seconds) => later("wake", turn, new Promise((done) => setTimeout(done, seconds * 1000)));
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace("=", "");
export const draw = (turn) => {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  later("drawn", turn, digest.then(base64url), verifier);
};
export const post = (turn) =>
  later(
    "answer",
    turn,
    fetch(notes.edge + "/complete", {
      method: "POST",
      // Of this type, and without a header of its own, the request is simple: no preflight.
      body: take(),
      credentials: "omit",
      referrerPolicy: "no-referrer",
      redirect: "error",
      // Leaving the page must not cut an exchange in two.
      keepalive: true,
      signal: AbortSignal.timeout(30000),
    }).then((answer) => answer.json()),
  );

const dispatch = (type, detail) =>
  host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
// The events of `Fired`, in its order. A no carries nothing.
export const fire = (which) => +dispatch(...(which ? ["cancelled"] : ["connected", event.value]));
export const failed = (code) => {
  const detail = { code, message: words(code) };
  // Of the request whose answer is being handled, if there was one.
  if (event.value?.request_id) detail.request_id = event.value.request_id;
  dispatch("failed", detail);
};
export const fail = (number) => failed(NAMES[number - 1]);
export const code = (key) => NAMES.indexOf(look(key)) + 1;
export const report = (why) => console.error("add-to-smooch: " + WHY[why]);

export const prevent = () => event.preventDefault();
// What else is in the fragment stays. Whole, since a page's <base> may be elsewhere.
export const clean = () => {
  const rest = location.hash.slice(1).split("&").filter((part) => !part.startsWith("smooch."));
  const hash = rest.length ? "#" + rest.join("&") : "";
  history.replaceState(history.state, "", location.href.split("#")[0] + hash);
};
export const go = () => location.replace(location.origin + notes.home);

// What a window of its own takes is loaded by the pages that want one, and by that window.
let windows;
const popup = () => import(new URL(POPUP, import.meta.url));
export const prepare = () => popup().then((module) => (windows = module), () => {});
export const open = () => +!!windows?.open(host, notes);
export const tell = (number, stays) => {
  const [element, value, { window }] = [host, event.value, notes.flow];
  const message = number ? { code: NAMES[number - 1], request_id: value?.request_id } : value;
  const say = (heard) => element.handleEvent({ type: heard ? "heard" : "alone", value });
  popup().then((module) => module.tell(window, message, stays)).then(say, () => say());
};
