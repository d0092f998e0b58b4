//! The edge's tables.

use super::{Section, image};
use crate::{
    bound::{Bound, Unit, behind, grouped},
    cold::{self, Cold},
    edge::{AT_ONCE, BUSY, Measured},
    figures::{Spread, median, percentile, ratio},
    flow::Leg,
    memory,
    peer::{FLOOR, FLOOR_THREE, HONO, HONO_BY_HAND, NOBLE, OURS, Peer, WEB_CRYPTO},
    plot::{Bar, Colour, bars},
    probe::Seen,
    weight::Weight,
};

/// What was found of the edge, peer by peer.
#[derive(Debug)]
pub struct Edge<'a> {
    /// The rounds.
    pub measured: &'a [Measured],
    /// What each does; nothing if it was not tried.
    pub seen: &'a [Seen],
    /// What each weighs.
    pub weights: &'a [Weight],
    /// Cold starts.
    pub cold: &'a [Cold],
    /// What each has in memory in the end.
    pub memory: &'a [u64],
}

/// Cloudflare's smallest plan takes 3 MB; a cold start pays for every byte.
const MOST_GZIP: f64 = 100_000.0;

/// The edge's section.
#[must_use]
pub fn edge(found: &Edge<'_>) -> Section {
    let mut section = Section::default();
    cost(found, &mut section);
    if !found.cold.is_empty() {
        speed(found, &mut section);
        size(found, &mut section);
        seen(found, &mut section);
    }
    section
}

fn of<'a>(measured: &'a [Measured], name: &str) -> &'a Measured {
    measured.iter().find(|one| one.rig.peer.name == name).expect("it was measured")
}

/// The quicker of the two that do all of the work in JavaScript.
fn same_work(measured: &[Measured], of_one: impl Fn(&Measured) -> Vec<f64>) -> (&'static str, Vec<f64>) {
    let all = [NOBLE, WEB_CRYPTO].map(|name| (name, of_one(of(measured, name))));
    all.into_iter().min_by(|one, other| median(&one.1).total_cmp(&median(&other.1))).expect("there are two")
}

fn cost(found: &Edge<'_>, section: &mut Section) {
    let measured = found.measured;
    section.text += "## The edge: processor time\n\n";
    let rows = measured.iter().map(|one| {
        let parts = Leg::ALL.map(|leg| median(&one.used(BUSY, leg)));
        let Spread { least, median, most } = Spread::of(&one.used_whole(BUSY));
        Bar {
            name: one.rig.peer.name.into(),
            parts: parts.into_iter().zip([Colour::Grey, Colour::Purple, Colour::Pink]).collect(),
            spread: Some((least, most)),
            figure: format!("{median:.0} µs"),
            ours: one.rig.peer.name == OURS,
            apart: false,
        }
    });
    let legend =
        [("setting out", Colour::Grey), ("callback", Colour::Purple), ("exchange and store", Colour::Pink)];
    let title = format!("Processor time of the Worker for one install, {BUSY} at once");
    section.plots.push(("benchmarks-edge.svg", bars(&title, &legend, &rows.collect::<Vec<_>>(), None)));
    section.text += &image("benchmarks-edge.svg");
    for at_once in AT_ONCE.into_iter().rev() {
        let left_out = at_once == BUSY && !found.seen.is_empty();
        section.say(format_args!(
            "Microseconds of workerd's processor time for a request, {at_once} at once: the median of all rounds, and from \
             the least to the most.\n\n\
             | | setting out | callback | exchange and store | whole install | ours / theirs |{}\n|---|--:|--:|--:|--:|--:|{}\n",
            if left_out { " leaves out |" } else { "" },
            if left_out { "---|" } else { "" },
        ));
        for (index, one) in measured.iter().enumerate() {
            let left = found.seen.get(index).filter(|_| left_out).map(Seen::leaves_out);
            let left = left.map_or_else(String::new, |left| format!(" {left} |"));
            let [start, callback, finish] = Leg::ALL.map(|leg| shown(&one.used(at_once, leg)));
            let whole = one.used_whole(at_once);
            section.say(format_args!(
                "| {} | {start} | {callback} | {finish} | {} | {:.2} |{left}\n",
                one.rig.peer.name,
                shown(&whole),
                ratio(&of(measured, OURS).used_whole(at_once), &whole)
            ));
        }
        section.text += "\n";
    }
    let ours = of(measured, OURS);
    for (what, leg) in [("callback", Leg::Callback), ("exchange and store", Leg::Finish)] {
        let (name, theirs) = same_work(measured, |one| one.used(BUSY, leg));
        let most = if leg == Leg::Callback { 0.75 } else { 0.8 };
        for (other, theirs, most) in [(HONO, of(measured, HONO).used(BUSY, leg), 1.0), (name, theirs, most)] {
            let is = ratio(&ours.used(BUSY, leg), &theirs);
            let what = format!("processor time of {what} / that of {other}");
            section.bounds.push(Bound { what, most, is, unit: Unit::Times });
        }
    }
    let (name, theirs) = same_work(measured, |one| one.used_whole(BUSY));
    for (other, theirs, most) in
        [(HONO_BY_HAND, of(measured, HONO_BY_HAND).used_whole(BUSY), 1.0), (name, theirs, 0.8)]
    {
        let is = ratio(&ours.used_whole(BUSY), &theirs);
        let what = format!("processor time of a whole install / that of {other}");
        section.bounds.push(Bound { what, most, is, unit: Unit::Times });
    }
    let whole: Vec<(&str, f64)> =
        others(measured).map(|one| (one.rig.peer.name, median(&one.used_whole(BUSY)))).collect();
    section.behind.extend(behind(
        "processor time of an install",
        |us| format!("{us:.0} µs"),
        median(&ours.used_whole(BUSY)),
        &whole,
        true,
    ));
}

