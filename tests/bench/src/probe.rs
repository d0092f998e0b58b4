//! What each peer does and does not do for its price, seen by trying it.

use crate::{
    flow::{Crowd, Flow, get},
    peer::{Peer, Shape},
    rig::Rig,
};
use serde_json::Value;
use stand_in::Endpoint;
use tests::wire::Answer;
use tests::{
    clock::wall_clock,
    kv::{Counts, Fault},
};

/// More writes than any peer tries for one install: KV is down.
const DOWN: usize = 40;

/// What was seen of a peer.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that was tried")]
pub struct Seen {
    /// What lies in KV after one install: the beginning of each key, and the names of its metadata.
    pub stored: Vec<String>,
    /// KV's operations for one install.
    pub kv: Counts,
    /// Requests to Smooch for one install.
    pub calls: usize,
    /// Whether a prefetch of the callback spends the code.
    pub prefetch_spends: bool,
    /// Whether a HEAD of the callback does, as link scanners send it.
    pub head_spends: bool,
    /// Whether the code stands in the address that the callback bounces to.
    pub code_in_address: bool,
    /// Whether the flow finishes in a browser that did not set out.
    pub other_browser: bool,
    /// Whether the token lies in KV as it is.
    pub plain_token: bool,
    /// Whether a person whose last answer was lost, and who asks again, is connected.
    pub repeats: bool,
    /// Whether one write that fails is survived.
    pub one_failure: bool,
    /// Whether the token survives while KV is down, so that asking again connects.
    pub kept_while_down: bool,
}

impl Seen {
    /// What it leaves out, in a few words each.
    #[must_use]
    pub fn leaves_out(&self) -> String {
        let all = [
            (self.plain_token, "sealing"),
            (self.other_browser, "the binding to a browser"),
            (self.prefetch_spends, "a callback that may be prefetched"),
            (self.code_in_address, "a code that nobody can read"),
            (!self.one_failure, "a second try of a write"),
            (!self.kept_while_down, "keeping the token when KV is down"),
            (!self.repeats, "an answer to who asks again"),
        ];
        let left: Vec<&str> = all.into_iter().filter(|(left, _)| *left).map(|(_, what)| what).collect();
        if left.is_empty() { "nothing".into() } else { left.join("; ") }
    }
}

/// Tries a peer.
#[must_use]
pub fn probe(peer: &Peer, seed: u64) -> Seen {
    let (rig, mut crowd) = (Rig::start(peer.clone(), seed), Crowd::new(seed));
    let calls = |rig: &Rig| {
        let smooch = rig.smooch();
        smooch.count(Endpoint::Token) + smooch.count(Endpoint::TokenInfo)
    };

    let (kv_before, calls_before) = (rig.kv().counts(), calls(&rig));
    let (mut flow, path) = crowd.arrive(&rig);
    let first = finish(&rig, &mut flow, &path);
    assert!(peer.shape.connected(&first), "{}: {first:?}", peer.name);
    let (kv, calls_of_one) = (since(rig.kv().counts(), kv_before), calls(&rig) - calls_before);
    let (plain_token, stored) = (has_token(&rig), stored(&rig));
    // Some say that all is well when it is not: where a token can be seen, it is looked for.
    let connected = |answer: &Answer| peer.shape.connected(answer) && (!plain_token || has_token(&rig));

    let again = match peer.shape {
        Shape::Bounce => rig.ask(&flow.completion(&rig)),
        Shape::AtOnce { .. } => rig.ask(&get(&rig, &path, &flow.cookie)),
    };
    let repeats = connected(&again);

    let mut spends = |method: &str, header: &str| {
        let (flow, path) = crowd.arrive(&rig);
        let before = calls(&rig);
        let request = String::from_utf8_lossy(&get(&rig, &path, &flow.cookie)).into_owned();
        let request = request.replacen("GET", method, 1).replacen("accept: */*", header, 1);
        let answer = rig.ask(request.as_bytes());
        (calls(&rig) > before, answer, path)
    };
    let (prefetch_spends, bounce, path) = spends("GET", "sec-purpose: prefetch");
    let code = path.split(['?', '&']).find_map(|part| part.strip_prefix("code=")).unwrap_or_default();
    let code_in_address = bounce.header("location").is_some_and(|location| location.contains(code));
    let (head_spends, ..) = spends("HEAD", "accept: */*");

    let (flow, path) = crowd.arrive(&rig);
    let stranger = crowd.stranger(&flow);
    rig.tidy();
    let other_browser = connected(&try_to_finish(&rig, stranger, &path));

    let mut with_faults = |faults: usize| {
        rig.tidy();
        let (mut flow, path) = crowd.arrive(&rig);
        (0..faults).for_each(|_| rig.kv().fail_put("", Fault::Before));
        let failed = finish(&rig, &mut flow, &path);
        if connected(&failed) {
            return (true, true);
        }
        rig.tidy();
        // What the answer holds, if it holds anything, is what a page asks again with.
        let said: Value = serde_json::from_slice(&failed.body).unwrap_or_default();
        if let Some(receipt) = said["receipt"].as_str() {
            receipt.clone_into(&mut flow.receipt);
        }
        let again = match peer.shape {
            Shape::Bounce => rig.ask(&flow.completion(&rig)),
            Shape::AtOnce { .. } => rig.ask(&get(&rig, &path, &flow.cookie)),
        };
        (false, connected(&again))
    };
    let (one_failure, _) = with_faults(1);
    let (_, kept_while_down) = with_faults(DOWN);

    Seen {
        stored,
        kv,
        calls: calls_of_one,
        prefetch_spends,
        head_spends,
        code_in_address,
        other_browser,
        plain_token,
        repeats,
        one_failure,
        kept_while_down,
    }
}

fn stored(rig: &Rig) -> Vec<String> {
    let mut kv = rig.kv();
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

/// Whether a token that Smooch has issued stands in KV as it is.
fn has_token(rig: &Rig) -> bool {
    let dump = rig.kv().dump();
    rig.smooch().issued_tokens().iter().any(|token| dump.contains(&token.access_token))
}

/// Goes on from the callback to the end.
fn finish(rig: &Rig, flow: &mut Flow, path: &str) -> Answer {
    let answer = rig.ask(&get(rig, path, &flow.cookie));
    match rig.peer.shape {
        Shape::AtOnce { .. } => answer,
        Shape::Bounce => {
            flow.bounced(rig, &answer);
            rig.ask(&flow.completion(rig))
        }
    }
}

/// The same for somebody who may be refused at the callback already.
fn try_to_finish(rig: &Rig, mut flow: Flow, path: &str) -> Answer {
    let answer = rig.ask(&get(rig, path, &flow.cookie));
    if rig.peer.shape == Shape::Bounce && answer.status == 303 {
        flow.bounced(rig, &answer);
        return rig.ask(&flow.completion(rig));
    }
    answer
}

fn since(now: Counts, before: Counts) -> Counts {
    Counts {
        gets: now.gets - before.gets,
        puts: now.puts - before.puts,
        deletes: now.deletes - before.deletes,
        lists: now.lists - before.lists,
    }
}
