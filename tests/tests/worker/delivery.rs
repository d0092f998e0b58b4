//! Event deliveries (webhooks) in memory: they are signed, retried on a schedule, and never lost.

mod retries;

use edge::delivery::SCHEDULE;
use http::StatusCode;
use serde_json::{Value, json};
use stand_in::{Endpoint, Fault, accounts::OWNER};
use std::fs;
use tests::{
    clock::wall_clock,
    page::{Page, call_v1, connection_id, get_v1, json},
    receiver::{SECRET, status},
    simulator::{RECEIVER_URL, Simulator},
    tools::root,
    world::{Setup, World},
};

/// Longer than the delay of the feed, in milliseconds.
const SETTLED: u64 = 80_000;

const OTHER_SECRET: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn world() -> Simulator {
    Simulator::new(&setup())
}

fn setup() -> Setup {
    Setup::smooch().with("EVENTS_URL", RECEIVER_URL).with("EVENTS_SECRET", SECRET)
}

fn install(world: &mut Simulator, seed: u8) -> String {
    let connected = Page::new("main", seed).install(world, OWNER, "Night Market");
    assert_eq!(connected.status(), 200);
    connection_id(&connected)
}

fn feed(world: &mut Simulator) -> Vec<Value> {
    world.advance(SETTLED);
    json(&get_v1(world, "/v1/events"))["events"].as_array().unwrap().clone()
}

/// The number of messages in the queue, and of dead letters.
fn queue_lengths(world: &Simulator) -> (usize, usize) {
    let queue = world.queue();
    (queue.messages.len(), queue.dead_letters.len())
}

/// Moves the clock to the next due message. Returns the wait in seconds.
fn advance_to_next(world: &mut Simulator) -> u64 {
    let due = world.queue().messages.iter().map(|message| message.due).min().unwrap();
    let wait = due.saturating_sub(world.now());
    world.advance(wait);
    wait / 1000
}

fn last_line(world: &Simulator) -> Value {
    serde_json::from_str(world.log().lines().last().unwrap()).unwrap()
}

#[test]
fn a_delivery_has_the_event_of_the_feed_and_verifies_with_the_published_library() {
    let mut world = world();
    // The library compares the timestamp with the real clock.
    let ahead = wall_clock() - world.now();
    world.advance(ahead);
    let id = install(&mut world, 1);
    world.deliver();
    let delivery = world.receiver().received()[0].clone();
    assert!(delivery.is_verified(SECRET) && delivery.is_signed(SECRET));
    assert!(!delivery.is_verified(OTHER_SECRET) && !delivery.is_signed(OTHER_SECRET));
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut altered = delivery.clone();
        let value = altered.0.headers()[name].to_str().unwrap().replacen(['1', '2'], "3", 1);
        altered.0.headers_mut().insert(name, (value + "0").parse().unwrap());
        assert!(!altered.is_verified(SECRET), "{name}");
    }
    let mut altered = delivery.clone();
    altered.0.body_mut().push(b' ');
    assert!(!altered.is_verified(SECRET));
    let request = &delivery.0;
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", RECEIVER_URL));
    assert_eq!(request.headers()["content-type"], "application/json");
    let event = delivery.event();
    assert_eq!((&event["type"], &event["connection"]["id"]), (&json!("connection.connected"), &json!(id)));
    assert_eq!(event["id"], delivery.id());
    assert_eq!(feed(&mut world), [event]);
    world.deliver();
    assert_eq!((world.receiver().received().len(), queue_lengths(&world)), (1, (0, 0)));
}

#[test]
fn during_a_rotation_a_delivery_is_signed_with_both_secrets() {
    let both = format!("{OTHER_SECRET},{SECRET}");
    let mut world = Simulator::new(&setup().with("EVENTS_SECRET", both));
    install(&mut world, 1);
    world.deliver();
    let delivery = world.receiver().received()[0].clone();
    assert!(delivery.is_signed(SECRET) && delivery.is_signed(OTHER_SECRET));
}

