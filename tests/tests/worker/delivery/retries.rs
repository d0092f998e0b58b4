//! Failed deliveries: retries, delays and dead letters.

use super::{advance_to_next, feed, install, last_line, queue_lengths, world};
use edge::delivery::SCHEDULE;
use serde_json::{Value, json};
use stand_in::Broken;
use tests::{
    receiver::{SECRET, broken, status},
    simulator::RECEIVER_URL,
    world::World,
};

#[test]
fn a_failed_delivery_is_retried_on_schedule_with_the_same_id() {
    let mut world = world();
    install(&mut world, 1);
    for _attempt in SCHEDULE {
        world.receiver().on_next(status(500));
    }
    world.deliver();
    for scheduled in SCHEDULE.map(u64::from) {
        assert_eq!(last_line(&world)["outcome"], "failed");
        assert!((scheduled..=scheduled + scheduled / 10).contains(&advance_to_next(&mut world)));
        world.deliver();
    }
    assert_eq!(queue_lengths(&world), (0, 0));
    let received = world.receiver().received().to_vec();
    assert_eq!(received.len(), 7);
    for pair in received.windows(2) {
        assert_eq!((pair[0].id(), pair[0].event()), (pair[1].id(), pair[1].event()));
        assert!(pair[0].timestamp() < pair[1].timestamp());
    }
    assert!(received.iter().all(|delivery| delivery.is_signed(SECRET)));
}

#[test]
fn an_event_that_cannot_be_delivered_becomes_a_dead_letter_and_stays_in_the_feed() {
    let mut world = world();
    install(&mut world, 1);
    let sent = world.queue().messages[0].body.clone();
    let mut elsewhere = status(302);
    elsewhere.headers_mut().insert("location", RECEIVER_URL.parse().unwrap());
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
        advance_to_next(&mut world);
        world.deliver();
    }
    // One request per attempt, so the redirect was not followed.
    assert_eq!((world.receiver().received().len(), queue_lengths(&world)), (7, (0, 1)));
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
fn a_receiver_that_answers_410_gets_no_retry() {
    let mut world = world();
    install(&mut world, 1);
    world.receiver().on_next(status(410));
    world.deliver();
    assert_eq!((world.receiver().received().len(), queue_lengths(&world)), (1, (0, 0)));
    assert_eq!(last_line(&world)["outcome"], "gone");
    assert_eq!(feed(&mut world).len(), 1);
}

#[test]
fn retry_after_of_the_receiver_delays_the_retry() {
    for (retry_after, expected) in [("120", 120), ("1", 5), ("86400", 3_600), ("soon", 5)] {
        let mut world = world();
        install(&mut world, 1);
        let mut busy = status(429);
        busy.headers_mut().insert("retry-after", retry_after.parse().unwrap());
        world.receiver().on_next(busy);
        world.deliver();
        let waited = advance_to_next(&mut world);
        assert!((expected..=expected + expected / 10).contains(&waited), "{retry_after}: {waited}");
    }
}

#[test]
fn a_receiver_that_hangs_times_out_after_ten_seconds() {
    let mut world = world();
    install(&mut world, 1);
    world.receiver().on_next(broken(Broken::Hang));
    let started = world.now();
    world.deliver();
    assert_eq!(world.now() - started, 10_000);
    assert_eq!((&last_line(&world)["outcome"], queue_lengths(&world)), (&json!("no_answer"), (1, 0)));
}

#[test]
fn only_the_status_of_the_receivers_answer_counts() {
    for (code, expected) in [(200, (0, 0)), (500, (1, 0))] {
        let mut world = world();
        install(&mut world, 1);
        let mut long_answer = status(code);
        *long_answer.body_mut() = vec![b'a'; 100_000];
        world.receiver().on_next(long_answer);
        world.deliver();
        assert_eq!(queue_lengths(&world), expected, "{code}");
    }
}

#[test]
fn one_failed_message_does_not_hold_up_the_others() {
    let mut world = world();
    install(&mut world, 1);
    world.advance(2_000);
    install(&mut world, 2);
    world.receiver().on_next(status(500));
    world.deliver();
    assert_eq!((world.receiver().received().len(), queue_lengths(&world)), (2, (1, 0)));
    advance_to_next(&mut world);
    world.deliver();
    let ids: Vec<String> = world.receiver().received().iter().map(|delivery| delivery.id().into()).collect();
    assert_eq!((ids.len(), ids[0] == ids[2], queue_lengths(&world)), (3, true, (0, 0)));
}