fn others(measured: &[Measured]) -> impl Iterator<Item = &Measured> {
    measured.iter().filter(|one| ![OURS, FLOOR, FLOOR_THREE].contains(&one.rig.peer.name))
}

fn speed(found: &Edge<'_>, section: &mut Section) {
    let here: Vec<f64> = found.measured.iter().map(|one| one.used_here(BUSY)).collect();
    let Spread { least, most, .. } = Spread::of(&here);
    section.say(format_args!(
        "## The edge: installs a second, and how long a request takes\n\n\
         The load comes from the same machine, which the worker shares with it, with Smooch and with KV: these three use {least:.0} to \
         {most:.0} µs of the processor for an install, more for who asks more of them. So a worker is quicker than this, and all \
         are slowed alike. Milliseconds from request to answer.\n\n"
    ));
    for at_once in AT_ONCE {
        section.say(format_args!(
            "| {at_once} at once | installs a second | callback p50 | p99 | exchange and store p50 | p99 |\n\
             |---|--:|--:|--:|--:|--:|\n"
        ));
        for one in found.measured {
            let figures = [Leg::Callback, Leg::Finish].map(|leg| {
                let latencies = one.latencies(at_once, leg);
                let figure = |percent| {
                    if latencies.is_empty() {
                        "–".into()
                    } else {
                        format!("{:.2}", percentile(&latencies, percent))
                    }
                };
                format!("{} | {}", figure(50.0), figure(99.0))
            });
            section.say(format_args!(
                "| {} | {} | {} | {} |\n",
                one.rig.peer.name,
                grouped(median(&one.a_second(at_once))),
                figures[0],
                figures[1]
            ));
        }
        section.text += "\n";
        let rate: Vec<(&str, f64)> =
            others(found.measured).map(|one| (one.rig.peer.name, median(&one.a_second(at_once)))).collect();
        let ours = median(&of(found.measured, OURS).a_second(at_once));
        section.behind.extend(behind(
            &format!("installs a second, {at_once} at once"),
            grouped,
            ours,
            &rate,
            false,
        ));
    }
}

