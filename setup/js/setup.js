// Starts the setup page, which is Rust but for the view of the button.
import start from "@setup";

await start({ module_or_path: new URL("setup.wasm", import.meta.url) });
