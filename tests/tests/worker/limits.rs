//! The rate limits, with the platform's own limiter in `wrangler dev`.

use serde_json::json;
use std::{sync::mpsc, time::Duration};
use tests::{
    environment::{Environment, Ports, Secrets},
    simulator::{MAX_HINTS, MAX_REQUESTS},
    tools::root,
};

fn send(agent: &ureq::Agent, method: &str, url: &str) -> (u16, Option<String>) {
    let request = http::Request::builder().method(method).uri(url).body(()).unwrap();
    let answer = agent.run(request).unwrap();
    let after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), after)
}

#[test]
fn clients_without_a_key_are_rate_limited_in_wrangler_dev() {
    let state = tempfile::tempdir().unwrap();
    let (sender, _) = mpsc::channel();
    let options = stand_in::Options::default();
    let environment =
        Environment::start(Ports::default(), state.path(), &Secrets::generate(), &json!({}), options, sender)
            .unwrap();
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .new_agent();
    for (method, path, expected) in
        [("POST", "complete", 400), ("POST", "removed", 202), ("GET", "v1/events", 401)]
    {
        let url = format!("{}/{path}", environment.edge);
        let answers: Vec<_> = (0..2 * MAX_REQUESTS).map(|_| send(&agent, method, &url)).collect();
        assert_eq!(answers.first(), Some(&(expected, None)), "{path}");
        let limited = answers.iter().filter(|answer| **answer == (429, Some("60".into()))).count();
        // The limiter's minute may end meanwhile. Then it allows as many requests again.
        assert!(limited > 0, "{path}: no request got 429: {answers:?}");
        assert!(answers.iter().all(|(status, _)| [expected, 429].contains(status)), "{path}: {answers:?}");
    }
    // Requests with an API key are not limited.
    for _request in 0..2 * MAX_REQUESTS {
        assert_eq!(environment.connections().len(), 0);
    }
}

#[test]
fn the_scenarios_have_the_limits_that_are_deployed() {
    let deployed = std::fs::read_to_string(root().join("wrangler.toml")).unwrap();
    for (name, most) in [("LIMIT_REQUESTS", MAX_REQUESTS), ("LIMIT_HINTS", MAX_HINTS)] {
        let limit = deployed.split(name).nth(1).unwrap();
        let limit = limit.split("simple = ").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(limit, format!("{{ limit = {most}, period = 60 }}"), "{name}");
    }
}
