//! A cold start: from nothing to the answer to the first request, as often as it takes to tell it from noise.

use crate::{
    flow::{Crowd, get},
    peer::{FLOOR, Peer, Shape},
    rig::Rig,
};
use std::time::Duration;
use tests::clock::instant;

/// What the starts of a peer took, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Cold {
    /// From the start of workerd to the first answer.
    pub took: Vec<f64>,
    /// The first request alone.
    pub first: Vec<f64>,
    /// The processor time of it all.
    pub used: Vec<f64>,
}

/// Starts every peer anew, in turns.
pub fn measure(peers: &[Peer], starts: usize, seed: u64, tell: &dyn Fn(&str)) -> Vec<Cold> {
    let mut rigs: Vec<(Rig, String)> = peers
        .iter()
        .map(|peer| {
            let rig = Rig::start(peer.clone(), seed);
            // The first request of an install, as it comes.
            let path = match peer.shape {
                Shape::AtOnce { start, .. } => start.to_owned(),
                Shape::Bounce => Crowd::new(seed).arrive(&rig).1,
            };
            (rig, path)
        })
        .collect();
    let mut all = vec![Cold::default(); peers.len()];
    for round in 0..starts {
        for turn in 0..peers.len() {
            let index = (round + turn) % peers.len();
            let (rig, path) = &mut rigs[index];
            let (took, first, used) = start(rig, path);
            all[index].took.push(milliseconds(took));
            all[index].first.push(milliseconds(first));
            all[index].used.push(milliseconds(used));
        }
        tell(&format!("cold starts: round {} of {starts}", round + 1));
    }
    all
}

/// What a peer's script adds to workerd's own start, which the floor's stands for.
#[must_use]
pub fn added<'a>(peers: &[Peer], all: &'a [Cold], of: impl Fn(&'a Cold) -> &'a Vec<f64>) -> Vec<Vec<f64>> {
    let floor = peers.iter().position(|peer| peer.name == FLOOR).map(|index| of(&all[index]));
    all.iter()
        .map(|cold| {
            let floor = floor.into_iter().flatten();
            of(cold).iter().zip(floor).map(|(took, floor)| took - floor).collect()
        })
        .collect()
}

fn start(rig: &mut Rig, path: &str) -> (Duration, Duration, Duration) {
    rig.stop();
    let began = instant();
    rig.restart();
    let ready = instant();
    let answer = rig.ask(&get(rig, path, ""));
    let (took, first) = (began.elapsed(), ready.elapsed());
    assert!((200..500).contains(&answer.status), "{}: {answer:?}", rig.peer.name);
    (took, first, rig.used())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
