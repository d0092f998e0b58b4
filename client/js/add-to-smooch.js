// The module that pages load: starts the Rust half and defines <add-to-smooch>.
import { define } from "./element.js";
import { imports, named } from "./names.js";

let half = {};
try {
  const wasm = fetch(new URL("add-to-smooch.wasm", import.meta.url));
  half = named((await WebAssembly.instantiateStreaming(wasm, imports)).instance.exports);
} catch (error) {
  console.error("add-to-smooch: WebAssembly is missing or blocked. The page's CSP needs 'wasm-unsafe-eval'.", error);
}
define("add-to-smooch", new URL(import.meta.url).origin, half.handle, half.memory);
