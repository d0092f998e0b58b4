//! The size of the Worker. Cloudflare loads and compiles all of it at each cold start.

use std::{fs, process::Command};
use tests::tools::built;

/// In bytes: script and wasm, each with `gzip -9`, as `scripts/build-worker` prints it. The crates `worker`, `serde_json` and `url`
/// take 91,000 of them. A change that needs more raises this in its own commit, and says what for.
const BUDGET: usize = 185_000;

#[test]
fn the_worker_stays_within_its_budget() {
    let [script, wasm] = ["build/worker/index.js", "build/worker/index_bg.wasm"].map(|path| {
        let file = built(path);
        let packed = Command::new("gzip").args(["-9", "-c"]).arg(&file).output().expect("gzip runs");
        assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
        let raw = fs::metadata(&file).expect("the file exists").len();
        println!("{path}: {raw} bytes, {} gzip", packed.stdout.len());
        packed.stdout.len()
    });
    let together = script + wasm;
    assert!(
        together <= BUDGET,
        "{together} bytes are over {BUDGET}: the script has {script}, the wasm {wasm}"
    );
}
