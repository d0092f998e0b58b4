//! The invariants of ARCHITECTURE.md that no lint and no crate boundary can hold.
//!
//! Lints hold the others: `unsafe_code`, `unwrap_used`, `panic`, `unreachable` and `indexing_slicing` in the workspace's
//! Cargo.toml, and the clocks, the requests and the HTML sinks in clippy.toml.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tests::tools::root;

/// The files of the repository whose path passes, without those that git ignores.
fn files(passes: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    let files: Vec<PathBuf> = String::from_utf8(listed.stdout)
        .unwrap()
        .lines()
        .filter(|path| passes(path) && root().join(path).exists())
        .map(PathBuf::from)
        .collect();
    assert!(!files.is_empty(), "no file is checked");
    files
}

/// The Rust sources of a package, without its tests.
fn rust_of(folder: &str) -> Vec<PathBuf> {
    let source = format!("{folder}/src/");
    files(|path| path.starts_with(&source) && extension(path) == "rs" && !path.contains("/tests"))
}

fn extension(path: &str) -> String {
    Path::new(path).extension().map(|extension| extension.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The code of a file, without comments and tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let text = text.split("\nmod tests {").next().unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    lines.join("\n")
}

#[track_caller]
fn assert_none_contains(files: &[PathBuf], words: &[&str]) {
    for path in files {
        let code = code(path);
        for word in words {
            assert!(!code.contains(word), "{} contains {word:?}", path.display());
        }
    }
}

/// The dependencies of a manifest, without those of its tests.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(manifest)).unwrap();
    let mut names = BTreeSet::new();
    let mut is_inside = false;
    for line in text.lines() {
        if line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') {
            is_inside = line.ends_with("dependencies]") && !line.contains("dev-dependencies");
        } else if is_inside
            && let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty())
        {
            names.insert(name.to_owned());
        }
    }
    names
}

#[test]
fn dependencies_run_one_way() {
    let ours =
        ["shared", "client", "edge", "edge-worker", "setup", "fuzz-properties", "stand-in", "tests", "bench"];
    for (manifest, allowed) in [
        ("shared/Cargo.toml", &[][..]),
        ("client/Cargo.toml", &["shared"]),
        ("edge/Cargo.toml", &["shared"]),
        ("edge/worker/Cargo.toml", &["edge", "shared"]),
        ("client/setup/Cargo.toml", &["shared", "client"]),
        ("tests/stand-in/Cargo.toml", &[]),
        ("tests/fuzz/properties/Cargo.toml", &["shared", "edge"]),
        ("tests/Cargo.toml", &["shared", "client", "edge", "fuzz-properties", "stand-in"]),
        ("tests/bench/Cargo.toml", &["shared", "edge", "stand-in", "tests"]),
    ] {
        let names = dependencies(manifest);
        let found: BTreeSet<&str> = ours.into_iter().filter(|name| names.contains(*name)).collect();
        assert_eq!(found, allowed.iter().copied().collect(), "{manifest}");
    }
}

#[test]
fn one_crate_names_the_platform() {
    for manifest in ["edge/Cargo.toml", "shared/Cargo.toml"] {
        let names = dependencies(manifest);
        for platform in ["worker", "web-sys", "js-sys", "wasm-bindgen", "wasm-bindgen-futures", "getrandom"] {
            assert!(!names.contains(platform), "{manifest} names {platform}");
        }
    }
}

/// A crate without the standard library has no clock and no I/O, unless a dependency brings one. No lint demands
/// `#![no_std]`, so this test reads for it.
#[test]
fn shared_is_no_std_and_has_only_pure_dependencies() {
    let pure =
        ["base64ct", "idna_adapter", "serde", "serde_json", "sha2", "subtle", "thiserror", "url", "zeroize"];
    for name in dependencies("shared/Cargo.toml") {
        assert!(pure.contains(&name.as_str()), "shared depends on {name}");
    }
    assert!(code(Path::new("shared/src/lib.rs")).contains("#![no_std]"));
}

/// HTML and cookies are texts, so only a search finds them.
#[test]
fn the_edge_writes_no_html_and_sets_no_cookie() {
    assert_none_contains(&rust_of("edge"), &["<html", "<!"]);
    // One file names the type, to request a partner's return page.
    let others: Vec<_> =
        rust_of("edge").into_iter().filter(|path| !path.ends_with("page_check.rs")).collect();
    assert_none_contains(&others, &["text/html"]);
    assert_eq!(code(Path::new("edge/src/page_check.rs")).matches("\"text/html\"").count(), 1);
    // One file names cookies, to remove them from forwarded requests and answers.
    let others: Vec<_> =
        rust_of("edge").into_iter().filter(|path| !path.ends_with("api/headers.rs")).collect();
    assert_none_contains(&others, &["cookie"]);
    assert_none_contains(&rust_of("edge"), &[".with(\"set-cookie\""]);
}

/// The `disallowed-methods` and `disallowed-types` of clippy.toml forbid every other way to send a request. No lint sees
/// the options of the request, so this test reads them.
#[test]
fn one_file_sends_requests_and_follows_no_redirect() {
    let path = "edge/worker/src/outgoing.rs";
    let code = code(Path::new(path));
    assert_eq!(code.matches(".fetch_with").count(), 1, "{path}");
    assert!(code.contains("redirect: \"manual\""), "{path}");
    let others: Vec<_> =
        rust_of("edge/worker").into_iter().filter(|other| !other.ends_with("outgoing.rs")).collect();
    assert_none_contains(&others, &[".fetch_with", "disallowed_methods", "disallowed_types"]);
}

