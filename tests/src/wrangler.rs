//! The edge in `wrangler dev`: the built Worker with its static files, KV on disk, and the settings of `wrangler.toml`, except
//! those that contain a local port.

use crate::tools::{Process, ensure_built, root, tool};
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs::OpenOptions,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    os::unix::{fs::OpenOptionsExt as _, process::CommandExt as _},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

/// The longest time to start, on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The time that wrangler gets to end its own child processes.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A running `wrangler dev`. It ends, with its child processes, when this is dropped.
#[derive(Debug)]
pub struct Wrangler {
    process: Process,
    lines: Receiver<String>,
}

impl Wrangler {
    /// Starts the edge on `port` of 127.0.0.1 with the configuration file `config` and its KV in the folder `state`, and waits
    /// until it is ready. Secrets are passed in a file in `state` that only this user can read.
    ///
    /// # Errors
    ///
    /// The output of wrangler, if it does not start.
    pub fn start(
        port: u16,
        config: &Path,
        state: &Path,
        vars: &Value,
        secrets: &Value,
    ) -> Result<Self, String> {
        ensure_built("build/www/add-to-smooch.js");
        ensure_built("build/worker/index.js");
        let env_file = state.join("edge.env");
        let mut lines = String::new();
        for (name, value) in secrets.as_object().into_iter().flatten() {
            writeln!(lines, "{name}={}", value.as_str().unwrap_or_default())
                .expect("writing to a String does not fail");
        }
        write_private(&env_file, &lines).map_err(|error| format!("{}: {error}", env_file.display()))?;
        let port = port.to_string();
        let mut command = Command::new(tool("WRANGLER"));
        command
            .args([
                "dev",
                "--ip",
                "127.0.0.1",
                "--port",
                &port,
                "--inspector-port",
                "0",
                "--log-level",
                "log",
            ])
            .arg("--show-interactive-dev-session=false")
            .arg("--config")
            .arg(config)
            .arg("--persist-to")
            .arg(state)
            .arg("--env-file")
            .arg(&env_file);
        for (name, value) in vars.as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            command.arg("--var").arg(format!("{name}:{text}"));
        }
        command
            .current_dir(root())
            // Serves the build from before, although a source may have changed since.
            .env("WORKER_BUILT", "1")
            // By default wrangler stores a trace of each request locally, with its whole URL and the authorization code in it.
            .env("X_LOCAL_OBSERVABILITY", "false")
            .env("WRANGLER_WRITE_LOGS", "false")
            // All wranglers of a user share one registry by default, and one that changes while another starts makes that one
            // build its configuration again, or never become ready.
            .env("WRANGLER_REGISTRY_PATH", state.join("registry"))
            .env("WRANGLER_SEND_METRICS", "false")
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            .env("NO_COLOR", "1")
            .env("FORCE_COLOR", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // In a process group of its own, so that Ctrl-C does not reach it and this type can end it.
            .process_group(0);
        let mut process = Process::start(&mut command);
        let (sender, lines) = mpsc::channel();
        let stdout = process.0.stdout.take().expect("piped");
        let stderr = process.0.stderr.take().expect("piped");
        for stream in [Box::new(stdout) as Box<dyn Read + Send>, Box::new(stderr)] {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let mut wrangler = Self { process, lines };
        wrangler.wait_until_ready()?;
        Ok(wrangler)
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let mut output = String::new();
        loop {
            match self.lines.recv_timeout(START_TIMEOUT) {
                Ok(line) if line.contains("Ready on") => return Ok(()),
                Ok(line) => writeln!(output, "{line}").expect("writing to a String does not fail"),
                Err(RecvTimeoutError::Disconnected) => return Err(format!("wrangler has ended:\n{output}")),
                Err(RecvTimeoutError::Timeout) => return Err(format!("wrangler does not answer:\n{output}")),
            }
        }
    }

    /// The next line that wrangler or the Worker prints, or `None` after `timeout`.
    #[must_use]
    pub fn line(&self, timeout: Duration) -> Option<String> {
        self.lines.recv_timeout(timeout).ok()
    }
}

impl Drop for Wrangler {
    fn drop(&mut self) {
        // SIGTERM lets wrangler end workerd and esbuild. SIGKILL would leave them running.
        let group = format!("-{}", self.process.0.id());
        let signal =
            |name: &str| Command::new("kill").args([name, "--", &group]).stderr(Stdio::null()).status();
        let _ = signal("-TERM");
        let step = Duration::from_millis(20);
        let mut waited = Duration::ZERO;
        while waited < STOP_TIMEOUT && matches!(self.process.0.try_wait(), Ok(None)) {
            thread::sleep(step);
            waited += step;
        }
        let _ = signal("-KILL");
    }
}

/// Writes a file that only this user can read.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
