//! The report's tables and plots of the edge. It measures nothing.

use super::section::{Section, image};
use crate::{
    bound::{Bound, Unit, behind, grouped},
    cold_start::{self, ColdStarts},
    edge::{BUSY, CONCURRENCY, Measured},
    figures::{Spread, median, percentile, ratio},
    flow::Phase,
    memory,
    peer::{FLOOR, FLOOR_THREE, HONO, HONO_BY_HAND, NOBLE, OURS, Peer, WEB_CRYPTO},
    plot::{Bar, Colour, bars},
    probe::Behaviour,
    size::Size,
};

/// The results of the edge and its peers, in the order of the peers.
#[derive(Debug)]
pub struct Edge<'a> {
    /// Processor time, latency and rate.
    pub measured: &'a [Measured],
    /// The observed behaviour. Empty if it was not observed.
    pub behaviour: &'a [Behaviour],
    /// The sizes.
    pub sizes: &'a [Size],
    /// The cold starts.
    pub cold_start: &'a [ColdStarts],
    /// The resident memory at the end, in bytes.
    pub memory: &'a [u64],
}

/// The limit for the Worker, in bytes. Cloudflare's smallest plan accepts 3 MB, but every byte makes the cold start longer.
const MAX_GZIP: f64 = 185_000.0;

/// The edge's section.
#[must_use]
pub fn edge(found: &Edge<'_>) -> Section {
    let mut section = Section::default();
    cost(found, &mut section);
    if !found.cold_start.is_empty() {
        speed(found, &mut section);
        size(found, &mut section);
        behaviour(found, &mut section);
    }
    section
}

fn of<'a>(measured: &'a [Measured], name: &str) -> &'a Measured {
    measured.iter().find(|one| one.harness.peer.name == name).expect("the peer was measured")
}

/// The faster one of the two peers that do the edge's work in JavaScript.
fn same_work(measured: &[Measured], of_one: impl Fn(&Measured) -> Vec<f64>) -> (&'static str, Vec<f64>) {
    let all = [NOBLE, WEB_CRYPTO].map(|name| (name, of_one(of(measured, name))));
    all.into_iter().min_by(|one, other| median(&one.1).total_cmp(&median(&other.1))).expect("there are two")
}

fn cost(found: &Edge<'_>, section: &mut Section) {
    let measured = found.measured;
    section.text += "## The edge: processor time\n\n";
    let rows = measured.iter().map(|one| {
        let parts = Phase::ALL.map(|phase| median(&one.cpu_micros(BUSY, phase)));
        let Spread { min, median, max } = Spread::of(&one.install_cpu_micros(BUSY));
        Bar {
            name: one.harness.peer.name.into(),
            parts: parts.into_iter().zip([Colour::Grey, Colour::Purple, Colour::Pink]).collect(),
            spread: Some((min, max)),
            figure: format!("{median:.0} µs"),
            ours: one.harness.peer.name == OURS,
            apart: false,
        }
    });
    let legend =
        [("start", Colour::Grey), ("callback", Colour::Purple), ("exchange and store", Colour::Pink)];
    let title = format!("Processor time of the Worker for one install, {BUSY} connections");
    section.plots.push(("benchmarks-edge.svg", bars(&title, &legend, &rows.collect::<Vec<_>>(), None)));
    section.text += &image("benchmarks-edge.svg");
    for concurrency in CONCURRENCY.into_iter().rev() {
        let has_behaviour = concurrency == BUSY && !found.behaviour.is_empty();
        section.write(format_args!(
            "Processor time of workerd per request in microseconds, {concurrency} at once: the median of all rounds, and in \
             parentheses minimum and maximum.\n\n\
             | | start | callback | exchange and store | whole install | ours / theirs |{}\n|---|--:|--:|--:|--:|--:|{}\n",
            if has_behaviour { " lacks |" } else { "" },
            if has_behaviour { "---|" } else { "" },
        ));
        for (index, one) in measured.iter().enumerate() {
            let missing = found.behaviour.get(index).filter(|_| has_behaviour).map(Behaviour::missing);
            let missing = missing.map_or_else(String::new, |missing| format!(" {missing} |"));
            let [start, callback, finish] =
                Phase::ALL.map(|phase| format_spread(&one.cpu_micros(concurrency, phase)));
            let install = one.install_cpu_micros(concurrency);
            section.write(format_args!(
                "| {} | {start} | {callback} | {finish} | {} | {:.2} |{missing}\n",
                one.harness.peer.name,
                format_spread(&install),
                ratio(&of(measured, OURS).install_cpu_micros(concurrency), &install)
            ));
        }
        section.text += "\n";
    }
    let ours = of(measured, OURS);
    for (label, phase) in [("callback", Phase::Callback), ("exchange and store", Phase::Finish)] {
        let (name, theirs) = same_work(measured, |one| one.cpu_micros(BUSY, phase));
        let same_work = (name, theirs, if phase == Phase::Callback { 1.0 } else { 1.15 });
        // Hono writes one KV entry in the exchange and ours writes three, so only the callback is compared with it.
        let hono =
            (phase == Phase::Callback).then(|| (HONO, of(measured, HONO).cpu_micros(BUSY, phase), 1.1));
        for (other, theirs, limit) in hono.into_iter().chain([same_work]) {
            let value = ratio(&ours.cpu_micros(BUSY, phase), &theirs);
            let label = format!("processor time of {label} / that of {other}");
            section.bounds.push(Bound { label, limit, value, unit: Unit::Times });
        }
    }
    let theirs: Vec<(&str, f64)> =
        others(measured).map(|one| (one.harness.peer.name, median(&one.install_cpu_micros(BUSY)))).collect();
    section.behind.extend(behind(
        "processor time of an install",
        |us| format!("{us:.0} µs"),
        median(&ours.install_cpu_micros(BUSY)),
        &theirs,
        true,
    ));
}

