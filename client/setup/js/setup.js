// Starts the setup page.
import start from "@setup";

await start({ module_or_path: new URL("setup.wasm", import.meta.url) });
