// The element's shadow tree: a button and a line below it. It shows what it is told and decides nothing. No markup is
// ever parsed and no style is ever inline, so the strictest CSP and Trusted Types let it pass.
import { host, notes } from "./verbs.js";

// Whatever may lead to the link being opened, here or elsewhere.
const PRESSES = ["click", "auxclick", "contextmenu", "dragstart", "pointerdown", "keydown"];

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
  make(button, "i", { "aria-hidden": true });
  make(button, "span", { part: "label" });
  make(root, "p", { part: "status", role: "status" });
  for (const type of PRESSES) button.addEventListener(type, host);
  return root;
};

// What pressing the button does, as `Role` has it.
const [LINK, BUTTON, INERT] = [0, 1, 2];

export const show = (look, role, renamed, label, status, before) => {
  const root = host.shadowRoot ?? build();
  // A style sheet belongs to one document; moved to another, an element comes without.
  if (!root.adoptedStyleSheets.length) {
    const sheet = new host.ownerDocument.defaultView.CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
  }
  const [fallback, button, line] = root.children;
  const set = (name, value) => (value ? button.setAttribute(name, value) : button.removeAttribute(name));
  set("class", look);
  set("href", role == LINK && notes.href);
  set("role", role == BUTTON ? "button" : role == INERT && "link");
  set("aria-disabled", role == INERT);
  set("aria-busy", look == "finishing");
  const words = (renamed && host.getAttribute("label")) || label;
  // WebKit makes a click of a press and a release only if the very text that was pressed is still there.
  if (button.lastChild.textContent != words) button.lastChild.textContent = words;
  if (before && notes.detail) status += before + notes.detail;
  // The same text once more would be announced once more.
  if (line.textContent != status) line.textContent = status;
  button.hidden = !look;
  // The live button takes over from the fallback, and the focus with it.
  if (look && !fallback.hidden && host.contains(host.ownerDocument.activeElement)) button.focus();
  fallback.hidden = !!look;
};

// The looks. White on either end of the gradient, and on the green, has a contrast above 4.9:1.
const style = `
:host{display:inline-block;vertical-align:top}
:host([hidden]),[hidden]{display:none!important}
a{box-sizing:border-box;display:inline-flex;align-items:center;justify-content:center;gap:8px;min-width:165px;min-height:40px;padding:7px 12px;border:1px solid transparent;border-radius:8px;background:linear-gradient(100deg,#883293,#d81b6a) border-box;color:#fff;font:600 14px/20px system-ui,sans-serif;text-decoration:none;cursor:pointer}
a:hover{filter:brightness(.9)}
a:active{filter:brightness(.8)}
a:focus-visible{outline:3px solid #b04bbd;outline-offset:2px}
a[aria-disabled]{cursor:default;filter:none}
i{flex:none;box-sizing:border-box;width:20px;height:20px;background:currentColor;clip-path:path(evenodd,"M10 1a9 8 0 0 1 0 16q-2 0-3.600-.7L2 18.500l1-4.300A8 8 0 0 1 10 1zM9 5v3H6v2h3v3h2v-3h3V8h-3V5z")}
.leaving i,.finishing i{clip-path:none;background:none;border:2px solid;border-inline-end-color:transparent;border-radius:50%;animation:turn .8s linear infinite}
.connected{background:#1c7a4d}
.connected i{clip-path:path("M3 10l2-2 3 3 7-7 2 2-9 9z")}
p{margin:6px 0 0;max-width:320px;font:14px/20px system-ui,sans-serif}
p:empty{margin:0}
@keyframes turn{to{rotate:1turn}}
@media(prefers-reduced-motion:reduce){i{animation:none!important}}
@media(forced-colors:active){a{border-color:LinkText}i{forced-color-adjust:none;background:LinkText}}
`;
