//! Events on their way to the partner's backend, in memory: signed, tried again by the schedule, and never lost.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "where it panics, a test has failed")]

use edge::delivery::SCHEDULE;
use http::StatusCode;
use serde_json::{Value, json};
use stand_in::{Broken, Endpoint, Fault, accounts::OWNER};
use std::fs;
use tests::{
    clock::wall_clock,
    page::{Page, call_v1, get_v1, id_of, json},
    receiver::{SECRET, broken, status},
    simulator::{RECEIVER, Simulator},
    tools::root,
    world::{Setup, World},
};

/// Longer than the feed waits for KV.
const SETTLED: u64 = 80_000;

const OTHER_SECRET: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn world() -> Simulator {
    Simulator::new(&setup())
}

fn setup() -> Setup {
    Setup::smooch().with("EVENTS_URL", RECEIVER).with("EVENTS_SECRET", SECRET)
}

fn install(world: &mut Simulator, seed: u8) -> String {
    let connected = Page::new("main", seed).install(world, OWNER, "Night Market");
    assert_eq!(connected.status(), 200);
    id_of(&connected)
}

fn feed(world: &mut Simulator) -> Vec<Value> {
    world.pass(SETTLED);
    json(&get_v1(world, "/v1/events"))["events"].as_array().unwrap().clone()
}

/// What is left in the queue, and how many dead letters there are.
fn left(world: &Simulator) -> (usize, usize) {
    let queue = world.queue();
    (queue.messages.len(), queue.dead_letters.len())
}

/// Lets time pass until the next message is due, in seconds.
fn wait(world: &mut Simulator) -> u64 {
    let due = world.queue().messages.iter().map(|message| message.due).min().unwrap();
    let wait = due.saturating_sub(world.now());
    world.pass(wait);
    wait / 1000
}

fn last_line(world: &Simulator) -> Value {
    serde_json::from_str(world.log().lines().last().unwrap()).unwrap()
}

#[test]
fn an_event_is_delivered_as_the_feed_has_it_and_the_published_library_believes_it() {
    let mut world = world();
    // The library goes by the real clock.
    let ahead = wall_clock() - world.now();
    world.pass(ahead);
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
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", RECEIVER));
    assert_eq!(request.headers()["content-type"], "application/json");
    let event = delivery.event();
    assert_eq!((&event["type"], &event["connection"]["id"]), (&json!("connection.connected"), &json!(id)));
    assert_eq!(event["id"], delivery.id());
    assert_eq!(feed(&mut world), [event]);
    world.deliver();
    assert_eq!((world.receiver().received().len(), left(&world)), (1, (0, 0)));
}