fn size(found: &Edge<'_>, section: &mut Section) {
    let peers: Vec<Peer> = found.measured.iter().map(|one| one.rig.peer.clone()).collect();
    let took = cold::added(&peers, found.cold, |cold| &cold.took);
    let floor = peers.iter().position(|peer| peer.name == FLOOR).expect("it was measured");
    let floor = median(&found.cold[floor].took);
    let rows = peers.iter().zip(found.cold).map(|(peer, cold)| {
        let Spread { least, median: whole, most } = Spread::of(&cold.took);
        let workerd = whole.min(floor);
        Bar {
            name: peer.name.into(),
            parts: vec![(workerd, Colour::Grey), (whole - workerd, Colour::Purple)],
            spread: Some((least, most)),
            figure: format!("{whole:.0} ms"),
            ours: peer.name == OURS,
            apart: false,
        }
    });
    let plot = bars(
        "From the start of workerd to the first answer",
        &[("what the floor takes", Colour::Grey), ("what the script adds to it", Colour::Purple)],
        &rows.collect::<Vec<_>>(),
        None,
    );
    section.plots.push(("benchmarks-cold-start.svg", plot));
    section.say(format_args!(
        "## The edge: cold start, size and memory\n\n{}\
         | | to the first answer, ms | beyond the floor's | first request alone, ms | processor time of that, ms | bundle, B | gzip, B | memory after the \
         first request, MB | after {} |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        image("benchmarks-cold-start.svg"),
        grouped(memory::REQUESTS as f64)
    ));
    for ((((one, cold), added), weight), memory) in
        found.measured.iter().zip(found.cold).zip(&took).zip(found.weights).zip(found.memory)
    {
        section.say(format_args!(
            "| {} | {} | {:.0} | {:.1} | {:.0} | {} | {} | {:.0} | {:.0} |\n",
            one.rig.peer.name,
            shown(&cold.took),
            // Not -0.
            median(added).round() + 0.0,
            median(&cold.first),
            median(&cold.used),
            grouped(weight.raw as f64),
            grouped(weight.gzip as f64),
            one.fresh as f64 / 1e6,
            *memory as f64 / 1e6
        ));
    }
    section.text += "\n";
    let index = |name| peers.iter().position(|peer| peer.name == name).expect("it was measured");
    let (ours, theirs) = (index(OURS), index(HONO_BY_HAND));
    section.bounds.push(Bound {
        what: format!("cold start, to the first answer / that of {HONO_BY_HAND}"),
        most: 1.2,
        is: ratio(&found.cold[ours].took, &found.cold[theirs].took),
        unit: Unit::Times,
    });
    section.bounds.push(Bound {
        what: "the Worker, gzip".into(),
        most: MOST_GZIP,
        is: found.weights[ours].gzip as f64,
        unit: Unit::Bytes,
    });
    let mut told = |what: &str, shown: &dyn Fn(f64) -> String, of: &dyn Fn(usize) -> f64| {
        let theirs: Vec<(&str, f64)> = (0..peers.len())
            .filter(|&at| ![OURS, FLOOR, FLOOR_THREE].contains(&peers[at].name))
            .map(|at| (peers[at].name, of(at)))
            .collect();
        section.behind.extend(behind(what, shown, of(ours), &theirs, true));
    };
    told("cold start, to the first answer", &|ms| format!("{ms:.0} ms"), &|at| median(&found.cold[at].took));
    told("bundle, gzip", &|bytes| format!("{:.1} kB", bytes / 1e3), &|at| found.weights[at].gzip as f64);
    told("memory after so many requests", &|bytes| format!("{:.0} MB", bytes / 1e6), &|at| {
        found.memory[at] as f64
    });
}

fn seen(found: &Edge<'_>, section: &mut Section) {
    section.text += "## The edge: what each does for it\n\n\
         Seen by trying it in this run: a callback that is prefetched, asked for by HEAD or opened in another browser; KV that \
         fails; an answer that is lost.\n\n\
         | | a prefetch spends the code | a HEAD does | the code stands in the address bar | another browser can finish | the \
         token lies in KV in plain text | one failed write | KV down, then asked again | asked again after a lost answer | \
         calls; KV reads, writes, deletes |\n|---|---|---|---|---|---|---|---|---|---|\n";
    for (one, seen) in found.measured.iter().zip(found.seen) {
        let bad = |bad: bool| if bad { "**yes**" } else { "no" };
        let good = |good: bool, lost: &'static str| if good { "connected" } else { lost };
        section.say(format_args!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {}; {}, {}, {} |\n",
            one.rig.peer.name,
            bad(seen.prefetch_spends),
            bad(seen.head_spends),
            bad(seen.code_in_address),
            bad(seen.other_browser),
            bad(seen.plain_token),
            good(seen.one_failure, "**fails**"),
            good(seen.kept_while_down, "**token lost**"),
            good(seen.repeats, "**fails**"),
            seen.calls,
            seen.kv.gets,
            seen.kv.puts,
            seen.kv.deletes
        ));
    }
    section.text += "\n";
}

/// The median, and from the least to the most.
fn shown(figures: &[f64]) -> String {
    let Spread { least, median, most } = Spread::of(figures);
    if figures.is_empty() { "–".into() } else { format!("{median:.0} ({least:.0}–{most:.0})") }
}
