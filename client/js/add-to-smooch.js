// The module that pages load: starts the Rust half and defines <add-to-smooch>.
import { define } from "./element.js";
import * as names from "./imports.js";

let handle;
try {
  const wasm = fetch(new URL("add-to-smooch.wasm", import.meta.url));
  const { instance } = await WebAssembly.instantiateStreaming(wasm, names.imports);
  handle = names.handle(instance);
} catch (error) {
  console.error("add-to-smooch: WebAssembly is missing or blocked. The page's CSP needs 'wasm-unsafe-eval'.", error);
}
define("add-to-smooch", new URL(import.meta.url).origin, handle);
