//! One line for each request, with what operations need of it and nothing else. That no secret is in it is
//! `secrets`' to show.

use super::Start;
use crate::{
    page::{Fragment, Page, call_v1, get, get_v1, id_of, json},
    world::Setup,
};
use serde_json::Value;
use stand_in::{Endpoint, Fault, accounts::OWNER};
use std::collections::BTreeSet;

/// How long Smooch takes here, in milliseconds.
const SLOW: u64 = 300;

/// When, which, what for, what came of it, for whom, by which key, how long, and how long of that it was Smooch.
pub fn each_request_has_one_line_that_says_what_it_was(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    let receipt = Fragment::of(&get(&mut *world, &callback)).receipt.expect("a receipt");
    let stranger = json(&Page::new("main", 2).complete(&mut *world, &receipt));
    world.smooch().on_next(Endpoint::Token, Fault::slow(SLOW));
    let id = id_of(&page.complete(&mut *world, &receipt));
    world.pass(61_000);
    get_v1(&mut *world, &format!("/v1/connections/{id}/token"));
    get_v1(&mut *world, &format!("/v1/connections/{id}/api/v2/x"));
    call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "");
    get(&mut *world, "/nothing");

    let log = world.log();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let told = |name: &str| -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        lines.iter().map(|line| text(&line[name])).collect()
    };
    let one = "/v1/connections/{id}";
    let (token, api) = (format!("{one}/token"), format!("{one}/api"));
    assert_eq!(told("route"), ["/callback", "/complete", "/complete", token.as_str(), &api, one, ""]);
    let outcomes = ["bounced", "verifier_mismatch", "connected", "ok", "ok", "ok", "not_found"];
    assert_eq!(told("outcome"), outcomes);
    assert_eq!(told("site"), ["main", "null", "main", "null", "null", "null", "null"]);
    assert_eq!(told("key"), ["null", "null", "null", "backend", "backend", "backend", "null"]);
    assert_eq!(lines[1]["request_id"], stranger["request_id"], "what the page was told finds the line");
    let ids: BTreeSet<String> = told("request_id").into_iter().collect();
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
        "Smooch was not asked"
    );
    // The platform counts whole milliseconds.
    assert!(upstream(&lines[2]) >= SLOW - 1, "{}", lines[2]);
}
