// The element's shadow tree: a button and a line below it. It shows what it is told and decides nothing. No markup is
// ever parsed and no style is ever inline, so the strictest CSP and Trusted Types let it pass.
import { PRESSES } from "./element.js";
import { host, notes } from "./verbs.js";

const make = (parent, tag, attributes) => {
  const node = parent.appendChild(parent.ownerDocument.createElement(tag));
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  return node;
};

const build = () => {
  const root = host.attachShadow({ mode: "open" });
  make(root, "slot");
  // It can be focused whatever it does for now, so the focus never falls off it.
  const button = make(root, "a", { part: "button", tabindex: 0, hidden: "" });
  make(button, "i");
  make(button, "span", { part: "label" });
  make(root, "p", { part: "status", role: "status" });
  for (const type of PRESSES) button.addEventListener(type, host);
  return root;
};

// What pressing the button does, as `Role` has it, and the looks of `Look`, in its order.
const LINK = 0;
const BUTTON = 1;
const INERT = 2;
const LOOKS = " ready denied failed leaving elsewhere confirm finishing held connected".split(" ");

export const show = (role, number, status) => {
  const root = host.shadowRoot ?? build();
  learn();
  // A style sheet belongs to one document; moved to another, an element comes without.
  if (!root.adoptedStyleSheets.length) {
    const sheet = new host.ownerDocument.defaultView.CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
  }
  const [fallback, button, line] = root.children;
  const look = LOOKS[number];
  const set = (name, value) => (value ? button.setAttribute(name, value) : button.removeAttribute(name));
  set("class", look);
  set("href", role == LINK && notes.href);
  set("role", role == BUTTON ? "button" : role == INERT && "link");
  set("aria-disabled", role == INERT);
  set("aria-busy", look == "finishing");
  const wide = host.getAttribute("variant") == "sunshine";
  const label = words(look + "_label") ?? (host.getAttribute("label") || words(wide ? "sunshine" : "smooch"));
  // WebKit makes a click of a press and a release only if the very text that was pressed is still there.
  if (button.lastChild.textContent != label) button.lastChild.textContent = label;
  const text = said(look, NAMES[status - 1]);
  // The same text once more would be announced once more.
  if (line.textContent != text) line.textContent = text;
  button.hidden = !look;
  // The live button takes over from the fallback, and the focus with it.
  if (look && !fallback.hidden && host.contains(host.ownerDocument.activeElement)) button.focus();
  fallback.hidden = !!look;
};

// The words for a key, with the name of the connected app, or the number that finds a failure in the edge's log.
const said = (look, key) => {
  const text = words(key) ?? "";
  const fill = (pattern) => words(pattern).split("{}").join(notes.detail);
  if (!text || !notes.detail) return text;
  if (key == "connected") return fill("connected_to");
  return look == "failed" || look == "held" ? text + " " + fill("reference") : text;
};

// The words of the other languages are in `client/lang`, and come when asked for.
const OTHERS = ["de", "es", "fr", "ja", "pt"];
// What a developer reads in the console, in the order of `Why`.
export const WHY = [
  "the attribute client-id is missing",
  "the attribute site is not a name of a-z, 0-9 and -",
  "the attribute authorize-url is neither https nor http on loopback",
  "Web Crypto is missing: serve this page over https",
  "this browser lets the page store nothing",
];

// The nearest `lang`, as HTML has it; of "pt-BR" the first part counts.
const language = () => (host.closest("[lang]") ?? host).lang.slice(0, 2).toLowerCase();

/** The words for a key. */
export const words = (key) => (known[language()] ?? english)[key];

/** Loads the element's language, if it is one of ours and not here yet, and has the element show itself again. */
export const learn = () => {
  const [element, name] = [host, language()];
  if (known[name] || !OTHERS.includes(name)) return;
  // Asked for once; what cannot be had leaves the English.
  known[name] = english;
  import(new URL(LANGUAGES + name + ".js", import.meta.url)).then(
    (module) => {
      known[name] = module.default;
      element.handleEvent({ type: "changed" });
    },
    () => {},
  );
};

