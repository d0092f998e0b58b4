//! Measures cold starts: the time from the start of workerd to the first response. It never reuses a process.

use crate::{
    flow::{Visitors, get},
    harness::Harness,
    peer::{FLOOR, Peer, Shape},
};
use std::time::Duration;
use tests::clock::instant;

/// The cold starts of a peer, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct ColdStarts {
    /// From the start of workerd to the first response.
    pub total: Vec<f64>,
    /// The first request, after workerd listens.
    pub first_request: Vec<f64>,
    /// The processor time of start and first request.
    pub cpu_time: Vec<f64>,
}

/// Restarts every peer `starts` times. Peers take turns.
pub fn measure(peers: &[Peer], starts: usize, seed: u64, progress: &dyn Fn(&str)) -> Vec<ColdStarts> {
    let mut harnesses: Vec<(Harness, String)> = peers
        .iter()
        .map(|peer| {
            let harness = Harness::start(peer.clone(), seed);
            // The first request of an install.
            let path = match peer.shape {
                Shape::ExchangeInCallback { start, .. } => start.to_owned(),
                Shape::ExchangeByPage => Visitors::new(seed).authorize(&harness).1,
            };
            (harness, path)
        })
        .collect();
    let mut all = vec![ColdStarts::default(); peers.len()];
    for round in 0..starts {
        for turn in 0..peers.len() {
            let index = (round + turn) % peers.len();
            let (harness, path) = &mut harnesses[index];
            let (total, first_request, cpu_time) = start(harness, path);
            all[index].total.push(milliseconds(total));
            all[index].first_request.push(milliseconds(first_request));
            all[index].cpu_time.push(milliseconds(cpu_time));
        }
        progress(&format!("cold starts: round {} of {starts}", round + 1));
    }
    all
}

/// The time that each peer's script adds to the floor's start, which is almost only workerd's own.
#[must_use]
pub fn added_to_floor<'a>(
    peers: &[Peer],
    all: &'a [ColdStarts],
    of: impl Fn(&'a ColdStarts) -> &'a Vec<f64>,
) -> Vec<Vec<f64>> {
    let floor = peers.iter().position(|peer| peer.name == FLOOR).map(|index| of(&all[index]));
    all.iter()
        .map(|starts| {
            let floor = floor.into_iter().flatten();
            of(starts).iter().zip(floor).map(|(time, floor)| time - floor).collect()
        })
        .collect()
}

fn start(harness: &mut Harness, path: &str) -> (Duration, Duration, Duration) {
    harness.stop();
    let began = instant();
    harness.restart();
    let ready = instant();
    let response = harness.send(&get(harness, path, ""));
    let (total, first_request) = (began.elapsed(), ready.elapsed());
    assert!((200..500).contains(&response.status), "{}: {response:?}", harness.peer.name);
    (total, first_request, harness.cpu_time())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
