//! Profiles the workers with `perf` (Linux): the share of processor time of wasm, JavaScript, platform calls and the system.
//!
//! It never measures without a warm-up, and its requests are the same as those of the other measurements.

mod perf;
mod stack;

pub use self::{perf::is_available, stack::Part};

use self::perf::Perf;
use crate::{
    figures::median,
    flow::{Flow, Phase, Visitors, get},
    harness::Harness,
    load::run,
    peer::{Peer, Shape},
};
use std::{fs, path::PathBuf};
use tests::wire::Answer;

/// Makes V8 write the names of its functions where `perf` reads them, and no other log.
const V8_FLAGS: [&str; 3] = ["--perf-basic-prof", "--no-logfile-per-isolate", "--logfile=/dev/null"];

/// Rounds, and installs per round.
const ROUNDS: usize = 60;
const PEOPLE: usize = 200;

/// Concurrent connections, and installs before the measurement.
const CONCURRENCY: usize = 32;
const WARM_UP: usize = 3_000;

/// The profile of one phase of a peer.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The name of the peer.
    pub peer: &'static str,
    /// The phase of an install.
    pub phase: Phase,
    /// Number of samples.
    pub samples: usize,
    /// Microseconds per request for each [`Part`].
    pub parts: [f64; Part::ALL.len()],
}

impl Profile {
    /// Microseconds per request.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.parts.iter().sum()
    }
}

/// Profiles two phases of each peer. Peers take turns; each must have the shape [`Shape::ExchangeByPage`].
pub fn measure(peers: &[Peer], seed: u64, progress: &dyn Fn(&str)) -> Vec<Profile> {
    let mut all: Vec<ProfiledPeer> = peers
        .iter()
        .map(|peer| {
            progress(&format!("{}: {WARM_UP} installs to warm up before the profile", peer.name));
            ProfiledPeer::start(peer, seed)
        })
        .collect();
    for round in 0..ROUNDS {
        for turn in 0..all.len() {
            let index = (round + turn) % all.len();
            all[index].take_turn();
        }
        if (round + 1) % 10 == 0 {
            progress(&format!("profile: round {} of {ROUNDS}", round + 1));
        }
    }
    all.into_iter().flat_map(ProfiledPeer::profiles).collect()
}

/// A running peer with a profiler for each phase.
struct ProfiledPeer {
    harness: Harness,
    visitors: Visitors,
    phases: [ProfiledPhase; 2],
}

/// A phase, its profiler, and its processor time per request in microseconds, turn by turn.
struct ProfiledPhase {
    phase: Phase,
    perf: Perf,
    cpu_micros: Vec<f64>,
}

impl ProfiledPhase {
    fn run(&mut self, harness: &Harness, requests: &[Vec<u8>]) -> Vec<Answer> {
        let (run, responses) = self.perf.record(|| run(harness, requests, CONCURRENCY));
        self.cpu_micros.push(run.cpu_micros());
        responses
    }
}

impl ProfiledPeer {
    fn start(peer: &Peer, seed: u64) -> Self {
        assert_eq!(peer.shape, Shape::ExchangeByPage, "{} has other phases", peer.name);
        let harness = Harness::with_flags(peer.clone(), seed, &V8_FLAGS);
        let mut visitors = Visitors::new(seed);
        let _ = visitors.install(&harness, WARM_UP, 8);
        let phases = [Phase::Callback, Phase::Finish].map(|phase| ProfiledPhase {
            phase,
            perf: Perf::attach(harness.process_id()),
            cpu_micros: Vec::new(),
        });
        Self { harness, visitors, phases }
    }

    fn take_turn(&mut self) {
        let Self { harness, visitors, phases: [callback, finish] } = self;
        harness.reset();
        let mut flows: Vec<Flow> = (0..PEOPLE).map(|_| visitors.flow()).collect();
        let paths = visitors.allow(harness, &flows);
        let requests: Vec<_> =
            paths.iter().zip(&flows).map(|(path, flow)| get(harness, path, &flow.cookie)).collect();
        let responses = callback.run(harness, &requests);
        flows.iter_mut().zip(responses).for_each(|(flow, response)| flow.returned(harness, &response));
        let requests: Vec<_> = flows.iter().map(|flow| flow.completion(harness)).collect();
        let responses = finish.run(harness, &requests);
        let connected = responses.iter().all(|response| harness.peer.shape.connected(response));
        assert!(connected, "{}: an install failed", harness.peer.name);
    }

    fn profiles(self) -> Vec<Profile> {
        let Self { harness, phases, .. } = self;
        let map = PathBuf::from(format!("/tmp/perf-{}.map", harness.process_id()));
        let profile = |ProfiledPhase { phase, perf, cpu_micros }: ProfiledPhase| {
            let mut counts = [0_usize; Part::ALL.len()];
            stack::parts(&perf.script()).for_each(|part| counts[part as usize] += 1);
            let samples: usize = counts.iter().sum();
            let cpu_micros = median(&cpu_micros);
            let parts = counts.map(|count| cpu_micros * count as f64 / samples as f64);
            Profile { peer: harness.peer.name, phase, samples, parts }
        };
        let profiles = phases.map(profile).into();
        // V8 wrote the map, and perf does not need it any more.
        let _ = fs::remove_file(map);
        profiles
    }
}
