// The module that pages load: starts the Rust half and defines <add-to-smooch>.
import * as glue from "@client";
import { define } from "./element.js";
import { clean, now, prevent } from "./verbs.js";

let make;
try {
  const wasm = fetch(new URL("add-to-smooch.wasm", import.meta.url));
  // What takes and gives no text is imported as it is, under the name that the build gives to its module.
  const imports = { "./client_bg.js": glue, [VERBS]: { clean, now, prevent } };
  const { instance } = await WebAssembly.instantiateStreaming(wasm, imports);
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start?.();
  make = () => new glue.Button();
} catch (error) {
  console.error("add-to-smooch: WebAssembly is missing or blocked. The page's CSP needs 'wasm-unsafe-eval'.", error);
}
define("add-to-smooch", new URL(import.meta.url).origin, make);
