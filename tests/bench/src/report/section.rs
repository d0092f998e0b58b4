//! A section of the report: its tables, plots, bounds and list items.

use crate::bound::Bound;
use std::fmt::{self, Write as _};

/// The result of a part of the benchmark.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The tables, with headings, as Markdown.
    pub text: String,
    /// The plots: file name in `docs/`, and SVG.
    pub plots: Vec<(&'static str, String)>,
    /// The bounds.
    pub bounds: Vec<Bound>,
    /// List items, each about a figure in which a peer is better.
    pub behind: Vec<String>,
}

impl Section {
    pub(super) fn write(&mut self, text: fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("writing to a String cannot fail");
    }

    /// The text for a terminal, without the plots.
    #[must_use]
    pub fn terminal_text(&self) -> String {
        let mut text = self.text.clone() + &bounds(std::slice::from_ref(self));
        for plot in &self.plots {
            text = text.replace(&image(plot.0), "");
        }
        text + &self.behind.concat()
    }
}

/// The table of all bounds.
pub(super) fn bounds(sections: &[Section]) -> String {
    let rows: String = sections.iter().flat_map(|section| &section.bounds).map(Bound::row).collect();
    format!("## Bounds\n\n| | limit | measured | |\n|---|---|---|---|\n{rows}\n")
}

/// The Markdown of a plot.
pub(super) fn image(name: &str) -> String {
    let title = name.trim_start_matches("benchmarks-").trim_end_matches(".svg").replace('-', " ");
    format!("![Plot: {title}]({name})\n\n")
}
