//! The tables of where the time goes.

use super::Section;
use crate::{
    flow::Leg,
    peer::{HONO, OURS},
    profile::{Part, Profile},
};

/// The profile's section; what it says if nothing was looked at.
#[must_use]
pub fn profile(all: &[Profile]) -> Section {
    let mut section = Section::default();
    section.text += "## The edge: where the time goes\n\n";
    if all.is_empty() {
        section.text += "This machine has no `perf` that may look, so nothing is known of it.\n";
        return section;
    }
    section.say(format_args!(
        "`perf` looked at workerd five thousand times a second while it answered: microseconds of a request, 32 at once. A \
         worker that is looked at is a little slower than one that is not.\n\n"
    ));
    for (what, leg) in [("callback", Leg::Callback), ("exchange and store", Leg::Finish)] {
        let of: Vec<&Profile> = all.iter().filter(|profile| profile.leg == leg).collect();
        let row = |name: &str, cell: &dyn Fn(&Profile) -> String| {
            let cells: Vec<String> = of.iter().map(|profile| cell(profile)).collect();
            format!("| {name} | {} |\n", cells.join(" | "))
        };
        let time = |figure: f64| format!("{figure:.1}");
        section.text += &row(what, &|profile| profile.peer.into());
        section.say(format_args!("|---|{}\n", "--:|".repeat(of.len())));
        for (at, part) in Part::ALL.into_iter().enumerate() {
            section.text += &row(part.name(), &|profile| time(profile.parts[at]));
        }
        section.text += &row("**together**", &|profile| time(profile.whole()));
        section.text += &row("looks", &|profile| profile.looks.to_string());
        section.text += "\n";
        let find = |name| of.iter().find(|profile| profile.peer == name).expect("it was looked at");
        let (ours, theirs) = (find(OURS), find(HONO));
        let mut apart: Vec<(f64, &str)> = Part::ALL
            .into_iter()
            .enumerate()
            .map(|(at, part)| (ours.parts[at] - theirs.parts[at], part.name()))
            .collect();
        apart.sort_by(|one, other| other.0.abs().total_cmp(&one.0.abs()));
        let told = apart.iter().filter(|(by, _)| by.abs() >= 0.5);
        let apart: Vec<String> = told.map(|(by, name)| format!("{by:+.1} {name}")).collect();
        section.say(format_args!(
            "Ours beside {HONO}, {:+.1} µs: {}.\n\n",
            ours.whole() - theirs.whole(),
            apart.join("; ")
        ));
    }
    section
}
