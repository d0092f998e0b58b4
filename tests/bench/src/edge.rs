//! Measures the edge and its peers: processor time, latency and rate of callbacks and installs.
//!
//! Peers take turns in short rounds, so other load on the machine affects all of them alike. It never measures a cold worker.

use crate::{
    flow::{Phase, Visitors, get},
    harness::Harness,
    load::Run,
    peer::Peer,
};
use std::collections::BTreeMap;

/// Default number of rounds. In each round every peer has the same number of turns.
pub const ROUNDS: usize = 15;

/// The numbers of concurrent connections that are measured.
pub const CONCURRENCY: [usize; 2] = [1, 32];

/// The concurrency of the bounds. A busy worker spends no processor time on falling asleep and waking up for each request.
pub const BUSY: usize = 32;

/// Installs per turn. The number is small, so all peers of a round run under the same conditions.
pub const PEOPLE: usize = 200;

/// Turns of each peer per round.
const TURNS: usize = 2;

/// Installs before the measurement, so that V8 has optimized the hot code.
const WARM_UP: usize = 1_500;

/// A peer and the results of its turns.
#[derive(Debug)]
pub struct Measured {
    /// The running worker.
    pub harness: Harness,
    /// The people who connect through it.
    pub visitors: Visitors,
    /// The runs in order, by concurrency and phase.
    pub turns: BTreeMap<(usize, Phase), Vec<Run>>,
    /// Number of requests so far.
    pub requests: usize,
    /// Resident memory after the first request, in bytes.
    pub initial_memory: u64,
}

/// Measures every peer for `rounds` rounds.
pub fn measure(peers: &[Peer], rounds: usize, seed: u64, progress: &dyn Fn(&str)) -> Vec<Measured> {
    let mut all: Vec<Measured> = peers
        .iter()
        .map(|peer| {
            progress(&format!("{}: {WARM_UP} installs to warm up", peer.name));
            let (harness, mut visitors) = (Harness::start(peer.clone(), seed), Visitors::new(seed));
            let _ = harness.send(&get(&harness, "/", ""));
            let initial_memory = harness.resident_memory();
            let requests = visitors.install(&harness, WARM_UP, 8).iter().map(|(_, run)| run.requests).sum();
            Measured { harness, visitors, turns: BTreeMap::new(), requests, initial_memory }
        })
        .collect();
    for round in 0..rounds {
        for turn in 0..TURNS * peers.len() {
            // The order rotates, so no peer is always the first.
            all[(round + turn + turn / peers.len()) % peers.len()].take_turn();
        }
        progress(&format!("edge: round {} of {rounds}", round + 1));
    }
    all
}

impl Measured {
    fn take_turn(&mut self) {
        for concurrency in CONCURRENCY {
            self.harness.reset();
            for (phase, run) in self.visitors.install(&self.harness, PEOPLE, concurrency) {
                self.requests += run.requests;
                self.turns.entry((concurrency, phase)).or_default().push(run);
            }
        }
    }

    /// The runs of a phase. Empty if the peer has no such phase.
    #[must_use]
    pub fn runs(&self, concurrency: usize, phase: Phase) -> &[Run] {
        self.turns.get(&(concurrency, phase)).map_or(&[], Vec::as_slice)
    }

    /// Processor time of the worker per request of a phase, in microseconds, one figure per turn.
    #[must_use]
    pub fn cpu_micros(&self, concurrency: usize, phase: Phase) -> Vec<f64> {
        self.runs(concurrency, phase).iter().map(Run::cpu_micros).collect()
    }

    /// Processor time of the worker per install, in microseconds, one figure per turn.
    #[must_use]
    pub fn install_cpu_micros(&self, concurrency: usize) -> Vec<f64> {
        self.per_turn(concurrency, Run::cpu_micros)
    }

    /// Completed installs per second, one figure per turn.
    #[must_use]
    pub fn installs_per_second(&self, concurrency: usize) -> Vec<f64> {
        let seconds = self.per_turn(concurrency, |run| run.elapsed.as_secs_f64());
        seconds.into_iter().map(|seconds| PEOPLE as f64 / seconds).collect()
    }

    /// Latency of each request of a phase, in milliseconds, of all turns.
    #[must_use]
    pub fn latencies(&self, concurrency: usize, phase: Phase) -> Vec<f64> {
        self.runs(concurrency, phase).iter().flat_map(|run| run.latencies.iter().copied()).collect()
    }

    /// Processor time of this process per install, in microseconds: load generator, stand-in and KV.
    #[must_use]
    pub fn own_cpu_micros(&self, concurrency: usize) -> f64 {
        let runs = || Phase::ALL.into_iter().flat_map(|phase| self.runs(concurrency, phase));
        let installs = self.runs(concurrency, Phase::Finish).iter().map(|run| run.requests).sum::<usize>();
        runs().map(|run| run.own_cpu_time.as_secs_f64()).sum::<f64>() * 1e6 / installs as f64
    }

    /// The sum of a figure over the phases of each turn.
    fn per_turn(&self, concurrency: usize, of: impl Fn(&Run) -> f64) -> Vec<f64> {
        let mut sums: Vec<f64> = Vec::new();
        for phase in Phase::ALL {
            let figures: Vec<f64> = self.runs(concurrency, phase).iter().map(&of).collect();
            sums.resize(sums.len().max(figures.len()), 0.0);
            sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        }
        sums
    }
}
