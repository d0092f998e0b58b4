// The custom element. WebAssembly cannot extend HTMLElement, so this class does, and hands everything to Rust.
import { during, present } from "./verbs.js";

/** Defines the element `name`. `make` makes the Rust half of one; without it each element says it cannot work. */
export const define = (name, edge, make) => {
  if (customElements.get(name)) return;
  class AddToSmooch extends HTMLElement {
    static observedAttributes = ["client-id", "site", "session", "authorize-url", "label", "pkce"];
    #half = make?.();
    #notes = { edge };
    connectedCallback() {
      present.add(this);
      addEventListener("pageshow", this);
      this.handleEvent({ type: "connected" });
      if (!make) {
        const detail = { code: "unsupported", message: "WebAssembly is missing or blocked." };
        this.dispatchEvent(new CustomEvent("failed", { detail, bubbles: true, composed: true }));
      }
    }
    disconnectedCallback() {
      present.delete(this);
      removeEventListener("pageshow", this);
      this.handleEvent({ type: "disconnected" });
    }
    attributeChangedCallback() {
      this.handleEvent({ type: "changed" });
    }
    handleEvent(event) {
      let { type } = event;
      // Only what concerns the button goes to Rust: a page that was frozen, a key that presses, a click that is free.
      if (type == "pageshow") type = event.persisted && "restored";
      if (type == "keydown") type = (event.key == "Enter" || event.key == " ") && "key";
      if (make && type && !event.defaultPrevented) during(this.#half, this, this.#notes, event, type);
    }
  }
  customElements.define(name, AddToSmooch);
};
