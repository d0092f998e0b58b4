//! The table of growth.

use super::{Section, image};
use crate::{
    bound::{Bound, Unit, grouped},
    figures::{median, percentile, ratio},
    growth::{Grown, SIZES, TURNS, Work},
    load::Run,
    plot::{Bar, Colour, bars},
};

/// Flat: as long with very many as with ten, and a tenth for what the machine does besides.
const FLAT: f64 = 1.1;

/// Reads a figure of all turns.
type Of = fn(&[Run]) -> f64;

/// What is wanted flat, and how it is read.
const MEASURES: [(&str, Of); 3] = [
    ("p50", |runs| percentile(&latencies(runs), 50.0)),
    ("p99", |runs| percentile(&latencies(runs), 99.0)),
    ("processor time", |runs| median(&runs.iter().map(Run::each).collect::<Vec<_>>())),
];

/// Growth's section.
#[must_use]
pub fn growth(all: &[Grown]) -> Section {
    let mut section = Section::default();
    let (mut rows, mut bars_of) = (String::new(), Vec::new());
    // What the greater sizes are beside ten connections, at worst; and what a second worker with ten is.
    let mut worst = [(0.0_f64, ""); MEASURES.len()];
    let mut noise = [0.0_f64; MEASURES.len()];
    for work in Work::ALL {
        for (size, stored) in SIZES.into_iter().enumerate() {
            let stored = grouped(stored as f64) + if size == 1 { ", again" } else { "" };
            let is = MEASURES.map(|(_, of)| of(&all[size][&work]));
            let beside =
                MEASURES.map(|(_, of)| ratio(&rounds(&all[size][&work], of), &rounds(&all[0][&work], of)));
            for (which, beside) in beside.into_iter().enumerate() {
                match size {
                    0 => {}
                    1 => noise[which] = noise[which].max((beside - 1.0).abs()),
                    _ if beside > worst[which].0 => worst[which] = (beside, work.name()),
                    _ => {}
                }
            }
            let name = if size == 0 { work.name() } else { "" };
            let cells: [String; 3] = std::array::from_fn(|which| {
                let digits = if which == 2 { 0 } else { 3 };
                format!("{:.digits$} | {:.2}", is[which], beside[which])
            });
            rows += &["| ", name, " | ", &stored, " | ", &cells.join(" | "), " |\n"].concat();
            bars_of.push(Bar {
                name: format!("{}, {stored}", work.name()),
                parts: vec![(is[0], Colour::Purple)],
                spread: Some((is[0], is[1])),
                figure: format!("{:.2} to {:.2} ms", is[0], is[1]),
                ours: false,
                apart: size == 0 && work != Work::Callback,
            });
        }
    }
    let plot = bars("One at a time, by connections stored: p50, and up to p99", &[], &bars_of, None);
    section.plots.push(("benchmarks-growth.svg", plot));
    section.text = format!(
        "## Growth\n\n{}\
         The built Worker with so many connections stored, one request at a time and in turns of forty, so that all meet the \
         same machine: of all requests; and beside ten connections, which is the median of all rounds. What a second Worker with ten is beside the first, this machine cannot \
         tell apart.\n\n\
         | | stored | p50, ms | / ten | p99, ms | / ten | processor time, µs | / ten |\n|---|--:|--:|--:|--:|--:|--:|--:|\n{rows}\n",
        image("benchmarks-growth.svg")
    );
    for (which, (name, _)) in MEASURES.into_iter().enumerate() {
        let what = format!(
            "{name} with up to 100,000 connections / with ten, the worst: {} (two Workers with ten: up to {:.0} % apart)",
            worst[which].1,
            noise[which] * 100.0
        );
        section.bounds.push(Bound { what, most: FLAT, is: worst[which].0, unit: Unit::Times });
    }
    section
}

/// A figure round by round, so that what the machine does in one of them is in no other.
fn rounds(runs: &[Run], of: Of) -> Vec<f64> {
    runs.chunks(TURNS).map(of).collect()
}

fn latencies(runs: &[Run]) -> Vec<f64> {
    runs.iter().flat_map(|run| run.latencies.iter().copied()).collect()
}
