// What the browser does for the Rust half, a few lines a verb. Nothing here decides anything.

// Whom Rust is at work for, with what, and why. A listener may set it to work for another in the middle of that.
export let host, notes;
let event;
export const during = (half, element, its, cause, type) => {
  const before = [host, notes, event];
  [host, notes, event] = [element, its, cause];
  try {
    const aside = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    half.handle(type, event.turn ?? 0, !!aside);
  } finally {
    [host, notes, event] = before;
  }
};

// A property at a dotted path, as text. What is not there, or may not be looked at, is nothing.
const look = (value, path) => {
  try {
    for (const name of path.split(".")) value = value?.[name];
    return value == null ? undefined : String(value);
  } catch {}
};
export const read = (path) => look(event, path);
export const global = (path) => look(globalThis, path);
export const attribute = (name) => host.getAttribute(name);

// With the element, in this tab, in this origin. Storage throws where it is switched off.
const stores = [() => notes, () => sessionStorage, () => localStorage];
export const kept = (place, key) => {
  try {
    return stores[place]()[key];
  } catch {}
};
export const keep = (place, key, text) => {
  try {
    const store = stores[place]();
    if (text == null) delete store[key];
    else store[key] = text;
    return true;
  } catch {
    return false;
  }
};
export const keys = () => Object.keys(localStorage).join("\n");
// The elements in the page. What one of them gives back, another may have waited for.
export const present = new Set();
let taken = false;
export const take = (now) => {
  const before = taken;
  taken = now;
  if (!now) for (const element of present) element.handleEvent({ type: "changed" });
  return before;
};

// What takes time comes back to the element as an event of its own, without a value if it failed.
const later = (type, turn, promise, text) => {
  const element = host;
  const tell = (value) => element.handleEvent({ type, turn, value, text });
  promise.then(tell, () => tell());
};
export const wait = (type, turn, seconds) =>
  later(type, turn, new Promise((done) => setTimeout(done, seconds * 1000)));
export const digest = (turn, text) =>
  later("digest", turn, crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)), text);
export const post = (turn, form) =>
  later(
    "answer",
    turn,
    fetch(notes.edge + "/complete", {
      method: "POST",
      // Of this type, and without a header of its own, the request is simple: no preflight.
      body: new URLSearchParams(form),
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      redirect: "error",
      // Leaving the page must not cut an exchange in two.
      keepalive: true,
      signal: AbortSignal.timeout(30000),
    }).then((answer) => answer.json()),
  );
export const copy = (bytes) => bytes.set(new Uint8Array(event.value));
export const json = () => JSON.stringify(event.value);
export const parse = (text) => {
  try {
    event.value = JSON.parse(text);
  } catch {}
};

const fire = (type, detail) =>
  host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
export const emit = (type) => fire(type, event.value);
export const fail = (code, message, request_id) => fire("failed", { code, message, request_id });
export const prevent = () => event.preventDefault();
export const here = () => location.pathname + location.search;
// What else is in the fragment stays.
export const clean = () => {
  const rest = location.hash.slice(1).split("&").filter((part) => !part.startsWith("smooch."));
  const hash = rest.length ? "#" + rest.join("&") : "";
  // Whole, since a page's <base> may be elsewhere.
  history.replaceState(history.state, "", location.href.split("#")[0] + hash);
};
export const go = (path) => location.replace(location.origin + path);
export const report = (text) => console.error("add-to-smooch: " + text);
export const now = () => Date.now() / 1000;
export const random = (bytes) => crypto.getRandomValues(bytes);
