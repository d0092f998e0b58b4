//! The feed: what has happened to connections, in order, and none of it lost.

use super::Start;
use crate::{
    page::{Page, call_v1, get_v1, id_of, json},
    world::{Setup, World},
};
use serde_json::Value;
use stand_in::accounts::OWNER;
use ulid::Ulid;

/// Longer than the feed waits for KV.
const SETTLED: u64 = 80_000;

fn read(world: &mut dyn World, query: &str) -> Value {
    let answer = get_v1(world, &format!("/v1/events?{query}"));
    assert_eq!(answer.status(), 200, "{query}");
    json(&answer)
}

/// Lets the events so far be old enough for the feed: by passing the time, or, where the worker's own clock does not
/// jump, by making them older.
fn settle(world: &mut dyn World) {
    if world.is_simulated() {
        return world.pass(SETTLED);
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

/// Connected, connected again, removed.
pub fn what_happened_is_read_in_order(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let mut id = String::new();
    for seed in 1..=3 {
        id = id_of(&Page::new("main", seed).install(&mut *world, OWNER, "Night Market"));
        world.pass(2_000);
    }
    assert_eq!(call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 204);
    assert_eq!(types(&read(&mut *world, "")), Vec::<String>::new(), "KV may not show all of it yet");
    settle(&mut *world);
    let all = read(&mut *world, "");
    let connected = "connection.connected";
    assert_eq!(types(&all), [connected, connected, connected, "connection.removed"]);
    assert_eq!(all["more"], false);
    assert_eq!(all["events"][0]["connection"]["id"], id.as_str());
    assert!(all["events"][0]["time"].as_u64().is_some_and(|time| time > 1_700_000_000));

    let first = read(&mut *world, "limit=1");
    assert_eq!((types(&first).len(), &first["more"]), (1, &Value::Bool(true)));
    let next = first["next"].as_str().expect("where to go on");
    let rest = read(&mut *world, &format!("after={next}"));
    assert_eq!(types(&rest), [connected, connected, "connection.removed"]);
    let none = read(&mut *world, &format!("after={}", rest["next"].as_str().expect("where to go on")));
    assert_eq!(types(&none), Vec::<String>::new());
    // A place of the future is the present end: who stored a wrong one hears of what comes.
    let future = read(&mut *world, &format!("after={}", "7".repeat(26)));
    assert!(types(&future).is_empty() && future["next"].as_str() < Some("02"), "{future}");
    for wrong in
        ["after=ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "after=x", "limit=0", "limit=1001", "since=1", "after=a&after=b"]
    {
        assert_eq!(get_v1(&mut *world, &format!("/v1/events?{wrong}")).status(), 400, "{wrong}");
    }
}

/// A minute, an hour, a week.
pub fn a_reader_that_was_away_misses_nothing(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let mut next = String::new();
    let mut seen = 0;
    let minutes = [1, 2, 60, 5, 600, 10_000, 3, 4_000];
    for (seed, away) in (1..).zip(minutes) {
        Page::new("main", seed).install(&mut *world, OWNER, "Night Market");
        world.pass(away * 60_000 + SETTLED);
        loop {
            let page = read(&mut *world, &format!("after={next}"));
            seen += types(&page).len();
            page["next"].as_str().expect("where to go on").clone_into(&mut next);
            if page["more"] == false {
                break;
            }
        }
        assert_eq!(seen, usize::from(seed), "after {away} minutes");
    }
    let lists = world.kv().counts().lists;
    assert!(lists < 400, "{lists} lists");
}
