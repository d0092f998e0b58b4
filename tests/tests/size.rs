//! The Worker stays small: what Cloudflare fetches, compiles and starts before the first request of an isolate.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use std::{
    fs,
    process::{Command, Stdio},
};
use tests::tools::built;

/// Bytes, gzip at its best, script and wasm together. It only goes down; what takes more room has to make it.
const BUDGET: usize = 100_000;

#[test]
fn the_worker_stays_within_its_budget() {
    let mut together = 0;
    let mut parts = String::new();
    for path in ["build/index.js", "build/index_bg.wasm"] {
        let file = built(path, "make worker");
        let packed =
            Command::new("gzip").args(["-9", "-c"]).arg(&file).stderr(Stdio::inherit()).output().unwrap();
        assert!(packed.status.success());
        let (raw, packed) = (fs::metadata(&file).unwrap().len(), packed.stdout.len());
        parts += &format!("{path}: {raw} bytes, {packed} gzip\n");
        together += packed;
    }
    println!("{parts}");
    assert!(together <= BUDGET, "{together} bytes are over {BUDGET}:\n{parts}");
}
