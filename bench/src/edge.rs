//! The edge: what a callback and an install cost, in rounds that take turns, so that whatever else the machine does
//! falls on all alike.

use crate::{
    figures::{Spread, median},
    flow::{Crowd, Leg, Run},
    peer::{self, Peer},
    rig::Rig,
};
use std::collections::BTreeMap;

/// Rounds in which each peer has its turn once.
pub const ROUNDS: usize = 15;

/// Installs of a turn.
const PEOPLE: usize = 400;

/// A worker's first requests are for V8 to see what is hot; they are not counted.
const WARM_UP: usize = 1_500;

/// Every turn of a peer, in order.
pub type Turns = BTreeMap<(usize, Leg), Vec<Run>>;

/// One peer, with all its turns, by how many were at once and leg.
#[derive(Debug)]
pub struct Measured {
    /// Who.
    pub peer: Peer,
    /// Its turns.
    pub turns: Turns,
}

/// Has every peer take its turns.
pub fn measure(rounds: usize, at_once: &[usize], seed: u64, tell: &dyn Fn(&str)) -> Vec<Measured> {
    let mut all: Vec<(Rig, Crowd, Turns)> = peer::all()
        .into_iter()
        .map(|peer| {
            tell(&format!("{}: starts, and has {WARM_UP} people connect before it counts", peer.name));
            let (rig, mut crowd) = (Rig::start(peer, seed), Crowd::new(seed));
            crowd.install(&rig, WARM_UP, 8);
            (rig, crowd, Turns::new())
        })
        .collect();
    let peers = all.len();
    for round in 0..rounds {
        for turn in 0..peers {
            // Nobody is always the first.
            let (rig, crowd, turns) = &mut all[(round + turn) % peers];
            for &at_once in at_once {
                rig.tidy();
                for run in crowd.install(rig, PEOPLE, at_once) {
                    turns.entry((at_once, run.leg)).or_default().push(run);
                }
            }
        }
        tell(&format!("round {} of {rounds}", round + 1));
    }
    all.into_iter().map(|(rig, _, turns)| Measured { peer: rig.peer.clone(), turns }).collect()
}

impl Measured {
    /// Processor time for a request of a leg, in microseconds, turn by turn.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    pub fn used(&self, at_once: usize, leg: Leg) -> Vec<f64> {
        let runs = self.turns.get(&(at_once, leg)).map_or(&[][..], Vec::as_slice);
        runs.iter().map(|run| run.used.as_secs_f64() * 1e6 / run.requests as f64).collect()
    }

    /// The same for a whole install: every request that it makes of the worker.
    #[must_use]
    pub fn used_whole(&self, at_once: usize) -> Vec<f64> {
        let mut whole: Vec<f64> = Vec::new();
        for leg in [Leg::Start, Leg::Callback, Leg::Finish] {
            let used = self.used(at_once, leg);
            whole.resize(whole.len().max(used.len()), 0.0);
            whole.iter_mut().zip(used).for_each(|(whole, used)| *whole += used);
        }
        whole
    }
}

/// The median of what one took beside another in the same round.
#[must_use]
pub fn ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    median(&ratios)
}

/// Microseconds with their spread.
#[must_use]
pub fn shown(figures: &[f64]) -> String {
    let Spread { least, median, most } = Spread::of(figures);
    if figures.is_empty() { "–".into() } else { format!("{median:.0} ({least:.0}–{most:.0})") }
}
