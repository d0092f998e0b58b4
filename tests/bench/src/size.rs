//! Sizes: Workers as Cloudflare counts them, embeds as a browser downloads them. It builds only the peers' bundles.

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

/// A size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Uncompressed.
    pub raw: usize,
    /// Compressed by gzip, level 9.
    pub gzip: usize,
    /// Compressed by brotli, quality 11.
    pub brotli: usize,
}

/// The size of a Worker: script and wasm, compressed together.
#[must_use]
pub fn worker(peer: &Peer) -> Size {
    let mut bundle = read(&peer.script);
    bundle.extend(peer.wasm.as_deref().map(read).unwrap_or_default());
    Size { raw: bundle.len(), gzip: gzip(&bundle), brotli: brotli(&bundle) }
}

/// The sizes of the embeds. Each file is compressed separately, as a server sends it.
#[must_use]
pub fn embeds() -> Vec<(&'static str, Size)> {
    let ours = [built("build/www/add-to-smooch.js"), current_build().join("add-to-smooch.wasm")]
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
    let total = |files: Vec<Vec<u8>>| {
        files.iter().fold(Size::default(), |sum, file| Size {
            raw: sum.raw + file.len(),
            gzip: sum.gzip + gzip(file),
            brotli: sum.brotli + brotli(file),
        })
    };
    all.into_iter().map(|(name, files)| (name, total(files))).collect()
}

/// The folder with the files that the embed's script loads.
///
/// # Panics
///
/// If the embed is not built.
#[must_use]
pub fn current_build() -> PathBuf {
    let pinned = read(&built("build/www/pinned.json"));
    let pinned: Value = serde_json::from_slice(&pinned).expect("scripts/pin-client writes JSON");
    let script = pinned["script"].as_str().expect("the path of the script");
    root().join("build/www").join(script.trim_start_matches('/')).with_file_name("")
}

fn read(path: &std::path::Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn brotli(bytes: &[u8]) -> usize {
    let mut packed = Vec::new();
    // The default quality is 11, the highest.
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &BrotliEncoderParams::default())
        .expect("writing to memory cannot fail");
    packed.len()
}

fn gzip(bytes: &[u8]) -> usize {
    let mut gzip = Command::new("gzip")
        .arg("-9")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip starts");
    let mut stdin = gzip.stdin.take().expect("stdin is piped");
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let packed = gzip.wait_with_output().expect("gzip runs");
    writer.join().expect("the writer does not panic").expect("gzip reads its input");
    packed.stdout.len()
}
