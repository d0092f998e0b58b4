//! The edge: what a callback and an install cost, in rounds that take turns, so that whatever else the machine does
//! falls on all alike.

use crate::{
    flow::{Crowd, Leg, get},
    load::Run,
    peer::Peer,
    rig::Rig,
};
use std::collections::BTreeMap;

/// Rounds in which each peer has its turn once.
pub const ROUNDS: usize = 15;

/// How many are under way at once.
pub const AT_ONCE: [usize; 2] = [1, 32];

/// What bounds are held against: a busy worker, whose processor time is its own and not that of going to sleep and
/// waking up for each request.
pub const BUSY: usize = 32;

/// Installs of a turn: few, so that those who take turns meet the same machine.
pub const PEOPLE: usize = 200;

/// Turns of a round.
const TURNS: usize = 2;

/// A worker's first requests are for V8 to see what is hot; they are not counted.
const WARM_UP: usize = 1_500;

/// One peer, with all its turns.
#[derive(Debug)]
pub struct Measured {
    /// The worker, which still runs.
    pub rig: Rig,
    /// Who asks it.
    pub crowd: Crowd,
    /// Its turns in order, by how many were at once and leg.
    pub turns: BTreeMap<(usize, Leg), Vec<Run>>,
    /// How many requests it has answered.
    pub requests: usize,
    /// What it had in memory after the first, in bytes.
    pub fresh: u64,
}

/// Has every peer take its turns.
pub fn measure(peers: &[Peer], rounds: usize, seed: u64, tell: &dyn Fn(&str)) -> Vec<Measured> {
    let mut all: Vec<Measured> = peers
        .iter()
        .map(|peer| {
            tell(&format!("{}: {WARM_UP} people connect before it counts", peer.name));
            let (rig, mut crowd) = (Rig::start(peer.clone(), seed), Crowd::new(seed));
            let _ = rig.ask(&get(&rig, "/", ""));
            let fresh = rig.resident();
            let requests = crowd.install(&rig, WARM_UP, 8).iter().map(|(_, run)| run.requests).sum();
            Measured { rig, crowd, turns: BTreeMap::new(), requests, fresh }
        })
        .collect();
    for round in 0..rounds {
        for turn in 0..TURNS * peers.len() {
            // Nobody is always the first.
            all[(round + turn + turn / peers.len()) % peers.len()].take_turn();
        }
        tell(&format!("edge: round {} of {rounds}", round + 1));
    }
    all
}

impl Measured {
    fn take_turn(&mut self) {
        for at_once in AT_ONCE {
            self.rig.tidy();
            for (leg, run) in self.crowd.install(&self.rig, PEOPLE, at_once) {
                self.requests += run.requests;
                self.turns.entry((at_once, leg)).or_default().push(run);
            }
        }
    }

    /// The turns of a leg; none if the peer has no such leg.
    #[must_use]
    pub fn of(&self, at_once: usize, leg: Leg) -> &[Run] {
        self.turns.get(&(at_once, leg)).map_or(&[], Vec::as_slice)
    }

    /// Processor time for a request of a leg, in microseconds, turn by turn.
    #[must_use]
    pub fn used(&self, at_once: usize, leg: Leg) -> Vec<f64> {
        self.of(at_once, leg).iter().map(Run::each).collect()
    }

    /// The same for a whole install: every request that it makes of the worker.
    #[must_use]
    pub fn used_whole(&self, at_once: usize) -> Vec<f64> {
        self.whole(at_once, Run::each)
    }

    /// Completed installs a second, turn by turn.
    #[must_use]
    pub fn a_second(&self, at_once: usize) -> Vec<f64> {
        let took = self.whole(at_once, |run| run.took.as_secs_f64());
        took.into_iter().map(|took| PEOPLE as f64 / took).collect()
    }

    /// From each request to its answer, in milliseconds, all turns together.
    #[must_use]
    pub fn latencies(&self, at_once: usize, leg: Leg) -> Vec<f64> {
        self.of(at_once, leg).iter().flat_map(|run| run.latencies.iter().copied()).collect()
    }

    /// What the run itself has used of the processor for an install, in microseconds: for the load, Smooch and KV.
    #[must_use]
    pub fn used_here(&self, at_once: usize) -> f64 {
        let runs = || Leg::ALL.into_iter().flat_map(|leg| self.of(at_once, leg));
        let installs = self.of(at_once, Leg::Finish).iter().map(|run| run.requests).sum::<usize>();
        runs().map(|run| run.used_here.as_secs_f64()).sum::<f64>() * 1e6 / installs as f64
    }

    fn whole(&self, at_once: usize, of: impl Fn(&Run) -> f64) -> Vec<f64> {
        let mut whole: Vec<f64> = Vec::new();
        for leg in Leg::ALL {
            let figures: Vec<f64> = self.of(at_once, leg).iter().map(&of).collect();
            whole.resize(whole.len().max(figures.len()), 0.0);
            whole.iter_mut().zip(figures).for_each(|(whole, figure)| *whole += figure);
        }
        whole
    }
}
