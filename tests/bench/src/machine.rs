//! The environment of a run: machine, tools and versions of the peers. It measures nothing.

use serde_json::Value;
use std::{fs, process::Command};
use tests::tools::{root, tool};

/// A row of the table: a name and a value.
pub type Fact = (String, String);

/// The machine, the tools and the peers.
#[must_use]
pub fn facts() -> Vec<Fact> {
    let mut facts = vec![
        ("date".into(), date()),
        ("commit".into(), commit()),
        ("processor".into(), format!("{}, {} cores", processor(), cores())),
        ("system".into(), format!("Linux {}, {}", read("/proc/sys/kernel/osrelease").trim(), memory())),
        ("workerd".into(), output_of(&tool("WORKERD").to_string_lossy(), &["--version"])),
        ("Chromium".into(), output_of(&chromium(), &["--version"])),
        ("esbuild".into(), output_of(&tool("ESBUILD_BIN").to_string_lossy(), &["--version"])),
        ("rustc".into(), output_of("rustc", &["--version"])),
    ];
    facts.extend(packages());
    facts
}

/// The day, in UTC.
#[must_use]
pub fn date() -> String {
    output_of("date", &["-u", "+%Y-%m-%d"])
}

/// The load average of the last minute: the number of processes that used or waited for a core, with this run's own.
#[must_use]
pub fn load() -> f64 {
    read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default()
}

/// Number of cores.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The versions of the peers, from the lock file.
fn packages() -> Vec<Fact> {
    let lock =
        fs::read_to_string(root().join("tests/bench/package-lock.json")).expect("the lock file exists");
    let lock: Value = serde_json::from_str(&lock).expect("the lock file is JSON");
    let names =
        lock["packages"][""]["devDependencies"].as_object().expect("the lock file lists the packages");
    let version = |name: &str| lock["packages"][format!("node_modules/{name}")]["version"].clone();
    names.keys().map(|name| (name.clone(), version(name).as_str().unwrap_or_default().to_owned())).collect()
}

fn commit() -> String {
    let git =
        |arguments: &[&str]| output_of("git", &[&["-C", &root().to_string_lossy()], arguments].concat());
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

fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
