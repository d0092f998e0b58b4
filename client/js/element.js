// The custom element. WebAssembly cannot extend HTMLElement, so this class does, and hands everything to Rust.
import { during, failed, present, remind } from "./verbs.js";

// What Rust hears of, in the order of its `kind`; the presses are the button's own events.
const KINDS =
  "connected start changed disconnected pageshow click auxclick contextmenu dragstart pointerdown keydown wake drawn answer told closed heard alone".split(" ");
/** Whatever may lead to the link being opened, here or elsewhere. */
export const PRESSES = KINDS.slice(5, 11);

/** Defines the element `name`. `handle` is its Rust half, in that memory; without it each element says it cannot work. */
export const define = (name, edge, handle, memory) => {
  if (customElements.get(name)) return;
  remind(memory);
  class AddToSmooch extends HTMLElement {
    static observedAttributes = "client-id site session authorize-url mode pkce label variant lang".split(" ");
    #notes = { edge, state: 0, flow: {} };
    connectedCallback() {
      present.add(this);
      addEventListener("pageshow", this);
      this.handleEvent({ type: "connected" });
      // It starts in a moment: some set its attributes only now, and a screen reader must know the status line before
      // there is something to say in it.
      setTimeout(() => this.handleEvent({ type: "start" }));
      if (!handle) during(() => failed("unsupported"), this, this.#notes, {});
    }
    disconnectedCallback() {
      present.delete(this);
      removeEventListener("pageshow", this);
      this.handleEvent({ type: "disconnected" });
    }
    attributeChangedCallback() {
      this.handleEvent({ type: "changed" });
    }
    // Its own, as Firefox gives an element that is moved to another document another prototype.
    handleEvent = (event) => {
      let { type } = event;
      // With one of these held a click opens the link elsewhere, as other buttons do.
      if (type == "click" && (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) type = "auxclick";
      // A page that was not frozen and a key that does not press are not for Rust.
      if (type == "pageshow" && !event.persisted) return;
      if (type == "keydown" && event.key != "Enter" && event.key != " ") return;
      if (handle && !event.defaultPrevented) during(handle, this, this.#notes, event, KINDS.indexOf(type));
    };
  }
  customElements.define(name, AddToSmooch);
};
