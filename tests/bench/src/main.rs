//! `make bench`: the whole of it, which writes `docs/benchmarks.md`; or one part, which is told and not written down.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use bench::{
    button, cold, edge, growth, machine, memory, peer, probe, profile,
    report::{self, Conditions, Edge, Section},
    weight,
};
use std::process::ExitCode;
use tests::{clock::instant, world::seed};

fn main() -> ExitCode {
    let (began, load, seed) = (instant(), machine::load(), seed());
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(edge::ROUNDS);
    let tell = |line: &str| println!("[{:>4} s] {line}", began.elapsed().as_secs());
    let part = std::env::args().nth(1);
    let sections = match part.as_deref() {
        None => {
            vec![
                edge(rounds, seed, &tell),
                profiled(seed, &tell),
                grown(rounds, seed, &tell),
                embed(rounds, &tell),
            ]
        }
        Some("edge") => vec![edge(rounds, seed, &tell)],
        Some("cost") => {
            let measured = edge::measure(&peer::all(), rounds, seed, &tell);
            vec![report::edge(&Edge { measured: &measured, seen: &[], weights: &[], cold: &[], memory: &[] })]
        }
        Some("profile") => vec![profiled(seed, &tell)],
        Some("growth") => vec![grown(rounds, seed, &tell)],
        Some("embed") => vec![embed(rounds, &tell)],
        Some(other) => {
            println!("{other} is no part: edge, cost, profile, growth or embed, or none for all");
            return ExitCode::FAILURE;
        }
    };
    for section in &sections {
        println!("\n{}", section.told());
    }
    if part.is_none() {
        let conditions = Conditions { seed, rounds, seconds: began.elapsed().as_secs(), load };
        report::publish(&sections, &machine::facts(), conditions);
        tell("docs/benchmarks.md is written");
    }
    ExitCode::SUCCESS
}

fn edge(rounds: usize, seed: u64, tell: &dyn Fn(&str)) -> Section {
    let peers = peer::all();
    let weights: Vec<_> = peers.iter().map(weight::worker).collect();
    let seen: Vec<_> = peers
        .iter()
        .map(|peer| {
            tell(&format!("{}: what it does and does not do", peer.name));
            probe::probe(peer, seed)
        })
        .collect();
    let stored =
        |name| seen.iter().zip(&peers).find(|(_, peer)| peer.name == name).map(|(seen, _)| &seen.stored);
    for name in [peer::NOBLE, peer::WEB_CRYPTO] {
        assert_eq!(stored(name), stored(peer::OURS), "{name} does not do the same work");
    }
    let cold = cold::measure(&peers, rounds, seed, tell);
    let mut measured = edge::measure(&peers, rounds, seed, tell);
    let memory: Vec<_> = measured
        .iter_mut()
        .map(|one| {
            tell(&format!("{}: on to {} requests", one.rig.peer.name, memory::REQUESTS));
            memory::after_many(one)
        })
        .collect();
    report::edge(&Edge { measured: &measured, seen: &seen, weights: &weights, cold: &cold, memory: &memory })
}

fn profiled(seed: u64, tell: &dyn Fn(&str)) -> Section {
    if !profile::can_look() {
        return report::profile(&[]);
    }
    let shown = [peer::FLOOR, peer::FLOOR_THREE, peer::HONO, peer::WEB_CRYPTO, peer::OURS];
    let peers: Vec<_> = peer::all().into_iter().filter(|peer| shown.contains(&peer.name)).collect();
    report::profile(&profile::measure(&peers, seed, tell))
}

fn grown(rounds: usize, seed: u64, tell: &dyn Fn(&str)) -> Section {
    report::growth(&growth::measure(rounds, seed, tell))
}

fn embed(rounds: usize, tell: &dyn Fn(&str)) -> Section {
    report::embed(&weight::embeds(), &button::measure(rounds, tell))
}
