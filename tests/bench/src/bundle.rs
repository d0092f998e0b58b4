//! Bundles and minifies the peers with esbuild, as their users would ship them. It changes no source.

use std::{path::PathBuf, process::Command};
use tests::tools::{root, tool};

/// Bundles a script of `tests/bench/peers` for workerd. Each alias maps an imported name to a file. Returns the bundle's path.
#[must_use]
pub fn worker(name: &str, script: &str, aliases: &[(&str, &str)]) -> PathBuf {
    let aliases = aliases.iter().map(|(name, path)| format!("--alias:{name}=./tests/bench/peers/{path}"));
    run(name, script, aliases.collect())
}

/// Bundles a script of `tests/bench/peers` for a page. Returns the bundle's path.
#[must_use]
pub fn page(name: &str, script: &str) -> PathBuf {
    run(name, script, vec!["--platform=browser".into()])
}

fn run(name: &str, script: &str, options: Vec<String>) -> PathBuf {
    let out = root().join(format!("build/bench/{name}.js"));
    let status = Command::new(tool("ESBUILD_BIN"))
        .current_dir(root())
        .env("NODE_PATH", tool("BENCH_MODULES"))
        .arg(format!("tests/bench/peers/{script}"))
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none"])
        .args(options)
        .args(["--log-level=warning", &format!("--outfile={}", out.display())])
        .status();
    assert!(status.expect("esbuild starts").success(), "esbuild cannot bundle {script}");
    out
}
