//! Observes the behaviour of each peer: prefetches, other browsers, failing KV writes and repeated requests. It measures no
//! time.

use crate::{
    flow::{Flow, Visitors, get},
    harness::Harness,
    peer::{Peer, Shape},
};
use serde_json::Value;
use stand_in::Endpoint;
use tests::wire::Answer;
use tests::{
    clock::wall_clock,
    kv::{Counts, Fault},
};

/// More failing writes than any peer tries for one install, so KV is down.
const ALL_WRITES: usize = 40;

/// The observed behaviour of a peer.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one observation")]
pub struct Behaviour {
    /// The KV entries after one install: the first part of each key, and the field names of its metadata.
    pub stored: Vec<String>,
    /// KV operations of one install.
    pub kv: Counts,
    /// Requests to Smooch of one install.
    pub calls: usize,
    /// True if a prefetch of the callback uses the code.
    pub prefetch_uses_code: bool,
    /// True if a HEAD request for the callback uses the code. Link scanners send HEAD.
    pub head_uses_code: bool,
    /// True if the URL to which the callback redirects contains the code.
    pub code_in_url: bool,
    /// True if a browser that did not start the flow can finish it.
    pub other_browser: bool,
    /// True if KV contains the token in plain text.
    pub plain_token: bool,
    /// True if repeating the last request succeeds, after its response was lost.
    pub is_idempotent: bool,
    /// True if the install succeeds although one write fails.
    pub survives_one_failure: bool,
    /// True if a repeated request succeeds after KV was down.
    pub survives_outage: bool,
}

impl Behaviour {
    /// The protections that the peer lacks, as a list.
    #[must_use]
    pub fn missing(&self) -> String {
        let all = [
            (self.plain_token, "sealing"),
            (self.other_browser, "binding to the browser"),
            (self.prefetch_uses_code, "a callback safe to prefetch"),
            (self.code_in_url, "a hidden code"),
            (!self.survives_one_failure, "retry of a KV write"),
            (!self.survives_outage, "keeping the token while KV is down"),
            (!self.is_idempotent, "idempotent repetition"),
        ];
        let missing: Vec<&str> = all.into_iter().filter(|(lacks, _)| *lacks).map(|(_, name)| name).collect();
        if missing.is_empty() { "nothing".into() } else { missing.join("; ") }
    }
}

