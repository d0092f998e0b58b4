//! What pages load stays small: script and wasm together, first to last byte, as a browser gets them.
#![cfg(not(target_arch = "wasm32"))]

use brotli::enc::BrotliEncoderParams;
use std::{fs, path::Path};

/// Bytes, brotli at its best: what every visitor of a partner's page loads before anyone has pressed anything. It only
/// goes down; what takes more room has to make it.
const BUDGET: usize = 8_192;

#[test]
fn script_and_wasm_stay_within_their_budget() {
    let [script, wasm] = ["add-to-smooch.js", "add-to-smooch.wasm"].map(|name| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../www").join(name);
        let built = fs::read(&path).unwrap_or_else(|_| panic!("www/{name} is not built: run `make embed`"));
        let mut packed = Vec::new();
        brotli::BrotliCompress(&mut built.as_slice(), &mut packed, &BrotliEncoderParams::default()).unwrap();
        println!("{name}: {} bytes, {} brotli", built.len(), packed.len());
        packed.len()
    });
    let together = script + wasm;
    assert!(
        together <= BUDGET,
        "{together} bytes are over {BUDGET}: the script has {script}, the wasm {wasm}"
    );
}
