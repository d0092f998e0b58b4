//! The configuration of workerd: the built Worker with its bindings, as `wrangler.toml` deploys it.

use crate::{
    simulator::{MAX_HINTS, MAX_REQUESTS},
    tools::{built, root},
    world::Setup,
};
use serde_json::Value;
use std::{fmt::Write as _, fs};

/// The script of the worker `trigger`. A GET runs the scheduled handler. A POST sends a request to the edge and aborts it
/// after half a second, as Cloudflare does when the client is gone. workerd by itself does not abort a request then.
const TRIGGER: &str = "export default { fetch: async (request, { EDGE }) => {
  if (request.method === 'GET') return new Response((await EDGE.scheduled()).outcome);
  const { headers } = request, body = await request.arrayBuffer(), signal = AbortSignal.timeout(500);
  try {
    await EDGE.fetch(headers.get('x-url'), { method: 'POST', headers, body, signal });
    return new Response('answered');
  } catch {
    return new Response('aborted');
  }
} };";

/// The rate limiter, which workerd by itself does not have. Its minute begins with the first request of a key.
const LIMITER: &str = "class Ratelimit {
  #counters = new Map();
  constructor(max) { this.max = max; }
  async limit({ key }) {
    const known = this.#counters.get(key), now = Date.now();
    const counter = known?.until > now ? known : { count: 0, until: now + 60_000 };
    counter.count += 1;
    this.#counters.set(key, counter);
    return { success: counter.count <= this.max };
  }
}
export default ({ max }) => new Ratelimit(max);";

/// The configuration in Cap'n Proto's text format, for a Smooch at the origin `smooch`.
pub(super) fn config(setup: &Setup, smooch: &str) -> String {
    let script = built("build/worker/index.js");
    let wasm = built("build/worker/index_bg.wasm");
    // The first module receives the requests.
    let wrapper =
        setup.wrapper.map(|script| format!("    (name = \"wrapper.js\", esModule = {}),\n", quoted(script)));
    let mut bindings = String::new();
    for (name, value) in setup.vars_at(smooch).as_object().expect("the settings are an object") {
        let binding = match value {
            Value::String(text) => format!("text = {}", quoted(text)),
            other => format!("json = {}", quoted(&other.to_string())),
        };
        writeln!(bindings, "    (name = \"{name}\", {binding}),").expect("writing to a String does not fail");
    }
    if setup.rate_limited {
        for (name, max) in [("LIMIT_REQUESTS", MAX_REQUESTS), ("LIMIT_HINTS", MAX_HINTS)] {
            let max = format!("innerBindings = [(name = \"max\", json = \"{max}\")]");
            writeln!(bindings, "    (name = \"{name}\", wrapped = (moduleName = \"tests:limiter\", {max})),")
                .expect("writing to a String does not fail");
        }
    }
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "trigger", worker = .trigger),
    (name = "kv", external = (http = ())),
    (name = "internet", network = (allow = ["private", "local"])),
  ],
  sockets = [
    (name = "http", http = (), service = "edge"),
    (name = "trigger", http = (), service = "trigger"),
  ],
  extensions = [(modules = [(name = "tests:limiter", internal = true, esModule = {limiter})])],
);
# Stands for Cloudflare's scheduler.
const trigger :Workerd.Worker = (
  modules = [(name = "trigger.js", esModule = {trigger})],
  compatibilityDate = {date},
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "EDGE", service = "edge")],
);
const edge :Workerd.Worker = (
  modules = [
{wrapper}    (name = "index.js", esModule = embed {script}),
    (name = "index_bg.wasm", wasm = embed {wasm}),
  ],
  compatibilityDate = {date},
  compatibilityFlags = {flags},
  globalOutbound = "internet",
  bindings = [
{bindings}    (name = "CONNECTIONS", kvNamespace = "kv"),
  ],
);
"#,
        date = deployed("compatibility_date"),
        flags = deployed("compatibility_flags"),
        script = quoted(&script.to_string_lossy()),
        wrapper = wrapper.unwrap_or_default(),
        limiter = quoted(LIMITER),
        trigger = quoted(TRIGGER),
        wasm = quoted(&wasm.to_string_lossy()),
    )
}

/// A setting of `wrangler.toml`, so that the tests run the Worker as it is deployed.
fn deployed(name: &str) -> String {
    let settings = fs::read_to_string(root().join("wrangler.toml")).expect("wrangler.toml can be read");
    let value = settings.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='));
    value.expect("wrangler.toml has the setting").trim().to_owned()
}

/// A string literal of Cap'n Proto, which has C's escapes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
