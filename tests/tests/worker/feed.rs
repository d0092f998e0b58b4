//! Every change of a connection reaches the feed, also if KV fails to store the event at first. In memory, because the clock
//! jumps.

use http::StatusCode;
use serde_json::{Value, json};
use stand_in::{
    Endpoint, Fault, Owner,
    accounts::{NIGHT_MARKET, OWNER},
};
use std::collections::BTreeSet;
use tests::{
    kv::Fault as KvFault,
    page::{self, Fragment, Page, call_v1, complete_request, connection_id, create_session, get, get_v1},
    simulator::Simulator,
    world::{Setup, World},
};

const MINUTE: u64 = 61_000;
const HOUR: u64 = 60 * 60 * 1_000;

/// Type and connection of each event in the feed, after the feed's delay.
fn feed_events(world: &mut Simulator) -> Vec<(String, Value)> {
    world.advance(2 * MINUTE);
    let page = page::json(&get_v1(world, "/v1/events"));
    let events = page["events"].as_array().unwrap().iter();
    events
        .map(|event| (event["type"].as_str().unwrap().to_owned(), event["connection"]["id"].clone()))
        .collect()
}

fn fail_writes(world: &Simulator, prefix: &str) {
    for _try in 0..3 {
        world.kv().fail_put(prefix, KvFault::Before);
    }
}

/// Runs upkeep twice per round, with a day between them, so that a new round of checks is due.
fn run_upkeep_rounds(world: &mut Simulator, rounds: u32) {
    for _round in 0..rounds {
        world.run_upkeep();
        world.advance(25 * HOUR);
        world.run_upkeep();
    }
}

fn connected(id: &str) -> (String, Value) {
    ("connection.connected".to_owned(), id.into())
}

#[test]
fn a_missing_connected_event_is_written_later_and_once() {
    for crashes in [false, true] {
        let mut world = Simulator::new(&Setup::sunshine());
        let other = connection_id(&Page::new("main", 1).install(&mut world, OWNER, "Corner Bakery"));
        let page = Page::new("main", 2);
        let callback = page.allow(&mut world, OWNER, "Night Market");
        let receipt = Fragment::from_redirect(&get(&mut world, &callback)).receipt.unwrap();
        let request = complete_request(&world, &page.origin, &page.form(&receipt));
        if crashes {
            world.send_and_crash(request, &["event/", "completed/"], &Setup::sunshine());
        } else {
            fail_writes(&world, "event/");
            assert_eq!(world.send(request).status(), 200);
        }
        let listed = page::json(&get_v1(&mut world, "/v1/connections"));
        let ids = listed["connections"].as_array().unwrap().iter().map(|shown| shown["id"].clone());
        let id = ids.into_iter().find(|id| *id != other.as_str()).unwrap();
        let id = id.as_str().unwrap();
        assert_eq!(feed_events(&mut world), [connected(&other)]);
        let next = page::json(&get_v1(&mut world, "/v1/events"))["next"].as_str().unwrap().to_owned();
        // The late event is written although another request fails at the same time.
        world.smooch().on_next(Endpoint::TokenInfo, Fault::status(StatusCode::BAD_GATEWAY));
        run_upkeep_rounds(&mut world, 4);
        assert_eq!(feed_events(&mut world), [connected(&other), connected(id)]);
        assert_eq!(world.log().matches(r#""noted":1"#).count(), 1);
        // A reader whose cursor is newer than the connection still gets the event.
        let rest = page::json(&get_v1(&mut world, &format!("/v1/events?after={next}")));
        assert_eq!(rest["events"][0]["connection"]["id"], id);
    }
}

#[test]
fn a_late_event_that_cannot_be_stored_is_retried() {
    let mut world = Simulator::new(&Setup::smooch());
    fail_writes(&world, "event/");
    let id = connection_id(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    world.advance(2 * MINUTE);
    fail_writes(&world, "event/");
    world.run_upkeep();
    assert_eq!(feed_events(&mut world), []);
    world.advance(HOUR);
    world.run_upkeep();
    assert_eq!(feed_events(&mut world), [connected(&id)]);
}

#[test]
fn an_event_that_the_feed_does_not_show_yet_is_not_written_twice() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connection_id(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    run_upkeep_rounds(&mut world, 3);
    assert_eq!(feed_events(&mut world), [connected(&id)]);
}

#[test]
fn a_missing_revoked_event_is_written_later() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connection_id(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    world.advance(2 * MINUTE);
    world.run_upkeep();
    let origin = world.smooch_origin();
    Owner::new(OWNER).remove(&origin, NIGHT_MARKET, |request| world.visit(request)).unwrap();
    fail_writes(&world, "event/");
    let call = format!("/v1/connections/{id}/api/v2/apps/{NIGHT_MARKET}/conversations");
    assert_eq!(get_v1(&mut world, &call).status(), 401);
    let revoked = ("connection.revoked".to_owned(), Value::from(id.as_str()));
    assert_eq!(feed_events(&mut world), [connected(&id)]);
    world.advance(25 * HOUR);
    world.run_upkeep();
    assert_eq!(feed_events(&mut world), [connected(&id), revoked.clone()]);
    run_upkeep_rounds(&mut world, 2);
    assert_eq!(feed_events(&mut world), [connected(&id), revoked]);
}

#[test]
fn a_removal_whose_event_cannot_be_stored_is_not_done_yet() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connection_id(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    world.advance(MINUTE);
    fail_writes(&world, "event/");
    let removed = call_v1(&mut world, "DELETE", &format!("/v1/connections/{id}"), "");
    assert_eq!(
        (removed.status().as_u16(), page::json(&removed)["code"].as_str()),
        (503, Some("storage_unavailable"))
    );
    world.advance(MINUTE);
    assert_eq!(call_v1(&mut world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 204);
    assert_eq!(feed_events(&mut world), [connected(&id), ("connection.removed".to_owned(), id.into())]);
    assert!(world.smooch().live_tokens().is_empty());
}

#[test]
fn many_missing_events_are_written_within_the_budget_of_each_run() {
    const MANY: u8 = 40;
    let mut world = Simulator::new(&Setup { rate_limited: false, ..Setup::sunshine() });
    for seed in 1..=MANY {
        let created = create_session(&mut world, &json!({"subject": format!("user-{seed}")}));
        let page = Page::new("main", seed).with_session(page::json(&created)["session"].as_str().unwrap());
        fail_writes(&world, "event/");
        assert_eq!(page.install(&mut world, OWNER, "Night Market").status(), 200);
        world.advance(2_000);
    }
    world.advance(2 * MINUTE);
    for _run in 0..MANY {
        let before = (world.kv().counts().all(), world.smooch().requests().len());
        world.run_upkeep();
        let cost = world.kv().counts().all() - before.0 + world.smooch().requests().len() - before.1;
        assert!(cost <= 40, "{cost} requests");
        world.advance(MINUTE);
    }
    let ids: Vec<Value> = feed_events(&mut world).into_iter().map(|(_, id)| id).collect();
    let different: BTreeSet<&str> = ids.iter().filter_map(Value::as_str).collect();
    assert_eq!((ids.len(), different.len()), (MANY.into(), MANY.into()));
}
