// The module that pages load: starts the WebAssembly and defines <add-to-smooch>.
import { Button, start } from "./client.js";
import { UnsupportedButton, define } from "./element.js";

const here = new URL(import.meta.url);

const load = async () => {
  // The folder of this very build, and the digest of its wasm: see scripts/pin-client.
  const wasm = await fetch(new URL(`${FOLDER}add-to-smooch.wasm`, here), { integrity: INTEGRITY }).catch(() => {});
  if (!wasm?.ok && FOLDER && !here.searchParams.has("reloaded")) {
    // A deployment has replaced this build, and this script came from a cache. Another query gets past it.
    here.searchParams.set("reloaded", Date.now());
    return import(here);
  }
  await start(wasm);
  define("add-to-smooch", here.origin, Button);
};

await load().catch((error) => {
  console.error("add-to-smooch: WebAssembly is missing or blocked. The page's CSP needs 'wasm-unsafe-eval'.", error);
  define("add-to-smooch", here.origin, UnsupportedButton);
});