fn others(measured: &[Measured]) -> impl Iterator<Item = &Measured> {
    measured.iter().filter(|one| ![OURS, FLOOR, FLOOR_THREE].contains(&one.harness.peer.name))
}

fn speed(found: &Edge<'_>, section: &mut Section) {
    let own: Vec<f64> = found.measured.iter().map(|one| one.own_cpu_micros(BUSY)).collect();
    let Spread { min, max, .. } = Spread::of(&own);
    section.write(format_args!(
        "## The edge: installs per second, and latency\n\n\
         The load generator, the stand-in and KV run on the same machine as the worker. They use {min:.0} to {max:.0} µs of \
         processor time per install, more for a peer that sends more requests. So a worker alone is faster than these figures, \
         and all peers are slowed alike. Latencies in milliseconds.\n\n"
    ));
    for concurrency in CONCURRENCY {
        section.write(format_args!(
            "| {concurrency} at once | installs per second | callback p50 | p99 | exchange and store p50 | p99 |\n\
             |---|--:|--:|--:|--:|--:|\n"
        ));
        for one in found.measured {
            let figures = [Phase::Callback, Phase::Finish].map(|phase| {
                let latencies = one.latencies(concurrency, phase);
                let figure = |percent| {
                    if latencies.is_empty() {
                        "–".into()
                    } else {
                        format!("{:.2}", percentile(&latencies, percent))
                    }
                };
                format!("{} | {}", figure(50.0), figure(99.0))
            });
            section.write(format_args!(
                "| {} | {} | {} | {} |\n",
                one.harness.peer.name,
                grouped(median(&one.installs_per_second(concurrency))),
                figures[0],
                figures[1]
            ));
        }
        section.text += "\n";
        let rate: Vec<(&str, f64)> = others(found.measured)
            .map(|one| (one.harness.peer.name, median(&one.installs_per_second(concurrency))))
            .collect();
        let ours = median(&of(found.measured, OURS).installs_per_second(concurrency));
        section.behind.extend(behind(
            &format!("installs per second, {concurrency} at once"),
            grouped,
            ours,
            &rate,
            false,
        ));
    }
}

