//! The load generator: sends prepared requests over persistent connections, with one thread per connection.
//!
//! It shares the machine's cores with the worker, so a run also has the worker's own processor time. It never retries.

use crate::{harness::Harness, processor};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};
use tests::clock::instant;
use tests::wire::{Answer, Wire};

/// The measurement of a batch of requests.
#[derive(Clone, Debug)]
pub struct Run {
    /// Number of requests.
    pub requests: usize,
    /// Time from the first request to the last response.
    pub elapsed: Duration,
    /// Processor time of the worker.
    pub cpu_time: Duration,
    /// Processor time of this process: load generator, stand-in and KV.
    pub own_cpu_time: Duration,
    /// Latency of each request, in milliseconds.
    pub latencies: Vec<f64>,
}

impl Run {
    /// Processor time of the worker per request, in microseconds.
    #[must_use]
    pub fn cpu_micros(&self) -> f64 {
        self.cpu_time.as_secs_f64() * 1e6 / self.requests as f64
    }
}

/// Sends the requests over `concurrency` connections. The responses are in the order of the requests.
///
/// # Panics
///
/// If a request gets no response.
#[must_use]
pub fn run(harness: &Harness, requests: &[Vec<u8>], concurrency: usize) -> (Run, Vec<Answer>) {
    let next = AtomicUsize::new(0);
    let mut wires: Vec<Wire> =
        (0..concurrency).map(|_| Wire::connect(&harness.host).expect("the worker listens")).collect();
    let (cpu_time, own_cpu_time, began) = (harness.cpu_time(), processor::own_cpu_time(), instant());
    let mut responses: Vec<(usize, Duration, Answer)> = thread::scope(|scope| {
        let senders = wires.iter_mut().map(|wire| {
            let next = &next;
            scope.spawn(move || {
                let mut responses = Vec::with_capacity(requests.len() / concurrency + 1);
                while let Some((index, request)) = next_request(next, requests) {
                    let began = instant();
                    let response = wire.ask(request).expect("the worker responds");
                    responses.push((index, began.elapsed(), response));
                }
                responses
            })
        });
        let senders: Vec<_> = senders.collect();
        senders.into_iter().flat_map(|sender| sender.join().expect("no sender panics")).collect()
    });
    let (elapsed, cpu_time) = (began.elapsed(), harness.cpu_time().saturating_sub(cpu_time));
    let own_cpu_time = processor::own_cpu_time().saturating_sub(own_cpu_time);
    responses.sort_by_key(|(index, ..)| *index);
    let latencies = responses.iter().map(|(_, latency, _)| latency.as_secs_f64() * 1e3).collect();
    let responses = responses.into_iter().map(|(.., response)| response).collect();
    (Run { requests: requests.len(), elapsed, cpu_time, own_cpu_time, latencies }, responses)
}

fn next_request<'a>(next: &AtomicUsize, requests: &'a [Vec<u8>]) -> Option<(usize, &'a [u8])> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    requests.get(index).map(|request| (index, request.as_slice()))
}
