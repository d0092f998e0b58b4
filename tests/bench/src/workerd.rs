//! Writes workerd's configuration for one peer, and starts the process. It knows nothing about requests.

use crate::peer::Peer;
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    thread,
};
use tempfile::NamedTempFile;
use tests::{
    tools::{Process, tool},
    world::{PARTNER, RETURN_TO},
};

/// Starts workerd. Returns the process, and host and port of the worker.
#[must_use]
pub fn start(config: &str, kv: SocketAddr, vendor: SocketAddr) -> (Process, String) {
    let mut file = NamedTempFile::with_suffix(".capnp").expect("a temporary file can be created");
    file.write_all(config.as_bytes()).expect("the configuration can be written");
    let mut command = Command::new(tool("WORKERD"));
    command
        .args(["serve", "-I", "/", "--control-fd=2", "--socket-addr", "http=127.0.0.1:0"])
        .args(["--external-addr", &format!("kv={kv}"), "--external-addr", &format!("vendor={vendor}")])
        .arg(file.path())
        .stdin(Stdio::null())
        // A pipe would wake up its reader for each line of the log, which costs the worker more than the line itself.
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut process = Process::start(&mut command);
    let mut stderr = BufReader::new(process.0.stderr.take().expect("stderr is piped"));
    let mut output = String::new();
    let port = loop {
        let mut line = String::new();
        let read = stderr.read_line(&mut line).expect("workerd reports its port");
        assert!(read > 0, "workerd did not start: {output}");
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(port) = ready["port"].as_u64() {
            break port;
        }
        output.push_str(&line);
    };
    // workerd would block on a full pipe.
    drain(stderr);
    (process, format!("127.0.0.1:{port}"))
}

fn drain(mut stream: impl Read + Send + 'static) {
    thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()));
}

/// The configuration that runs a peer, with the stand-in's address and flags for V8.
#[must_use]
pub fn config(peer: &Peer, smooch: SocketAddr, flags: &[&str]) -> String {
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
    for (name, value) in vars.as_object().expect("the variables are an object") {
        let binding = match value {
            Value::String(text) => format!("text = {}", quoted(text)),
            other => format!("json = {}", quoted(&other.to_string())),
        };
        writeln!(bindings, "    (name = \"{name}\", {binding}),").expect("writing to a String cannot fail");
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
    (name = "vendor", external = (http = ())),
    (name = "internet", network = (allow = ["private", "local"])),
  ],
  v8Flags = [{flags}],
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
        flags = flags.iter().map(|flag| quoted(flag)).collect::<Vec<_>>().join(", "),
        outbound = if peer.uses_vendor_api { "vendor" } else { "internet" },
    )
}

/// A Cap'n Proto text literal, with the escapes of C.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
