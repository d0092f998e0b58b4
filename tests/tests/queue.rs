//! Events by the real worker and the platform's own queue, as `wrangler dev` has it: put there by an install, taken
//! from there, and posted over a socket to the partner's backend.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use serde_json::{Value, json};
use stand_in::{Options, serve};
use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};
use tests::{
    page::{get, json},
    receiver::{Delivery, Receiver, SECRET, status},
    stage::{Ports, Secrets, Stage},
    tools::root,
    walk,
    workerd::Workerd,
    world::{Setup, World as _},
};

/// The first wait of the schedule, and time for a busy machine.
const PATIENCE: Duration = Duration::from_secs(25);

const STEP: Duration = Duration::from_millis(50);

/// Waits for so many deliveries.
fn wait_for(receiver: &Mutex<Receiver>, count: usize) -> Vec<Delivery> {
    let mut waited = Duration::ZERO;
    loop {
        let received = receiver.lock().unwrap().received().to_vec();
        if received.len() >= count || waited > PATIENCE {
            return received;
        }
        thread::sleep(STEP);
        waited += STEP;
    }
}

/// The worker's lines on deliveries, so far.
fn told(stage: &Stage, count: usize) -> Vec<Value> {
    let mut lines = Vec::new();
    while lines.len() < count {
        let Some(line) = stage.wrangler.line(Duration::from_secs(5)) else { break };
        assert!(!line.contains("whsec_") && !line.contains("v1,"), "{line}");
        lines.extend(serde_json::from_str(&line).ok().filter(|line: &Value| line["route"] == "queue"));
    }
    lines
}

#[test]
fn an_event_reaches_the_partners_backend_signed_and_is_tried_again() {
    let receiver = Arc::new(Mutex::new(Receiver::default()));
    receiver.lock().unwrap().on_next(status(500));
    let shared = Arc::clone(&receiver);
    let server =
        serve((Ipv4Addr::LOCALHOST, 0).into(), move |request| shared.lock().unwrap().handle(&request));
    let server = server.unwrap();
    let url = format!("http://{}/events?from=edge", server.address());

    let state = tempfile::tempdir().unwrap();
    let settings = json!({"EVENTS_URL": url, "EVENTS_SECRET": SECRET});
    let (sender, _) = mpsc::channel();
    let options = Options::default();
    let stage =
        Stage::start(Ports::default(), state.path(), &Secrets::fresh(), &settings, options, sender).unwrap();
    walk::walk(&stage, &mut |_, _| {}).unwrap();

    let received = wait_for(&receiver, 2);
    let [first, again] = received.as_slice() else { panic!("{} deliveries", received.len()) };
    for delivery in [first, again] {
        assert!(delivery.is_verified(SECRET), "the published library does not take it");
        assert_eq!(delivery.0.method(), "POST");
        assert_eq!(delivery.0.uri(), "/events?from=edge");
        assert_eq!(delivery.0.headers()["content-type"], "application/json");
        assert_eq!(delivery.event()["type"], "connection.connected");
        assert_eq!(delivery.event()["connection"]["app"]["name"], walk::APP);
    }
    assert_eq!((first.id(), &first.0.body()), (again.id(), &again.0.body()), "the same event comes again");
    let wait = again.timestamp() - first.timestamp();
    assert!((5..=20).contains(&wait), "{wait} seconds");

    let lines = told(&stage, 2);
    let outcomes: Vec<_> =
        lines.iter().map(|line| (&line["outcome"], &line["attempt"], &line["status"])).collect();
    let (failed, delivered) = (json!("failed"), json!("delivered"));
    assert_eq!(outcomes, [(&failed, &json!(1), &json!(500)), (&delivered, &json!(2), &json!(204))]);
    thread::sleep(Duration::from_secs(2));
    assert_eq!(receiver.lock().unwrap().received().len(), 2, "what was taken does not come again");
}

