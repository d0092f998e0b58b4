//! What has to be loaded before anything runs: Workers as Cloudflare counts them, embeds as a browser gets them.

use crate::{bundle, peer::Peer};
use brotli::enc::BrotliEncoderParams;
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};
use tests::tools::{built, root};

/// Bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// As they are.
    pub raw: usize,
    /// By gzip at its best.
    pub gzip: usize,
    /// By brotli at its best.
    pub brotli: usize,
}

/// What a Worker weighs, script and wasm as one.
#[must_use]
pub fn worker(peer: &Peer) -> Weight {
    let mut whole = read(&peer.script);
    whole.extend(peer.wasm.as_deref().map(read).unwrap_or_default());
    Weight { raw: whole.len(), gzip: gzip(&whole), brotli: brotli(&whole) }
}

/// What an embed weighs, each of its files packed by itself, as they are sent.
#[must_use]
pub fn embeds() -> Vec<(&'static str, Weight)> {
    let ours = [built("www/add-to-smooch.js", "make embed"), current_build().join("add-to-smooch.wasm")]
        .map(|path| read(&path));
    let peer = |name, script: &str| {
        (name, vec![read(&bundle::page(&format!("embed-{script}"), &format!("embed/{script}.js")))])
    };
    let all = [
        ("ours", ours.to_vec()),
        peer("the same button in plain JavaScript", "button"),
        peer("@nangohq/frontend", "nango"),
        peer("oauth4webapi (code flow)", "oauth4webapi"),
        peer("better-auth (client)", "better-auth"),
        peer("oidc-client-ts", "oidc-client-ts"),
    ];
    let weigh = |files: Vec<Vec<u8>>| {
        files.iter().fold(Weight::default(), |sum, file| Weight {
            raw: sum.raw + file.len(),
            gzip: sum.gzip + gzip(file),
            brotli: sum.brotli + brotli(file),
        })
    };
    all.into_iter().map(|(name, files)| (name, weigh(files))).collect()
}

/// The folder of everything that the embed's script loads.
///
/// # Panics
///
/// If the embed is not built.
#[must_use]
pub fn current_build() -> PathBuf {
    let pinned = read(&built("www/pinned.json", "make embed"));
    let pinned: Value = serde_json::from_slice(&pinned).expect("scripts/pin-client writes JSON");
    let script = pinned["script"].as_str().expect("the path of the script");
    root().join("www").join(script.trim_start_matches('/')).with_file_name("")
}

fn read(path: &std::path::Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn brotli(bytes: &[u8]) -> usize {
    let mut packed = Vec::new();
    // Its default is the best, 11.
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &BrotliEncoderParams::default())
        .expect("memory takes it");
    packed.len()
}

fn gzip(bytes: &[u8]) -> usize {
    let mut gzip =
        Command::new("gzip").arg("-9").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip");
    let mut stdin = gzip.stdin.take().expect("piped");
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let packed = gzip.wait_with_output().expect("gzip runs");
    writer.join().expect("no panic").expect("gzip reads");
    packed.stdout.len()
}
