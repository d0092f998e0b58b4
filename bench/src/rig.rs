//! One peer in bare workerd, with a Smooch and a KV of its own behind it, over sockets.

use crate::{
    bend,
    peer::Peer,
    processor,
    wire::{Answer, Wire},
};
use serde_json::{Value, json};
use stand_in::{Options, Server, Smooch, serve, serve_smooch};
use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read, Write as _},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use tempfile::NamedTempFile;
use tests::{
    clock::wall_clock,
    kv::Kv,
    kv_service,
    tools::{Process, tool},
    world::{PARTNER, RETURN_TO},
};

/// A peer that runs.
#[derive(Debug)]
pub struct Rig {
    /// Who it is.
    pub peer: Peer,
    /// Host and port of the worker.
    pub host: String,
    smooch: Arc<Mutex<Smooch>>,
    kv: Arc<Mutex<Kv>>,
    process: Process,
    _servers: [Server; 3],
}

impl Rig {
    /// Starts a peer, with a Smooch that gives the same codes and tokens for the same seed.
    #[must_use]
    pub fn start(peer: Peer, seed: u64) -> Self {
        let smooch = Arc::new(Mutex::new(Smooch::new(seed, Options::default())));
        let kv = Arc::new(Mutex::new(Kv::default()));
        // Peers write the same key again and again, and look for what they have just written.
        lock(&kv).be_immediate();
        let smooch_server = serve_smooch(any_port(), Arc::clone(&smooch), wall_clock).expect("a free port");
        let served = Arc::clone(&kv);
        let kv_server =
            serve(any_port(), move |request| kv_service::handle(&mut lock(&served), &request, wall_clock()));
        let kv_server = kv_server.expect("a free port");
        let served = Arc::clone(&smooch);
        let bent = serve(any_port(), move |request| bend::handle(&mut lock(&served), &request, wall_clock()));
        let bent = bent.expect("a free port");
        let config = config(&peer, smooch_server.address());
        let (process, host) = start(&config, kv_server.address(), bent.address());
        Self { peer, host, smooch, kv, process, _servers: [smooch_server, kv_server, bent] }
    }

    /// Where the worker is, as a browser says it.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// A look into its Smooch.
    pub fn smooch(&self) -> MutexGuard<'_, Smooch> {
        lock(&self.smooch)
    }

    /// A look into its KV.
    pub fn kv(&self) -> MutexGuard<'_, Kv> {
        lock(&self.kv)
    }

    /// Empties KV and forgets what Smooch was asked, so that every round finds the same.
    pub fn tidy(&self) {
        let mut kv = self.kv();
        *kv = Kv::default();
        kv.be_immediate();
        self.smooch().forget_requests();
    }

    /// The processor time that the worker has used so far.
    #[must_use]
    pub fn used(&self) -> Duration {
        processor::used(self.process.0.id())
    }

    /// The memory that the worker has in use.
    #[must_use]
    pub fn resident(&self) -> u64 {
        processor::resident(self.process.0.id())
    }

    /// Asks once, over a connection of its own.
    #[must_use]
    pub fn ask(&self, request: &[u8]) -> Answer {
        let mut wire = Wire::connect(&self.host).expect("the worker listens");
        wire.ask(request).expect("the worker answers")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// Starts workerd; returns where the worker listens.
fn start(config: &str, kv: SocketAddr, bent: SocketAddr) -> (Process, String) {
    let mut file = NamedTempFile::with_suffix(".capnp").expect("a temporary file");
    file.write_all(config.as_bytes()).expect("there is room for a configuration");
    let mut command = Command::new(tool("WORKERD"));
    command
        .args(["serve", "-I", "/", "--control-fd=1", "--socket-addr", "http=127.0.0.1:0"])
        .args(["--external-addr", &format!("kv={kv}"), "--external-addr", &format!("bent={bent}")])
        .arg(file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Process::start(&mut command);
    let mut stdout = BufReader::new(process.0.stdout.take().expect("piped"));
    let stderr = process.0.stderr.take().expect("piped");
    let mut ready = String::new();
    stdout.read_line(&mut ready).expect("workerd says where it listens");
    let said: Value = serde_json::from_str(&ready).unwrap_or_default();
    let Some(port) = said["port"].as_u64() else {
        let mut why = String::new();
        let _ = BufReader::new(stderr).read_to_string(&mut why);
        panic!("workerd did not start: {ready}{why}");
    };
    // Lines of the log are read and dropped: a worker that logs must not wait for a full pipe.
    drain(stdout);
    drain(stderr);
    (process, format!("127.0.0.1:{port}"))
}

fn drain(mut stream: impl Read + Send + 'static) {
    thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()));
}

fn config(peer: &Peer, smooch: SocketAddr) -> String {
    let smooch = format!("http://{smooch}");
    let mut vars = json!({
        "SMOOCH_CLIENT_ID": stand_in::CLIENT_ID,
        "SMOOCH_CLIENT_SECRET": stand_in::CLIENT_SECRET,
        "SMOOCH_AUTHORIZE_URL": format!("{smooch}/oauth/authorize"),
        "SMOOCH_TOKEN_URL": format!("{smooch}/oauth/token"),
        "SMOOCH_REVOKE_URL": format!("{smooch}/oauth/authorization"),
        "SMOOCH_API_URL": smooch,
        "SMOOCH_ORIGIN": smooch,
        "PARTNER": PARTNER,
        "RETURN_TO": RETURN_TO,
    });
    if let (Some(all), Some(own)) = (vars.as_object_mut(), peer.vars.as_object()) {
        all.extend(own.clone());
    }
    let mut bindings = String::new();
    for (name, value) in vars.as_object().expect("settings are a table") {
        let binding = match value {
            Value::String(text) => format!("text = {}", quoted(text)),
            other => format!("json = {}", quoted(&other.to_string())),
        };
        writeln!(bindings, "    (name = \"{name}\", {binding}),").expect("a String takes all");
    }
    let embed = |path: &Path| quoted(&path.to_string_lossy());
    let wasm = peer.wasm.as_deref().map_or_else(String::new, |wasm| {
        format!("\n    (name = \"index_bg.wasm\", wasm = embed {}),", embed(wasm))
    });
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "peer", worker = .peer),
    (name = "kv", external = (http = ())),
    (name = "bent", external = (http = ())),
    (name = "internet", network = (allow = ["private", "local"])),
  ],
  sockets = [(name = "http", http = (), service = "peer")],
);
const peer :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed {script}),{wasm}
  ],
  compatibilityDate = "2026-10-23",
  compatibilityFlags = ["no_nodejs_compat", "no_nodejs_compat_v2"],
  globalOutbound = "{outbound}",
  bindings = [
{bindings}    (name = "CONNECTIONS", kvNamespace = "kv"),
  ],
);
"#,
        script = embed(&peer.script),
        outbound = if peer.bent { "bent" } else { "internet" },
    )
}

/// A text as Cap'n Proto writes it: escaped as in C.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
