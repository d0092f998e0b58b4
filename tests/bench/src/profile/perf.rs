//! Controls `perf record` for one process. It does not interpret the samples.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};
use tempfile::TempDir;
use tests::tools::Process;

/// Samples per second. A prime number does not run in step with periodic work.
const FREQUENCY: &str = "--freq=4999";

/// True if this machine has `perf` and allows it to record.
#[must_use]
pub fn is_available() -> bool {
    let status = Command::new("perf")
        .args(["record", "--quiet", "--event=cpu-clock", "--output=/dev/null", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// A `perf record` that is attached to a process. It records only while [`Perf::record`] runs.
pub(super) struct Perf {
    process: Process,
    control: File,
    acknowledgements: BufReader<File>,
    folder: TempDir,
}

impl Perf {
    pub(super) fn attach(process_id: u32) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be created");
        let [control, acknowledgements, data] =
            ["control", "acknowledgements", "data"].map(|name| folder.path().join(name));
        let status = Command::new("mkfifo").args([&control, &acknowledgements]).status();
        assert!(status.is_ok_and(|status| status.success()), "mkfifo failed");
        let process = Process::start(
            Command::new("perf")
                .args(["record", "--quiet", "--event=cpu-clock", FREQUENCY, "-g", "--delay=-1"])
                .arg(format!("--control=fifo:{},{}", control.display(), acknowledgements.display()))
                .arg(format!("--output={}", data.display()))
                .arg(format!("--pid={process_id}"))
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        // Opening a named pipe blocks until perf has opened the other end.
        let control = OpenOptions::new().write(true).open(control).expect("perf opens its control pipe");
        let acknowledgements = File::open(acknowledgements).expect("perf opens its acknowledgement pipe");
        Self { process, control, acknowledgements: BufReader::new(acknowledgements), folder }
    }

    /// Records while `work` runs.
    pub(super) fn record<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.send("enable");
        let result = work();
        self.send("disable");
        result
    }

    /// Ends the recording. Returns the samples as the text of `perf script`.
    pub(super) fn script(mut self) -> String {
        self.send("stop");
        let _ = self.process.0.wait();
        let data = self.folder.path().join("data");
        let script = Command::new("perf")
            .args(["script", "--no-inline", "--fields=comm,ip,sym,dso", "--input"])
            .arg(data)
            .stderr(Stdio::null())
            .output()
            .expect("perf script reads the recording");
        String::from_utf8_lossy(&script.stdout).into_owned()
    }

    /// Sends a command and waits for the acknowledgement.
    fn send(&mut self, command: &str) {
        writeln!(self.control, "{command}").expect("perf reads its control pipe");
        let mut line = Vec::new();
        self.acknowledgements.read_until(b'\n', &mut line).expect("perf acknowledges each command");
    }
}
