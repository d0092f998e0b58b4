//! The process of workerd.

use super::config::config;
use crate::{
    tools::{Process, tool},
    world::Setup,
};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};
use tempfile::NamedTempFile;

/// A running workerd with its two sockets.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) process: Process,
    /// The URL at which the edge listens.
    pub(super) edge: String,
    /// The URL of the worker `trigger`.
    pub(super) trigger: String,
}

/// Starts workerd. Everything that it prints is appended to `log`.
pub(super) fn start(setup: &Setup, smooch: &str, kv: SocketAddr, log: &Arc<Mutex<String>>) -> Instance {
    // The file is deleted when this function returns. workerd has read it by then.
    let mut file = NamedTempFile::with_suffix(".capnp").expect("a temporary file");
    file.write_all(config(setup, smooch).as_bytes()).expect("the configuration can be written");
    let mut command = Command::new(tool("WORKERD"));
    command
        .args(["serve", "--experimental", "-I", "/", "--control-fd=1"])
        .args(["--socket-addr", "http=127.0.0.1:0", "--socket-addr", "trigger=127.0.0.1:0"])
        .args(["--external-addr", &format!("kv={kv}")])
        .arg(file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Process::start(&mut command);
    let mut stdout = BufReader::new(process.0.stdout.take().expect("piped"));
    follow(process.0.stderr.take().expect("piped"), log);
    let mut listening = |socket: &str| {
        let mut ready = String::new();
        stdout.read_line(&mut ready).expect("workerd prints its ports");
        let ready: Value = serde_json::from_str(&ready).unwrap_or_default();
        let Some(port) = ready["port"].as_u64().filter(|_| ready["socket"] == socket) else {
            thread::sleep(Duration::from_millis(200));
            panic!("workerd did not start: {}", log.lock().unwrap_or_else(PoisonError::into_inner));
        };
        format!("http://127.0.0.1:{port}")
    };
    let (edge, trigger) = (listening("http"), listening("trigger"));
    follow(stdout, log);
    Instance { process, edge, trigger }
}

/// Appends all lines of a stream to `log`, in a thread.
fn follow(stream: impl Read + Send + 'static, log: &Arc<Mutex<String>>) {
    let log = Arc::clone(log);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(&line);
            log.push('\n');
        }
    });
}