fn size(found: &Edge<'_>, section: &mut Section) {
    let peers: Vec<Peer> = found.measured.iter().map(|one| one.harness.peer.clone()).collect();
    let added = cold_start::added_to_floor(&peers, found.cold_start, |starts| &starts.total);
    let floor = peers.iter().position(|peer| peer.name == FLOOR).expect("the peer was measured");
    let floor = median(&found.cold_start[floor].total);
    let rows = peers.iter().zip(found.cold_start).map(|(peer, starts)| {
        let Spread { min, median: total, max } = Spread::of(&starts.total);
        let workerd = total.min(floor);
        Bar {
            name: peer.name.into(),
            parts: vec![(workerd, Colour::Grey), (total - workerd, Colour::Purple)],
            spread: Some((min, max)),
            figure: format!("{total:.0} ms"),
            ours: peer.name == OURS,
            apart: false,
        }
    });
    let plot = bars(
        "From the start of workerd to the first response",
        &[("the floor", Colour::Grey), ("added by the script", Colour::Purple)],
        &rows.collect::<Vec<_>>(),
        None,
    );
    section.plots.push(("benchmarks-cold-start.svg", plot));
    section.write(format_args!(
        "## The edge: cold start, size and memory\n\n{}\
         | | to the first response, ms | beyond the floor | first request alone, ms | processor time, ms | bundle, B | gzip, B | \
         memory after the first request, MB | after {} |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        image("benchmarks-cold-start.svg"),
        grouped(memory::REQUESTS as f64)
    ));
    for ((((one, starts), added), size), memory) in
        found.measured.iter().zip(found.cold_start).zip(&added).zip(found.sizes).zip(found.memory)
    {
        section.write(format_args!(
            "| {} | {} | {:.0} | {:.1} | {:.0} | {} | {} | {:.0} | {:.0} |\n",
            one.harness.peer.name,
            format_spread(&starts.total),
            // Adding 0 turns -0 into 0.
            median(added).round() + 0.0,
            median(&starts.first_request),
            median(&starts.cpu_time),
            grouped(size.raw as f64),
            grouped(size.gzip as f64),
            one.initial_memory as f64 / 1e6,
            *memory as f64 / 1e6
        ));
    }
    section.text += "\n";
    let index = |name| peers.iter().position(|peer| peer.name == name).expect("the peer was measured");
    let (ours, theirs) = (index(OURS), index(HONO_BY_HAND));
    section.bounds.push(Bound {
        label: format!("cold start, to the first response / that of {HONO_BY_HAND}"),
        limit: 1.6,
        value: ratio(&found.cold_start[ours].total, &found.cold_start[theirs].total),
        unit: Unit::Times,
    });
    section.bounds.push(Bound {
        label: "the Worker, gzip".into(),
        limit: MAX_GZIP,
        value: found.sizes[ours].gzip as f64,
        unit: Unit::Bytes,
    });
    let mut compare = |label: &str, format: &dyn Fn(f64) -> String, of: &dyn Fn(usize) -> f64| {
        let theirs: Vec<(&str, f64)> = (0..peers.len())
            .filter(|&at| ![OURS, FLOOR, FLOOR_THREE].contains(&peers[at].name))
            .map(|at| (peers[at].name, of(at)))
            .collect();
        section.behind.extend(behind(label, format, of(ours), &theirs, true));
    };
    compare("cold start, to the first response", &|ms| format!("{ms:.0} ms"), &|at| {
        median(&found.cold_start[at].total)
    });
    compare("bundle, gzip", &|bytes| format!("{:.1} kB", bytes / 1e3), &|at| found.sizes[at].gzip as f64);
    compare("memory after many requests", &|bytes| format!("{:.0} MB", bytes / 1e6), &|at| {
        found.memory[at] as f64
    });
}

fn behaviour(found: &Edge<'_>, section: &mut Section) {
    section.text += "## The edge: behaviour of each peer\n\n\
         Observed in this run: a callback that is prefetched, requested by HEAD or opened in another browser; failing KV writes; \
         a lost response.\n\n\
         | | a prefetch uses the code | HEAD uses the code | the address bar shows the code | another browser can finish | \
         KV has the token in plain text | one failed write | retry after KV was down | retry after a lost response | \
         calls; KV reads, writes, deletes |\n|---|---|---|---|---|---|---|---|---|---|\n";
    for (one, behaviour) in found.measured.iter().zip(found.behaviour) {
        let bad = |bad: bool| if bad { "**yes**" } else { "no" };
        let good = |good: bool, lost: &'static str| if good { "connected" } else { lost };
        section.write(format_args!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {}; {}, {}, {} |\n",
            one.harness.peer.name,
            bad(behaviour.prefetch_uses_code),
            bad(behaviour.head_uses_code),
            bad(behaviour.code_in_url),
            bad(behaviour.other_browser),
            bad(behaviour.plain_token),
            good(behaviour.survives_one_failure, "**fails**"),
            good(behaviour.survives_outage, "**token lost**"),
            good(behaviour.is_idempotent, "**fails**"),
            behaviour.calls,
            behaviour.kv.gets,
            behaviour.kv.puts,
            behaviour.kv.deletes
        ));
    }
    section.text += "\n";
}

/// The median, with minimum and maximum in parentheses.
fn format_spread(figures: &[f64]) -> String {
    let Spread { min, median, max } = Spread::of(figures);
    if figures.is_empty() { "–".into() } else { format!("{median:.0} ({min:.0}–{max:.0})") }
}
