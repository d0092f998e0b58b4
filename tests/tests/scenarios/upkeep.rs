//! Upkeep, the cron job: it finds removals at Smooch, finishes pending removals, and reseals records for new keys.

use http::StatusCode;
use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::{
    Endpoint, Fault, Owner,
    accounts::{NIGHT_MARKET, OWNER},
};
use tests::{
    kv::Fault as KvFault,
    page::{Page, call_v1, connection_id, create_session, get, get_v1, header, json},
    simulator::MAX_REQUESTS,
    world::{SEALING_KEYS, Setup, Start, World},
};

const MINUTE: u64 = 61_000;

fn connect(world: &mut dyn World, subject: &str, seed: u8) -> String {
    let created = create_session(world, &json!({"subject": subject}));
    let sealed = json(&created)["session"].as_str().expect("a session").to_owned();
    let connected = Page::new("main", seed).with_session(&sealed).install(world, OWNER, "Night Market");
    world.advance(2_000);
    connection_id(&connected)
}

fn post(world: &mut dyn World, body: &str) -> u16 {
    let request = http::Request::post(format!("{}/removed", world.edge())).body(body.as_bytes().to_vec());
    world.send(request.expect("a request")).status().as_u16()
}

fn status(world: &mut dyn World) -> String {
    let listed = json(&get_v1(world, "/v1/connections"));
    listed["connections"][0]["status"].as_str().unwrap_or_default().to_owned()
}

/// Anybody can call it with any body. A call only makes the next upkeep run check the tokens earlier.
#[apply(scenario)]
fn the_remove_url_answers_alike_and_changes_nothing_by_itself(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    connect(&mut *world, "ann", 1);
    let before = world.kv().counts();
    let long = "x".repeat(100_000);
    for body in ["", "{}", r#"{"integrationId":"5deb3bf0e3ad4e0010a3f0c3"}"#, "<xml/>", &long] {
        assert_eq!(post(&mut *world, body), 202);
    }
    assert_eq!(world.kv().counts().puts - before.puts, 1, "more than one write per minute");
    assert_eq!(get(&mut *world, "/removed").status(), 405);
    for _run in 0..3 {
        world.advance(MINUTE);
        world.run_upkeep();
    }
    assert_eq!(status(&mut *world), "connected", "a forged call has revoked a connection");
    assert_eq!(world.smooch().live_tokens().len(), 1);
}

