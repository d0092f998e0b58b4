//! Three origins on loopback: the edge by `wrangler dev`, a stand-in Smooch, a partner's site with its backend.
//! The demo plays on it, and the browser tests do.

use crate::{
    clock::wall_clock,
    partner::{Partner, Sent},
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

/// The ports of the three; 0 stands for a free one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// The edge's.
    pub edge: u16,
    /// The stand-in Smooch's.
    pub smooch: u16,
    /// The partner's.
    pub partner: u16,
}

/// What the edge must keep from one run to the next, or it could not open what it has stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// `SEALING_KEYS`
    pub sealing_keys: String,
    /// The key of the partner's backend, without its name.
    pub api_key: String,
}

/// The three, running. They end when this is dropped.
#[derive(Debug)]
pub struct Stage {
    /// Where the edge is.
    pub edge: String,
    /// Where Smooch is.
    pub smooch_origin: String,
    /// Where the partner's site is.
    pub partner: String,
    backend: Arc<Partner>,
    smooch: Arc<Mutex<Smooch>>,
    /// The edge's log, among what wrangler prints.
    pub wrangler: Wrangler,
    _servers: Vec<Server>,
}

impl Stage {
    /// Starts the three. What the edge stores lies in `state`; `settings` go over the usual ones; what the
    /// partner's backend sends is told to `sent`.
    ///
    /// # Errors
    ///
    /// A sentence that says which of the three did not start, and why.
    pub fn start(
        ports: Ports,
        state: &Path,
        secrets: &Secrets,
        settings: &Value,
        options: Options,
        sent: Sender<Sent>,
    ) -> Result<Self, String> {
        Self::deployed_as(&root().join("wrangler.toml"), ports, state, secrets, settings, options, sent)
    }

    /// The same with another file than `wrangler.toml`.
    ///
    /// # Errors
    ///
    /// As [`Stage::start`].
    pub fn deployed_as(
        config: &Path,
        ports: Ports,
        state: &Path,
        secrets: &Secrets,
        settings: &Value,
        options: Options,
        sent: Sender<Sent>,
    ) -> Result<Self, String> {
        let edge_port =
            free(ports.edge).map_err(|error| refused("edge", "DEMO_EDGE_PORT", ports.edge, &error))?;
        let edge = format!("http://localhost:{edge_port}");

        let smooch = Arc::new(Mutex::new(Smooch::new(wall_clock(), options)));
        let lock = || smooch.lock().unwrap_or_else(PoisonError::into_inner);
        lock().register_redirect_uri(format!("{edge}/callback"));
        let smooch_server = serve_smooch(v4(ports.smooch), Arc::clone(&smooch), wall_clock)
            .map_err(|error| refused("stand-in Smooch", "DEMO_SMOOCH_PORT", ports.smooch, &error))?;
        let smooch_port = smooch_server.address().port();
        let smooch_origin = format!("http://localhost:{smooch_port}");
        let mut servers = vec![smooch_server];
        // `localhost` is often ::1 first. Where there is no such address, nobody asks for it.
        servers.extend(serve_smooch(
            (Ipv6Addr::LOCALHOST, smooch_port).into(),
            Arc::clone(&smooch),
            wall_clock,
        ));

        let partner = Arc::new(Partner::new(&edge, &smooch_origin, &secrets.api_key));
        let site = Arc::clone(&partner);
        let sent = Mutex::new(sent);
        let watch = move |message: &Sent| {
            // Nobody may be watching any more.
            let _ = sent.lock().unwrap_or_else(PoisonError::into_inner).send(message.clone());
        };
        let partner_server = serve(v4(ports.partner), move |request| site.handle(&request, &watch))
            .map_err(|error| refused("partner's site", "DEMO_PARTNER_PORT", ports.partner, &error))?;
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

    /// All connections there are.
    #[must_use]
    pub fn connections(&self) -> Vec<Value> {
        self.backend.connections()
    }

    /// Another of the partner's users is before its pages from now on.
    pub fn log_in(&self, user: &str) {
        self.backend.log_in(user);
    }

    /// Has the partner's site answer with this at `path`, in the place of what was there.
    pub fn serve(&self, path: &str, answer: Response) {
        self.backend.serve(path, answer);
    }

    /// What browsers have reported to the partner's site.
    #[must_use]
    pub fn reports(&self) -> Vec<String> {
        self.backend.reports()
    }

    /// A look into Smooch.
    pub fn smooch(&self) -> MutexGuard<'_, Smooch> {
        self.smooch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Secrets {
    /// Draws new secrets from the system's randomness.
    ///
    /// # Panics
    ///
    /// If the system has none.
    #[must_use]
    pub fn fresh() -> Self {
        let draw = || {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).expect("the system has randomness");
            Base64UrlUnpadded::encode_string(&bytes)
        };
        Self { sealing_keys: format!("k1:{}", draw()), api_key: draw() }
    }

    /// Reads the secrets of an earlier run from `path`, or makes some and keeps them there.
    ///
    /// # Errors
    ///
    /// If the file can be neither read nor written.
    pub fn kept(path: &Path) -> io::Result<Self> {
        let read = fs::read_to_string(path).ok().and_then(|text| {
            let value: Value = serde_json::from_str(&text).ok()?;
            let part = |name: &str| value[name].as_str().map(str::to_owned);
            Some(Self { sealing_keys: part("sealing_keys")?, api_key: part("api_key")? })
        });
        if let Some(secrets) = read {
            return Ok(secrets);
        }
        let secrets = Self::fresh();
        let text = json!({"sealing_keys": secrets.sealing_keys, "api_key": secrets.api_key}).to_string();
        crate::wrangler::write_private(path, &text)?;
        Ok(secrets)
    }
}

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

/// A port that can be listened on now: the asked one, or any.
fn free(port: u16) -> io::Result<u16> {
    Ok(TcpListener::bind(v4(port))?.local_addr()?.port())
}

fn v4(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn refused(what: &str, setting: &str, port: u16, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AddrInUse {
        format!(
            "Port {port} is taken. {setting} moves the {what}: {setting}={} make demo",
            port.saturating_add(1000)
        )
    } else {
        format!("The {what} cannot listen on port {port}: {error}. {setting} moves it.")
    }
}
