//! Whatever happens to a connection is in the feed in the end, also where KV did not take the event at first. In memory,
//! where time can pass.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "where it panics, a test has failed")]

use http::StatusCode;
use serde_json::{Value, json};
use stand_in::{
    Endpoint, Fault, Owner,
    accounts::{NIGHT_MARKET, OWNER},
};
use std::collections::BTreeSet;
use tests::{
    kv::Fault as KvFault,
    page::{self, Fragment, Page, call_v1, completion, get, get_v1, id_of, session},
    simulator::Simulator,
    world::{Setup, World},
};

const MINUTE: u64 = 61_000;
const HOUR: u64 = 60 * 60 * 1_000;

/// What the feed tells, once it is old enough.
fn told(world: &mut Simulator) -> Vec<(String, Value)> {
    world.pass(2 * MINUTE);
    let page = page::json(&get_v1(world, "/v1/events"));
    let events = page["events"].as_array().unwrap().iter();
    events
        .map(|event| (event["type"].as_str().unwrap().to_owned(), event["connection"]["id"].clone()))
        .collect()
}

fn fail(world: &Simulator, prefix: &str) {
    for _try in 0..3 {
        world.kv().fail_put(prefix, KvFault::Before);
    }
}

/// So many runs of the sweep, each long enough after the other for another round.
fn sweep(world: &mut Simulator, rounds: u32) {
    for _round in 0..rounds {
        world.sweep();
        world.pass(25 * HOUR);
        world.sweep();
    }
}

fn connected(id: &str) -> (String, Value) {
    ("connection.connected".to_owned(), id.into())
}

#[test]
fn what_was_connected_and_not_noted_is_noted_later_and_once() {
    for dies in [false, true] {
        let mut world = Simulator::new(&Setup::sunshine());
        let other = id_of(&Page::new("main", 1).install(&mut world, OWNER, "Corner Bakery"));
        let page = Page::new("main", 2);
        let callback = page.allow(&mut world, OWNER, "Night Market");
        let receipt = Fragment::of(&get(&mut world, &callback)).receipt.unwrap();
        let request = completion(&world, &page.origin, &page.form(&receipt));
        if dies {
            world.send_and_die(request, &["event/", "completed/"], &Setup::sunshine());
        } else {
            fail(&world, "event/");
            assert_eq!(world.send(request).status(), 200);
        }
        let listed = page::json(&get_v1(&mut world, "/v1/connections"));
        let ids = listed["connections"].as_array().unwrap().iter().map(|shown| shown["id"].clone());
        let id = ids.into_iter().find(|id| *id != other.as_str()).unwrap();
        let id = id.as_str().unwrap();
        assert_eq!(told(&mut world), [connected(&other)]);
        let next = page::json(&get_v1(&mut world, "/v1/events"))["next"].as_str().unwrap().to_owned();
        // The event comes late, while something else goes wrong too.
        world.smooch().on_next(Endpoint::TokenInfo, Fault::status(StatusCode::BAD_GATEWAY));
        sweep(&mut world, 4);
        assert_eq!(told(&mut world), [connected(&other), connected(id)]);
        assert_eq!(world.log().matches(r#""noted":1"#).count(), 1);
        // Who has read on from there meanwhile hears of it too.
        let rest = page::json(&get_v1(&mut world, &format!("/v1/events?after={next}")));
        assert_eq!(rest["events"][0]["connection"]["id"], id);
    }
}

#[test]
fn a_late_event_that_is_not_stored_either_is_tried_again() {
    let mut world = Simulator::new(&Setup::smooch());
    fail(&world, "event/");
    let id = id_of(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    world.pass(2 * MINUTE);
    fail(&world, "event/");
    world.sweep();
    assert_eq!(told(&mut world), []);
    world.pass(HOUR);
    world.sweep();
    assert_eq!(told(&mut world), [connected(&id)]);
}

#[test]
fn a_connection_that_is_on_its_way_into_the_feed_is_not_noted_twice() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = id_of(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    sweep(&mut world, 3);
    assert_eq!(told(&mut world), [connected(&id)]);
}

#[test]
fn a_revocation_that_is_not_noted_is_found_again() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = id_of(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    world.pass(2 * MINUTE);
    world.sweep();
    let origin = world.smooch_origin();
    Owner::new(OWNER).remove(&origin, NIGHT_MARKET, |request| world.visit(request)).unwrap();
    fail(&world, "event/");
    let call = format!("/v1/connections/{id}/api/v2/apps/{NIGHT_MARKET}/conversations");
    assert_eq!(get_v1(&mut world, &call).status(), 401);
    let revoked = ("connection.revoked".to_owned(), Value::from(id.as_str()));
    assert_eq!(told(&mut world), [connected(&id)]);
    world.pass(25 * HOUR);
    world.sweep();
    assert_eq!(told(&mut world), [connected(&id), revoked.clone()]);
    sweep(&mut world, 2);
    assert_eq!(told(&mut world), [connected(&id), revoked]);
}

#[test]
fn what_cannot_be_noted_is_not_removed_yet() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = id_of(&Page::new("main", 1).install(&mut world, OWNER, "Night Market"));
    world.pass(MINUTE);
    fail(&world, "event/");
    let removed = call_v1(&mut world, "DELETE", &format!("/v1/connections/{id}"), "");
    assert_eq!(
        (removed.status().as_u16(), page::json(&removed)["code"].as_str()),
        (503, Some("storage_unavailable"))
    );
    world.pass(MINUTE);
    assert_eq!(call_v1(&mut world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 204);
    assert_eq!(told(&mut world), [connected(&id), ("connection.removed".to_owned(), id.into())]);
    assert!(world.smooch().live_tokens().is_empty());
}

#[test]
fn however_many_were_not_noted_each_run_costs_what_it_may_and_gets_further() {
    const MANY: u8 = 40;
    let mut world = Simulator::new(&Setup { limited: false, ..Setup::sunshine() });
    for seed in 1..=MANY {
        let made = session(&mut world, &json!({"subject": format!("user-{seed}")}));
        let page = Page::new("main", seed).of(page::json(&made)["session"].as_str().unwrap());
        fail(&world, "event/");
        assert_eq!(page.install(&mut world, OWNER, "Night Market").status(), 200);
        world.pass(2_000);
    }
    world.pass(2 * MINUTE);
    for _run in 0..MANY {
        let before = (world.kv().counts().all(), world.smooch().requests().len());
        world.sweep();
        let cost = world.kv().counts().all() - before.0 + world.smooch().requests().len() - before.1;
        assert!(cost <= 40, "{cost} requests");
        world.pass(MINUTE);
    }
    let told: Vec<Value> = told(&mut world).into_iter().map(|(_, id)| id).collect();
    let different: BTreeSet<&str> = told.iter().filter_map(Value::as_str).collect();
    assert_eq!((told.len(), different.len()), (MANY.into(), MANY.into()));
}
