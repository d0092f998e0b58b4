//! The report: tables, plots and sentences made from the figures. It writes `docs/benchmarks.md`, and it measures nothing.

mod edge;
mod embed;
mod growth;
mod profile;
mod section;

pub use self::{
    edge::{Edge, edge},
    embed::embed,
    growth::growth,
    profile::profile,
    section::Section,
};

use crate::machine::{self, Fact};
use section::bounds;
use std::{fmt::Write as _, fs};
use tests::tools::root;

/// The sections of the page that do not depend on the run: the method and the explanations.
const NOTES: &str = "tests/bench/notes.md";

/// The conditions of a run.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// The seed of the random requests.
    pub seed: u64,
    /// Number of rounds.
    pub rounds: usize,
    /// Duration, in seconds.
    pub seconds: u64,
    /// The load average of the minute before the run.
    pub load: f64,
}

/// Writes `docs/benchmarks.md` and its plots.
///
/// # Panics
///
/// If a file cannot be written.
pub fn publish(sections: &[Section], facts: &[Fact], conditions: Conditions) {
    let docs = root().join("docs");
    for (name, svg) in sections.iter().flat_map(|section| &section.plots) {
        fs::write(docs.join(name), svg).expect("the plot can be written");
    }
    fs::write(docs.join("benchmarks.md"), page(sections, facts, conditions))
        .expect("the page can be written");
}

fn page(sections: &[Section], facts: &[Fact], conditions: Conditions) -> String {
    let Conditions { seed, rounds, seconds, load } = conditions;
    let notes = fs::read_to_string(root().join(NOTES)).expect("the notes can be read");
    // The build of `make bench` is part of this load average.
    let busy = if load > 1.0 {
        format!(
            " **The machine was busy**: its load average was {load:.1} on {} cores before the run began, so the figures are \
             less precise than their decimals.",
            machine::cores()
        )
    } else {
        String::new()
    };
    let mut page = format!(
        "# Benchmarks\n\n\
         One run of `make bench` on {} measured everything here, on one machine, with the peers taking turns. The run also \
         wrote this page. Rely on the ratios only: another machine has other figures.{busy}\n\n\
         {}{}",
        machine::date(),
        bounds(sections),
        behind(sections),
    );
    page += &sections.iter().map(|section| section.text.as_str()).collect::<Vec<_>>().join("\n");
    write!(page, "\n{notes}\n## Environment\n\n| | |\n|---|---|\n").expect("writing to a String cannot fail");
    for (name, value) in facts {
        writeln!(page, "| {name} | {value} |").expect("writing to a String cannot fail");
    }
    page + &format!(
        "\nTo repeat the run: `make bench`, on an otherwise idle machine. {rounds} rounds took {} min. `make bench PART=edge` \
         runs one part and prints the result without writing this page; the parts are `edge`, `cost` (processor time only), \
         `profile`, `growth` and `embed`. `ROUNDS=3` makes the run short, and `SEED={seed}` sends the same requests.\n",
        seconds.div_ceil(60)
    )
}

fn behind(sections: &[Section]) -> String {
    let lines: String =
        sections.iter().flat_map(|section| section.behind.iter().map(String::as_str)).collect();
    if lines.is_empty() {
        return "## Where we are behind\n\nNowhere in this run.\n\n".into();
    }
    format!(
        "## Where we are behind\n\nEvery figure of the tables below in which a peer is better, even if it lacks protections that \
         we have:\n\n{lines}\n"
    )
}
