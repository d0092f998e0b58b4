//! `make soak`: ten minutes of load with faults, or as many seconds as the first argument says.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::time::Duration;
use tests::soak::soak;

fn main() {
    let seconds = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(600);
    println!(
        "{seconds} seconds of installs, lists and calls by the worker in workerd, with faults now and then"
    );
    let books = soak(Duration::from_secs(seconds), &|line| println!("{line}"));
    println!(
        "The books balance: {} connected, listed and opened; {} failed and left no token but {} whose answer was \
         lost at Smooch; {} asked again; {} lists and calls.",
        books.connected.len(),
        books.failed,
        books.lost,
        books.again,
        books.answered
    );
}
