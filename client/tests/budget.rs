//! Sizes: what pages load, as a browser receives it, and the JavaScript that is left.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic fails the test")]

use brotli::enc::BrotliEncoderParams;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Bytes of script and wasm together, which every visitor of a page with the button loads.
const PAGE_BUDGET: usize = 22_000;
/// Bytes of the module for popup windows.
const POPUP_BUDGET: usize = 700;
/// Bytes of the module of a language.
const LANGUAGE_BUDGET: usize = 1_100;
/// Lines of JavaScript in `client/js`.
const MAX_JAVASCRIPT_LINES: usize = 150;

/// Sizes at the last review, for the report of what grew.
const REVIEWED: [(&str, usize); 8] = [
    ("add-to-smooch.js", 2_840),
    ("add-to-smooch.wasm", 18_650),
    ("add-to-smooch.popup.js", 490),
    ("add-to-smooch.de.js", 980),
    ("add-to-smooch.es.js", 870),
    ("add-to-smooch.fr.js", 920),
    ("add-to-smooch.ja.js", 990),
    ("add-to-smooch.pt.js", 910),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of the current build, and its script by its floating name.
fn built(name: &str) -> PathBuf {
    let www = root().join("build/www");
    let pinned = fs::read_to_string(www.join("pinned.json"))
        .expect("build/www/pinned.json is built: run `make embed`");
    let pinned: serde_json::Value = serde_json::from_str(&pinned).unwrap();
    let script = pinned["script"].as_str().unwrap().trim_start_matches('/');
    if name == "add-to-smooch.js" { www.join(name) } else { www.join(script).with_file_name(name) }
}

/// The size of a file, compressed as well as brotli can.
fn size(name: &str) -> usize {
    let bytes = fs::read(built(name)).unwrap();
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut packed, &BrotliEncoderParams::default()).unwrap();
    packed.len()
}

/// Checks the total of these files. Returns a report of how much each file grew.
#[track_caller]
fn check(names: &[&str], budget: usize) -> String {
    let mut total = 0;
    let mut report = String::new();
    for &(name, reviewed) in REVIEWED.iter().filter(|(name, _)| names.contains(name)) {
        let size = size(name);
        total += size;
        let change = match size.checked_sub(reviewed) {
            Some(more) => format!("{more} more"),
            None => format!("{} fewer", reviewed - size),
        };
        report = [report, format!("\n{name}: {size} bytes, {change} than at the last review")].concat();
    }
    assert!(total <= budget, "{total} bytes are over the budget of {budget}:{report}");
    format!("{total} of {budget} bytes:{report}")
}

#[test]
fn script_and_wasm_keep_their_budget() {
    println!("{}", check(&["add-to-smooch.js", "add-to-smooch.wasm"], PAGE_BUDGET));
}

#[test]
fn modules_that_are_loaded_on_demand_keep_their_budgets() {
    println!("{}", check(&["add-to-smooch.popup.js"], POPUP_BUDGET));
    for language in fs::read_dir(root().join("client/lang")).unwrap() {
        let name = ["add-to-smooch.", &language.unwrap().file_name().to_string_lossy()].concat();
        assert!(REVIEWED.iter().any(|(reviewed, _)| *reviewed == name), "{name} was never reviewed");
        println!("{}", check(&[&name], LANGUAGE_BUDGET));
    }
}

#[test]
fn little_javascript_is_left() {
    let scripts = fs::read_dir(root().join("client/js")).unwrap();
    let lines = |path: PathBuf| fs::read_to_string(path).unwrap().lines().count();
    let total: usize = scripts.map(|script| lines(script.unwrap().path())).sum();
    assert!((1..=MAX_JAVASCRIPT_LINES).contains(&total), "client/js has {total} lines");
}
