//! The world of a scenario: an edge, a stand-in Smooch and a KV namespace. [`Simulator`](crate::simulator::Simulator) is one
//! in memory, [`Workerd`](crate::workerd::Workerd) one with the real Worker. A scenario does not know which it runs in.

use crate::kv::Kv;
use serde_json::{Value, json};
use stand_in::{Marketplace, Options, Smooch};
use std::sync::MutexGuard;

/// A request to the edge, with an absolute URI.
pub type Request = http::Request<Vec<u8>>;

/// An answer of the edge.
pub type Response = http::Response<Vec<u8>>;

/// Makes a world from a scenario's setup.
pub type Start<'a> = &'a dyn Fn(&Setup) -> Box<dyn World>;

/// An edge, a Smooch and a KV namespace.
pub trait World {
    /// The edge's origin.
    fn edge(&self) -> String;

    /// Smooch's origin.
    fn smooch_origin(&self) -> String;

    /// Sends a request to the edge. Redirects are not followed.
    fn send(&mut self, request: Request) -> Response;

    /// Sends a request to Smooch, as the owner's browser does.
    fn visit(&mut self, request: Request) -> Response;

    /// The state of Smooch.
    fn smooch(&self) -> MutexGuard<'_, Smooch>;

    /// The state of KV.
    fn kv(&self) -> MutexGuard<'_, Kv>;

    /// Moves the clocks of Smooch and KV forward; in the simulator also the clock of the edge.
    fn advance(&mut self, milliseconds: u64);

    /// Sets the same clocks back.
    fn set_clock_back(&mut self, milliseconds: u64);

    /// Sends a request and kills the edge when it is about to write a key of each of `prefixes`. Then starts a new edge.
    fn send_and_crash(&mut self, request: Request, prefixes: &[&str], setup: &Setup);

    /// Sends a request that exchanges a code, and disconnects while Smooch works on the exchange. Returns when the edge has
    /// finished the request.
    fn send_and_disconnect(&mut self, request: Request);

    /// Sends two requests at the same time.
    fn send_both(&mut self, one: Request, other: Request) -> [Response; 2];

    /// Replaces the edge by one with other settings. KV and Smooch stay.
    fn restart(&mut self, setup: &Setup);

    /// Runs the edge's scheduled upkeep once, as cron does each minute.
    fn run_upkeep(&mut self);

    /// Returns true if [`World::advance`] moves the edge's clock.
    fn is_simulated(&self) -> bool;

    /// The edge's clock, in milliseconds since 1970.
    fn now(&self) -> u64;

    /// The Worker's log so far.
    fn log(&self) -> String;
}

/// The configuration of a world.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The edge's settings, without the URLs of Smooch, which the world adds.
    pub vars: Value,
    /// The family of Smooch endpoints.
    pub provider: Provider,
    /// The options of the stand-in Smooch.
    pub options: Options,
    /// Turns the platform's rate limiters on.
    pub rate_limited: bool,
    /// A script that wraps the real Worker, `index.js`, and can disturb its platform.
    pub wrapper: Option<&'static str>,
}

/// The two families of Smooch endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// `smooch.io`: paths without a prefix, and a token that names its app.
    Smooch,
    /// Sunshine Conversations: paths below `/sc`, and `tokenInfo`.
    Sunshine,
}

/// The origin of the partner's site.
pub const PARTNER: &str = "http://127.0.0.1:8789";

/// The return page of the partner's site.
pub const RETURN_TO: &str = "http://127.0.0.1:8789/connected?from=smooch";

/// The API key of the partner's backend.
pub const API_KEY: &str = "canary-api-key-0123456789abcdefghij";

/// The sealing keys: 32 bytes of 1.
pub const SEALING_KEYS: &str = "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

impl Setup {
    /// A partner with three sites, one of which requires a session, at the first family of endpoints.
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
        Self {
            vars,
            provider: Provider::Smooch,
            options: Options::default(),
            rate_limited: true,
            wrapper: None,
        }
    }

    /// The same partner at the second family, as a marketplace integration.
    #[must_use]
    pub fn sunshine() -> Self {
        let names = ("Shoplifter", "1234", "5678");
        let setup = Self::smooch().with("SMOOCH_PROVIDER", "sunshine").with(
            "SMOOCH_MARKETPLACE",
            json!({"name": names.0, "organization_id": names.1, "bot_id": names.2}),
        );
        let marketplace =
            Marketplace { name: names.0.into(), organization_id: names.1.into(), bot_id: names.2.into() };
        let options = Options { marketplace: Some(marketplace), ..Options::default() };
        Self { provider: Provider::Sunshine, options, ..setup }
    }

    /// The same setup with another setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(vars) = self.vars.as_object_mut() {
            vars.insert(name.into(), value.into());
        }
        self
    }

    /// The same setup with other options of Smooch.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// All settings, for a Smooch at the origin `smooch`. The scenario's own settings win.
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

/// The random seed of a run: `SEED` from the environment, or a new one. It is printed, so that a failure can be repeated.
#[must_use]
#[expect(clippy::print_stdout, reason = "a failed test shows what it printed")]
pub fn seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("SEED={seed} repeats this run");
    seed
}
