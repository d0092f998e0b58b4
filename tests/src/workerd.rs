//! A world with the real worker, in workerd: what is deployed, byte for byte, with our KV and our Smooch behind
//! it.

use crate::{
    clock::wall_clock,
    kv::{Fault as KvFault, Kv},
    kv_service,
    simulator::{MOST_HINTS, MOST_REQUESTS},
    tools::{Process, built, tool},
    world::{Request, Response, Setup, World, seed},
};
use serde_json::Value;
use stand_in::{Endpoint, Fault, Server, Smooch, serve, serve_smooch};
use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read, Write as _},
    net::{Ipv4Addr, SocketAddr},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use tempfile::NamedTempFile;

/// The trigger's whole script: has the edge sweep; or sends it a request, and cancels that after half a second, as
/// Cloudflare does with the request of a client that is gone. Between a client and workerd itself nothing is cancelled.
const TRIGGER: &str = "export default { fetch: async (request, { EDGE }) => {
  if (request.method === 'GET') return new Response((await EDGE.scheduled()).outcome);
  const { headers } = request, body = await request.arrayBuffer(), signal = AbortSignal.timeout(500);
  try {
    await EDGE.fetch(headers.get('x-url'), { method: 'POST', headers, body, signal });
    return new Response('answered');
  } catch {
    return new Response('left');
  }
} };";

/// The platform's rate limiter, which workerd by itself does not have: so many a minute for each key, counted from the
/// key's first.
const LIMITER: &str = "class Ratelimit {
  #seen = new Map();
  constructor(most) { this.most = most; }
  async limit({ key }) {
    const known = this.#seen.get(key), now = Date.now();
    const counted = known?.until > now ? known : { count: 0, until: now + 60_000 };
    counted.count += 1;
    this.#seen.set(key, counted);
    return { success: counted.count <= this.most };
  }
}
export default ({ most }) => new Ratelimit(most);";

/// How long Smooch takes where somebody does not wait for it.
const SLOW_MS: u64 = 1_500;

/// How long a line of the log may be on its way.
const PATIENCE: Duration = Duration::from_secs(5);

/// A world with the real worker.
#[derive(Debug)]
pub struct Workerd {
    edge: String,
    trigger: String,
    smooch_origin: String,
    smooch: Arc<Mutex<Smooch>>,
    kv: Arc<Mutex<Kv>>,
    log: Arc<Mutex<String>>,
    sent: usize,
    ahead: Arc<AtomicU64>,
    agent: ureq::Agent,
    process: Process,
    servers: [Server; 2],
}

impl Workerd {
    /// A world as `setup` says.
    ///
    /// # Panics
    ///
    /// With a sentence on what to run, if the worker is not built or workerd is not there.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let ahead = Arc::new(AtomicU64::new(0));
        let smooch = Arc::new(Mutex::new(Smooch::new(seed(), setup.options.clone())));
        let kv = Arc::new(Mutex::new(Kv::default()));
        let smooch_server =
            serve_smooch(any_port(), Arc::clone(&smooch), clock(&ahead)).expect("a free port");
        let (served, now) = (Arc::clone(&kv), clock(&ahead));
        let kv_server = serve(any_port(), move |request| {
            kv_service::handle(&mut served.lock().unwrap_or_else(PoisonError::into_inner), &request, now())
        });
        let kv_server = kv_server.expect("a free port");
        let smooch_origin = format!("http://{}", smooch_server.address());

        let log = Arc::new(Mutex::new(String::new()));
        let (process, edge, trigger) = start(setup, &smooch_origin, kv_server.address(), &log);
        smooch.lock().expect("not poisoned yet").register_redirect_uri(format!("{edge}/callback"));
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        let servers = [smooch_server, kv_server];
        Self { edge, trigger, smooch_origin, smooch, kv, log, sent: 0, ahead, agent, process, servers }
    }
}

impl Workerd {
    fn lines(&self) -> usize {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.lines().filter(|line| line.starts_with('{')).count()
    }
}

impl World for Workerd {
    fn edge(&self) -> String {
        self.edge.clone()
    }

    fn smooch_origin(&self) -> String {
        self.smooch_origin.clone()
    }