/// A list in one place can be reviewed. With clippy's `disallowed-methods` it would be an attribute in each of these files.
#[test]
fn secrets_are_exposed_only_in_listed_files() {
    let all: Vec<_> = rust_of("edge").into_iter().chain(rust_of("shared")).chain(rust_of("client")).collect();
    let exposing: BTreeSet<String> = all
        .iter()
        .filter(|path| [".expose()", "::expose"].iter().any(|exit| code(path).contains(exit)))
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let expected = [
        // Attaches the token to a forwarded call.
        "edge/src/api.rs",
        // Returns the token to the partner's backend.
        "edge/src/connections.rs",
        // Names a direct install by a digest of its code.
        "edge/src/proof.rs",
        // Seal the code, the escrow token and the record's token.
        "edge/src/receipt.rs",
        "edge/src/record.rs",
        // Sends to Smooch.
        "edge/src/smooch.rs",
        // Makes the token request, and reads the app from the token.
        "shared/src/token.rs",
        // Hashes the verifier, stores it in localStorage, and sends it to the edge.
        "client/src/proof.rs",
        "client/src/storage.rs",
        "client/src/completion.rs",
    ];
    assert_eq!(exposing, expected.map(String::from).into());
}

/// A test cannot measure constant time. This one reads for the two lines that take the same time for every key, and for
/// anything that ends the comparison early.
#[test]
fn keys_are_compared_in_constant_time() {
    let code = code(Path::new("edge/src/api_keys.rs"));
    let caller = code.split("fn caller").nth(1).unwrap();
    assert!(caller.contains("known.ct_eq(&digest)") && caller.contains("conditional_assign"));
    for early in ["==", "starts_with", "return Some", "break", ".find(", ".position("] {
        assert!(!caller.contains(early), "{early:?} ends a comparison early");
    }
}

/// clippy.toml forbids the HTML sinks of `web-sys`. The scripts and pages have no linter, so this test searches them.
#[test]
fn the_client_parses_neither_json_nor_html_and_has_nothing_inline() {
    let names = dependencies("client/Cargo.toml");
    for heavy in ["serde", "serde_json", "serde-wasm-bindgen", "url", "wasm-bindgen-futures"] {
        assert!(!names.contains(heavy), "the client depends on {heavy}");
    }
    let scripts = files(|path| {
        ["client/js/", "client/setup/js/", "www/"].iter().any(|folder| path.starts_with(folder))
            && extension(path) == "js"
    });
    let mut sources = rust_of("client");
    sources.extend(rust_of("client/setup"));
    sources.extend(scripts);
    assert_none_contains(
        &sources,
        &[
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "\"style\"",
        ],
    );
    for page in files(|path| path.starts_with("www/") && extension(path) == "html") {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for inline in ["<style", "style=", "<script>", "onclick", "onload", "javascript:"] {
            assert!(!text.contains(inline), "{} has {inline:?}", page.display());
        }
    }
}

/// Cargo does not warn about a package without the workspace's lints.
#[test]
fn every_package_has_the_workspace_lints() {
    // The fuzz targets are one line each, which the fuzzer's macro calls from C++.
    for manifest in files(|path| path.ends_with("/Cargo.toml") && path != "tests/fuzz/Cargo.toml") {
        let text = fs::read_to_string(root().join(&manifest)).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{} has lints of its own", manifest.display());
    }
}

/// Lints forbid `unwrap`, `panic!` and `unreachable!`. No lint forbids `assert!`, or reads the text of an `expect`: it says
/// why the code cannot panic.
#[test]
fn nothing_in_the_artefacts_can_panic_without_a_reason() {
    for path in ["edge", "edge/worker", "shared", "client", "client/setup"].into_iter().flat_map(rust_of) {
        let code = code(&path);
        for exception in ["assert!(", "clippy::unwrap_used", "clippy::panic,", "clippy::unreachable"] {
            assert!(!code.contains(exception), "{} contains {exception}", path.display());
        }
        for expected in code.match_indices(".expect(\"").map(|(at, _)| &code[at..]) {
            let reason = expected.split('"').nth(1).unwrap();
            assert!(reason.split(' ').count() > 3, "{}: {reason:?} is no reason", path.display());
        }
    }
}

#[test]
fn javascript_is_only_in_listed_places() {
    let scripts = files(|path| ["js", "mjs", "cjs", "ts", "jsx", "tsx"].contains(&extension(path).as_str()));
    for script in scripts {
        let path = script.to_string_lossy().into_owned();
        let is_shipped = ["client/js/", "client/lang/", "client/setup/js/"]
            .iter()
            .any(|folder| path.starts_with(folder))
            || ["www/install.js", "www/add-to-smooch.d.ts"].contains(&&*path)
                // Builds for the pages that are pinned to them.
            || path.starts_with("www/embed/");
        // Pages of partners in tests.
        let is_test_page = ["tests/src/partner/", "client/tests/page/", "tests/types/"]
            .iter()
            .any(|folder| path.starts_with(folder));
        // Alternatives in the benchmark are written in their own language.
        let is_peer = path.starts_with("tests/bench/peers/");
        assert!(is_shipped || is_test_page || is_peer, "{path}");
    }
}

#[test]
fn the_deployed_settings_hold_no_secret() {
    let deployed = fs::read_to_string(root().join("wrangler.toml")).unwrap();
    let lines = || deployed.lines().filter(|line| !line.trim_start().starts_with('#'));
    for secret in ["SMOOCH_CLIENT_SECRET", "SEALING_KEYS", "API_KEYS", "EVENTS_SECRET"] {
        assert!(!lines().any(|line| line.contains(secret)), "{secret} is in wrangler.toml, which is public");
    }
}
