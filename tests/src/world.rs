//! The world a scenario plays in: an edge, a Smooch, a KV. One is simulated in memory, one is the real worker in
//! workerd; a scenario cannot tell which.

use crate::kv::Kv;
use serde_json::{Value, json};
use stand_in::{Marketplace, Options, Smooch};
use std::sync::MutexGuard;

/// A request to the edge. Its URI is absolute.
pub type Request = http::Request<Vec<u8>>;

/// An answer of the edge.
pub type Response = http::Response<Vec<u8>>;

/// An edge, a Smooch and a KV.
pub trait World {
    /// Where the edge is: scheme, host and port.
    fn edge(&self) -> String;

    /// Where Smooch is.
    fn smooch_origin(&self) -> String;

    /// Sends a request to the edge. Redirects are not followed.
    fn send(&mut self, request: Request) -> Response;

    /// Sends a request to Smooch, as an owner's browser does.
    fn visit(&mut self, request: Request) -> Response;

    /// A look into Smooch.
    fn smooch(&self) -> MutexGuard<'_, Smooch>;

    /// A look into KV.
    fn kv(&self) -> MutexGuard<'_, Kv>;

    /// Lets time pass at Smooch and in KV; at the edge too where the world is simulated.
    fn pass(&mut self, milliseconds: u64);

    /// Sets the same clocks back.
    fn set_back(&mut self, milliseconds: u64);

    /// Sends a request and ends the edge, with no warning and no answer, when it is about to write keys that start with
    /// each of `prefixes`; then starts it anew.
    fn send_and_die(&mut self, request: Request, prefixes: &[&str], setup: &Setup);

    /// Sends a request that exchanges a code, and is gone without its answer when Smooch has begun to work on that. Comes
    /// back when the edge is done with it.
    fn send_and_leave(&mut self, request: Request);

    /// Sends two requests at once.
    fn send_both(&mut self, one: Request, other: Request) -> [Response; 2];

    /// Starts the edge anew with other settings. KV and Smooch stay.
    fn restart(&mut self, setup: &Setup);

    /// Has the edge run its sweep once, as its schedule does each minute.
    fn sweep(&mut self);

    /// Whether the edge's clock jumps with [`World::pass`].
    fn is_simulated(&self) -> bool;

    /// The time at the edge, in milliseconds since 1970.
    fn now(&self) -> u64;

    /// What the worker has logged so far.
    fn log(&self) -> String;
}

/// How to make a world.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The settings, but for the addresses of Smooch, which the world knows.
    pub vars: Value,
    /// Which family of endpoints Smooch is asked by.
    pub provider: Provider,
    /// How Smooch behaves.
    pub options: Options,
    /// Whether the platform's rate limiters are there.
    pub limited: bool,
    /// A script of the test's own that stands around the real worker, `index.js`, and may disturb its platform.
    pub around: Option<&'static str>,
}

/// The two families of endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The first.
    Smooch,
    /// The second.
    Sunshine,
}

/// The origin of the partner's site.
pub const PARTNER: &str = "http://127.0.0.1:8789";

/// Where the partner's site finishes flows.
pub const RETURN_TO: &str = "http://127.0.0.1:8789/connected?from=smooch";

/// The API key of the partner's backend.
pub const API_KEY: &str = "canary-api-key-0123456789abcdefghij";

/// The sealing keys: 32 bytes of 1.
pub const SEALING_KEYS: &str = "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

impl Setup {
    /// A partner with two sites, one of which asks for sessions, at the first family of endpoints.
    #[must_use]
    pub fn smooch() -> Self {
        let vars = json!({
            "SMOOCH_CLIENT_ID": stand_in::CLIENT_ID,
            "SMOOCH_CLIENT_SECRET": stand_in::CLIENT_SECRET,
            "SEALING_KEYS": SEALING_KEYS,
            "API_KEYS": format!("backend:{API_KEY}"),
            "SITES": {
                "main": {"origin": PARTNER, "return_to": RETURN_TO},
                "members": {"origin": PARTNER, "return_to": RETURN_TO, "require_session": true},
                "other": {"origin": "https://other.example", "return_to": "https://other.example/"},
            },
        });
        Self { vars, provider: Provider::Smooch, options: Options::default(), limited: true, around: None }
    }

    /// The same at the second family, as a marketplace integration.
    #[must_use]
    pub fn sunshine() -> Self {
        let said = ("Shoplifter", "1234", "5678");
        let setup = Self::smooch()
            .with("SMOOCH_PROVIDER", "sunshine")
            .with("SMOOCH_MARKETPLACE", json!({"name": said.0, "organization_id": said.1, "bot_id": said.2}));
        let marketplace =
            Marketplace { name: said.0.into(), organization_id: said.1.into(), bot_id: said.2.into() };
        let options = Options { marketplace: Some(marketplace), ..Options::default() };
        Self { provider: Provider::Sunshine, options, ..setup }
    }

    /// The same with another setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(vars) = self.vars.as_object_mut() {
            vars.insert(name.into(), value.into());
        }
        self
    }

    /// The same with another Smooch.
    #[must_use]
    pub fn at(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// All settings, for a Smooch at `smooch`. What the scenario set itself stays.
    #[must_use]
    pub fn vars_at(&self, smooch: &str) -> Value {
        let family = match self.provider {
            Provider::Smooch => String::new(),
            Provider::Sunshine => "/sc".into(),
        };
        let mut vars = json!({
            "SMOOCH_AUTHORIZE_URL": format!("{smooch}{family}/oauth/authorize"),
            "SMOOCH_TOKEN_URL": format!("{smooch}{family}/oauth/token"),
            "SMOOCH_REVOKE_URL": format!("{smooch}{family}/oauth/authorization"),
            "SMOOCH_API_URL": format!("{smooch}{family}"),
        });
        if self.provider == Provider::Sunshine {
            vars["SMOOCH_TOKEN_INFO_URL"] = format!("{smooch}/sc/v2/tokenInfo").into();
        }
        if let (Some(all), Some(own)) = (vars.as_object_mut(), self.vars.as_object()) {
            all.extend(own.clone());
        }
        vars
    }
}

/// The seed of a run: `SEED` from the environment, or a fresh one; printed, so that a failure can be repeated.
#[must_use]
#[expect(clippy::print_stdout, reason = "a failed test shows what it printed")]
pub fn seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("SEED={seed} repeats this run");
    seed
}
