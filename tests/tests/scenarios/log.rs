//! The log: one JSON line for each request, with a fixed set of fields. `secrets` shows that no secret is in it.

use macro_rules_attribute::apply;
use serde_json::Value;
use stand_in::{Endpoint, Fault, accounts::OWNER};
use std::collections::BTreeSet;
use tests::{
    page::{Fragment, Page, call_v1, connection_id, get, get_v1, json},
    world::{Setup, Start},
};

/// The delay of Smooch's answer, in milliseconds.
const SLOW: u64 = 300;

/// Time, request id, route, outcome, site, key, duration, and the part of the duration that Smooch took.
#[apply(scenario)]
fn each_request_writes_one_log_line_with_its_outcome(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    let receipt = Fragment::from_redirect(&get(&mut *world, &callback)).receipt.expect("a receipt");
    let mismatch = json(&Page::new("main", 2).complete(&mut *world, &receipt));
    world.smooch().on_next(Endpoint::Token, Fault::slow(SLOW));
    let id = connection_id(&page.complete(&mut *world, &receipt));
    world.advance(61_000);
    get_v1(&mut *world, &format!("/v1/connections/{id}/token"));
    get_v1(&mut *world, &format!("/v1/connections/{id}/api/v2/x"));
    call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "");
    get(&mut *world, "/nothing");

    let log = world.log();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let field = |name: &str| -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        lines.iter().map(|line| text(&line[name])).collect()
    };
    let one = "/v1/connections/{id}";
    let (token, api) = (format!("{one}/token"), format!("{one}/api"));
    assert_eq!(field("route"), ["/callback", "/complete", "/complete", token.as_str(), &api, one, ""]);
    let outcomes = ["bounced", "verifier_mismatch", "connected", "ok", "ok", "ok", "not_found"];
    assert_eq!(field("outcome"), outcomes);
    assert_eq!(field("site"), ["main", "null", "main", "null", "null", "null", "null"]);
    assert_eq!(field("key"), ["null", "null", "null", "backend", "backend", "backend", "null"]);
    assert_eq!(
        lines[1]["request_id"], mismatch["request_id"],
        "the request id of the answer is not in the log"
    );
    let ids: BTreeSet<String> = field("request_id").into_iter().collect();
    assert_eq!(ids.len(), lines.len());
    let known = [
        "time",
        "request_id",
        "route",
        "outcome",
        "status",
        "site",
        "key",
        "connection",
        "steps",
        "note",
        "milliseconds",
        "upstream_milliseconds",
    ];
    for line in &lines {
        let names: Vec<&String> = line.as_object().expect("a line is an object").keys().collect();
        assert!(names.iter().all(|name| known.contains(&name.as_str())), "{line}");
        assert!(line["time"].as_u64().is_some_and(|time| time > 1_700_000_000_000), "{line}");
        assert!(line["milliseconds"].as_u64() >= line["upstream_milliseconds"].as_u64(), "{line}");
    }
    let upstream = |line: &Value| line["upstream_milliseconds"].as_u64().expect("a number");
    assert_eq!(
        (upstream(&lines[0]), upstream(&lines[1]), upstream(&lines[3])),
        (0, 0, 0),
        "a request without a call to Smooch has upstream time"
    );
    // The platform's clock has whole milliseconds.
    assert!(upstream(&lines[2]) >= SLOW - 1, "{}", lines[2]);
}
