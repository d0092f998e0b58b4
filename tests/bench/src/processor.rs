//! What a process has used of the processor and of memory, as Linux tells it in `/proc`.

use std::{fs, time::Duration};

/// The time that all threads of a process have run for, in user and in kernel mode.
///
/// It is what `utime` and `stime` of `/proc/{pid}/stat` add up to, in nanoseconds instead of hundredths of a second.
///
/// # Panics
///
/// If the process has ended, or where there is no Linux.
#[must_use]
pub fn used(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("Linux, and a process that runs");
    let ran = threads.flatten().filter_map(|thread| {
        // A thread that has just ended is no reason to fail.
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    let ran: u64 = ran.sum();
    assert!(ran > 0, "this kernel does not tell (CONFIG_SCHED_INFO), or process {process} has not run yet");
    Duration::from_nanos(ran)
}

/// The same of this process, with the threads that have ended, in hundredths of a second.
///
/// # Panics
///
/// Where there is no Linux.
#[must_use]
pub fn used_here() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").expect("Linux");
    // The name before it may hold anything; `utime` and `stime` are the fields 14 and 15 of proc_pid_stat(5).
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ').skip(11).take(2);
    let ticks: u64 = fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// The memory that a process has in use, in bytes.
///
/// # Panics
///
/// As [`used`].
#[must_use]
pub fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process that runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says it");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number of kB") * 1024
}
