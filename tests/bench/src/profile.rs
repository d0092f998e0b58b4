//! Where a worker's processor time goes: `perf` (Linux) looks at it five thousand times a second while it answers, and
//! says each time which functions it was in.

use crate::{
    figures::median,
    flow::{Crowd, Flow, Leg, get},
    load::run,
    peer::{Peer, Shape},
    rig::Rig,
};
use ::tests::{tools::Process, wire::Answer};
use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// Looks a second.
const OFTEN: &str = "--freq=4999";

/// So that V8 says how its code is called, in the map where `perf` looks for it, and writes no log besides.
const FLAGS: [&str; 3] = ["--perf-basic-prof", "--no-logfile-per-isolate", "--logfile=/dev/null"];

/// Rounds that are looked at, of so many people.
const ROUNDS: usize = 60;
const PEOPLE: usize = 200;

/// How many are under way at once, and how many come before it counts.
const AT_ONCE: usize = 32;
const WARM_UP: usize = 3_000;

/// What a worker can be at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Compiled Rust.
    Wasm,
    /// JavaScript, and what V8 does for it.
    Script,
    /// A call of KV.
    Kv,
    /// A call of `fetch`, or of what belongs to it alone.
    Fetch,
    /// Any other call of the platform.
    Platform,
    /// Collecting garbage.
    Garbage,
    /// The system.
    System,
    /// What workerd does before, after and in between.
    Around,
}

impl Part {
    /// All, in the order of the tables.
    pub const ALL: [Self; 8] = [
        Self::Wasm,
        Self::Script,
        Self::Kv,
        Self::Fetch,
        Self::Platform,
        Self::Garbage,
        Self::System,
        Self::Around,
    ];

    /// In the tables' words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wasm => "wasm",
            Self::Script => "JavaScript",
            Self::Kv => "calls of KV, up to where it waits",
            Self::Fetch => "calls of `fetch`, up to where it waits",
            Self::Platform => "other calls: bodies, headers, answers, texts, Web Crypto",
            Self::Garbage => "collecting garbage",
            Self::System => "the system: sockets, the log's line, waking up",
            Self::Around => "workerd around it: HTTP, promises, what comes of the calls",
        }
    }

    /// What a worker was at, by the functions that it was in, the innermost first.
    fn of(stack: &[Frame<'_>]) -> Self {
        let collects = |frame: &Frame<'_>| {
            ["CollectGarbage", "MarkCompact", "Scavenge", "cppgc::internal::Sweep"]
                .iter()
                .any(|name| frame.function.contains(name))
        };
        if stack.iter().any(collects) {
            return Self::Garbage;
        }
        if stack.first().is_some_and(|frame| frame.object.contains("kernel")) {
            return Self::System;
        }
        stack.iter().find_map(Frame::part).unwrap_or(Self::Around)
    }
}

/// A function that a worker was in.
struct Frame<'a> {
    function: &'a str,
    object: &'a str,
}

impl<'a> Frame<'a> {
    /// A line as `perf script` writes it: an address, a name that may have any character in it, and a file in parentheses.
    fn parse(line: &'a str) -> Option<Self> {
        let (_, named) = line.trim_start().split_once(' ')?;
        let (function, object) = named.strip_suffix(')')?.rsplit_once(" (")?;
        Some(Self { function, object })
    }

    /// What it says of what is inside of it.
    fn part(&self) -> Option<Part> {
        let Self { function, .. } = self;
        // V8's builtins are JavaScript's own; but these only lead to it, or from it to the platform.
        let passes =
            ["CallApi", "HandleApi", "CEntry", "JSEntry", "RunMicrotasks", "PromiseFulfillReactionJob"];
        if function.starts_with("JS:") {
            let wasm = ["-turbofan", "-liftoff"].iter().any(|end| function.ends_with(end));
            return Some(if wasm { Part::Wasm } else { Part::Script });
        }
        let is_own = |name: &str| !passes.iter().any(|passing| name.starts_with(passing));
        if function.starts_with("Stub:") || function.strip_prefix("Builtins_").is_some_and(is_own) {
            return Some(Part::Script);
        }
        if !["MethodCallback", "ConstructorCallback", "PropertyGetter", "handleLog"]
            .iter()
            .any(|name| function.contains(name))
        {
            return None;
        }
        Some(if function.contains("KvNamespace") {
            Part::Kv
        } else if function.contains("ServiceWorkerGlobalScope") || function.contains("AbortSignal") {
            Part::Fetch
        } else {
            Part::Platform
        })
    }
}

