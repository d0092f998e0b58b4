// The page for the tests: it creates elements, acts on them and reads their state.

const EDGE = "https://edge.test";
export const STATE = "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const fetched = window.fetch;
let calls = [];
let dispatched = [];
let details = [];
let errors = [];

// The build fills this in. Here every module that is loaded on demand is this script, and its name is a comment in it.
const MODULE = "data:text/javascript,export const open = () => true//";
globalThis.FOLDER = MODULE;
/** Lets every module that is loaded on demand fail, or load again. */
export const break_modules = (on) => {
  globalThis.FOLDER = on ? "data:text/javascript,throw Error()//" : MODULE;
};

// A wait of a second or more takes a tenth of its time. The tests of the state machine hold the real times.
const timer = window.setTimeout;
window.setTimeout = (done, time) => timer(done, time < 1000 ? time : time / 10);

// The test runner uses the same page.
const stage = document.body.appendChild(document.createElement("main"));
console.error = (text) => errors.push(String(text));
// A link that is followed would take the tests with it.
addEventListener("click", (event) => event.preventDefault());
for (const type of ["connected", "failed", "cancelled"]) {
  addEventListener(type, (event) => {
    dispatched.push(type + (event.detail?.code ? ":" + event.detail.code : ""));
    details.push(event.detail);
  });
}

export const reset = () => {
  localStorage.clear();
  sessionStorage.clear();
  stage.replaceChildren();
  history.replaceState({ kept: 1 }, "", location.pathname + "?page=1");
  [calls, dispatched, details, errors] = [[], [], [], []];
};

/** Answers each POST with the next of these: "lost", "html", or JSON. */
export const answer = (...answers) => {
  window.fetch = async (url, init) => {
    if (!String(url).startsWith(EDGE)) return fetched(url, init);
    const { method, body, credentials, referrerPolicy, headers } = init;
    calls.push([method, url, credentials, referrerPolicy, headers ? "headers" : "simple", body].join(" "));
    const next = answers.length > 1 ? answers.shift() : answers[0];
    await wait(50);
    if (next == "lost") throw new TypeError("Failed to fetch");
    if (next == "hang") return new Promise(() => {});
    return new Response(next == "html" ? "<!doctype html>" : next);
  };
};

export const create = (name, attributes) => {
  const element = document.createElement(name);
  for (const pair of attributes.split(" ").filter(Boolean)) element.setAttribute(...(pair + "=").split("=", 2));
  const fallback = element.appendChild(document.createElement("a"));
  fallback.href = "https://edge.test/install";
  fallback.textContent = "Add to Smooch";
  return element;
};
export const append = (element) => stage.append(element);
/** The document of a new frame. Firefox replaces the first one when the frame has loaded. */
export const frame = () =>
  new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.onload = () => done(frame.contentDocument);
    stage.append(frame);
  });
export const move = (element, other) => other.body.append(element);

/** A constructor that returns whatever `make` returns. */
export const constructor = (make) =>
  function (edge) {
    return make(edge);
  };

const parts = (element) => element.shadowRoot.children;
/** The button and its texts as a person perceives them. */
export const appearance = (element) => {
  const [fallback, button, status] = parts(element);
  if (button.hidden != !fallback.hidden) return "both or neither";
  return button.hidden ? "fallback" : [button.className, button.textContent, status.textContent].filter(Boolean).join(" | ");
};
export const status_line = (element) => parts(element)[2];
export const href = (element) => parts(element)[1].getAttribute("href") ?? "";
export const button_attribute = (element, name) => parts(element)[1].getAttribute(name) ?? "";
export const style_sheets = (element) => element.shadowRoot.adoptedStyleSheets.length;
export const dispatch = (element, type, init) => {
  const event = new MouseEvent(type, { bubbles: true, cancelable: true, composed: true, ...JSON.parse(init) });
  parts(element)[1].dispatchEvent(event);
  return event.defaultPrevented;
};
export const press_key = (element, key) =>
  parts(element)[1].dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
export const focus = (element) => (element.firstChild.focus(), undefined);
export const has_focus = (element) => element.shadowRoot.activeElement === parts(element)[1];
/** base64url(SHA-256(text)), by the browser alone. */
export const digest = async (text) => {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
};
/** Calls the element as the script for popup windows does. */
export const report = (element, message) => element.popupReported(JSON.parse(message));
export const close_popup = (element) => element.popupClosed(true);
export const page_show = (persisted) => dispatchEvent(new PageTransitionEvent("pageshow", { persisted }));

export const save_intent = (place, age) => {
  const since = Math.floor(Date.now() / 1000) - age;
  const intent = { since, verifier: VERIFIER, place, started_session: "s1.then" };
  localStorage["smooch.intent." + STATE.slice(7)] = JSON.stringify(intent);
};
export const count_intents = () => Object.keys(localStorage).filter((key) => key.startsWith("smooch.intent.")).length;
export const read_store = (lasting, key) => (lasting ? localStorage : sessionStorage).getItem(key) ?? "";
export const write_store = (lasting, key, text) => (lasting ? localStorage : sessionStorage).setItem(key, text);
/** Switches a store off, as browsers do it: each touch throws. */
const stores = {};
export const block_store = (name, on) => {
  stores[name] ??= Object.getOwnPropertyDescriptor(window, name);
  const get = () => {
    throw new DOMException("no", "SecurityError");
  };
  Object.defineProperty(window, name, on ? { configurable: true, get } : stores[name]);
};
export const remove_web_crypto = (on) => {
  if (on) Object.defineProperty(crypto, "subtle", { configurable: true, value: undefined });
  else delete crypto.subtle;
};

export const requests = () => calls.join("\n");
export const events = () => dispatched.join(" ");
/** The detail of the last event, and its property names. */
export const last_detail = () => JSON.stringify(details.at(-1));
export const last_detail_keys = () => Object.keys(details.at(-1)).join(" ");
export const console_errors = () => errors.join("\n");
export const fragment = (text) => {
  if (text != null) history.replaceState({ kept: 1 }, "", location.pathname + "?page=1" + text);
  return location.search + location.hash + (history.state?.kept ? "" : " state lost");
};
export const react_to = (element, type, what) =>
  element.addEventListener(type, (event) => (what == "remove" ? element.remove() : event.preventDefault()));
export const shadow_children = (element) => element.shadowRoot.children.length;
export const wait = (ms) => new Promise((done) => setTimeout(done, ms));
