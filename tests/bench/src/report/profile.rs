//! The report's tables of the profile. It measures nothing.

use super::section::Section;
use crate::{
    flow::Phase,
    peer::{HONO, OURS},
    profile::{Part, Profile},
};

/// The section about the profile. Without profiles it says so.
#[must_use]
pub fn profile(all: &[Profile]) -> Section {
    let mut section = Section::default();
    section.text += "## The edge: where the time goes\n\n";
    if all.is_empty() {
        section.text += "There is no profile: `perf` is missing, or must not record on this machine.\n";
        return section;
    }
    section.write(format_args!(
        "`perf` took five thousand samples a second of workerd. Microseconds per request, 32 at once. Profiling makes a worker \
         slightly slower.\n\n"
    ));
    for (label, phase) in [("callback", Phase::Callback), ("exchange and store", Phase::Finish)] {
        let of: Vec<&Profile> = all.iter().filter(|profile| profile.phase == phase).collect();
        let row = |name: &str, cell: &dyn Fn(&Profile) -> String| {
            let cells: Vec<String> = of.iter().map(|profile| cell(profile)).collect();
            format!("| {name} | {} |\n", cells.join(" | "))
        };
        let time = |figure: f64| format!("{figure:.1}");
        section.text += &row(label, &|profile| profile.peer.into());
        section.write(format_args!("|---|{}\n", "--:|".repeat(of.len())));
        for (index, part) in Part::ALL.into_iter().enumerate() {
            section.text += &row(part.name(), &|profile| time(profile.parts[index]));
        }
        section.text += &row("**total**", &|profile| time(profile.total()));
        section.text += &row("samples", &|profile| profile.samples.to_string());
        section.text += "\n";
        let find = |name| of.iter().find(|profile| profile.peer == name).expect("the peer was profiled");
        let (ours, theirs) = (find(OURS), find(HONO));
        let mut differences: Vec<(f64, &str)> = Part::ALL
            .into_iter()
            .enumerate()
            .map(|(index, part)| (ours.parts[index] - theirs.parts[index], part.name()))
            .collect();
        differences.sort_by(|one, other| other.0.abs().total_cmp(&one.0.abs()));
        let differences: Vec<String> = differences
            .iter()
            .filter(|(micros, _)| micros.abs() >= 0.5)
            .map(|(micros, name)| format!("{micros:+.1} {name}"))
            .collect();
        section.write(format_args!(
            "Ours minus {HONO}, {:+.1} µs: {}.\n\n",
            ours.total() - theirs.total(),
            differences.join("; ")
        ));
    }
    section
}
