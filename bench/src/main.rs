//! `make bench`.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use bench::{
    edge::{self, measure, ratio, shown},
    flow::Leg,
    peer::{HONO, NOBLE, OURS, WEB_CRYPTO},
};
use tests::clock::instant;

fn main() {
    let began = instant();
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(edge::ROUNDS);
    let at_once = [1, 32];
    let tell = |line: &str| println!("[{:>4} s] {line}", began.elapsed().as_secs());
    let measured = measure(rounds, &at_once, tests::world::seed(), &tell);
    for at_once in at_once {
        println!("\nprocessor time a request, µs, median (least–most) of {rounds} rounds, {at_once} at once");
        println!("{:<42} {:>16} {:>16} {:>16} {:>16}", "", "start", "callback", "finish", "whole install");
        for one in &measured {
            let leg = |leg| shown(&one.used(at_once, leg));
            let whole = shown(&one.used_whole(at_once));
            println!(
                "{:<42} {:>16} {:>16} {:>16} {:>16}",
                one.peer.name,
                leg(Leg::Start),
                leg(Leg::Callback),
                leg(Leg::Finish),
                whole
            );
        }
        let of = |name| measured.iter().find(|one| one.peer.name == name).expect("it was measured");
        for (leg, name) in [(Leg::Callback, "callback"), (Leg::Finish, "finish")] {
            for other in [HONO, NOBLE, WEB_CRYPTO] {
                let ratio = ratio(&of(OURS).used(at_once, leg), &of(other).used(at_once, leg));
                println!("ours / {other}, {name}: {ratio:.2}");
            }
        }
    }
}
