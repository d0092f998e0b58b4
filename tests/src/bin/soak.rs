//! `make soak`: ten minutes of load with faults. The first argument is another length in seconds.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::time::Duration;
use tests::soak::soak;

fn main() {
    let seconds = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(600);
    println!(
        "Sending installs, lists and calls to the Worker in workerd for {seconds} seconds, with injected faults"
    );
    let totals = soak(Duration::from_secs(seconds), &|line| println!("{line}"));
    println!(
        "Every token is accounted for: {} connections are listed and usable; {} flows failed; {} token answers were lost at \
         Smooch; {} retries; {} lists and calls answered.",
        totals.connected.len(),
        totals.failed,
        totals.lost,
        totals.retries,
        totals.answered
    );
}
