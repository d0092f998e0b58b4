//! What ARCHITECTURE.md says is deliberately absent, held.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tests::tools::root;

/// Every file that git knows or would take in, whose path passes.
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
    assert!(!files.is_empty(), "the invariant looks at something");
    files
}

fn rust_of(folder: &str) -> Vec<PathBuf> {
    let source = format!("{folder}/src/");
    files(|path| path.starts_with(&source) && extension(path) == "rs" && !path.contains("/tests"))
}

fn extension(path: &str) -> String {
    Path::new(path).extension().map(|extension| extension.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The code of a file, without its comments and its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let text = text.split("\nmod tests {").next().unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    lines.join("\n")
}

#[track_caller]
fn none_has(files: &[PathBuf], words: &[&str]) {
    for path in files {
        let code = code(path);
        for word in words {
            assert!(!code.contains(word), "{} has {word:?}", path.display());
        }
    }
}

/// The names in a section of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(manifest)).unwrap();
    let mut names = BTreeSet::new();
    let mut within = false;
    for line in text.lines() {
        if line.starts_with('[') {
            within = line.ends_with("dependencies]") && !line.contains("dev-dependencies");
        } else if within
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

#[test]
fn shared_is_pure() {
    let shared = rust_of("shared");
    none_has(
        &shared,
        &["std::", "SystemTime", "Instant", "getrandom", "rand::", "wasm_bindgen", "async ", ".await"],
    );
    assert!(code(Path::new("shared/src/lib.rs")).contains("#![no_std]"));
}

#[test]
fn the_edge_writes_no_html_and_sets_no_cookie() {
    none_has(&rust_of("edge"), &["<html", "<!"]);
    // Only the file that asks for a partner's page knows the type, to ask for it.
    let others: Vec<_> =
        rust_of("edge").into_iter().filter(|path| !path.ends_with("page_check.rs")).collect();
    none_has(&others, &["text/html"]);
    assert_eq!(code(Path::new("edge/src/page_check.rs")).matches("\"text/html\"").count(), 1);
    // Only the file that drops cookies on their way through knows of them.
    let others: Vec<_> =
        rust_of("edge").into_iter().filter(|path| !path.ends_with("api/headers.rs")).collect();
    none_has(&others, &["cookie"]);
    none_has(&rust_of("edge"), &[".with(\"set-cookie\""]);
}

#[test]
fn one_place_sends_and_follows_no_redirect() {
    let sends = |path: &PathBuf| {
        let code = code(path);
        [".fetch_with", "worker::Fetch", "Fetch::", "Fetcher", "WebSocket", "connect("]
            .iter()
            .any(|word| code.contains(word))
    };
    let senders: Vec<_> = rust_of("edge/worker").into_iter().filter(sends).collect();
    assert_eq!(senders, [Path::new("edge/worker/src/outgoing.rs")]);
    let code = code(Path::new("edge/worker/src/outgoing.rs"));
    assert_eq!(code.matches(".fetch_with").count(), 1);
    assert!(code.contains("redirect: \"manual\""));
}

#[test]
fn a_secret_leaves_its_type_in_these_files_alone() {
    let all: Vec<_> = rust_of("edge").into_iter().chain(rust_of("shared")).chain(rust_of("client")).collect();
    let exposing: BTreeSet<String> = all
        .iter()
        .filter(|path| [".expose()", "::expose"].iter().any(|exit| code(path).contains(exit)))
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let expected = [
        // Attaches the token to a call that is passed on.
        "edge/src/api.rs",
        // Gives the token out to the partner's backend.
        "edge/src/connections.rs",
        // Names a direct install by a digest of its code.
        "edge/src/proof.rs",
        // Seals.
        "edge/src/receipt.rs",
        "edge/src/record.rs",
        // Sends to Smooch.
        "edge/src/smooch.rs",
        // Makes the token request, and reads what the token says.
        "shared/src/token.rs",
        // Digests the verifier, saves it in this origin's storage, and sends it to the edge.
        "client/src/proof.rs",
        "client/src/storage.rs",
        "client/src/completion.rs",
    ];
    assert_eq!(exposing, expected.map(String::from).into());
}

/// Time cannot be tested: this holds the two lines that make it the same for every key.
#[test]
fn keys_are_compared_in_constant_time() {
    let code = code(Path::new("edge/src/api_keys.rs"));
    let caller = code.split("fn caller").nth(1).unwrap();
    assert!(caller.contains("known.ct_eq(&digest)") && caller.contains("conditional_assign"));
    for early in ["==", "starts_with", "return Some", "break", ".find(", ".position("] {
        assert!(!caller.contains(early), "{early:?} ends a comparison early");
    }
}

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
    let mut all = rust_of("client");
    all.extend(rust_of("client/setup"));
    all.extend(scripts);
    none_has(
        &all,
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

#[test]
fn nothing_is_unsafe_and_nothing_in_the_edge_panics_without_a_reason() {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for path in files(|path| extension(path) == "rs" && path != "tests/tests/invariants.rs") {
        let code = code(&path);
        assert!(!code.contains("unsafe_code"), "{} allows unsafe code", path.display());
    }
    // The fuzz targets are a line each, which the fuzzer's macro calls from C++.
    for manifest in files(|path| path.ends_with("/Cargo.toml") && path != "tests/fuzz/Cargo.toml") {
        let text = fs::read_to_string(root().join(&manifest)).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{} has lints of its own", manifest.display());
    }
    // A line that may panic says why it does not; the lints forbid the rest.
    for path in ["edge", "edge/worker", "shared", "client", "client/setup"].into_iter().flat_map(rust_of) {
        let code = code(&path);
        for panics in
            ["unwrap()", "panic!(", "unreachable!(", "assert!(", "clippy::unwrap_used", "clippy::panic,"]
        {
            assert!(!code.contains(panics), "{} has {panics}", path.display());
        }
        for expected in code.match_indices(".expect(\"").map(|(at, _)| &code[at..]) {
            let reason = expected.split('"').nth(1).unwrap();
            assert!(reason.split(' ').count() > 3, "{}: {reason:?} is no reason", path.display());
        }
    }
}

#[test]
fn javascript_is_where_browser_and_platform_demand_it_and_nowhere_else() {
    let scripts = files(|path| ["js", "mjs", "cjs", "ts", "jsx", "tsx"].contains(&extension(path).as_str()));
    for script in scripts {
        let path = script.to_string_lossy().into_owned();
        let shipped = ["client/js/", "client/lang/", "client/setup/js/"]
            .iter()
            .any(|folder| path.starts_with(folder))
            || ["www/install.js", "www/add-to-smooch.d.ts"].contains(&&*path)
            // Built, and kept for the pages that are pinned to it.
            || path.starts_with("www/embed/");
        // Pages that tests stand on are somebody else's site.
        let of_a_page = ["tests/src/partner/", "client/tests/page/", "tests/types/"]
            .iter()
            .any(|folder| path.starts_with(folder));
        // What people would pick instead is written in what they would write it in.
        let of_a_peer = path.starts_with("tests/bench/peers/");
        assert!(shipped || of_a_page || of_a_peer, "{path}");
    }
}

#[test]
fn every_scenario_is_played() {
    let list = fs::read_to_string(root().join("tests/src/scenarios.rs")).unwrap();
    for path in files(|path| path.starts_with("tests/src/scenarios/")) {
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        let code = code(&path);
        let names = code.split("pub fn ").skip(1).map(|rest| rest.split('(').next().unwrap());
        for name in names {
            assert!(list.contains(&format!("{module}::{name},")), "{module}::{name} is not in the list");
        }
    }
    for runner in ["tests/tests/simulator.rs", "tests/tests/workerd.rs"] {
        assert!(fs::read_to_string(root().join(runner)).unwrap().contains("every_scenario!"), "{runner}");
    }
}

#[test]
fn the_deployed_settings_hold_no_secret_and_are_the_tested_ones() {
    let deployed = fs::read_to_string(root().join("wrangler.toml")).unwrap();
    let lines = || deployed.lines().filter(|line| !line.trim_start().starts_with('#'));
    for secret in ["SMOOCH_CLIENT_SECRET", "SEALING_KEYS", "API_KEYS", "EVENTS_SECRET"] {
        assert!(
            !lines().any(|line| line.contains(secret)),
            "{secret} is a secret, and wrangler.toml is public"
        );
    }
    let setting = |name: &str| {
        lines().find(|line| line.starts_with(name)).unwrap().split_once('=').unwrap().1.trim().to_owned()
    };
    let tested = fs::read_to_string(root().join("tests/src/workerd.rs")).unwrap();
    assert!(tested.contains(&format!("compatibilityDate = {}", setting("compatibility_date"))));
    assert!(tested.contains(&format!("compatibilityFlags = {}", setting("compatibility_flags"))));
}