    fn send(&mut self, request: Request) -> Response {
        self.sent += 1;
        let (head, body) = request.into_parts();
        let answer = if body.is_empty() {
            self.agent.run(http::Request::from_parts(head, ()))
        } else {
            self.agent.run(http::Request::from_parts(head, body))
        };
        whole(answer)
    }

    fn send_and_die(&mut self, request: Request, prefixes: &[&str], setup: &Setup) {
        for prefix in prefixes {
            self.kv().fail_put(prefix, KvFault::Never);
        }
        let agent = self.agent.clone();
        let sent = thread::spawn(move || agent.run(request).is_ok());
        while self.kv().has_faults() {
            assert!(!sent.is_finished(), "it has answered before it wrote {prefixes:?}");
            thread::sleep(Duration::from_millis(5));
        }
        self.process.end();
        assert!(!sent.join().expect("no panic"), "a worker that has ended does not answer");
        self.restart(setup);
    }

    fn send_and_leave(&mut self, request: Request) {
        self.smooch().on_next(Endpoint::Token, Fault::slow(SLOW_MS));
        // Lines that are still on their way are not taken for that of this request.
        drop(self.log());
        let lines = self.lines();
        let (mut head, body) = request.into_parts();
        head.headers.insert("x-url", head.uri.to_string().parse().expect("a header"));
        head.uri = self.trigger.parse().expect("a URL");
        let said = whole(self.agent.run(http::Request::from_parts(head, body)));
        assert_eq!(said.body(), b"left", "it has answered before it was left");
        let mut waited = Duration::ZERO;
        while self.lines() == lines && waited < PATIENCE {
            thread::sleep(Duration::from_millis(20));
            waited += Duration::from_millis(20);
        }
        assert!(waited < PATIENCE, "the edge has given up what nobody waits for");
        self.sent += 1;
    }

    fn send_both(&mut self, one: Request, other: Request) -> [Response; 2] {
        self.sent += 2;
        let agent = &self.agent;
        thread::scope(|scope| {
            [one, other]
                .map(|request| scope.spawn(move || whole(agent.run(request))))
                .map(|answer| answer.join().expect("no panic"))
        })
    }

    fn visit(&mut self, request: Request) -> Response {
        let now = clock(&self.ahead)();
        self.smooch().handle(&request, now)
    }

    fn smooch(&self) -> MutexGuard<'_, Smooch> {
        self.smooch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kv(&self) -> MutexGuard<'_, Kv> {
        self.kv.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass(&mut self, milliseconds: u64) {
        self.ahead.fetch_add(milliseconds, Ordering::Relaxed);
    }

    fn set_back(&mut self, milliseconds: u64) {
        self.ahead.fetch_sub(milliseconds, Ordering::Relaxed);
    }

    fn restart(&mut self, setup: &Setup) {
        // The old one is still there while the new one starts, and ends when it is replaced.
        let (process, edge, trigger) =
            start(setup, &self.smooch_origin, self.servers[1].address(), &self.log);
        self.smooch().register_redirect_uri(format!("{edge}/callback"));
        (self.process, self.edge, self.trigger) = (process, edge, trigger);
    }

    fn sweep(&mut self) {
        self.sent += 1;
        let answer = self.agent.get(&self.trigger).call().expect("the trigger answers");
        let said = answer.into_body().read_to_string().expect("the trigger's answer is whole");
        assert_eq!(said, "ok", "the sweep has failed");
    }

    fn is_simulated(&self) -> bool {
        false
    }

    fn now(&self) -> u64 {
        wall_clock()
    }

    fn log(&self) -> String {
        // Each request writes one line, which comes through a pipe.
        let mut waited = Duration::ZERO;
        loop {
            if self.lines() >= self.sent || waited > PATIENCE {
                return self.log.lock().unwrap_or_else(PoisonError::into_inner).clone();
            }
            thread::sleep(Duration::from_millis(5));
            waited += Duration::from_millis(5);
        }
    }
}

fn whole(answer: Result<http::Response<ureq::Body>, ureq::Error>) -> Response {
    let (head, mut body) = answer.expect("the edge answers").into_parts();
    http::Response::from_parts(head, body.read_to_vec().expect("the answer is whole"))
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn clock(ahead: &Arc<AtomicU64>) -> impl Fn() -> u64 + Send + Sync + 'static {
    let ahead = Arc::clone(ahead);
    move || wall_clock().wrapping_add(ahead.load(Ordering::Relaxed))
}