/// With one retry in place of six, which would take most of a day; all else is as deployed.
fn with_one_retry(folder: &Path) -> PathBuf {
    let deployed = fs::read_to_string(root().join("wrangler.toml")).unwrap();
    let mut config = String::new();
    for line in deployed.lines() {
        let here = |path: &str| root().join(path).to_string_lossy().into_owned();
        let line = match line {
            r#"main = "build/index.js""# => format!("main = {:?}", here("build/index.js")),
            r#"directory = "www""# => format!("directory = {:?}", here("www")),
            // What is built is there.
            line if line.starts_with("command = ") => "command = \"true\"".into(),
            line if line.starts_with("watch_dir = ") => format!("watch_dir = {:?}", here("build")),
            line if line.starts_with("max_retries = ") => "max_retries = 1".into(),
            line => line.to_owned(),
        };
        config.push_str(&line);
        config.push('\n');
    }
    let path = folder.join("wrangler.toml");
    fs::write(&path, config).unwrap();
    path
}

#[test]
fn an_event_that_nobody_takes_is_kept_as_a_dead_letter() {
    let receiver = Arc::new(Mutex::new(Receiver::default()));
    for _delivery in 0..10 {
        receiver.lock().unwrap().on_next(status(500));
    }
    let shared = Arc::clone(&receiver);
    let server =
        serve((Ipv4Addr::LOCALHOST, 0).into(), move |request| shared.lock().unwrap().handle(&request));
    let server = server.unwrap();
    let settings = json!({"EVENTS_URL": format!("http://{}/", server.address()), "EVENTS_SECRET": SECRET});
    let (state, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (sender, _) = mpsc::channel();
    let config = with_one_retry(folder.path());
    let (secrets, options) = (Secrets::fresh(), Options::default());
    let stage =
        Stage::deployed_as(&config, Ports::default(), state.path(), &secrets, &settings, options, sender)
            .unwrap();
    walk::walk(&stage, &mut |_, _| {}).unwrap();

    assert_eq!(wait_for(&receiver, 2).len(), 2);
    let mut said = String::new();
    while !said.contains("to dead letter queue") {
        let line = stage.wrangler.line(PATIENCE);
        said.push_str(&line.unwrap_or_else(|| panic!("no word of a dead letter in: {said}")));
        said.push('\n');
    }
    let moved = said.lines().last().unwrap();
    let deployed = fs::read_to_string(root().join("wrangler.toml")).unwrap();
    let named = deployed.lines().find_map(|line| line.strip_prefix("dead_letter_queue = ")).unwrap();
    assert!(moved.contains(named), "{moved} does not name {named}");
    assert_eq!(receiver.lock().unwrap().received().len(), 2, "it was tried once more");
    // The feed is the truth: the event is there, delivered or not.
    assert_eq!(stage.connections().len(), 1);
}

#[test]
fn a_deployment_without_a_queue_needs_none_until_events_are_to_be_delivered() {
    let mut without = Workerd::new(&Setup::smooch());
    assert_eq!(get(&mut without, "/healthz").status(), 200);
    let setup =
        Setup::smooch().with("EVENTS_URL", "https://shop.example/events").with("EVENTS_SECRET", SECRET);
    let mut world = Workerd::new(&setup);
    let mut check = |setup: &Setup, expected: &[&str]| {
        world.restart(setup);
        let health = get(&mut world, "/healthz");
        assert_eq!(health.status(), 503);
        let settings = json(&health)["settings"].as_array().unwrap().clone();
        let named: Vec<_> = settings.iter().filter_map(|setting| setting["name"].as_str()).collect();
        assert_eq!(named, expected);
        let said = String::from_utf8_lossy(health.body()).into_owned();
        assert!(!said.contains("shop.example/events") && !said.contains("whsec_"), "{said}");
    };
    check(&setup, &["EVENTS"]);
    // One fault does not hide another.
    check(&setup.clone().with("SEALING_KEYS", "k1:short"), &["SEALING_KEYS", "EVENTS"]);
}
