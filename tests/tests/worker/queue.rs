//! Events through the real Worker and the platform's own queue in `wrangler dev`: an install queues an event, and the consumer
//! posts it to the partner's backend.

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
    environment::{Environment, Ports, Secrets},
    page::{get, json},
    receiver::{Delivery, Receiver, SECRET, status},
    tools::root,
    walkthrough,
    workerd::Workerd,
    world::{Setup, World as _},
};

/// The first delay of the schedule, and time for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(25);

const STEP: Duration = Duration::from_millis(50);

/// Waits for a number of deliveries.
fn wait_for(receiver: &Mutex<Receiver>, count: usize) -> Vec<Delivery> {
    let mut waited = Duration::ZERO;
    loop {
        let received = receiver.lock().unwrap().received().to_vec();
        if received.len() >= count || waited > TIMEOUT {
            return received;
        }
        thread::sleep(STEP);
        waited += STEP;
    }
}

/// The log lines of deliveries.
fn delivery_lines(environment: &Environment, count: usize) -> Vec<Value> {
    let mut lines = Vec::new();
    while lines.len() < count {
        let Some(line) = environment.wrangler.line(Duration::from_secs(5)) else { break };
        assert!(!line.contains("whsec_") && !line.contains("v1,"), "{line}");
        lines.extend(serde_json::from_str(&line).ok().filter(|line: &Value| line["route"] == "queue"));
    }
    lines
}

#[test]
fn an_event_reaches_the_partners_backend_signed_and_is_retried() {
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
    let environment =
        Environment::start(Ports::default(), state.path(), &Secrets::generate(), &settings, options, sender)
            .unwrap();
    walkthrough::run(&environment, &mut |_, _| {}).unwrap();

    let received = wait_for(&receiver, 2);
    let [first, retry] = received.as_slice() else { panic!("{} deliveries", received.len()) };
    for delivery in [first, retry] {
        assert!(delivery.is_verified(SECRET), "the published library rejects the signature");
        assert_eq!(delivery.0.method(), "POST");
        assert_eq!(delivery.0.uri(), "/events?from=edge");
        assert_eq!(delivery.0.headers()["content-type"], "application/json");
        assert_eq!(delivery.event()["type"], "connection.connected");
        assert_eq!(delivery.event()["connection"]["app"]["name"], walkthrough::APP);
    }
    assert_eq!((first.id(), &first.0.body()), (retry.id(), &retry.0.body()), "the retry has another event");
    let wait = retry.timestamp() - first.timestamp();
    assert!((5..=20).contains(&wait), "{wait} seconds");

    let lines = delivery_lines(&environment, 2);
    let outcomes: Vec<_> =
        lines.iter().map(|line| (&line["outcome"], &line["attempt"], &line["status"])).collect();
    let (failed, delivered) = (json!("failed"), json!("delivered"));
    assert_eq!(outcomes, [(&failed, &json!(1), &json!(500)), (&delivered, &json!(2), &json!(204))]);
    thread::sleep(Duration::from_secs(2));
    assert_eq!(receiver.lock().unwrap().received().len(), 2, "a delivered event is delivered again");
}

/// The deployed settings with one retry instead of six, which would take most of a day.
fn with_one_retry(folder: &Path) -> PathBuf {
    let deployed = fs::read_to_string(root().join("wrangler.toml")).unwrap();
    let mut config = String::new();
    for line in deployed.lines() {
        let here = |path: &str| root().join(path).to_string_lossy().into_owned();
        let line = match line {
            r#"main = "build/worker/index.js""# => format!("main = {:?}", here("build/worker/index.js")),
            r#"directory = "build/www""# => format!("directory = {:?}", here("build/www")),
            // The Worker is already built.
            line if line.starts_with("command = ") => "command = \"true\"".into(),
            line if line.starts_with("watch_dir = ") => format!("watch_dir = {:?}", here("build/worker")),
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
fn an_event_that_is_not_accepted_becomes_a_dead_letter() {
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
    let (secrets, options) = (Secrets::generate(), Options::default());
    let environment = Environment::start_with_config(
        &config,
        Ports::default(),
        state.path(),
        &secrets,
        &settings,
        options,
        sender,
    )
    .unwrap();
    walkthrough::run(&environment, &mut |_, _| {}).unwrap();

    assert_eq!(wait_for(&receiver, 2).len(), 2);
    let mut output = String::new();
    while !output.contains("to dead letter queue") {
        let line = environment.wrangler.line(TIMEOUT);
        output.push_str(&line.unwrap_or_else(|| panic!("no dead letter in the output: {output}")));
        output.push('\n');
    }
    let moved = output.lines().last().unwrap();
    let deployed = fs::read_to_string(root().join("wrangler.toml")).unwrap();
    let named = deployed.lines().find_map(|line| line.strip_prefix("dead_letter_queue = ")).unwrap();
    assert!(moved.contains(named), "{moved} does not name {named}");
    assert_eq!(receiver.lock().unwrap().received().len(), 2, "the event was not retried exactly once");
    // The connection exists although its event was not delivered.
    assert_eq!(environment.connections().len(), 1);
}

#[test]
fn a_deployment_needs_a_queue_only_to_deliver_events() {
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
        let body = String::from_utf8_lossy(health.body()).into_owned();
        assert!(!body.contains("shop.example/events") && !body.contains("whsec_"), "{body}");
    };
    check(&setup, &["EVENTS"]);
    // All wrong settings are reported together.
    check(&setup.clone().with("SEALING_KEYS", "k1:short"), &["SEALING_KEYS", "EVENTS"]);
}
