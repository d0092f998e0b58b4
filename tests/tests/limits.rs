//! The rate limits, by the platform's own limiter as `wrangler dev` has it.
#![expect(clippy::unwrap_used, reason = "where it panics, a test has failed")]

use serde_json::json;
use std::{sync::mpsc, time::Duration};
use tests::{
    simulator::{MOST_HINTS, MOST_REQUESTS},
    stage::{Ports, Secrets, Stage},
    tools::root,
};

fn status(agent: &ureq::Agent, method: &str, url: &str) -> (u16, Option<String>) {
    let request = http::Request::builder().method(method).uri(url).body(()).unwrap();
    let answer = agent.run(request).unwrap();
    let after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), after)
}

#[test]
fn who_asks_too_often_without_a_key_waits() {
    let state = tempfile::tempdir().unwrap();
    let (sender, _) = mpsc::channel();
    let options = stand_in::Options::default();
    let stage =
        Stage::start(Ports::default(), state.path(), &Secrets::fresh(), &json!({}), options, sender).unwrap();
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .new_agent();
    for (method, path, usual) in
        [("POST", "complete", 400), ("POST", "removed", 202), ("GET", "v1/events", 401)]
    {
        let url = format!("{}/{path}", stage.edge);
        let answers: Vec<_> = (0..2 * MOST_REQUESTS).map(|_| status(&agent, method, &url)).collect();
        assert_eq!(answers.first(), Some(&(usual, None)), "{path}");
        let refused = answers.iter().filter(|answer| **answer == (429, Some("60".into()))).count();
        // A minute of the limiter's may end on the way, and then as many are let through once more.
        assert!(refused > 0, "{path}: nobody was told to wait: {answers:?}");
        assert!(answers.iter().all(|(status, _)| [usual, 429].contains(status)), "{path}: {answers:?}");
    }
    // A partner's backend is not limited.
    for _request in 0..2 * MOST_REQUESTS {
        assert_eq!(stage.connections().len(), 0);
    }
}

#[test]
fn the_scenarios_have_the_limits_that_are_deployed() {
    let deployed = std::fs::read_to_string(root().join("wrangler.toml")).unwrap();
    for (name, most) in [("LIMIT_REQUESTS", MOST_REQUESTS), ("LIMIT_HINTS", MOST_HINTS)] {
        let limit = deployed.split(name).nth(1).unwrap();
        let limit = limit.split("simple = ").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(limit, format!("{{ limit = {most}, period = 60 }}"), "{name}");
    }
}