/// Starts workerd as `setup` says; returns where the edge listens, and the trigger of its schedule.
fn start(setup: &Setup, smooch: &str, kv: SocketAddr, log: &Arc<Mutex<String>>) -> (Process, String, String) {
    // It goes when this function ends, and workerd has read it by then.
    let mut file = NamedTempFile::with_suffix(".capnp").expect("a temporary file");
    file.write_all(config(setup, smooch).as_bytes()).expect("there is room for a configuration");
    let mut command = Command::new(tool("WORKERD"));
    command
        .args(["serve", "--experimental", "-I", "/", "--control-fd=1"])
        .args(["--socket-addr", "http=127.0.0.1:0", "--socket-addr", "trigger=127.0.0.1:0"])
        .args(["--external-addr", &format!("kv={kv}")])
        .arg(file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Process::start(&mut command);
    let mut stdout = BufReader::new(process.0.stdout.take().expect("piped"));
    follow(process.0.stderr.take().expect("piped"), log);
    let mut listening = |socket: &str| {
        let mut ready = String::new();
        stdout.read_line(&mut ready).expect("workerd says where it listens");
        let ready: Value = serde_json::from_str(&ready).unwrap_or_default();
        let Some(port) = ready["port"].as_u64().filter(|_| ready["socket"] == socket) else {
            thread::sleep(Duration::from_millis(200));
            panic!("workerd did not start: {}", log.lock().unwrap_or_else(PoisonError::into_inner));
        };
        format!("http://127.0.0.1:{port}")
    };
    let (edge, trigger) = (listening("http"), listening("trigger"));
    follow(stdout, log);
    (process, edge, trigger)
}

fn follow(stream: impl Read + Send + 'static, log: &Arc<Mutex<String>>) {
    let log = Arc::clone(log);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(&line);
            log.push('\n');
        }
    });
}

fn config(setup: &Setup, smooch: &str) -> String {
    let script = built("build/index.js", "make worker");
    let wasm = built("build/index_bg.wasm", "make worker");
    // The first module is what requests come to.
    let around =
        setup.around.map(|script| format!("    (name = \"around.js\", esModule = {}),\n", quoted(script)));
    let mut bindings = String::new();
    for (name, value) in setup.vars_at(smooch).as_object().expect("settings are a table") {
        let binding = match value {
            Value::String(text) => format!("text = {}", quoted(text)),
            other => format!("json = {}", quoted(&other.to_string())),
        };
        writeln!(bindings, "    (name = \"{name}\", {binding}),").expect("a String takes all");
    }
    if setup.limited {
        for (name, most) in [("LIMIT_REQUESTS", MOST_REQUESTS), ("LIMIT_HINTS", MOST_HINTS)] {
            let most = format!("innerBindings = [(name = \"most\", json = \"{most}\")]");
            writeln!(
                bindings,
                "    (name = \"{name}\", wrapped = (moduleName = \"tests:limiter\", {most})),"
            )
            .expect("a String takes all");
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
# What Cloudflare's clock does: calls the handler of scheduled events.
const trigger :Workerd.Worker = (
  modules = [(name = "trigger.js", esModule = {trigger})],
  compatibilityDate = "2026-10-23",
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "EDGE", service = "edge")],
);
const edge :Workerd.Worker = (
  modules = [
{around}    (name = "index.js", esModule = embed {script}),
    (name = "index_bg.wasm", wasm = embed {wasm}),
  ],
  compatibilityDate = "2026-10-23",
  compatibilityFlags = ["no_nodejs_compat", "no_nodejs_compat_v2"],
  globalOutbound = "internet",
  bindings = [
{bindings}    (name = "CONNECTIONS", kvNamespace = "kv"),
  ],
);
"#,
        script = quoted(&script.to_string_lossy()),
        around = around.unwrap_or_default(),
        limiter = quoted(LIMITER),
        trigger = quoted(TRIGGER),
        wasm = quoted(&wasm.to_string_lossy()),
    )
}

/// A text as Cap'n Proto writes it: escaped as in C.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
