//! `make bench` runs the benchmark and writes `docs/benchmarks.md`. With the name of a part it runs that part, prints the
//! result, and never writes the page.
#![expect(clippy::print_stdout, reason = "a terminal program")]

use bench::{
    button, cold_start, edge, growth, machine, memory, peer, probe, profile,
    report::{self, Conditions, Edge, Section},
    size,
};
use std::process::ExitCode;
use tests::{clock::instant, world::seed};

fn main() -> ExitCode {
    let (began, load, seed) = (instant(), machine::load(), seed());
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(edge::ROUNDS);
    let progress = |line: &str| println!("[{:>4} s] {line}", began.elapsed().as_secs());
    let part = std::env::args().nth(1);
    let sections = match part.as_deref() {
        None => {
            vec![
                edge(rounds, seed, &progress),
                profile(seed, &progress),
                growth(rounds, seed, &progress),
                embed(rounds, &progress),
            ]
        }
        Some("edge") => vec![edge(rounds, seed, &progress)],
        Some("cost") => {
            let measured = edge::measure(&peer::all(), rounds, seed, &progress);
            vec![report::edge(&Edge {
                measured: &measured,
                behaviour: &[],
                sizes: &[],
                cold_start: &[],
                memory: &[],
            })]
        }
        Some("profile") => vec![profile(seed, &progress)],
        Some("growth") => vec![growth(rounds, seed, &progress)],
        Some("embed") => vec![embed(rounds, &progress)],
        Some(other) => {
            println!(
                "Unknown part {other}. The parts are edge, cost, profile, growth and embed; without a part all run."
            );
            return ExitCode::FAILURE;
        }
    };
    for section in &sections {
        println!("\n{}", section.terminal_text());
    }
    if part.is_none() {
        let conditions = Conditions { seed, rounds, seconds: began.elapsed().as_secs(), load };
        report::publish(&sections, &machine::facts(), conditions);
        progress("wrote docs/benchmarks.md");
    }
    ExitCode::SUCCESS
}

fn edge(rounds: usize, seed: u64, progress: &dyn Fn(&str)) -> Section {
    let peers = peer::all();
    let sizes: Vec<_> = peers.iter().map(size::worker).collect();
    let behaviour: Vec<_> = peers
        .iter()
        .map(|peer| {
            progress(&format!("{}: observing its behaviour", peer.name));
            probe::probe(peer, seed)
        })
        .collect();
    let stored = |name| {
        behaviour
            .iter()
            .zip(&peers)
            .find(|(_, peer)| peer.name == name)
            .map(|(behaviour, _)| &behaviour.stored)
    };
    for name in [peer::NOBLE, peer::WEB_CRYPTO] {
        assert_eq!(stored(name), stored(peer::OURS), "{name} stores other entries than the edge");
    }
    let cold_start = cold_start::measure(&peers, rounds, seed, progress);
    let mut measured = edge::measure(&peers, rounds, seed, progress);
    let memory: Vec<_> = measured
        .iter_mut()
        .map(|measured| {
            progress(&format!("{}: memory after {} requests", measured.harness.peer.name, memory::REQUESTS));
            memory::after_many_requests(measured)
        })
        .collect();
    report::edge(&Edge {
        measured: &measured,
        behaviour: &behaviour,
        sizes: &sizes,
        cold_start: &cold_start,
        memory: &memory,
    })
}

fn profile(seed: u64, progress: &dyn Fn(&str)) -> Section {
    if !profile::is_available() {
        return report::profile(&[]);
    }
    let names = [peer::FLOOR, peer::FLOOR_THREE, peer::HONO, peer::WEB_CRYPTO, peer::OURS];
    let peers: Vec<_> = peer::all().into_iter().filter(|peer| names.contains(&peer.name)).collect();
    report::profile(&profile::measure(&peers, seed, progress))
}

fn growth(rounds: usize, seed: u64, progress: &dyn Fn(&str)) -> Section {
    report::growth(&growth::measure(rounds, seed, progress))
}

fn embed(rounds: usize, progress: &dyn Fn(&str)) -> Section {
    report::embed(&size::embeds(), &button::measure(rounds, progress))
}
