//! What was found, as a page: tables, plots, and words that come of the figures.

mod edge;
mod embed;
mod growth;
mod profile;

pub use self::{
    edge::{Edge, edge},
    embed::embed,
    growth::growth,
    profile::profile,
};

use crate::{
    bound::Bound,
    machine::{self, Fact},
};
use std::{
    fmt::{self, Write as _},
    fs,
};
use tests::tools::root;

/// How it was measured and what was tried: what no run can write.
const NOTES: &str = "tests/bench/notes.md";

/// What a part of the run found.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Its tables, under headings.
    pub text: String,
    /// Its plots: the file's name in `docs/`, and the SVG.
    pub plots: Vec<(&'static str, String)>,
    /// What it was held against.
    pub bounds: Vec<Bound>,
    /// Where somebody else is better.
    pub behind: Vec<String>,
}

impl Section {
    fn say(&mut self, text: fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("a String takes all");
    }

    /// What a terminal shows of it.
    #[must_use]
    pub fn told(&self) -> String {
        let mut told = self.text.clone() + &bounds(std::slice::from_ref(self));
        for plot in &self.plots {
            // A terminal shows no pictures.
            told = told.replace(&image(plot.0), "");
        }
        told + &self.behind.concat()
    }
}

/// What the run was like.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// Its seed.
    pub seed: u64,
    /// How many rounds.
    pub rounds: usize,
    /// How long it took, in seconds.
    pub seconds: u64,
    /// How many processes wanted a core in the minute before it.
    pub load: f64,
}

/// Writes `docs/benchmarks.md` and its plots.
///
/// # Panics
///
/// If there is no room.
pub fn publish(sections: &[Section], facts: &[Fact], conditions: Conditions) {
    let docs = root().join("docs");
    for (name, svg) in sections.iter().flat_map(|section| &section.plots) {
        fs::write(docs.join(name), svg).expect("room for a plot");
    }
    fs::write(docs.join("benchmarks.md"), page(sections, facts, conditions)).expect("room for a page");
}

fn page(sections: &[Section], facts: &[Fact], conditions: Conditions) -> String {
    let Conditions { seed, rounds, seconds, load } = conditions;
    let notes = fs::read_to_string(root().join(NOTES)).expect("the notes");
    // `make bench` builds first, which counts too.
    let busy = if load > 1.0 {
        format!(
            " **The machine was busy**: {load:.1} processes wanted its {} cores before the run began, so its figures are \
             worth less than their decimals.",
            machine::cores()
        )
    } else {
        String::new()
    };
    let mut page = format!(
        "# Benchmarks\n\n\
         Everything here was measured in one run of `make bench` on {}, on one machine, peers taking turns; the run wrote \
         this page, its words included. Take ratios from it and no promises: another machine has other figures.{busy}\n\n\
         {}{}",
        machine::date(),
        bounds(sections),
        behind(sections),
    );
    page += &sections.iter().map(|section| section.text.as_str()).collect::<Vec<_>>().join("\n");
    write!(page, "\n{notes}\n## What it ran on\n\n| | |\n|---|---|\n").expect("a String takes all");
    for (what, which) in facts {
        writeln!(page, "| {what} | {which} |").expect("a String takes all");
    }
    page + &format!(
        "\nTo do it again: `make bench`, on a machine that does nothing else. {rounds} rounds took {} min. One part alone, \
         told and not written down: `make bench PART=edge`, `cost` (processor time alone), `profile`, `growth` or `embed`; \
         `ROUNDS=3` makes it quick, and `SEED={seed}` sends the same requests.\n",
        seconds.div_ceil(60)
    )
}

fn bounds(sections: &[Section]) -> String {
    let rows: String = sections.iter().flat_map(|section| &section.bounds).map(Bound::row).collect();
    format!("## What was promised\n\n| | at most | is | |\n|---|---|---|---|\n{rows}\n")
}

fn behind(sections: &[Section]) -> String {
    let lines: String =
        sections.iter().flat_map(|section| section.behind.iter().map(String::as_str)).collect();
    if lines.is_empty() {
        return "## Where we are behind\n\nNowhere in this run.\n\n".into();
    }
    format!(
        "## Where we are behind\n\nEvery figure of the tables below in which somebody does better, whatever they leave out \
         for it:\n\n{lines}\n"
    )
}

/// A plot in the page.
fn image(name: &str) -> String {
    let what = name.trim_start_matches("benchmarks-").trim_end_matches(".svg").replace('-', " ");
    format!("![Plot: {what}]({name})\n\n")
}
