//! `make bench`.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use bench::{button, cold, edge, growth, memory, peer, probe, weight};
use tests::clock::instant;

fn main() {
    let began = instant();
    let tell = |line: &str| println!("[{:>4} s] {line}", began.elapsed().as_secs());
    let part = std::env::args().nth(1).unwrap_or_default();
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(2);
    let peers = peer::all();
    match part.as_str() {
        "embed" => {
            for (name, weight) in weight::embeds() { println!("{name}: {weight:?}"); }
            for (condition, paid) in button::measure(rounds, &tell) { println!("{condition:?} {paid:#?}"); }
        }
        "growth" => {
            for grown in growth::measure(rounds, 1, &tell) { for (work, runs) in grown { println!("{work:?} {:?}", runs.iter().map(|run| run.each()).collect::<Vec<_>>()); } }
        }
        "cold" => for (peer, cold) in peers.iter().zip(cold::measure(&peers, rounds, 1, &tell)) { println!("{} {cold:?}", peer.name); },
        "probe" => for peer in &peers { println!("{} {:?} {:?}", peer.name, weight::worker(peer), probe::probe(peer, 1)); },
        _ => {
            let mut measured = edge::measure(&peers, rounds, 1, &tell);
            for one in &mut measured { let m = memory::after_many(one); println!("{} {:?} {} {}", one.rig.peer.name, one.used_whole(32), one.fresh, m); tell("") }
        }
    }
}
