//! The list of faults.

use super::case::{Case, Trigger};
use crate::kv::{Fault as KvFault, Operation};
use stand_in::{Broken, Endpoint, Fault};

/// Every case, grouped by component.
#[must_use]
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let case = |component, name, trigger| Case { component, name, needs_clock: false, trigger };
    for (component, endpoint) in
        [("Smooch's token endpoint", Endpoint::Token), ("Smooch's tokenInfo", Endpoint::TokenInfo)]
    {
        for (name, fault) in answers() {
            cases.push(case(component, name, Trigger::SmoochAnswer(endpoint, fault)));
        }
    }
    let kv = |name, trigger| Case { component: "KV", name, needs_clock: false, trigger };
    cases.extend([
        kv("a write of the record fails once", Trigger::KvWrite("connection/", KvFault::Before, 1)),
        kv("every write of the record fails", Trigger::KvWrite("connection/", KvFault::Before, 3)),
        kv(
            "every write of the record fails, and is made all the same",
            Trigger::KvWrite("connection/", KvFault::After, 3),
        ),
        kv("KV answers 429 once", Trigger::KvWrite("connection/", KvFault::Busy, 1)),
        kv("KV answers 429 each time", Trigger::KvWrite("connection/", KvFault::Busy, 3)),
        kv("the index by subject cannot be written", Trigger::KvWrite("subject/", KvFault::Before, 3)),
        kv(
            "the marker of the completed flow cannot be written",
            Trigger::KvWrite("completed/", KvFault::Before, 3),
        ),
        kv("the event cannot be written", Trigger::KvWrite("event/", KvFault::Before, 3)),
        kv("reads are a minute old when the page retries", Trigger::LostAnswerAndStaleRead),
        kv(
            "the marker of the completed flow cannot be listed when the page retries",
            Trigger::LostAnswerAndKvList("completed/"),
        ),
        kv(
            "the connection cannot be listed when the page retries",
            Trigger::LostAnswerAndKvList("connection/"),
        ),
        kv(
            "connections cannot be listed when the partner calls",
            Trigger::KvWhenPartnerCalls(Operation::List, "connection/"),
        ),
        kv(
            "the record cannot be read when the partner calls",
            Trigger::KvWhenPartnerCalls(Operation::Get, "connection/"),
        ),
        kv(
            "the record has lost its metadata",
            Trigger::Tampered(|world, key| world.kv().tamper(key, |entry| entry.metadata = None)),
        ),
        kv(
            "the record cannot be opened",
            Trigger::Tampered(|world, key| world.kv().tamper(key, |entry| entry.value = "k1.AAAA".into())),
        ),
        kv(
            "the record is sealed under a key that was removed",
            Trigger::Tampered(|world, key| {
                world.kv().tamper(key, |entry| entry.value = entry.value.replacen("k1", "k0", 1));
            }),
        ),
        case("the page and the Worker", "the answer of `/complete` is lost", Trigger::LostAnswer),
        case(
            "the page and the Worker",
            "the page disconnects after the Worker has sent the code",
            Trigger::Disconnect,
        ),
        case("the page and the Worker", "`/complete` is sent twice", Trigger::SentTwice),
        case("the page and the Worker", "`/complete` is sent twice at the same time", Trigger::Race),
        case(
            "the page and the Worker",
            "the Worker crashes with the token, before it stores the record",
            Trigger::Crash(&["connection/"]),
        ),
        case(
            "the page and the Worker",
            "the Worker crashes after it stored the record, before it writes the event",
            Trigger::Crash(&["event/", "completed/"]),
        ),
    ]);
    let minutes = 60_000;
    for (name, trigger) in [
        ("eleven minutes pass before `/complete`", Trigger::Delay(11 * minutes)),
        ("eleven minutes pass while the page holds the token", Trigger::EscrowDelay(11 * minutes)),
        ("two minutes pass while the page holds the token", Trigger::EscrowDelay(2 * minutes)),
        (
            "eleven minutes pass while the page holds the token, and KV cannot be listed then",
            Trigger::EscrowDelayAndKvList(11 * minutes),
        ),
        (
            "the answer is lost, and the page retries after eleven minutes",
            Trigger::LostAnswerThenDelay(11 * minutes),
        ),
        ("the clocks are set back an hour before `/complete`", Trigger::ClockSetBack(60 * minutes)),
        (
            "the clocks are set back an hour while the page holds the token",
            Trigger::EscrowClockSetBack(60 * minutes),
        ),
    ] {
        cases.push(Case { component: "the clock", name, needs_clock: true, trigger });
    }
    cases
}

/// Faults of an endpoint of Smooch.
fn answers() -> Vec<(&'static str, Fault)> {
    let answer = |status, content_type: &str, body: &str| {
        let answer = http::Response::builder().status(status).header("content-type", content_type);
        answer.body(body.as_bytes().to_vec()).expect("the answer is valid")
    };
    let broken = |how| {
        let mut answer = stand_in::Response::default();
        answer.extensions_mut().insert(how);
        answer
    };
    let json = "application/json";
    let long = format!(r#"{{"access_token":"a","padding":"{}"}}"#, "a".repeat(10 * 1024 * 1024));
    vec![
        ("takes two seconds", Fault::slow(2_000)),
        ("hangs before processing the request", Fault::before(broken(Broken::Hang))),
        ("hangs after processing the request", Fault::after(broken(Broken::Hang))),
        ("resets the connection before processing the request", Fault::before(broken(Broken::Reset))),
        ("resets the connection after processing the request", Fault::after(broken(Broken::Reset))),
        ("429", Fault::before(answer(429, json, "{}"))),
        ("500", Fault::before(answer(500, json, "{}"))),
        ("502 with HTML", Fault::before(answer(502, "text/html", "<h1>Bad Gateway</h1>"))),
        ("503", Fault::before(answer(503, json, "{}"))),
        ("500 after processing the request", Fault::after(answer(500, json, "{}"))),
        ("200 with invalid JSON after processing the request", Fault::after(answer(200, json, "}{"))),
        ("200 with invalid JSON", Fault::before(answer(200, json, "}{"))),
        ("200 with 10 MB", Fault::before(answer(200, json, &long))),
        ("the right answer as `text/html`", Fault::with_content_type("text/html")),
        ("200 with HTML", Fault::before(answer(200, "text/html", "<p>welcome</p>"))),
        (
            "a token of another type",
            Fault::before(answer(200, json, r#"{"access_token":"a","token_type":"mac"}"#)),
        ),
        (
            "an object without a token and without an app",
            Fault::before(answer(200, json, r#"{"token_type":"Bearer"}"#)),
        ),
    ]
}
