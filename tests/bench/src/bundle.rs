//! Peers as their users would ship them: bundled and minified by esbuild.

use std::{path::PathBuf, process::Command};
use tests::tools::{root, tool};

/// Bundles a script of `tests/bench/peers` for workerd; `aliases` are names it imports and what stands for them.
#[must_use]
pub fn worker(name: &str, script: &str, aliases: &[(&str, &str)]) -> PathBuf {
    let aliases = aliases.iter().map(|(name, path)| format!("--alias:{name}=./tests/bench/peers/{path}"));
    run(name, script, aliases.collect())
}

/// Bundles a script of `tests/bench/peers` for a page.
#[must_use]
pub fn page(name: &str, script: &str) -> PathBuf {
    run(name, script, vec!["--platform=browser".into()])
}

fn run(name: &str, script: &str, more: Vec<String>) -> PathBuf {
    let out = root().join(format!("build/bench/{name}.js"));
    let status = Command::new(tool("ESBUILD_BIN"))
        .current_dir(root())
        .env("NODE_PATH", tool("BENCH_MODULES"))
        .arg(format!("tests/bench/peers/{script}"))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none"])
        .args(more)
        .args(["--log-level=warning", &format!("--outfile={}", out.display())])
        .status();
    assert!(status.expect("esbuild runs").success(), "{script} cannot be bundled");
    out
}
