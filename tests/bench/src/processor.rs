//! Reads processor time and memory of a process from Linux's `/proc`. It starts and stops no process.

use std::{fs, time::Duration};

/// The processor time of all threads of a process, in user and kernel mode.
///
/// It is the sum of `utime` and `stime` of `/proc/{pid}/stat`, in nanoseconds instead of hundredths of a second.
///
/// # Panics
///
/// If the process has ended, or the system is not Linux.
#[must_use]
pub fn cpu_time(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process runs on Linux");
    let times = threads.flatten().filter_map(|thread| {
        // A thread may end while its file is read.
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    let total: u64 = times.sum();
    assert!(total > 0, "the kernel lacks CONFIG_SCHED_INFO, or process {process} has not run yet");
    Duration::from_nanos(total)
}

/// The processor time of this process, with the threads that have ended. Its resolution is 10 ms.
///
/// # Panics
///
/// If the system is not Linux.
#[must_use]
pub fn own_cpu_time() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").expect("the system is Linux");
    // The process name before it may contain spaces. `utime` and `stime` are the fields 14 and 15 of proc_pid_stat(5).
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ').skip(11).take(2);
    let ticks: u64 = fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// The resident memory of a process, in bytes.
///
/// # Panics
///
/// See [`cpu_time`].
#[must_use]
pub fn resident_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux reports VmRSS");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("VmRSS is a number of kB") * 1024
}