#[test]
fn every_kind_of_event_is_delivered() {
    let mut world = world();
    let id = install(&mut world, 1);
    // The call, and the check of the token.
    for _refused in 0..2 {
        world.smooch().on_next(Endpoint::Api, Fault::status(StatusCode::UNAUTHORIZED));
    }
    let call = format!("/v1/connections/{id}/api/v2/apps/x");
    assert_eq!(call_v1(&mut world, "GET", &call, "").status(), 401);
    world.advance(60_000);
    assert_eq!(call_v1(&mut world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 204);
    world.deliver();
    let types: Vec<Value> =
        world.receiver().received().iter().map(|delivery| delivery.event()["type"].clone()).collect();
    assert_eq!(types, ["connection.connected", "connection.revoked", "connection.removed"]);
}

#[test]
fn a_delivery_makes_no_kv_operation() {
    let costs = |setup: &Setup| {
        let mut world = Simulator::new(setup);
        install(&mut world, 1);
        world.deliver();
        world.kv().counts()
    };
    assert_eq!(costs(&setup()), costs(&Setup::smooch()));
    assert!(costs(&setup()).puts <= 4 && costs(&setup()).gets == 0);
}

#[test]
fn an_event_that_the_queue_rejects_stays_in_the_feed() {
    let mut world = world();
    world.queue().is_closed = true;
    let id = install(&mut world, 1);
    assert_eq!(last_line(&world)["note"], "the queue did not take the event; it is in the feed");
    assert_eq!(last_line(&world)["outcome"], "connected");
    assert_eq!(feed(&mut world)[0]["connection"]["id"], id);
}

#[test]
fn without_a_receiver_nothing_is_queued_and_queued_messages_are_acknowledged() {
    let mut world = world();
    install(&mut world, 1);
    world.restart(&Setup::smooch());
    world.advance(2_000);
    install(&mut world, 2);
    assert_eq!(queue_lengths(&world), (1, 0));
    world.deliver();
    assert_eq!((world.receiver().received().len(), queue_lengths(&world)), (0, (0, 0)));
    assert_eq!(last_line(&world)["outcome"], "no_receiver");
}

#[test]
fn with_wrong_settings_deliveries_are_retried_later() {
    let mut world = world();
    install(&mut world, 1);
    world.restart(&setup().with("EVENTS_SECRET", "whsec_c2hvcnQ="));
    let health = get_v1(&mut world, "/healthz");
    assert_eq!(
        (health.status().as_u16(), &json(&health)["settings"][0]["name"]),
        (503, &json!("EVENTS_SECRET"))
    );
    assert!(!String::from_utf8_lossy(health.body()).contains("c2hvcnQ"));
    world.deliver();
    assert_eq!((world.receiver().received().len(), queue_lengths(&world)), (0, (1, 0)));
    world.restart(&setup());
    advance_to_next(&mut world);
    world.deliver();
    assert_eq!((world.receiver().received().len(), queue_lengths(&world)), (1, (0, 0)));
}

#[test]
fn each_delivery_writes_one_log_line_without_secrets() {
    let mut world = world();
    install(&mut world, 1);
    let before = world.log().lines().count();
    world.receiver().on_next(status(500));
    world.deliver();
    let log = world.log();
    assert_eq!(log.lines().count(), before + 1);
    let line = last_line(&world);
    let id = world.receiver().received()[0].id().to_owned();
    assert_eq!((&line["route"], &line["event"]), (&json!("queue"), &json!(id)));
    assert_eq!(
        (&line["attempt"], &line["status"], &line["again_after"]),
        (&json!(1), &json!(500), &json!(5))
    );
    assert!(
        !log.contains("whsec_") && !log.contains(SECRET.trim_start_matches("whsec_")) && !log.contains("v1,")
    );
    world.queue().messages = vec![tests::simulator::Message { body: "\"secret".into(), attempts: 0, due: 0 }];
    world.deliver();
    assert_eq!((&last_line(&world)["outcome"], queue_lengths(&world)), (&json!("no_event"), (0, 0)));
    assert!(!world.log().contains("\\\"secret"));
}

#[test]
fn the_deployed_queue_retries_as_often_as_the_schedule_and_has_a_dead_letter_queue() {
    let deployed = fs::read_to_string(root().join("wrangler.toml")).unwrap();
    assert!(deployed.contains(&format!("\nmax_retries = {} ", SCHEDULE.len())));
    assert!(deployed.contains("\ndead_letter_queue = \"add-to-smooch-events-dead\"\n"));
    assert!(deployed.contains("\nbinding = \"EVENTS\"\nqueue = \"add-to-smooch-events\"\n"));
}