/// Observes a peer.
#[must_use]
pub fn probe(peer: &Peer, seed: u64) -> Behaviour {
    let (harness, mut visitors) = (Harness::start(peer.clone(), seed), Visitors::new(seed));
    let calls = |harness: &Harness| {
        let smooch = harness.smooch();
        smooch.count(Endpoint::Token) + smooch.count(Endpoint::TokenInfo)
    };

    let (kv_before, calls_before) = (harness.kv().counts(), calls(&harness));
    let (mut flow, path) = visitors.authorize(&harness);
    let first = finish(&harness, &mut flow, &path);
    assert!(peer.shape.connected(&first), "{}: {first:?}", peer.name);
    let (kv, calls_of_one) = (difference(harness.kv().counts(), kv_before), calls(&harness) - calls_before);
    let (plain_token, stored) = (has_token(&harness), stored_entries(&harness));
    // Some peers report success after a failure. If tokens are in plain text, KV shows if the token was stored.
    let connected =
        |response: &Answer| peer.shape.connected(response) && (!plain_token || has_token(&harness));

    let again = match peer.shape {
        Shape::ExchangeByPage => harness.send(&flow.completion(&harness)),
        Shape::ExchangeInCallback { .. } => harness.send(&get(&harness, &path, &flow.cookie)),
    };
    let is_idempotent = connected(&again);

    let mut uses_code = |method: &str, header: &str| {
        let (flow, path) = visitors.authorize(&harness);
        let before = calls(&harness);
        let request = String::from_utf8_lossy(&get(&harness, &path, &flow.cookie)).into_owned();
        let request = request.replacen("GET", method, 1).replacen("accept: */*", header, 1);
        let response = harness.send(request.as_bytes());
        (calls(&harness) > before, response, path)
    };
    let (prefetch_uses_code, redirect, path) = uses_code("GET", "sec-purpose: prefetch");
    let code = path.split(['?', '&']).find_map(|part| part.strip_prefix("code=")).unwrap_or_default();
    let code_in_url = redirect.header("location").is_some_and(|location| location.contains(code));
    let (head_uses_code, ..) = uses_code("HEAD", "accept: */*");

    let (flow, path) = visitors.authorize(&harness);
    let attacker = visitors.attacker(&flow);
    harness.reset();
    let other_browser = connected(&try_to_finish(&harness, attacker, &path));

    let mut with_faults = |faults: usize| {
        harness.reset();
        let (mut flow, path) = visitors.authorize(&harness);
        (0..faults).for_each(|_| harness.kv().fail_put("", Fault::Before));
        let failed = finish(&harness, &mut flow, &path);
        if connected(&failed) {
            return (true, true);
        }
        harness.reset();
        // A page repeats the request with the receipt of the response, if it has one.
        let body: Value = serde_json::from_slice(&failed.body).unwrap_or_default();
        if let Some(receipt) = body["receipt"].as_str() {
            receipt.clone_into(&mut flow.receipt);
        }
        let again = match peer.shape {
            Shape::ExchangeByPage => harness.send(&flow.completion(&harness)),
            Shape::ExchangeInCallback { .. } => harness.send(&get(&harness, &path, &flow.cookie)),
        };
        (false, connected(&again))
    };
    let (survives_one_failure, _) = with_faults(1);
    let (_, survives_outage) = with_faults(ALL_WRITES);

    Behaviour {
        stored,
        kv,
        calls: calls_of_one,
        prefetch_uses_code,
        head_uses_code,
        code_in_url,
        other_browser,
        plain_token,
        is_idempotent,
        survives_one_failure,
        survives_outage,
    }
}

fn stored_entries(harness: &Harness) -> Vec<String> {
    let mut kv = harness.kv();
    let keys = kv.keys();
    let describe = |key: String| {
        let entry = kv.get(&key, wall_clock()).ok().flatten();
        let metadata = entry.and_then(|entry| entry.metadata).unwrap_or_default();
        let metadata: Value = serde_json::from_str(&metadata).unwrap_or_default();
        let names: Vec<&str> =
            metadata.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        format!("{}: {}", key.split('/').next().unwrap_or_default(), names.join(", "))
    };
    keys.into_iter().map(describe).collect()
}

/// True if KV contains an issued token in plain text.
fn has_token(harness: &Harness) -> bool {
    let dump = harness.kv().dump();
    harness.smooch().issued_tokens().iter().any(|token| dump.contains(&token.access_token))
}

/// Sends the callback and, if the peer needs it, the page's request. Panics if the callback fails.
fn finish(harness: &Harness, flow: &mut Flow, path: &str) -> Answer {
    let response = harness.send(&get(harness, path, &flow.cookie));
    match harness.peer.shape {
        Shape::ExchangeInCallback { .. } => response,
        Shape::ExchangeByPage => {
            flow.returned(harness, &response);
            harness.send(&flow.completion(harness))
        }
    }
}

/// Like [`finish`], but the callback may reject the flow.
fn try_to_finish(harness: &Harness, mut flow: Flow, path: &str) -> Answer {
    let response = harness.send(&get(harness, path, &flow.cookie));
    if harness.peer.shape == Shape::ExchangeByPage && response.status == 303 {
        flow.returned(harness, &response);
        return harness.send(&flow.completion(harness));
    }
    response
}

fn difference(now: Counts, before: Counts) -> Counts {
    Counts {
        gets: now.gets - before.gets,
        puts: now.puts - before.puts,
        deletes: now.deletes - before.deletes,
        lists: now.lists - before.lists,
    }
}
