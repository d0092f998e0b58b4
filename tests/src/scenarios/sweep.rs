//! What nobody waits for: removals by the owner, removals that Smooch could not be told of, new sealing keys.

use super::Start;
use crate::{
    kv::Fault as KvFault,
    page::{Page, call_v1, get, get_v1, header, id_of, json, session},
    simulator::MOST_REQUESTS,
    world::{SEALING_KEYS, Setup, World},
};
use http::StatusCode;
use serde_json::json;
use stand_in::{
    Endpoint, Fault, Owner,
    accounts::{NIGHT_MARKET, OWNER},
};

const MINUTE: u64 = 61_000;

fn connect(world: &mut dyn World, subject: &str, seed: u8) -> String {
    let made = session(world, &json!({"subject": subject}));
    let sealed = json(&made)["session"].as_str().expect("a session").to_owned();
    let connected = Page::new("main", seed).of(&sealed).install(world, OWNER, "Night Market");
    world.pass(2_000);
    id_of(&connected)
}

fn post(world: &mut dyn World, body: &str) -> u16 {
    let request = http::Request::post(format!("{}/removed", world.edge())).body(body.as_bytes().to_vec());
    world.send(request.expect("a request")).status().as_u16()
}

fn status(world: &mut dyn World) -> String {
    let listed = json(&get_v1(world, "/v1/connections"));
    listed["connections"][0]["status"].as_str().unwrap_or_default().to_owned()
}

/// Anything, from anybody; and nothing changes by it but when the sweep looks.
pub fn removed_answers_alike_and_proves_nothing(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    connect(&mut *world, "ann", 1);
    let before = world.kv().counts();
    let long = "x".repeat(100_000);
    for body in ["", "{}", r#"{"integrationId":"5deb3bf0e3ad4e0010a3f0c3"}"#, "<xml/>", &long] {
        assert_eq!(post(&mut *world, body), 202);
    }
    assert_eq!(world.kv().counts().puts - before.puts, 1, "more than one write a minute");
    assert_eq!(get(&mut *world, "/removed").status(), 405);
    for _run in 0..3 {
        world.pass(MINUTE);
        world.sweep();
    }
    assert_eq!(status(&mut *world), "connected", "a forged call ended a connection");
    assert_eq!(world.smooch().live_tokens().len(), 1);
}

