//! The figures of the README are those of the page that a run of the benchmarks wrote.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use std::{collections::BTreeSet, fs};
use tests::tools::root;

/// The heading of what is measured.
const HEADING: &str = "## What it costs";

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Each number of a text as it is written, `1,234` and `0.96` as one.
fn figures(text: &str) -> BTreeSet<&str> {
    text.split(|character: char| !character.is_ascii_digit() && !['.', ','].contains(&character))
        .map(|figure| figure.trim_matches(['.', ',']))
        .filter(|figure| !figure.is_empty())
        .collect()
}

#[test]
fn each_figure_of_the_readme_stands_on_the_page_of_the_benchmarks() {
    let readme = read("README.md");
    let (_, rest) = readme.split_once(HEADING).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let page = read("docs/benchmarks.md");
    let (told, measured) = (figures(section), figures(&page));
    assert!(told.len() > 5, "{told:?} are no figures to speak of");
    let strange: Vec<_> = told.difference(&measured).collect();
    assert!(strange.is_empty(), "{strange:?} were not measured by the run that docs/benchmarks.md is from");
}
