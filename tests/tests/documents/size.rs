//! The size of the Worker. Cloudflare loads and compiles all of it at each cold start.

use std::{fs, process::Command};
use tests::tools::built;

/// In bytes: script and wasm in one stream of `gzip -9`, as `scripts/build-worker` prints it. The crates `worker`, `serde_json` and
/// `url` take 91,000 of them. A change that needs more raises this in its own commit, and says what for.
const BUDGET: usize = 185_000;

#[test]
fn the_worker_stays_within_its_budget() {
    let mut both = Vec::new();
    for path in ["build/worker/index.js", "build/worker/index_bg.wasm"] {
        let content = fs::read(built(path)).expect("the file exists");
        println!("{path}: {} bytes", content.len());
        both.extend(content);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("both");
    fs::write(&file, both).expect("the file is written");
    let packed = Command::new("gzip").args(["-9", "-c"]).arg(&file).output().expect("gzip runs");
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let size = packed.stdout.len();
    println!("together: {size} bytes gzip");
    assert!(size <= BUDGET, "the Worker has {size} bytes with gzip; the budget is {BUDGET}");
}
