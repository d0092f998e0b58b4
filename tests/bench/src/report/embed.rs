//! The embed's tables.

use super::{Section, image};
use crate::{
    bound::{Bound, Unit, behind, grouped},
    button::{BUTTONS, Condition, Loaded, Paid},
    plot::{Bar, Colour, bars},
    weight::Weight,
};

/// Bytes of script and wasm, which every visitor of a page with the button loads: `client/tests/budget.rs` holds it.
const MAX_SIZE: f64 = 22_000.0;

/// The time from opening a page to a button that can be pressed, as a multiple of the button in plain JavaScript. Both are
/// sent uncompressed, over a network of 40 ms and 10 Mbit/s.
const MAX_READY_RATIO: f64 = 2.5;

/// The embed's section.
#[must_use]
pub fn embed(weights: &[(&'static str, Weight)], Loaded { alike, loads }: &Loaded) -> Section {
    let mut section = Section::default();
    let ours = BUTTONS[0].0;
    let rows: Vec<Bar> = weights
        .iter()
        .map(|&(name, weight)| Bar {
            name: name.into(),
            parts: vec![(weight.brotli as f64, colour(name))],
            figure: format!("{} B", grouped(weight.brotli as f64)),
            ours: name == ours,
            ..Bar::default()
        })
        .collect();
    let plot = bars("What a page loads, brotli", &[], &rows, Some((MAX_SIZE, "wanted: 22,000 B")));
    section.plots.push(("benchmarks-embed.svg", plot));
    section.text = format!(
        "## The embed: size\n\n{}Script and wasm together, each packed by itself. The others are the least use of each that starts \
         and finishes a flow, without a look of its own.\n\n| | bytes | gzip | brotli |\n|---|--:|--:|--:|\n",
        image("benchmarks-embed.svg")
    );
    for (name, Weight { raw, gzip, brotli }) in weights {
        let [raw, gzip, brotli] = [raw, gzip, brotli].map(|bytes| grouped(*bytes as f64));
        section.say(format_args!("| {name} | {raw} | {gzip} | {brotli} |\n"));
    }
    let weight =
        weights.iter().find(|(name, _)| *name == ours).map_or(0.0, |(_, weight)| weight.brotli as f64);
    section.bounds.extend(bounds(weight, loads));
    let others: Vec<(&str, f64)> = weights
        .iter()
        .filter(|(name, _)| *name != ours)
        .map(|(name, weight)| (*name, weight.brotli as f64))
        .collect();
    section.behind.extend(behind(
        "the embed, brotli",
        |bytes| format!("{} B", grouped(bytes)),
        weight,
        &others,
        true,
    ));

    let rows = loads.iter().flat_map(|(condition, paid)| {
        BUTTONS.iter().zip(paid).enumerate().map(|(index, ((name, _), paid))| Bar {
            name: if index == 0 {
                format!("{}, {}", name, condition.short())
            } else {
                "plain JavaScript".into()
            },
            parts: vec![(paid.ready, colour(name))],
            figure: format!("{:.0} ms", paid.ready),
            ours: index == 0,
            apart: index == 0 && *condition != Condition::Plain,
            ..Bar::default()
        })
    });
    let title = "From the script's last byte to a button that can be pressed";
    section.plots.push(("benchmarks-button.svg", bars(title, &[], &rows.collect::<Vec<_>>(), None)));
    section.text += "\n## The embed: in Chromium\n\n";
    section.text += &image("benchmarks-button.svg");
    let alike =
        if *alike { "The two are drawn alike, to the pixel." } else { "**The two are not drawn alike.**" };
    section.text += alike;
    section.text += " Nothing is cached; scripts come unpacked from loopback. Medians; the main thread's processor time is beyond that of the same page \
         without a button. Before it was measured, each led through a whole flow.\n\n\
         | | | script there to button ready, ms | page opened to button ready, ms | main thread, ms | requests | layout shift |\n\
         |---|---|--:|--:|--:|--:|--:|\n";
    for (condition, paid) in loads {
        for ((name, _), paid) in BUTTONS.iter().zip(paid) {
            let condition = if *name == ours { condition.name() } else { "" };
            section.say(format_args!(
                "| {condition} | {name} | {:.1} | {:.1} | {:.1} | {:.0} | {:.4} |\n",
                paid.ready, paid.from_start, paid.main_thread, paid.requests, paid.shift
            ));
        }
        let [our, plain] = paid;
        let name = BUTTONS[1].0;
        let ms = |ms: f64| format!("{ms:.1} ms");
        for (what, our, theirs) in
            [("button ready", our.ready, plain.ready), ("main thread", our.main_thread, plain.main_thread)]
        {
            let what = format!("{what}, {}", condition.name());
            section.behind.extend(behind(&what, ms, our, &[(name, theirs)], true));
        }
    }
    section
}

/// The bounds of the button's size and speed. `size` is in bytes.
fn bounds(size: f64, loads: &[(Condition, [Paid; 2])]) -> Vec<Bound> {
    let mut bounds =
        vec![Bound { what: "the embed, brotli".into(), most: MAX_SIZE, is: size, unit: Unit::Bytes }];
    for (condition, [our, plain]) in loads.iter().filter(|(condition, _)| *condition == Condition::Network) {
        bounds.push(Bound {
            what: format!("page opened to button ready, {}, beside plain JavaScript", condition.name()),
            most: MAX_READY_RATIO,
            is: our.from_start / plain.from_start,
            unit: Unit::Times,
        });
    }
    let shift = loads.iter().map(|(_, [our, _])| our.shift).fold(0.0, f64::max);
    bounds.push(Bound { what: "layout shift of the button".into(), most: 0.0, is: shift, unit: Unit::Shift });
    bounds
}

fn colour(name: &str) -> Colour {
    if name == BUTTONS[0].0 { Colour::Purple } else { Colour::Grey }
}
