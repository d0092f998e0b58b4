// The same button in plain JavaScript, as one module. It renders, stores and sends the same as ours, in English only and
// without a popup window. It exists for the benchmark only and is never deployed.
const EDGE = new URL(import.meta.url).origin;
const INTENT = "smooch.intent.", PENDING = "smooch.pending", OUTCOME = "smooch.outcome";
const INTENT_LIFE = 15 * 60, PENDING_LIFE = 24 * 60 * 60;
const TRIES = 3, RETRY = 2, LONGEST_RETRY = 15, RESUME = 4, LEAVING = 10;
const AUTHORIZE_URL = "https://app.smooch.io/oauth/authorize";
const SITE = /^[a-z0-9-]{1,32}$/;
const STATE = /^1\.([a-z0-9-]{1,32})\.([A-Za-z0-9_-]{43})$/;
const ENDPOINT = /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)[:/])[^@#]*$/;
const PLACE = /^\/(?!\/)[^\0- \\]*$/;
const PRESSES = ["click", "auxclick", "contextmenu", "dragstart", "pointerdown", "keydown"];

const SETUP =
  "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch.";
const LOGIN = "Your login here has ended. Reload this page, log in, and start again.";
const UNCHECKED = "We could not verify this, so we changed nothing. Go back to the page where you started and try again.";
const SMOOCH = "Smooch is not answering as it should. Try again in a minute.";
const MESSAGES = {
  access_denied: "You chose not to connect. Nothing was changed.",
  wrong_browser: "This was started in another browser, or is finished already. Nothing was changed. Start again here.",
  unsupported: "This button cannot work in this browser. Try another one.",
  edge_unreachable: "No answer came back. Check your connection and try again.",
  receipt_expired: "That took too long. If your app is not connected, start again.",
  code_rejected: "That took too long, or is finished already. If your app is not connected, start again.",
  receipt_invalid: UNCHECKED,
  verifier_mismatch: UNCHECKED,
  invalid_request: UNCHECKED,
  session_invalid: LOGIN,
  session_expired: LOGIN,
  session_required: LOGIN,
  session_mismatch: "You are now logged in as a different user. Start again.",
  smooch_unavailable: SMOOCH,
  smooch_malformed: SMOOCH,
  storage_unavailable: "Smooch allowed the connection, but we could not save it yet. Try again in a minute.",
  rate_limited: "Too many tries at once. Try again in a minute.",
  origin_not_allowed: SETUP,
  client_rejected: SETUP,
  misconfigured: SETUP,
  unauthorized: SETUP,
  not_found: SETUP,
  method_not_allowed: SETUP,
  connection_revoked: SETUP,
  connection_removing: SETUP,
};
// Errors of the edge that do not end the flow.
const OF_THE_EDGE = ["misconfigured", "rate_limited", "storage_unavailable"];

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const now = () => Math.floor(Date.now() / 1000);
const here = () => {
  const place = location.pathname + location.search;
  return PLACE.test(place) ? place : "";
};
const get = (store, key) => {
  try {
    return globalThis[store][key];
  } catch {}
};
const set = (store, key, text) => {
  try {
    if (text == null) delete globalThis[store][key];
    else globalThis[store][key] = text;
    return true;
  } catch {
    return false;
  }
};
const live = (text, life) => {
  const lines = text?.split("\n") ?? [];
  const age = /^\d+$/.test(lines[0]) ? now() - lines[0] : -1;
  return age >= 0 && age < life ? lines : undefined;
};

/** The edge's answer in the fragment, or nothing if none of it is ours or it does not make sense. */
const arrival = () => {
  const found = {};
  for (const part of location.hash.slice(1).split("&")) {
    const [, name, value] = /^smooch\.(receipt|error|state)=(.*)$/.exec(part) ?? [];
    if (!name) continue;
    if (found[name]) return;
    found[name] = value;
  }
  const { receipt, error, state } = found;
  if (!receipt === !error) return;
  const [, site, challenge] = (state && STATE.exec(state)) || [];
  if (state && !site) return;
  return { site: site ?? "hosted", challenge, receipt, error: error && (MESSAGES[error] ? error : "edge_unreachable") };
};
const clean = () => {
  const rest = location.hash.slice(1).split("&").filter((part) => !part.startsWith("smooch."));
  const hash = rest.length ? "#" + rest.join("&") : "";
  history.replaceState(history.state, "", location.href.split("#")[0] + hash);
};

// True once an element of this page has processed the fragment of this page load.
let taken = false;

class AddToSmooch extends HTMLElement {
  static observedAttributes = ["client-id", "site", "session", "authorize-url", "label", "pkce", "variant"];
  #phase = "idle";
  #note;
  #tries = 0;
  #unheard = false;
  #prepared;
  #turn = 0;
  #drawing = 0;
  #stay = "out";
  #href;
  #flow;
  #home;
  #detail;

  connectedCallback() {
    addEventListener("pageshow", this);
    this.#stay = "new";
    setTimeout(() => {
      if (this.#stay != "new") return;
      this.#stay = "started";
      this.#configure();
    });
    this.#show();
  }
  disconnectedCallback() {
    removeEventListener("pageshow", this);
    this.#stay = "out";
    if (this.#phase == "held" || this.#phase == "confirm") {
      this.#phase = "idle";
      taken = false;
    }
  }
  attributeChangedCallback() {
    if (this.#stay == "started") this.#configure();
  }

  handleEvent(event) {
    if (event.defaultPrevented) return;
    if (event.type == "pageshow") {
      if (event.persisted && (this.#phase == "ready" || this.#phase == "leaving")) this.#renew();
      return;
    }
    const key = event.type == "keydown";
    if (key && event.key != "Enter" && event.key != " ") return;
    const plain = event.type == "click" && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if ((this.#phase == "ready" || this.#phase == "leaving") && this.#prepared && !key) {
      const intent = [now(), this.#prepared.verifier, this.#home ?? here(), this.getAttribute("session") ?? ""];
      if (!set("localStorage", INTENT + this.#prepared.challenge, intent.join("\n"))) {
        event.preventDefault();
        return this.#unsupported("this browser lets the page store nothing");
      }
      if (plain) {
        this.#phase = "leaving";
        this.#wait(LEAVING, () => this.#phase == "leaving" && this.#renew());
      } else if (event.type != "pointerdown") {
        this.#wait(0, () => this.#phase == "ready" && this.#draw());
      }
    } else if ((this.#phase == "confirm" || this.#phase == "held") && (plain || key)) {
      event.preventDefault();
      this.#post(1);
    }
    this.#show();
  }

  #site() {
    return this.getAttribute("site") || "main";
  }
  #link() {
    const authorize = this.getAttribute("authorize-url") || AUTHORIZE_URL;
    const query = new URLSearchParams({
      response_type: "code",
      client_id: this.getAttribute("client-id"),
      redirect_uri: EDGE + "/callback",
      state: `1.${this.#site()}.${this.#prepared.challenge}`,
    });
    if (this.hasAttribute("pkce")) {
      query.set("code_challenge", this.#prepared.challenge);
      query.set("code_challenge_method", "S256");
    }
    this.#href = authorize + (authorize.includes("?") ? "&" : "?") + query;
  }
  #configure() {
    const why = !this.getAttribute("client-id")
      ? "the attribute client-id is missing"
      : !SITE.test(this.#site())
        ? "the attribute site is not a name of a-z, 0-9 and -"
        : !ENDPOINT.test(this.getAttribute("authorize-url") || AUTHORIZE_URL)
          ? "the attribute authorize-url is neither https nor http on loopback"
          : !globalThis.crypto?.subtle
            ? "Web Crypto is missing: serve this page over https"
            : set("localStorage", INTENT, "") && set("localStorage", INTENT)
              ? undefined
              : "this browser lets the page store nothing";
    if (why) return this.#unsupported(why);
    if (this.#prepared) this.#link();
    if (this.#phase == "idle" || this.#phase == "unsupported") {
      this.#phase = "idle";
      this.#draw();
    }
    if (this.#phase == "idle" || this.#phase == "ready") this.#claim();
    this.#show();
  }
  #unsupported(why) {
    console.error("add-to-smooch: " + why);
    if (!["idle", "ready", "leaving"].includes(this.#phase)) return;
    this.#phase = "unsupported";
    this.#prepared = undefined;
    this.#drawing += 1;
    this.#show();
    this.#fail("unsupported");
  }

  async #draw() {
    const turn = (this.#drawing += 1);
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(INTENT) && !live(get("localStorage", key), INTENT_LIFE)) set("localStorage", key);
    }
    const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    if (turn != this.#drawing) return;
    this.#prepared = { verifier, challenge: base64url(digest) };
    this.#link();
    if (this.#phase == "idle") this.#phase = "ready";
    this.#show();
  }
  #renew() {
    this.#phase = "ready";
    this.#note = this.#prepared = undefined;
    this.#draw();
  }
  #wait(seconds, then) {
    const turn = (this.#turn += 1);
    setTimeout(() => {
      if (turn != this.#turn) return;
      then();
      this.#show();
    }, seconds * 1000);
  }

  #claim() {
    const came = arrival();
    if (came?.site == this.#site()) {
      clean();
      taken = true;
      this.#detail = undefined;
      const key = came.challenge && INTENT + came.challenge;
      const kept = key && get("localStorage", key);
      if (key) set("localStorage", key);
      const intent = live(kept, INTENT_LIFE);
      this.#home = intent && PLACE.test(intent[2]) ? intent[2] : undefined;
      if (key && !intent) return this.#refuse("wrong_browser");
      if (came.error) return this.#refuse(came.error);
      this.#flow = [now(), this.#site(), came.receipt, kept ?? ""].join("\n");
      this.#unheard = false;
      if (key) return this.#post(1);
      set("sessionStorage", PENDING, this.#flow);
      this.#phase = "confirm";
      return;
    }
    const [site, place, ...body] = get("sessionStorage", OUTCOME)?.split("\n") ?? [];
    if (site == this.#site() && place == here()) {
      set("sessionStorage", OUTCOME);
      try {
        const said = JSON.parse(body.join("\n"));
        if (said.status == "connected" && said.connection.id) return this.#connected(said);
      } catch {}
    }
    const pending = get("sessionStorage", PENDING);
    const lines = live(pending, PENDING_LIFE);
    if (!lines) return set("sessionStorage", PENDING);
    if (lines[1] != this.#site() || taken) return;
    taken = true;
    this.#home = PLACE.test(lines[5]) ? lines[5] : undefined;
    this.#flow = pending;
    if (!lines[4]) {
      this.#unheard = false;
      this.#phase = "confirm";
      return;
    }
    this.#phase = "finishing";
    this.#tries = 0;
    this.#unheard = true;
    this.#wait(RESUME, () => this.#post(1));
  }

  async #post(tries) {
    this.#phase = "finishing";
    this.#tries = tries;
    const turn = (this.#turn += 1);
    set("sessionStorage", PENDING, this.#flow);
    this.#show();
    const [, , receipt, , verifier, , ...started] = this.#flow.split("\n");
    const form = { receipt };
    if (verifier) {
      form.verifier = verifier;
      form.session = this.getAttribute("session");
      form.started_session = started.join("\n");
    }
    if (this.#unheard) form.again = "1";
    for (const name in form) if (!form[name]) delete form[name];
    let said;
    try {
      const answer = await fetch(EDGE + "/complete", {
        method: "POST",
        body: new URLSearchParams(form),
        credentials: "omit",
        referrerPolicy: "no-referrer",
        cache: "no-store",
        redirect: "error",
        keepalive: true,
        signal: AbortSignal.timeout(30000),
      });
      said = await answer.json();
    } catch {}
    if (this.#phase != "finishing" || turn != this.#turn) return;
    this.#answered(said);
    this.#show();
  }
  #answered(said) {
    if (this.#stay == "out") {
      this.#phase = "idle";
      taken = false;
      return;
    }
    if (said?.status == "connected" && said.connection?.id) {
      set("sessionStorage", PENDING);
      return this.#connected(said);
    }
    this.#detail = said?.request_id;
    const code = MESSAGES[said?.code] ? said.code : "edge_unreachable";
    if (said?.receipt) {
      const lines = this.#flow.split("\n");
      this.#flow = [now(), lines[1], said.receipt, ...lines.slice(3)].join("\n");
      set("sessionStorage", PENDING, this.#flow);
    } else if (code != "edge_unreachable" && !OF_THE_EDGE.includes(code)) {
      set("sessionStorage", PENDING);
      return this.#refuse(code);
    }
    if (code == "edge_unreachable") this.#unheard = true;
    const after = said?.retry_after ?? RETRY;
    if (this.#tries < TRIES && after <= LONGEST_RETRY) {
      return this.#wait(after, () => this.#phase == "finishing" && this.#post(this.#tries + 1));
    }
    this.#phase = "held";
    this.#blame(code);
  }
  #refuse(code) {
    this.#renew();
    this.#blame(code);
  }
  #blame(code) {
    this.#note = code;
    this.#show();
    if (code == "access_denied") this.#emit("cancelled");
    else this.#fail(code, this.#detail);
  }
  #connected(said) {
    this.#phase = "connected";
    this.#detail = said.connection.app?.name;
    this.#show();
    if (this.#emit("connected", said) && this.#home && this.#home != here()) {
      set("sessionStorage", OUTCOME, [this.#site(), this.#home, JSON.stringify(said)].join("\n"));
      location.replace(location.origin + this.#home);
    }
  }
  #emit(type, detail) {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true }));
  }
  #fail(code, request_id) {
    this.#emit("failed", { code, message: MESSAGES[code], ...(request_id && { request_id }) });
  }

  #shown() {
    const link = this.#prepared ? "link" : "inert";
    switch (this.#phase) {
      case "ready":
        if (!this.#note) return ["ready", link];
        if (this.#note == "access_denied") return ["denied", link, , MESSAGES[this.#note]];
        return ["failed", link, , MESSAGES[this.#note], " Reference: "];
      case "leaving":
        return ["leaving", link, , "Taking you to Smooch…"];
      case "confirm":
        return ["confirm", "button", "Finish connecting", "One more step: press the button to finish connecting your app."];
      case "finishing":
        return ["finishing", "inert", "Connecting…", this.#tries > 1 ? "Still working…" : "Finishing the connection…"];
      case "held":
        return ["held", "button", "Try again", MESSAGES[this.#note], " Reference: "];
      case "connected":
        return ["connected", "inert", "Connected", "Connected", " to "];
      default:
        return ["", "inert"];
    }
  }
  #show() {
    const root = this.shadowRoot ?? this.#build();
    if (!root.adoptedStyleSheets.length) {
      const sheet = new this.ownerDocument.defaultView.CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    }
    const [fallback, button, line] = root.children;
    let [look, role, label, status = "", before] = this.#shown();
    const set = (name, value) => (value ? button.setAttribute(name, value) : button.removeAttribute(name));
    set("class", look);
    set("href", role == "link" && this.#href);
    set("role", role == "button" ? role : role == "inert" && "link");
    set("aria-disabled", role == "inert");
    set("aria-busy", look == "finishing");
    const name = this.getAttribute("variant") == "sunshine" ? "Sunshine Conversations" : "Smooch";
    label ??= this.getAttribute("label") || "Add to " + name;
    if (button.lastChild.textContent != label) button.lastChild.textContent = label;
    if (before && this.#detail) status += before + this.#detail;
    if (line.textContent != status) line.textContent = status;
    button.hidden = !look;
    if (look && !fallback.hidden && this.contains(this.ownerDocument.activeElement)) button.focus();
    fallback.hidden = !!look;
  }
  #build() {
    const root = this.attachShadow({ mode: "open" });
    const make = (parent, tag, attributes) => {
      const node = parent.appendChild(this.ownerDocument.createElement(tag));
      for (const name in attributes) node.setAttribute(name, attributes[name]);
      return node;
    };
    make(root, "slot");
    const button = make(root, "a", { part: "button", tabindex: 0, hidden: "" });
    make(button, "i");
    make(button, "span", { part: "label" });
    make(root, "p", { part: "status", role: "status" });
    for (const type of PRESSES) button.addEventListener(type, this);
    return root;
  }
}

// The styles. White text has a contrast above 4.9:1 on both ends of the gradient and on the green.
const STYLE = `
:host{display:inline-block;--line:#0000;vertical-align:top;--fill:linear-gradient(100deg,#883293,#d81b6a)}
:host([theme=dark]){--fill:#383352;--line:#b04bbd}
@media(prefers-color-scheme:dark){:host(:not([theme=light])){--fill:#383352;--line:#b04bbd}}
:host([hidden]),[hidden]{display:none!important}
a{box-sizing:border-box;display:inline-flex;place-content:center;border:1px solid var(--line);color:var(--smooch-color,#fff);align-items:center;gap:6px;min-width:165px;min-height:40px;padding:6px 8px;border-radius:var(--smooch-radius,8px);background:var(--smooch-background,var(--fill)) border-box;font:600 14px/20px system-ui,sans-serif;text-decoration:none;cursor:pointer}
:host([variant=sunshine]) a{font-size:13px;line-height:1;padding:6px;width:278px}
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

customElements.get("add-to-smooch") ?? customElements.define("add-to-smooch", AddToSmooch);
