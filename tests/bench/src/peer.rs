//! The peers: Workers that are measured. Each connects the same app for the same person. This module only describes them.

use crate::bundle;
use serde_json::{Value, json};
use std::path::PathBuf;
use tests::wire::Answer;
use tests::{
    tools::built,
    world::{PARTNER, RETURN_TO, SEALING_KEYS},
};

/// A Worker that is measured.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The name in the output and in the tables.
    pub name: &'static str,
    /// The requests of an install.
    pub shape: Shape,
    /// Path of the script.
    pub script: PathBuf,
    /// Path of the wasm module, if it has one.
    pub wasm: Option<PathBuf>,
    /// The variables that only this peer has.
    pub vars: Value,
    /// True if the peer supports only the servers of its vendor. The stand-in responds in their place.
    pub uses_vendor_api: bool,
}

/// The requests of an install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The page makes the state, the callback redirects to the page, and the page sends a POST that exchanges and stores.
    ExchangeByPage,
    /// The Worker makes the state, and the callback exchanges and stores.
    ExchangeInCallback {
        /// The path that starts a flow.
        start: &'static str,
        /// The path of the redirect URI.
        callback: &'static str,
    },
}

impl Shape {
    /// True if the last response of an install reports success.
    #[must_use]
    pub fn connected(self, response: &Answer) -> bool {
        match self {
            Self::ExchangeByPage => response.status == 200,
            // Some show a page, and some redirect to the partner's page. Another redirect starts the flow again.
            Self::ExchangeInCallback { .. } => match response.header("location") {
                Some(location) => location == RETURN_TO,
                None => response.status == 200,
            },
        }
    }
}

/// The lower bound: one fetch and one put.
pub const FLOOR: &str = "floor";
/// The lower bound with as many puts as the edge.
pub const FLOOR_THREE: &str = "floor, three puts";
/// A Worker as people write it today.
pub const HONO_BY_HAND: &str = "hono + oauth4webapi";
/// The same libraries, with the two requests of the edge.
pub const HONO: &str = "hono + oauth4webapi (two requests)";
/// The edge's work in JavaScript, sealed by @noble/ciphers.
pub const NOBLE: &str = "JavaScript, all of the work (noble)";
/// The edge's work in JavaScript, sealed by Web Crypto.
pub const WEB_CRYPTO: &str = "JavaScript, all of the work (Web Crypto)";
/// The built Worker of this project.
pub const OURS: &str = "ours";

/// Every peer. Bundles the scripts.
#[must_use]
pub fn all() -> Vec<Peer> {
    let simple = |name, file: &str, shape| {
        let script = bundle::worker(file, &format!("{file}.js"), &[]);
        Peer { name, shape, script, wasm: None, vars: json!({}), uses_vendor_api: false }
    };
    let same_work = |name, seal: &str| {
        let script = bundle::worker(
            &format!("same-work-{seal}"),
            "same-work.js",
            &[("#seal", &format!("seal-{seal}.js"))],
        );
        Peer {
            name,
            shape: Shape::ExchangeByPage,
            script,
            wasm: None,
            vars: edge_vars(),
            uses_vendor_api: false,
        }
    };
    let in_callback = Shape::ExchangeInCallback { start: "/install", callback: "/callback" };
    vec![
        Peer { vars: json!({"PUTS": 1}), ..simple(FLOOR, "floor", Shape::ExchangeByPage) },
        Peer { vars: json!({"PUTS": 3}), ..simple(FLOOR_THREE, "floor", Shape::ExchangeByPage) },
        simple(HONO_BY_HAND, "hono", in_callback),
        simple(HONO, "hono-two-legs", Shape::ExchangeByPage),
        Peer {
            uses_vendor_api: true,
            vars: json!({
                "SLACK_CLIENT_ID": stand_in::CLIENT_ID, "SLACK_CLIENT_SECRET": stand_in::CLIENT_SECRET,
                "SLACK_SIGNING_SECRET": "unused", "SLACK_BOT_SCOPES": "commands", "SLACK_LOGGING_LEVEL": "ERROR",
            }),
            ..simple(
                "slack-cloudflare-workers",
                "slack",
                Shape::ExchangeInCallback { start: "/slack/install", callback: "/slack/oauth_redirect" },
            )
        },
        Peer {
            uses_vendor_api: true,
            ..simple(
                "@hono/oauth-providers",
                "oauth-providers",
                Shape::ExchangeInCallback { start: "/callback", callback: "/callback" },
            )
        },
        same_work(NOBLE, "noble"),
        same_work(WEB_CRYPTO, "web-crypto"),
        Peer {
            name: OURS,
            shape: Shape::ExchangeByPage,
            script: built("build/worker/index.js"),
            wasm: Some(built("build/worker/index_bg.wasm")),
            vars: edge_vars(),
            uses_vendor_api: false,
        },
    ]
}

/// The settings of the edge, and of the peers that do the same work.
fn edge_vars() -> Value {
    json!({
        "SEALING_KEYS": SEALING_KEYS,
        "API_KEYS": format!("backend:{}", tests::world::API_KEY),
        "SITES": {"main": {"origin": PARTNER, "return_to": RETURN_TO}},
    })
}
