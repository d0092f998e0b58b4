//! Who is measured: each a Worker that leads the same person to the same connection.

use crate::bundle;
use serde_json::{Value, json};
use std::path::PathBuf;
use tests::wire::Answer;
use tests::{
    tools::built,
    world::{PARTNER, RETURN_TO, SEALING_KEYS},
};

/// A Worker, as it is measured.
#[derive(Clone, Debug)]
pub struct Peer {
    /// By which the run and its tables call it.
    pub name: &'static str,
    /// The requests of an install.
    pub shape: Shape,
    /// Its modules: the script, and with it the wasm if there is one.
    pub script: PathBuf,
    /// Its wasm.
    pub wasm: Option<PathBuf>,
    /// Its settings beyond those that all have.
    pub vars: Value,
    /// Whether it knows no server but its own, so that the stand-in answers in that one's place.
    pub bent: bool,
}

/// What an install asks of a Worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The page makes the state. The callback bounces, and the page posts to finish.
    Bounce,
    /// The Worker makes the state. The callback exchanges and stores at once.
    AtOnce {
        /// Where a flow starts.
        start: &'static str,
        /// Where Smooch sends the person back to.
        callback: &'static str,
    },
}

/// The ones that the bounds of the edge are about.
impl Shape {
    /// Whether the last answer of an install says that it succeeded.
    #[must_use]
    pub fn connected(self, answer: &Answer) -> bool {
        match self {
            Self::Bounce => answer.status == 200,
            // Some show a page, some go back to the partner's. A redirect to start again is neither.
            Self::AtOnce { .. } => match answer.header("location") {
                Some(location) => location == RETURN_TO,
                None => answer.status == 200,
            },
        }
    }
}

/// One fetch and one put.
pub const FLOOR: &str = "floor";
/// The same with as many puts as the edge makes.
pub const FLOOR_THREE: &str = "floor, three puts";
/// What one would write by hand today.
pub const HONO_BY_HAND: &str = "hono + oauth4webapi";
/// The same in the shape of our two requests.
pub const HONO: &str = "hono + oauth4webapi (two requests)";
/// All that the edge does, sealed by @noble/ciphers.
pub const NOBLE: &str = "JavaScript, all of the work (noble)";
/// All that the edge does, sealed by Web Crypto.
pub const WEB_CRYPTO: &str = "JavaScript, all of the work (Web Crypto)";
/// The built Worker.
pub const OURS: &str = "ours";

/// All of them, bundled.
#[must_use]
pub fn all() -> Vec<Peer> {
    let simple = |name, file: &str, shape| {
        let script = bundle::worker(file, &format!("{file}.js"), &[]);
        Peer { name, shape, script, wasm: None, vars: json!({}), bent: false }
    };
    let same_work = |name, seal: &str| {
        let script = bundle::worker(
            &format!("same-work-{seal}"),
            "same-work.js",
            &[("#seal", &format!("seal-{seal}.js"))],
        );
        Peer { name, shape: Shape::Bounce, script, wasm: None, vars: sealed(), bent: false }
    };
    let at_once = Shape::AtOnce { start: "/install", callback: "/callback" };
    vec![
        Peer { vars: json!({"PUTS": 1}), ..simple(FLOOR, "floor", Shape::Bounce) },
        Peer { vars: json!({"PUTS": 3}), ..simple(FLOOR_THREE, "floor", Shape::Bounce) },
        simple(HONO_BY_HAND, "hono", at_once),
        simple(HONO, "hono-two-legs", Shape::Bounce),
        Peer {
            bent: true,
            vars: json!({
                "SLACK_CLIENT_ID": stand_in::CLIENT_ID, "SLACK_CLIENT_SECRET": stand_in::CLIENT_SECRET,
                "SLACK_SIGNING_SECRET": "unused", "SLACK_BOT_SCOPES": "commands", "SLACK_LOGGING_LEVEL": "ERROR",
            }),
            ..simple(
                "slack-cloudflare-workers",
                "slack",
                Shape::AtOnce { start: "/slack/install", callback: "/slack/oauth_redirect" },
            )
        },
        Peer {
            bent: true,
            ..simple(
                "@hono/oauth-providers",
                "oauth-providers",
                Shape::AtOnce { start: "/callback", callback: "/callback" },
            )
        },
        same_work(NOBLE, "noble"),
        same_work(WEB_CRYPTO, "web-crypto"),
        Peer {
            name: OURS,
            shape: Shape::Bounce,
            script: built("build/index.js", "make worker"),
            wasm: Some(built("build/index_bg.wasm", "make worker")),
            vars: sealed(),
            bent: false,
        },
    ]
}

/// What seals needs a key, and knows its sites by name.
fn sealed() -> Value {
    json!({
        "SEALING_KEYS": SEALING_KEYS,
        "API_KEYS": format!("backend:{}", tests::world::API_KEY),
        "SITES": {"main": {"origin": PARTNER, "return_to": RETURN_TO}},
    })
}
