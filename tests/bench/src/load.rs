//! Load on a worker: requests that are ready, over connections that are kept, one thread each. It shares the machine's
//! cores with the worker, so what the worker itself has used of the processor is read besides.

use crate::{processor, rig::Rig};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};
use tests::clock::instant;
use tests::wire::{Answer, Wire};

/// What a batch of requests took.
#[derive(Clone, Debug)]
pub struct Run {
    /// How many.
    pub requests: usize,
    /// From the first to the last.
    pub took: Duration,
    /// The worker's processor time.
    pub used: Duration,
    /// This process's processor time meanwhile: of the load itself, of Smooch and of KV.
    pub used_here: Duration,
    /// From each request to its answer, in milliseconds.
    pub latencies: Vec<f64>,
}

impl Run {
    /// The worker's processor time for one request, in microseconds.
    #[must_use]
    pub fn each(&self) -> f64 {
        self.used.as_secs_f64() * 1e6 / self.requests as f64
    }
}

/// Sends these requests, so many at once; the answers are in their order.
///
/// # Panics
///
/// If one is not answered.
#[must_use]
pub fn run(rig: &Rig, requests: &[Vec<u8>], at_once: usize) -> (Run, Vec<Answer>) {
    let next = AtomicUsize::new(0);
    let mut wires: Vec<Wire> =
        (0..at_once).map(|_| Wire::connect(&rig.host).expect("the worker listens")).collect();
    let (used, used_here, began) = (rig.used(), processor::used_here(), instant());
    let mut answered: Vec<(usize, Duration, Answer)> = thread::scope(|scope| {
        let sending = wires.iter_mut().map(|wire| {
            let next = &next;
            scope.spawn(move || {
                let mut answered = Vec::with_capacity(requests.len() / at_once + 1);
                while let Some((index, request)) = take(next, requests) {
                    let began = instant();
                    let answer = wire.ask(request).expect("the worker answers");
                    answered.push((index, began.elapsed(), answer));
                }
                answered
            })
        });
        let sending: Vec<_> = sending.collect();
        sending.into_iter().flat_map(|one| one.join().expect("no panic")).collect()
    });
    let (took, used) = (began.elapsed(), rig.used().saturating_sub(used));
    let used_here = processor::used_here().saturating_sub(used_here);
    answered.sort_by_key(|(index, ..)| *index);
    let latencies = answered.iter().map(|(_, latency, _)| latency.as_secs_f64() * 1e3).collect();
    let answers = answered.into_iter().map(|(.., answer)| answer).collect();
    (Run { requests: requests.len(), took, used, used_here, latencies }, answers)
}

fn take<'a>(next: &AtomicUsize, requests: &'a [Vec<u8>]) -> Option<(usize, &'a [u8])> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    requests.get(index).map(|request| (index, request.as_slice()))
}
