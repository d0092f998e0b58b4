//! What the run ran on, and of which versions: the figures mean nothing without.

use serde_json::Value;
use std::{fs, process::Command};
use tests::tools::{root, tool};

/// A line of a table: what, and which.
pub type Fact = (String, String);

/// The machine, the tools and the peers.
#[must_use]
pub fn facts() -> Vec<Fact> {
    let mut facts = vec![
        ("date".into(), date()),
        ("commit".into(), commit()),
        ("processor".into(), format!("{}, {} cores", processor(), cores())),
        ("system".into(), format!("Linux {}, {}", read("/proc/sys/kernel/osrelease").trim(), memory())),
        ("workerd".into(), said(&tool("WORKERD").to_string_lossy(), &["--version"])),
        ("Chromium".into(), said(&chromium(), &["--version"])),
        ("esbuild".into(), said(&tool("ESBUILD_BIN").to_string_lossy(), &["--version"])),
        ("rustc".into(), said("rustc", &["--version"])),
    ];
    facts.extend(packages());
    facts
}

/// The day, in UTC.
#[must_use]
pub fn date() -> String {
    said("date", &["-u", "+%Y-%m-%d"])
}

/// How many processes wanted a core in the last minute; those of the run itself are among them.
#[must_use]
pub fn load() -> f64 {
    read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default()
}

/// How many cores there are.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The peers' versions, as the lock file has them.
fn packages() -> Vec<Fact> {
    let lock = fs::read_to_string(root().join("tests/bench/package-lock.json")).expect("the lock file");
    let lock: Value = serde_json::from_str(&lock).expect("JSON");
    let wanted = lock["packages"][""]["devDependencies"].as_object().expect("what is installed");
    let version = |name: &str| lock["packages"][format!("node_modules/{name}")]["version"].clone();
    wanted.keys().map(|name| (name.clone(), version(name).as_str().unwrap_or_default().to_owned())).collect()
}

fn commit() -> String {
    let git = |arguments: &[&str]| said("git", &[&["-C", &root().to_string_lossy()], arguments].concat());
    let changed = if git(&["status", "--porcelain", "--untracked-files=no"]).is_empty() {
        ""
    } else {
        ", with changes"
    };
    format!("{}{changed}", git(&["rev-parse", "--short", "HEAD"]))
}

fn chromium() -> String {
    std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into())
}

fn processor() -> String {
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    model.trim_start_matches([' ', '\t', ':']).into()
}

fn memory() -> String {
    let info = read("/proc/meminfo");
    let kilobytes = info.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    let kilobytes: u64 = kilobytes.trim().trim_end_matches(" kB").parse().unwrap_or_default();
    format!("{} GiB of memory", (kilobytes + 512 * 1024) / (1024 * 1024))
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
