//! The report's tables and plots of the embed. It measures nothing.

use super::section::{Section, image};
use crate::{
    bound::{Bound, Unit, behind, grouped},
    button::{BUTTONS, ButtonResults, Condition, PageCost},
    plot::{Bar, Colour, bars},
    size::Size,
};

/// The limit for script and wasm together, in bytes of brotli. `client/tests/budget.rs` checks it too.
const MAX_SIZE: f64 = 22_000.0;

/// The time from opening a page to a button that can be pressed, as a multiple of the button in plain JavaScript. Both are
/// sent uncompressed, over a network of 40 ms and 10 Mbit/s.
const MAX_READY_RATIO: f64 = 2.5;

/// The embed's section.
#[must_use]
pub fn embed(sizes: &[(&'static str, Size)], ButtonResults { identical, loads }: &ButtonResults) -> Section {
    let mut section = Section::default();
    let ours = BUTTONS[0].0;
    let rows: Vec<Bar> = sizes
        .iter()
        .map(|&(name, size)| Bar {
            name: name.into(),
            parts: vec![(size.brotli as f64, colour(name))],
            figure: format!("{} B", grouped(size.brotli as f64)),
            ours: name == ours,
            ..Bar::default()
        })
        .collect();
    let plot = bars("What a page loads, brotli", &[], &rows, Some((MAX_SIZE, "limit: 22,000 B")));
    section.plots.push(("benchmarks-embed.svg", plot));
    section.text = format!(
        "## The embed: size\n\n{}Script and wasm together, each compressed separately. The others are the least code that starts and \
         finishes a flow with that library, without styles.\n\n| | bytes | gzip | brotli |\n|---|--:|--:|--:|\n",
        image("benchmarks-embed.svg")
    );
    for (name, Size { raw, gzip, brotli }) in sizes {
        let [raw, gzip, brotli] = [raw, gzip, brotli].map(|bytes| grouped(*bytes as f64));
        section.write(format_args!("| {name} | {raw} | {gzip} | {brotli} |\n"));
    }
    let size = sizes.iter().find(|(name, _)| *name == ours).map_or(0.0, |(_, size)| size.brotli as f64);
    section.bounds.extend(bounds(size, loads));
    let others: Vec<(&str, f64)> = sizes
        .iter()
        .filter(|(name, _)| *name != ours)
        .map(|(name, size)| (*name, size.brotli as f64))
        .collect();
    section.behind.extend(behind(
        "the embed, brotli",
        |bytes| format!("{} B", grouped(bytes)),
        size,
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
    let title = "From the script's last byte until the button can be pressed";
    section.plots.push(("benchmarks-button.svg", bars(title, &[], &rows.collect::<Vec<_>>(), None)));
    section.text += "\n## The embed: in Chromium\n\n";
    section.text += &image("benchmarks-button.svg");
    section.text += if *identical {
        "Screenshots of the two buttons are identical."
    } else {
        "**Screenshots of the two buttons differ.**"
    };
    section.text += " The cache is disabled, and the scripts come uncompressed from loopback. The figures are medians. The main thread's \
         processor time is without that of the same page without a button. Each button completed a flow before the measurement.\n\n\
         | | | script loaded to button ready, ms | page opened to button ready, ms | main thread, ms | requests | layout shift |\n\
         |---|---|--:|--:|--:|--:|--:|\n";
    for (condition, paid) in loads {
        for ((name, _), paid) in BUTTONS.iter().zip(paid) {
            let condition = if *name == ours { condition.name() } else { "" };
            section.write(format_args!(
                "| {condition} | {name} | {:.1} | {:.1} | {:.1} | {:.0} | {:.4} |\n",
                paid.ready, paid.from_start, paid.main_thread, paid.requests, paid.shift
            ));
        }
        let [our, plain] = paid;
        let name = BUTTONS[1].0;
        let ms = |ms: f64| format!("{ms:.1} ms");
        for (label, our, theirs) in
            [("button ready", our.ready, plain.ready), ("main thread", our.main_thread, plain.main_thread)]
        {
            let label = format!("{label}, {}", condition.name());
            section.behind.extend(behind(&label, ms, our, &[(name, theirs)], true));
        }
    }
    section
}

/// The bounds of the button's size and speed. `size` is in bytes.
fn bounds(size: f64, loads: &[(Condition, [PageCost; 2])]) -> Vec<Bound> {
    let mut bounds =
        vec![Bound { label: "the embed, brotli".into(), limit: MAX_SIZE, value: size, unit: Unit::Bytes }];
    for (condition, [our, plain]) in loads.iter().filter(|(condition, _)| *condition == Condition::Network) {
        bounds.push(Bound {
            label: format!("page opened to button ready, {}, beside plain JavaScript", condition.name()),
            limit: MAX_READY_RATIO,
            value: our.from_start / plain.from_start,
            unit: Unit::Times,
        });
    }
    let shift = loads.iter().map(|(_, [our, _])| our.shift).fold(0.0, f64::max);
    bounds.push(Bound {
        label: "layout shift of the button".into(),
        limit: 0.0,
        value: shift,
        unit: Unit::Shift,
    });
    bounds
}

fn colour(name: &str) -> Colour {
    if name == BUTTONS[0].0 { Colour::Purple } else { Colour::Grey }
}