/// The owner removes the integration at Smooch, Smooch calls the Remove URL, and upkeep checks the token.
#[apply(scenario)]
fn a_removal_at_smooch_is_found_after_its_hint(start: Start<'_>) {
    for setup in [Setup::smooch(), Setup::sunshine()] {
        let mut world = start(&setup);
        connect(&mut *world, "ann", 1);
        // The first round of checks is due.
        world.advance(MINUTE);
        world.run_upkeep();
        assert_eq!(status(&mut *world), "connected");
        let origin = world.smooch_origin();
        Owner::new(OWNER)
            .remove(&origin, NIGHT_MARKET, |request| world.visit(request))
            .expect("the owner can remove the integration");
        world.advance(MINUTE);
        world.run_upkeep();
        assert_eq!(status(&mut *world), "connected", "the token was checked twice in one day without a hint");
        let removals = world.smooch().take_removals();
        assert_eq!(removals.len(), 1);
        assert_eq!(post(&mut *world, &removals[0].body()), 202);
        world.advance(MINUTE);
        world.run_upkeep();
        assert_eq!(status(&mut *world), "revoked");
        // A second hint changes nothing.
        assert_eq!(post(&mut *world, &removals[0].body()), 202);
        world.advance(MINUTE);
        world.run_upkeep();
        assert_eq!(status(&mut *world), "revoked");
        assert!(world.log().contains(r#""revoked":1"#));
    }
}

/// Smooch was unavailable when the partner removed the connection.
#[apply(scenario)]
fn upkeep_finishes_a_pending_removal(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world, "ann", 1);
    world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    assert_eq!(call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 202);
    world.advance(MINUTE);
    world.run_upkeep();
    assert_eq!(status(&mut *world), "removing", "the removal is not pending while Smooch is unavailable");
    if world.is_simulated() {
        world.advance(10 * MINUTE);
    } else {
        // The real Worker's clock does not jump, so a hint makes the next round due.
        post(&mut *world, "");
        world.advance(MINUTE);
    }
    world.run_upkeep();
    assert_eq!(status(&mut *world), "");
    assert!(world.smooch().live_tokens().is_empty());
    assert!(
        !world.kv().keys().iter().any(|key| key.starts_with("connection/") || key.starts_with("subject/"))
    );
}

/// A key rotation: every record can be opened before, during and after.
#[apply(scenario)]
fn upkeep_reseals_records_of_an_older_key(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world, "ann", 1);
    let can_open = |world: &mut dyn World| {
        let token = json(&get_v1(world, &format!("/v1/connections/{id}/token")))["access_token"].clone();
        let smooch = world.smooch();
        smooch.live_tokens().iter().any(|live| token == live.access_token.as_str())
    };
    assert!(can_open(&mut *world), "before the rotation");

    let new = "k2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    world.restart(&Setup::smooch().with("SEALING_KEYS", format!("{new},{SEALING_KEYS}")));
    assert!(can_open(&mut *world), "with the new key first");
    world.advance(MINUTE);
    world.run_upkeep();
    world.advance(MINUTE);
    assert!(can_open(&mut *world), "after the upkeep");
    assert!(world.log().contains(r#""resealed":1"#), "{}", world.log());
    assert!(!world.kv().dump().contains("k1."));

    world.restart(&Setup::smooch().with("SEALING_KEYS", new));
    assert!(can_open(&mut *world), "without the old key");
}

/// The limit holds when writes fail too. KV and Smooch count the requests.
#[apply(scenario)]
fn one_upkeep_run_makes_at_most_forty_requests(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    for seed in 1..=30 {
        connect(&mut *world, &format!("user-{seed}"), seed);
    }
    let origin = world.smooch_origin();
    Owner::new(OWNER)
        .remove(&origin, NIGHT_MARKET, |request| world.visit(request))
        .expect("the owner can remove the integration");
    world.advance(MINUTE);
    let revoked_count = |world: &mut dyn World| {
        let listed = json(&get_v1(world, "/v1/connections"));
        let all = listed["connections"].as_array().expect("connections").clone();
        all.iter().filter(|shown| shown["status"] == "revoked").count()
    };
    let mut runs = 0;
    while revoked_count(&mut *world) < 30 {
        if runs == 2 {
            for _write in 0..20 {
                world.kv().fail_put("connection/", KvFault::Before);
            }
            // Without this hint the remaining checks would wait ten minutes for the next round.
            post(&mut *world, "");
        }
        let before = (world.kv().counts(), world.smooch().requests().len());
        world.run_upkeep();
        let after = (world.kv().counts(), world.smooch().requests().len());
        let kv = after.0.all() - before.0.all();
        assert!(kv + after.1 - before.1 <= 40, "{kv} to KV, {} to Smooch", after.1 - before.1);
        world.advance(MINUTE);
        runs += 1;
        assert!(runs < 30, "upkeep makes no progress");
    }
}

/// 429 has `Retry-After`. `tests/worker/limits.rs` tests the platform's own limiter.
#[apply(scenario)]
fn public_routes_are_rate_limited_by_address(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let edge = world.edge();
    let send = |world: &mut dyn World, method: &str, path: &str, address: &str| {
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
        for _request in 0..MAX_REQUESTS {
            assert_eq!(send(&mut *world, method, path, "192.0.2.1").status(), usual, "{path}");
        }
        let refused = send(&mut *world, method, path, "192.0.2.1");
        assert_eq!(
            (refused.status().as_u16(), json(&refused)["code"].as_str()),
            (429, Some("rate_limited")),
            "{path}"
        );
        assert_eq!(header(&refused, "retry-after"), Some("60"));
        assert_eq!(send(&mut *world, method, path, "192.0.2.2").status(), usual, "{path}: another address");
    }
    // Requests with an API key are not limited.
    for _request in 0..2 * MAX_REQUESTS {
        assert_eq!(get_v1(&mut *world, "/v1/connections").status(), 200);
    }
}
