//! Three servers on loopback: the edge in `wrangler dev`, a stand-in Smooch, and a partner's site with its backend. The
//! demo and the browser tests run on them.

use crate::{
    clock::wall_clock,
    partner::{Partner, SentMessage},
    tools::root,
    wrangler::Wrangler,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};
use stand_in::{CLIENT_ID, CLIENT_SECRET, Options, Response, Server, Smooch, serve, serve_smooch};
use std::{
    fs, io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Sender},
};

/// The ports of the three servers. 0 means any free port.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// The port of the edge.
    pub edge: u16,
    /// The port of the stand-in Smooch.
    pub smooch: u16,
    /// The port of the partner's site.
    pub partner: u16,
}

/// The secrets that the edge needs again in the next run, to open the records in its KV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// The setting `SEALING_KEYS`.
    pub sealing_keys: String,
    /// The API key of the partner's backend, without its name.
    pub api_key: String,
}

/// The three running servers. They stop when this is dropped.
#[derive(Debug)]
pub struct Environment {
    /// The origin of the edge.
    pub edge: String,
    /// The origin of Smooch.
    pub smooch_origin: String,
    /// The origin of the partner's site.
    pub partner: String,
    backend: Arc<Partner>,
    smooch: Arc<Mutex<Smooch>>,
    /// The process of `wrangler dev`, whose output has the edge's log.
    pub wrangler: Wrangler,
    _servers: Vec<Server>,
}

impl Environment {
    /// Starts the three servers. The edge's KV is in the folder `state`. `settings` replace the default settings. Messages
    /// that the partner's backend sends go to `sent`.
    ///
    /// # Errors
    ///
    /// The server that did not start, and why.
    pub fn start(
        ports: Ports,
        state: &Path,
        secrets: &Secrets,
        settings: &Value,
        options: Options,
        sent: Sender<SentMessage>,
    ) -> Result<Self, String> {
        Self::start_with_config(&root().join("wrangler.toml"), ports, state, secrets, settings, options, sent)
    }

    /// Does the same with another configuration file than `wrangler.toml`.
    ///
    /// # Errors
    ///
    /// As [`Environment::start`].
    pub fn start_with_config(
        config: &Path,
        ports: Ports,
        state: &Path,
        secrets: &Secrets,
        settings: &Value,
        options: Options,
        sent: Sender<SentMessage>,
    ) -> Result<Self, String> {
        let edge_port = free_port(ports.edge)
            .map_err(|error| listen_error("edge", "DEMO_EDGE_PORT", ports.edge, &error))?;
        let edge = format!("http://localhost:{edge_port}");

        let smooch = Arc::new(Mutex::new(Smooch::new(wall_clock(), options)));
        let lock = || smooch.lock().unwrap_or_else(PoisonError::into_inner);
        lock().register_redirect_uri(format!("{edge}/callback"));
        let smooch_server = serve_smooch(v4(ports.smooch), Arc::clone(&smooch), wall_clock)
            .map_err(|error| listen_error("stand-in Smooch", "DEMO_SMOOCH_PORT", ports.smooch, &error))?;
        let smooch_port = smooch_server.address().port();
        let smooch_origin = format!("http://localhost:{smooch_port}");
        let mut servers = vec![smooch_server];
        // `localhost` often resolves to ::1 first. On a machine without IPv6 this server is not needed.
        servers.extend(serve_smooch(
            (Ipv6Addr::LOCALHOST, smooch_port).into(),
            Arc::clone(&smooch),
            wall_clock,
        ));

        let partner = Arc::new(Partner::new(&edge, &smooch_origin, &secrets.api_key));
        let site = Arc::clone(&partner);
        let sent = Mutex::new(sent);
        let watch = move |message: &SentMessage| {
            // The receiver may be gone.
            let _ = sent.lock().unwrap_or_else(PoisonError::into_inner).send(message.clone());
        };
        let partner_server = serve(v4(ports.partner), move |request| site.handle(&request, &watch))
            .map_err(|error| listen_error("partner's site", "DEMO_PARTNER_PORT", ports.partner, &error))?;
        let site = format!("http://{}", partner_server.address());
        servers.push(partner_server);

        let mut vars = vars(&smooch_origin, &site);
        if let (Some(vars), Some(settings)) = (vars.as_object_mut(), settings.as_object()) {
            vars.extend(settings.clone());
        }
        let secret_vars = json!({
            "SMOOCH_CLIENT_SECRET": CLIENT_SECRET,
            "SEALING_KEYS": secrets.sealing_keys,
            "API_KEYS": format!("partner-backend:{}", secrets.api_key),
        });
        let wrangler = Wrangler::start(edge_port, config, state, &vars, &secret_vars)?;
        Ok(Self { edge, smooch_origin, partner: site, backend: partner, smooch, wrangler, _servers: servers })
    }