// The looks. White on either end of the gradient, and on the green, has a contrast above 4.9:1.
const style = `
:host{display:inline-block;--line:#0000;vertical-align:top;--fill:linear-gradient(100deg,#883293,#d81b6a)}
:host([theme=dark]){--fill:#383352;--line:#b04bbd}
@media(prefers-color-scheme:dark){:host(:not([theme=light])){--fill:#383352;--line:#b04bbd}}
:host([hidden]),[hidden]{display:none!important}
a{box-sizing:border-box;display:inline-flex;place-content:center;border:1px solid var(--line);color:var(--smooch-color,#fff);align-items:center;gap:6px;min-width:165px;min-height:40px;padding:6px;border-radius:var(--smooch-radius,8px);background:var(--smooch-background,var(--fill)) border-box;font:600 14px/20px system-ui,sans-serif;text-decoration:none;cursor:pointer}
:host([variant=sunshine]) a{font-size:13px;line-height:1;width:278px}
a:hover{filter:brightness(.9)}
a:active{filter:brightness(.8)}
a:focus-visible{outline-offset:2px;outline:3px solid #b04bbd}
a[aria-disabled]{filter:none;cursor:default}
i{flex:none;box-sizing:border-box;width:20px;height:20px;background:currentColor;clip-path:path(evenodd,"M10 1a9 8 0 0 1 0 16q-2 0-3.6-.7L2 18.5l1-4.3A8 8 0 0 1 10 1zM9 5v3H6v2h3v3h2v-3h3V8h-3V5z")}
.leaving i,.finishing i{clip-path:none;background:none;border:2px solid;border-radius:50%;border-inline-end-color:#0000;animation:turn .8s linear infinite}
.connected{background:#1c7a4d}
.connected i{clip-path:path("M3 10l2-2 3 3 7-7 2 2-9 9z")}
.failed i,.held i{clip-path:path("M8 2h4l-1 10H9zM8 14h4v4H8z")}
p{font:14px/20px system-ui,sans-serif;margin:6px 0 0;max-width:320px}
p:empty{margin:0}
@media(prefers-reduced-motion:no-preference){@keyframes turn{to{rotate:1turn}}}
@media(forced-colors:active){a{border-color:LinkText}i{forced-color-adjust:none;color:LinkText}}
`;

// English. What Rust has a number for comes first, from 1: the error codes, and the lines of `Line`.
const english = {
  "access_denied": "You chose not to connect. Nothing was changed.",
  "wrong_browser": "This was started in another browser, or is finished already. Nothing was changed. Start again here.",
  "unsupported": "This button cannot work in this browser. Try another one.",
  "window_closed": "Not finished yet. If the other window is gone, press to start again.",
  "edge_unreachable": "No answer came back. Check your connection and try again.",
  "receipt_invalid": "This could not be checked, so nothing was changed. Start again where you began.",
  "receipt_expired": "That took too long. If your app is not connected, start again.",
  "verifier_mismatch": "This could not be checked, so nothing was changed. Start again where you began.",
  "origin_not_allowed": "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.",
  "session_invalid": "Your login here has ended. Reload this page, log in, and start again.",
  "session_expired": "Your login here has ended. Reload this page, log in, and start again.",
  "session_mismatch": "You are logged in here as someone else than when you started. Start again.",
  "session_required": "Your login here has ended. Reload this page, log in, and start again.",
  "code_rejected": "That took too long, or is finished already. If your app is not connected, start again.",
  "client_rejected": "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.",
  "smooch_unavailable": "Smooch is not answering as it should. Try again in a minute.",
  "smooch_malformed": "Smooch is not answering as it should. Try again in a minute.",
  "storage_unavailable": "Smooch said yes, but it could not be saved yet. Try again in a minute.",
  "connection_revoked": "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.",
  "connection_removing": "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.",
  "rate_limited": "Too many tries at once. Try again in a minute.",
  "misconfigured": "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.",
  "unauthorized": "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.",
  "not_found": "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.",
  "method_not_allowed": "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.",
  "invalid_request": "This could not be checked, so nothing was changed. Start again where you began.",
  "leaving": "Taking you to Smooch…",
  "elsewhere": "Go on in the window that has opened.",
  "confirm": "One more step: press the button to finish connecting your app.",
  "finishing": "Finishing the connection…",
  "still": "Still working…",
  "connected": "Connected",
  "done": "Done. You can close this window.",
  "connected_to": "Connected to {}",
  "reference": "Reference: {}",
  "smooch": "Add to Smooch",
  "sunshine": "Add to Sunshine Conversations",
  "confirm_label": "Finish connecting",
  "finishing_label": "Connecting…",
  "held_label": "Try again",
  "connected_label": "Connected"
};
const known = { en: english };
export const NAMES = Object.keys(english);
