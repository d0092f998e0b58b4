//! `GET /v1/events`: the feed has every event, in order.

use macro_rules_attribute::apply;
use serde_json::Value;
use stand_in::accounts::OWNER;
use tests::{
    page::{Page, call_v1, connection_id, get_v1, json},
    world::{Setup, Start, World},
};
use ulid::Ulid;

/// The feed leaves out the newest events until KV has surely shown all of them. This is longer, in milliseconds.
const SETTLED: u64 = 80_000;

fn read(world: &mut dyn World, query: &str) -> Value {
    let answer = get_v1(world, &format!("/v1/events?{query}"));
    assert_eq!(answer.status(), 200, "{query}");
    json(&answer)
}

/// Makes the events so far old enough for the feed. The real Worker's clock does not jump, so there their keys are changed.
fn settle(world: &mut dyn World) {
    if world.is_simulated() {
        return world.advance(SETTLED);
    }
    let mut kv = world.kv();
    for key in kv.keys() {
        let Some(id) = key.strip_prefix("event/").and_then(|id| Ulid::from_string(id).ok()) else { continue };
        let older = Ulid::from_parts(id.timestamp_ms() - SETTLED, id.random());
        kv.rename(&key, &format!("event/{older}"));
    }
}

fn types(page: &Value) -> Vec<String> {
    let events = page["events"].as_array().expect("events");
    events.iter().map(|event| event["type"].as_str().unwrap_or_default().to_owned()).collect()
}

/// An app is connected three times and then removed.
#[apply(scenario)]
fn the_feed_has_all_events_in_order(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let mut id = String::new();
    for seed in 1..=3 {
        id = connection_id(&Page::new("main", seed).install(&mut *world, OWNER, "Night Market"));
        world.advance(2_000);
    }
    assert_eq!(call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 204);
    assert_eq!(types(&read(&mut *world, "")), Vec::<String>::new(), "the feed shows events that are too new");
    settle(&mut *world);
    let all = read(&mut *world, "");
    let connected = "connection.connected";
    assert_eq!(types(&all), [connected, connected, connected, "connection.removed"]);
    assert_eq!(all["more"], false);
    assert_eq!(all["events"][0]["connection"]["id"], id.as_str());
    assert!(all["events"][0]["time"].as_u64().is_some_and(|time| time > 1_700_000_000));

    let first = read(&mut *world, "limit=1");
    assert_eq!((types(&first).len(), &first["more"]), (1, &Value::Bool(true)));
    let next = first["next"].as_str().expect("the page has a cursor");
    let rest = read(&mut *world, &format!("after={next}"));
    assert_eq!(types(&rest), [connected, connected, "connection.removed"]);
    let none = read(&mut *world, &format!("after={}", rest["next"].as_str().expect("the page has a cursor")));
    assert_eq!(types(&none), Vec::<String>::new());
    // A cursor in the future means the present end, so a reader with a wrong cursor still gets new events.
    let future = read(&mut *world, &format!("after={}", "7".repeat(26)));
    assert!(types(&future).is_empty() && future["next"].as_str() < Some("02"), "{future}");
    for wrong in
        ["after=ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "after=x", "limit=0", "limit=1001", "since=1", "after=a&after=b"]
    {
        assert_eq!(get_v1(&mut *world, &format!("/v1/events?{wrong}")).status(), 400, "{wrong}");
    }
}

/// The reader is offline for minutes, hours and a week.
#[apply(scenario_in_memory)]
fn a_reader_that_was_offline_misses_no_event(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let mut next = String::new();
    let mut seen = 0;
    let minutes = [1, 2, 60, 5, 600, 10_000, 3, 4_000];
    for (seed, offline) in (1..).zip(minutes) {
        Page::new("main", seed).install(&mut *world, OWNER, "Night Market");
        world.advance(offline * 60_000 + SETTLED);
        loop {
            let page = read(&mut *world, &format!("after={next}"));
            seen += types(&page).len();
            page["next"].as_str().expect("the page has a cursor").clone_into(&mut next);
            if page["more"] == false {
                break;
            }
        }
        assert_eq!(seen, usize::from(seed), "after {offline} minutes");
    }
    let lists = world.kv().counts().lists;
    assert!(lists < 400, "{lists} lists");
}