    /// All connections.
    #[must_use]
    pub fn connections(&self) -> Vec<Value> {
        self.backend.connections()
    }

    /// Logs another user in on the partner's site.
    pub fn log_in(&self, user: &str) {
        self.backend.log_in(user);
    }

    /// Makes the partner's site answer with `answer` at `path`.
    pub fn serve(&self, path: &str, answer: Response) {
        self.backend.serve(path, answer);
    }

    /// The CSP violation reports that browsers have sent to the partner's site.
    #[must_use]
    pub fn reports(&self) -> Vec<String> {
        self.backend.reports()
    }

    /// The state of Smooch.
    pub fn smooch(&self) -> MutexGuard<'_, Smooch> {
        self.smooch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Secrets {
    /// Generates secrets from the system's randomness.
    ///
    /// # Panics
    ///
    /// If the system has no randomness.
    #[must_use]
    pub fn generate() -> Self {
        let random_text = || {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).expect("the system has randomness");
            Base64UrlUnpadded::encode_string(&bytes)
        };
        Self { sealing_keys: format!("k1:{}", random_text()), api_key: random_text() }
    }

    /// Reads the secrets of an earlier run from the file `path`, or generates them and writes the file.
    ///
    /// # Errors
    ///
    /// If the file can neither be read nor written.
    pub fn load_or_create(path: &Path) -> io::Result<Self> {
        let stored = fs::read_to_string(path).ok().and_then(|text| {
            let value: Value = serde_json::from_str(&text).ok()?;
            let part = |name: &str| value[name].as_str().map(str::to_owned);
            Some(Self { sealing_keys: part("sealing_keys")?, api_key: part("api_key")? })
        });
        if let Some(secrets) = stored {
            return Ok(secrets);
        }
        let secrets = Self::generate();
        let text = json!({"sealing_keys": secrets.sealing_keys, "api_key": secrets.api_key}).to_string();
        crate::wrangler::write_private(path, &text)?;
        Ok(secrets)
    }
}

/// The default settings of the edge.
fn vars(smooch: &str, partner: &str) -> Value {
    json!({
        "SMOOCH_CLIENT_ID": CLIENT_ID,
        "SMOOCH_PROVIDER": "smooch",
        "SMOOCH_AUTHORIZE_URL": format!("{smooch}/oauth/authorize"),
        "SMOOCH_TOKEN_URL": format!("{smooch}/oauth/token"),
        "SMOOCH_TOKEN_INFO_URL": format!("{smooch}/sc/v2/tokenInfo"),
        "SMOOCH_REVOKE_URL": format!("{smooch}/oauth/authorization"),
        "SMOOCH_API_URL": smooch,
        "SITES": {"main": {"origin": partner, "return_to": format!("{partner}/")}},
    })
}

/// The given port, or any free port for 0. Fails if the port is taken.
fn free_port(port: u16) -> io::Result<u16> {
    Ok(TcpListener::bind(v4(port))?.local_addr()?.port())
}

fn v4(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// The error text for a server that cannot listen.
fn listen_error(server: &str, setting: &str, port: u16, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AddrInUse {
        format!(
            "Port {port} is taken. Choose another port for the {server}: {setting}={} make demo",
            port.saturating_add(1000)
        )
    } else {
        format!("The {server} cannot listen on port {port}: {error}. {setting} chooses another port.")
    }
}