/// What was seen of one leg.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Whose.
    pub peer: &'static str,
    /// Of which of its requests.
    pub leg: Leg,
    /// How often it was looked at.
    pub looks: usize,
    /// Microseconds of a request, part by part.
    pub parts: [f64; Part::ALL.len()],
}

impl Profile {
    /// Microseconds of a request.
    #[must_use]
    pub fn whole(&self) -> f64 {
        self.parts.iter().sum()
    }
}

/// Whether this machine has `perf`, and lets it look.
#[must_use]
pub fn can_look() -> bool {
    let tried = Command::new("perf")
        .args(["record", "--quiet", "--event=cpu-clock", "--output=/dev/null", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

/// Looks at two legs of these peers, which have both and take turns.
pub fn measure(peers: &[Peer], seed: u64, tell: &dyn Fn(&str)) -> Vec<Profile> {
    let mut all: Vec<Looked> = peers
        .iter()
        .map(|peer| {
            tell(&format!("{}: {WARM_UP} people connect before it is looked at", peer.name));
            Looked::start(peer, seed)
        })
        .collect();
    for round in 0..ROUNDS {
        for turn in 0..all.len() {
            let index = (round + turn) % all.len();
            all[index].take_turn();
        }
        if (round + 1) % 10 == 0 {
            tell(&format!("where the time goes: round {} of {ROUNDS}", round + 1));
        }
    }
    all.into_iter().flat_map(Looked::profiles).collect()
}

/// A worker that is looked at.
struct Looked {
    rig: Rig,
    crowd: Crowd,
    legs: [Looks; 2],
}

/// How one of its legs is.
struct Looks {
    leg: Leg,
    perf: Perf,
    each: Vec<f64>,
}

impl Looks {
    fn run(&mut self, rig: &Rig, requests: &[Vec<u8>]) -> Vec<Answer> {
        let (run, answers) = self.perf.during(|| run(rig, requests, AT_ONCE));
        self.each.push(run.each());
        answers
    }
}

impl Looked {
    fn start(peer: &Peer, seed: u64) -> Self {
        assert_eq!(peer.shape, Shape::Bounce, "{} has other legs", peer.name);
        let rig = Rig::with_flags(peer.clone(), seed, &FLAGS);
        let mut crowd = Crowd::new(seed);
        let _ = crowd.install(&rig, WARM_UP, 8);
        let legs = [Leg::Callback, Leg::Finish].map(|leg| Looks {
            leg,
            perf: Perf::attach(rig.process()),
            each: Vec::new(),
        });
        Self { rig, crowd, legs }
    }

    fn take_turn(&mut self) {
        let Self { rig, crowd, legs: [callback, finish] } = self;
        rig.tidy();
        let mut flows: Vec<Flow> = (0..PEOPLE).map(|_| crowd.flow()).collect();
        let paths = crowd.allow(rig, &flows);
        let requests: Vec<_> =
            paths.iter().zip(&flows).map(|(path, flow)| get(rig, path, &flow.cookie)).collect();
        let answers = callback.run(rig, &requests);
        flows.iter_mut().zip(answers).for_each(|(flow, answer)| flow.bounced(rig, &answer));
        let requests: Vec<_> = flows.iter().map(|flow| flow.completion(rig)).collect();
        let connected = finish.run(rig, &requests).iter().all(|answer| rig.peer.shape.connected(answer));
        assert!(connected, "{} did not connect", rig.peer.name);
    }

    fn profiles(self) -> Vec<Profile> {
        let Self { rig, legs, .. } = self;
        let map = PathBuf::from(format!("/tmp/perf-{}.map", rig.process()));
        let profile = |Looks { leg, perf, each }: Looks| {
            let mut counts = [0_usize; Part::ALL.len()];
            stacks(&perf.looked()).for_each(|part| counts[part as usize] += 1);
            let looks: usize = counts.iter().sum();
            let each = median(&each);
            let parts = counts.map(|count| each * count as f64 / looks as f64);
            Profile { peer: rig.peer.name, leg, looks, parts }
        };
        let profiles = legs.map(profile).into();
        // It is V8's, and perf has read it.
        let _ = fs::remove_file(map);
        profiles
    }
}

/// What each look saw. `perf script` writes a line about it, a line a function, and an empty line.
fn stacks(script: &str) -> impl Iterator<Item = Part> {
    script.split("\n\n").filter_map(|look| {
        let frames: Vec<Frame<'_>> =
            look.lines().filter(|line| line.starts_with(['\t', ' '])).filter_map(Frame::parse).collect();
        (!frames.is_empty()).then(|| Part::of(&frames))
    })
}

/// `perf` at a process, which looks when it is told to.
struct Perf {
    process: Process,
    tell: File,
    told: BufReader<File>,
    folder: TempDir,
}

impl Perf {
    fn attach(process: u32) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let [tell, told, data] = ["tell", "told", "data"].map(|name| folder.path().join(name));
        let made = Command::new("mkfifo").args([&tell, &told]).status();
        assert!(made.is_ok_and(|status| status.success()), "there are no named pipes here");
        let perf = Process::start(
            Command::new("perf")
                .args(["record", "--quiet", "--event=cpu-clock", OFTEN, "-g", "--delay=-1"])
                .arg(format!("--control=fifo:{},{}", tell.display(), told.display()))
                .arg(format!("--output={}", data.display()))
                .arg(format!("--pid={process}"))
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        // Each waits until perf has opened it too.
        let tell = OpenOptions::new().write(true).open(tell).expect("perf listens");
        let told = BufReader::new(File::open(told).expect("perf answers"));
        Self { process: perf, tell, told, folder }
    }

    fn say(&mut self, word: &str) {
        writeln!(self.tell, "{word}").expect("perf listens");
        let mut line = Vec::new();
        self.told.read_until(b'\n', &mut line).expect("perf answers");
    }

    fn during<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.say("enable");
        let done = work();
        self.say("disable");
        done
    }

    /// What it has seen, as text.
    fn looked(mut self) -> String {
        self.say("stop");
        let _ = self.process.0.wait();
        let data = self.folder.path().join("data");
        let script = Command::new("perf")
            .args(["script", "--no-inline", "--fields=comm,ip,sym,dso", "--input"])
            .arg(data)
            .stderr(Stdio::null())
            .output()
            .expect("perf reads what it wrote");
        String::from_utf8_lossy(&script.stdout).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One look, by the names of functions from within.
    fn seen(functions: &[&str]) -> Part {
        let look = ["workerd\n", "\t    55d0 ", &functions.join("\n\t    55d0 "), "\n\n"].concat();
        let looks: Vec<Part> = stacks(&look).collect();
        assert_eq!(looks.len(), 1);
        looks[0]
    }

    #[test]
    fn a_look_is_what_the_innermost_telling_function_says() {
        const OUTER: &str = "workerd::IoContext::run(kj::Function<void ()>) (/bin/workerd)";
        const WASM: &str = "JS:edge::seal::Keyring::seal-266-turbofan (/tmp/perf-1.map)";
        const SCRIPT: &str = "JS:*respond index.js:198:19 (/tmp/perf-1.map)";
        const PUT: &str = "_ZN7workerd3jsg14MethodCallbackI3api11KvNamespaceE (/bin/workerd)";
        const CALL: &str = "Builtins_CallApiCallbackOptimized (/bin/workerd)";
        for (functions, part) in [
            (&[WASM, SCRIPT, OUTER][..], Part::Wasm),
            (&["v8::internal::Object::Get(int) (/bin/workerd)", SCRIPT, OUTER], Part::Script),
            (&["kj::str(char) (/bin/workerd)", PUT, CALL, SCRIPT, WASM, OUTER], Part::Kv),
            (&["workerd::jsg::MethodCallback<ServiceWorkerGlobalScope> (/bin/workerd)", SCRIPT], Part::Fetch),
            (&["workerd::(anonymous namespace)::handleLog(int) (/bin/workerd)", SCRIPT], Part::Platform),
            (&["v8::internal::Heap::CollectGarbage(int) (/bin/workerd)", PUT, SCRIPT], Part::Garbage),
            (&["tcp_sendmsg ([kernel.kallsyms])", OUTER], Part::System),
            (&["tcmalloc::allocate (/bin/workerd)", OUTER], Part::Around),
            (&["Builtins_RunMicrotasks (/bin/workerd)", OUTER], Part::Around),
            (&["[unknown] ([unknown])"], Part::Around),
        ] {
            assert_eq!(seen(functions), part, "{functions:?}");
        }
    }
}