#[test]
fn while_a_secret_changes_both_are_believed() {
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
    // The call, and the question whether the token lives.
    for _refused in 0..2 {
        world.smooch().on_next(Endpoint::Api, Fault::status(StatusCode::UNAUTHORIZED));
    }
    let call = format!("/v1/connections/{id}/api/v2/apps/x");
    assert_eq!(call_v1(&mut world, "GET", &call, "").status(), 401);
    world.pass(60_000);
    assert_eq!(call_v1(&mut world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 204);
    world.deliver();
    let types: Vec<Value> =
        world.receiver().received().iter().map(|delivery| delivery.event()["type"].clone()).collect();
    assert_eq!(types, ["connection.connected", "connection.revoked", "connection.removed"]);
}

#[test]
fn delivering_costs_no_kv() {
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
fn a_receiver_that_fails_is_tried_again_by_the_schedule_and_sees_the_same_id() {
    let mut world = world();
    install(&mut world, 1);
    for _attempt in SCHEDULE {
        world.receiver().on_next(status(500));
    }
    world.deliver();
    for scheduled in SCHEDULE.map(u64::from) {
        assert_eq!(last_line(&world)["outcome"], "failed");
        assert!((scheduled..=scheduled + scheduled / 10).contains(&wait(&mut world)));
        world.deliver();
    }
    assert_eq!(left(&world), (0, 0));
    let received = world.receiver().received().to_vec();
    assert_eq!(received.len(), 7);
    for pair in received.windows(2) {
        assert_eq!((pair[0].id(), pair[0].event()), (pair[1].id(), pair[1].event()));
        assert!(pair[0].timestamp() < pair[1].timestamp());
    }
    assert!(received.iter().all(|delivery| delivery.is_signed(SECRET)));
}

#[test]
fn what_nobody_takes_is_kept_as_a_dead_letter_and_is_in_the_feed() {
    let mut world = world();
    install(&mut world, 1);
    let sent = world.queue().messages[0].body.clone();
    let mut elsewhere = status(302);
    elsewhere.headers_mut().insert("location", RECEIVER.parse().unwrap());
    let answers = [
        status(400),
        status(401),
        status(404),
        elsewhere,
        broken(Broken::Hang),
        broken(Broken::Reset),
        status(503),
    ];
    for answer in answers {
        world.receiver().on_next(answer);
    }
    world.deliver();
    for _attempt in SCHEDULE {
        wait(&mut world);
        world.deliver();
    }
    // One request each: the redirect was not followed.
    assert_eq!((world.receiver().received().len(), left(&world)), (7, (0, 1)));
    let line = last_line(&world);
    assert_eq!(
        (&line["outcome"], &line["attempt"], line.get("again_after")),
        (&json!("failed"), &json!(7), None)
    );
    let dead: Value = serde_json::from_str(&world.queue().dead_letters[0]).unwrap();
    assert_eq!(dead, serde_json::from_str::<Value>(&sent).unwrap());
    assert_eq!(feed(&mut world), [dead]);
}

#[test]
fn a_receiver_that_is_gone_is_left_alone() {
    let mut world = world();
    install(&mut world, 1);
    world.receiver().on_next(status(410));
    world.deliver();
    assert_eq!((world.receiver().received().len(), left(&world)), (1, (0, 0)));
    assert_eq!(last_line(&world)["outcome"], "gone");
    assert_eq!(feed(&mut world).len(), 1);
}

#[test]
fn a_receiver_may_ask_for_time() {
    for (asked, expected) in [("120", 120), ("1", 5), ("86400", 3_600), ("soon", 5)] {
        let mut world = world();
        install(&mut world, 1);
        let mut busy = status(429);
        busy.headers_mut().insert("retry-after", asked.parse().unwrap());
        world.receiver().on_next(busy);
        world.deliver();
        let waited = wait(&mut world);
        assert!((expected..=expected + expected / 10).contains(&waited), "{asked}: {waited}");
    }
}

#[test]
fn a_receiver_that_hangs_is_given_up_after_ten_seconds() {
    let mut world = world();
    install(&mut world, 1);
    world.receiver().on_next(broken(Broken::Hang));
    let started = world.now();
    world.deliver();
    assert_eq!(world.now() - started, 10_000);
    assert_eq!((&last_line(&world)["outcome"], left(&world)), (&json!("no_answer"), (1, 0)));
}

#[test]
fn an_answer_counts_by_its_status_however_long_it_is() {
    for (said, expected) in [(200, (0, 0)), (500, (1, 0))] {
        let mut world = world();
        install(&mut world, 1);
        let mut long = status(said);
        *long.body_mut() = vec![b'a'; 100_000];
        world.receiver().on_next(long);
        world.deliver();
        assert_eq!(left(&world), expected, "{said}");
    }
}

#[test]
fn each_message_is_done_with_by_itself() {
    let mut world = world();
    install(&mut world, 1);
    world.pass(2_000);
    install(&mut world, 2);
    world.receiver().on_next(status(500));
    world.deliver();
    assert_eq!((world.receiver().received().len(), left(&world)), (2, (1, 0)));
    wait(&mut world);
    world.deliver();
    let ids: Vec<String> = world.receiver().received().iter().map(|delivery| delivery.id().into()).collect();
    assert_eq!((ids.len(), ids[0] == ids[2], left(&world)), (3, true, (0, 0)));
}

#[test]
fn a_queue_that_takes_nothing_loses_nothing() {
    let mut world = world();
    world.queue().is_closed = true;
    let id = install(&mut world, 1);
    assert_eq!(last_line(&world)["note"], "the queue did not take the event; it is in the feed");
    assert_eq!(last_line(&world)["outcome"], "connected");
    assert_eq!(feed(&mut world)[0]["connection"]["id"], id);
}

#[test]
fn without_a_receiver_nothing_is_queued_and_what_was_is_let_go() {
    let mut world = world();
    install(&mut world, 1);
    world.restart(&Setup::smooch());
    world.pass(2_000);
    install(&mut world, 2);
    assert_eq!(left(&world), (1, 0));
    world.deliver();
    assert_eq!((world.receiver().received().len(), left(&world)), (0, (0, 0)));
    assert_eq!(last_line(&world)["outcome"], "no_receiver");
}

#[test]
fn with_wrong_settings_deliveries_wait() {
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
    assert_eq!((world.receiver().received().len(), left(&world)), (0, (1, 0)));
    world.restart(&setup());
    wait(&mut world);
    world.deliver();
    assert_eq!((world.receiver().received().len(), left(&world)), (1, (0, 0)));
}

#[test]
fn each_delivery_is_one_line_in_the_log_and_no_secret_is_in_it() {
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
    assert_eq!((&last_line(&world)["outcome"], left(&world)), (&json!("no_event"), (0, 0)));
    assert!(!world.log().contains("\\\"secret"));
}

#[test]
fn the_deployed_queue_tries_as_often_as_the_schedule_has_waits_and_keeps_dead_letters() {
    let deployed = fs::read_to_string(root().join("wrangler.toml")).unwrap();
    assert!(deployed.contains(&format!("\nmax_retries = {} ", SCHEDULE.len())));
    assert!(deployed.contains("\ndead_letter_queue = \"add-to-smooch-events-dead\"\n"));
    assert!(deployed.contains("\nbinding = \"EVENTS\"\nqueue = \"add-to-smooch-events\"\n"));
}
