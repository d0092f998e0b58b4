//! The report's table and plot of growth. It measures nothing.

use super::section::{Section, image};
use crate::{
    bound::{Bound, Unit, grouped},
    figures::{median, percentile, ratio},
    growth::{Operation, RunsByOperation, SIZES, TURNS},
    load::Run,
    plot::{Bar, Colour, bars},
};

/// The limit for the ratio to ten connections: constant, with a tolerance of 10 % for the noise of the machine.
const MAX_RATIO: f64 = 1.1;

/// Computes a figure from runs.
type Measure = fn(&[Run]) -> f64;

/// The figures that should be constant.
const MEASURES: [(&str, Measure); 3] = [
    ("p50", |runs| percentile(&latencies(runs), 50.0)),
    ("p99", |runs| percentile(&latencies(runs), 99.0)),
    ("processor time", |runs| median(&runs.iter().map(Run::cpu_micros).collect::<Vec<_>>())),
];

/// The section about growth.
#[must_use]
pub fn growth(all: &[RunsByOperation]) -> Section {
    let mut section = Section::default();
    let (mut rows, mut bars_of) = (String::new(), Vec::new());
    // The highest ratio of the larger sizes to ten connections, and the largest difference of the second worker with ten.
    let mut worst = [(0.0_f64, ""); MEASURES.len()];
    let mut noise = [0.0_f64; MEASURES.len()];
    for operation in Operation::ALL {
        for (size, stored) in SIZES.into_iter().enumerate() {
            let stored = grouped(stored as f64) + if size == 1 { ", again" } else { "" };
            let figures = MEASURES.map(|(_, measure)| measure(&all[size][&operation]));
            let ratios = MEASURES.map(|(_, measure)| {
                ratio(&per_round(&all[size][&operation], measure), &per_round(&all[0][&operation], measure))
            });
            for (which, ratio) in ratios.into_iter().enumerate() {
                match size {
                    0 => {}
                    1 => noise[which] = noise[which].max((ratio - 1.0).abs()),
                    _ if ratio > worst[which].0 => worst[which] = (ratio, operation.name()),
                    _ => {}
                }
            }
            let name = if size == 0 { operation.name() } else { "" };
            let cells: [String; 3] = std::array::from_fn(|which| {
                let digits = if which == 2 { 0 } else { 3 };
                format!("{:.digits$} | {:.2}", figures[which], ratios[which])
            });
            rows += &["| ", name, " | ", &stored, " | ", &cells.join(" | "), " |\n"].concat();
            bars_of.push(Bar {
                name: format!("{}, {stored}", operation.name()),
                parts: vec![(figures[0], Colour::Purple)],
                spread: Some((figures[0], figures[1])),
                figure: format!("{:.2} to {:.2} ms", figures[0], figures[1]),
                ours: false,
                apart: size == 0 && operation != Operation::Callback,
            });
        }
    }
    let plot =
        bars("Latency by stored connections, one request at a time: p50, and up to p99", &[], &bars_of, None);
    section.plots.push(("benchmarks-growth.svg", plot));
    section.text = format!(
        "## Growth\n\n{}\
         The built Worker with different numbers of stored connections, one request at a time, in turns of forty requests. The \
         figures are of all requests; `/ ten` is the median ratio of all rounds to the Worker with ten connections. The second \
         Worker with ten shows the noise of this machine.\n\n\
         | | stored | p50, ms | / ten | p99, ms | / ten | processor time, µs | / ten |\n|---|--:|--:|--:|--:|--:|--:|--:|\n{rows}\n",
        image("benchmarks-growth.svg")
    );
    for (which, (name, _)) in MEASURES.into_iter().enumerate() {
        let label = format!(
            "{name} with up to 100,000 connections / with ten, the worst: {} (two Workers with ten: up to {:.0} % apart)",
            worst[which].1,
            noise[which] * 100.0
        );
        section.bounds.push(Bound { label, limit: MAX_RATIO, value: worst[which].0, unit: Unit::Times });
    }
    section
}

/// A figure for each round, so that a disturbance affects one round only.
fn per_round(runs: &[Run], measure: Measure) -> Vec<f64> {
    runs.chunks(TURNS).map(measure).collect()
}

fn latencies(runs: &[Run]) -> Vec<f64> {
    runs.iter().flat_map(|run| run.latencies.iter().copied()).collect()
}
