//! Assigns each sample of `perf` to a part of the worker, by the functions on its stack. It never runs `perf`.

/// A part of a worker's processor time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Compiled Rust.
    Wasm,
    /// JavaScript, and V8's work for it.
    Script,
    /// A KV call.
    Kv,
    /// A call of `fetch`, or of an API that only `fetch` uses.
    Fetch,
    /// Any other call of a platform API.
    Platform,
    /// Garbage collection.
    Garbage,
    /// The kernel.
    System,
    /// The rest: workerd's own work around the calls.
    Around,
}

impl Part {
    /// All parts, in the order of the tables.
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

    /// The name in the tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wasm => "wasm",
            Self::Script => "JavaScript",
            Self::Kv => "KV calls, until they wait",
            Self::Fetch => "`fetch` calls, until they wait",
            Self::Platform => "other platform calls: bodies, headers, responses, Web Crypto",
            Self::Garbage => "garbage collection",
            Self::System => "kernel: sockets, log line, wake-ups",
            Self::Around => "workerd: HTTP, promises, completion of the calls",
        }
    }

    /// The part of a sample. The innermost function is first.
    fn of(stack: &[Frame<'_>]) -> Self {
        let collects_garbage = |frame: &Frame<'_>| {
            ["CollectGarbage", "MarkCompact", "Scavenge", "cppgc::internal::Sweep"]
                .iter()
                .any(|name| frame.function.contains(name))
        };
        if stack.iter().any(collects_garbage) {
            return Self::Garbage;
        }
        if stack.first().is_some_and(|frame| frame.object.contains("kernel")) {
            return Self::System;
        }
        stack.iter().find_map(Frame::part).unwrap_or(Self::Around)
    }
}

/// The part of each sample. `perf script` writes a header line, a line per function, and an empty line.
pub(super) fn parts(script: &str) -> impl Iterator<Item = Part> {
    script.split("\n\n").filter_map(|sample| {
        let frames: Vec<Frame<'_>> =
            sample.lines().filter(|line| line.starts_with(['\t', ' '])).filter_map(Frame::parse).collect();
        (!frames.is_empty()).then(|| Part::of(&frames))
    })
}

/// A function on the stack, and the file that contains it.
struct Frame<'a> {
    function: &'a str,
    object: &'a str,
}

impl<'a> Frame<'a> {
    /// Reads a line of `perf script`: an address, a name with arbitrary characters, and a file in parentheses.
    fn parse(line: &'a str) -> Option<Self> {
        let (_, named) = line.trim_start().split_once(' ')?;
        let (function, object) = named.strip_suffix(')')?.rsplit_once(" (")?;
        Some(Self { function, object })
    }

    /// The part that this function and its callees belong to. `None` if the function does not decide it.
    fn part(&self) -> Option<Part> {
        let Self { function, .. } = self;
        // V8's builtins belong to JavaScript. These builtins only call JavaScript or the platform.
        let trampolines =
            ["CallApi", "HandleApi", "CEntry", "JSEntry", "RunMicrotasks", "PromiseFulfillReactionJob"];
        if function.starts_with("JS:") {
            let is_wasm = ["-turbofan", "-liftoff"].iter().any(|end| function.ends_with(end));
            return Some(if is_wasm { Part::Wasm } else { Part::Script });
        }
        let is_script = |name: &str| !trampolines.iter().any(|trampoline| name.starts_with(trampoline));
        if function.starts_with("Stub:") || function.strip_prefix("Builtins_").is_some_and(is_script) {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of one sample. The innermost function is first.
    fn part_of(functions: &[&str]) -> Part {
        let sample = ["workerd\n", "\t    55d0 ", &functions.join("\n\t    55d0 "), "\n\n"].concat();
        let parts: Vec<Part> = parts(&sample).collect();
        assert_eq!(parts.len(), 1);
        parts[0]
    }

    #[test]
    fn the_innermost_known_function_decides_the_part() {
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
            assert_eq!(part_of(functions), part, "{functions:?}");
        }
    }
}
