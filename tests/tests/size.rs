//! The Worker stays small: what Cloudflare fetches, compiles and starts before the first request of an isolate.

use std::{fs, process::Command};
use tests::tools::built;

/// In bytes: script and wasm together, by `gzip -9`. The crates `worker`, `serde_json` and `url` are 91,000 of them.
const BUDGET: usize = 185_000;

#[test]
fn the_worker_stays_within_its_budget() {
    let [script, wasm] = ["build/index.js", "build/index_bg.wasm"].map(|path| {
        let file = built(path, "make worker");
        let packed = Command::new("gzip").args(["-9", "-c"]).arg(&file).output().expect("gzip runs");
        assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
        let raw = fs::metadata(&file).expect("it is there").len();
        println!("{path}: {raw} bytes, {} gzip", packed.stdout.len());
        packed.stdout.len()
    });
    let together = script + wasm;
    assert!(
        together <= BUDGET,
        "{together} bytes are over {BUDGET}: the script has {script}, the wasm {wasm}"
    );
}
