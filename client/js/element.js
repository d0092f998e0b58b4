// The custom element. wasm-bindgen cannot extend HTMLElement, so this class does, and passes everything to its Button.

/** Defines the element `name` for the edge at the origin `edge`. Each element holds one `Button`. */
export const define = (name, edge, Button) => {
  if (customElements.get(name)) return;
  class AddToSmooch extends HTMLElement {
    static observedAttributes = "client-id site session authorize-url mode pkce label variant lang".split(" ");
    #button = new Button(edge);
    connectedCallback() {
      this.#button.connected(this);
    }
    disconnectedCallback() {
      this.#button.disconnected();
    }
    attributeChangedCallback() {
      this.#button.attributeChanged();
    }
    // Properties of the instance: Firefox changes the prototype of an element that moves to another document.
    handleEvent = (event) => this.#button.handleEvent(event);
    popupReported = (message) => this.#button.popupReported(message);
    popupClosed = (certain) => this.#button.popupClosed(certain);
  }
  customElements.define(name, AddToSmooch);
};

/** Replaces the `Button` where the WebAssembly cannot run: the fallback stays, and the page is told. */
export class UnsupportedButton {
  connected(element) {
    const detail = { code: "unsupported", message: "This button cannot work in this browser. Try another one." };
    element.dispatchEvent(new CustomEvent("failed", { detail, bubbles: true, composed: true, cancelable: true }));
  }
  disconnected() {}
  attributeChanged() {}
}