/// The owner removes the integration at Smooch; Smooch calls, the sweep asks.
pub fn a_removal_at_smooch_is_found_soon(start: Start<'_>) {
    for setup in [Setup::smooch(), Setup::sunshine()] {
        let mut world = start(&setup);
        connect(&mut *world, "ann", 1);
        // The first round, which is due.
        world.pass(MINUTE);
        world.sweep();
        assert_eq!(status(&mut *world), "connected");
        let origin = world.smooch_origin();
        Owner::new(OWNER)
            .remove(&origin, NIGHT_MARKET, |request| world.visit(request))
            .expect("it can be removed");
        world.pass(MINUTE);
        world.sweep();
        assert_eq!(status(&mut *world), "connected", "nothing gave a reason to ask again today");
        let due = world.smooch().take_removals();
        assert_eq!(due.len(), 1);
        assert_eq!(post(&mut *world, &due[0].body()), 202);
        world.pass(MINUTE);
        world.sweep();
        assert_eq!(status(&mut *world), "revoked");
        // Told again, nothing more comes of it.
        assert_eq!(post(&mut *world, &due[0].body()), 202);
        world.pass(MINUTE);
        world.sweep();
        assert_eq!(status(&mut *world), "revoked");
        assert!(world.log().contains(r#""revoked":1"#));
    }
}

/// Smooch was not there when the partner removed it.
pub fn a_removal_that_waited_is_finished(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world, "ann", 1);
    world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    assert_eq!(call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 202);
    world.pass(MINUTE);
    world.sweep();
    assert_eq!(status(&mut *world), "removing", "Smooch is still not there");
    if world.is_simulated() {
        world.pass(10 * MINUTE);
    } else {
        // The worker's own clock does not jump.
        post(&mut *world, "");
        world.pass(MINUTE);
    }
    world.sweep();
    assert_eq!(status(&mut *world), "");
    assert!(world.smooch().live_tokens().is_empty());
    assert!(
        !world.kv().keys().iter().any(|key| key.starts_with("connection/") || key.starts_with("subject/"))
    );
}

/// The drill of a rotation: every record opens before, during and after.
pub fn records_of_an_older_key_are_sealed_again(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world, "ann", 1);
    let opens = |world: &mut dyn World| {
        let token = json(&get_v1(world, &format!("/v1/connections/{id}/token")))["access_token"].clone();
        let smooch = world.smooch();
        smooch.live_tokens().iter().any(|live| token == live.access_token.as_str())
    };
    assert!(opens(&mut *world), "before");

    let new = "k2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    world.restart(&Setup::smooch().with("SEALING_KEYS", format!("{new},{SEALING_KEYS}")));
    assert!(opens(&mut *world), "with the new key in front");
    world.pass(MINUTE);
    world.sweep();
    world.pass(MINUTE);
    assert!(opens(&mut *world), "sealed again");
    assert!(world.log().contains(r#""resealed":1"#), "{}", world.log());
    assert!(!world.kv().dump().contains("k1."));

    world.restart(&Setup::smooch().with("SEALING_KEYS", new));
    assert!(opens(&mut *world), "with the old key gone");
}

/// Whatever fails; counted by KV and by Smooch, and not by the edge itself.
pub fn a_run_costs_forty_requests_at_the_most(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    for seed in 1..=30 {
        connect(&mut *world, &format!("user-{seed}"), seed);
    }
    let origin = world.smooch_origin();
    Owner::new(OWNER)
        .remove(&origin, NIGHT_MARKET, |request| world.visit(request))
        .expect("it can be removed");
    world.pass(MINUTE);
    let listed = |world: &mut dyn World| {
        let listed = json(&get_v1(world, "/v1/connections"));
        let all = listed["connections"].as_array().expect("connections").clone();
        all.iter().filter(|shown| shown["status"] == "revoked").count()
    };
    let mut runs = 0;
    while listed(&mut *world) < 30 {
        if runs == 2 {
            for _write in 0..20 {
                world.kv().fail_put("connection/", KvFault::Before);
            }
            // What is left then would wait ten minutes for the next round.
            post(&mut *world, "");
        }
        let before = (world.kv().counts(), world.smooch().requests().len());
        world.sweep();
        let after = (world.kv().counts(), world.smooch().requests().len());
        let kv = after.0.all() - before.0.all();
        assert!(kv + after.1 - before.1 <= 40, "{kv} to KV, {} to Smooch", after.1 - before.1);
        world.pass(MINUTE);
        runs += 1;
        assert!(runs < 30, "the sweep does not get on");
    }
}

/// By address; and 429 says when. The platform's own limiter is tried in `tests/limits.rs`.
pub fn who_asks_too_often_waits(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let edge = world.edge();
    let ask = |world: &mut dyn World, method: &str, path: &str, address: &str| {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{edge}{path}"))
            .header("cf-connecting-ip", address)
            .body(Vec::new());
        world.send(request.expect("a request"))
    };
    for (method, path, usual) in
        [("POST", "/complete", 400), ("POST", "/removed", 202), ("GET", "/v1/connections", 401)]
    {
        for _request in 0..MOST_REQUESTS {
            assert_eq!(ask(&mut *world, method, path, "192.0.2.1").status(), usual, "{path}");
        }
        let refused = ask(&mut *world, method, path, "192.0.2.1");
        assert_eq!(
            (refused.status().as_u16(), json(&refused)["code"].as_str()),
            (429, Some("rate_limited")),
            "{path}"
        );
        assert_eq!(header(&refused, "retry-after"), Some("60"));
        assert_eq!(ask(&mut *world, method, path, "192.0.2.2").status(), usual, "{path}: another address");
    }
    // Who has a key is not limited.
    for _request in 0..2 * MOST_REQUESTS {
        assert_eq!(get_v1(&mut *world, "/v1/connections").status(), 200);
    }
}
