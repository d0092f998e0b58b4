//! Each secret appears only in the answer that is meant to carry it.

use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::accounts::{NIGHT_MARKET, OWNER};
use tests::{
    kv::Fault as KvFault,
    page::{Fragment, Page, call_v1, connection_id, create_session, get, get_v1, json, request},
    world::{API_KEY, Response, Setup, Start},
};

/// Uses every route, correctly and incorrectly, with a canary in every secret. Then searches the log, KV and all answers.
#[apply(scenario)]
fn no_secret_is_logged_stored_or_returned(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let mut answers: Vec<(&str, Response)> = Vec::new();
    let created =
        create_session(&mut *world, &json!({"subject": "ann", "metadata": {"note": "canary-metadata"}}));
    let sealed = json(&created)["session"].as_str().expect("a session").to_owned();
    answers.push(("session", created));
    let page = Page::new("members", 1).with_session(&sealed);
    let callback = page.allow(&mut *world, OWNER, "Night Market") + "&canary-query=1";
    let bounce = get(&mut *world, &callback);
    let receipt = Fragment::from_redirect(&bounce).receipt.expect("a receipt");
    answers.push(("bounce", bounce));
    let state = page.state.to_text();
    answers.push(("bounce", get(&mut *world, &format!("/callback?error=access_denied&state={state}"))));
    answers.push(("bounce", get(&mut *world, &format!("/callback?code=canary-code&code=2&state={state}"))));
    // An escrow receipt, the stored connection, and the replayed answer.
    for _try in 0..3 {
        world.kv().fail_put("connection/", KvFault::Before);
    }
    let escrowed = page.complete(&mut *world, &receipt);
    let escrow = json(&escrowed)["receipt"].as_str().expect("an escrow receipt").to_owned();
    answers.push(("held", escrowed));
    let connected = page.complete(&mut *world, &escrow);
    let id = connection_id(&connected);
    answers.push(("connected", connected));
    answers.push(("connected", page.complete_again(&mut *world, &receipt)));
    answers.push(("error", Page::new("members", 2).with_session(&sealed).complete(&mut *world, &receipt)));
    answers.push(("error", page.complete(&mut *world, &format!("{receipt}x"))));
    let mut refused = request("GET", &format!("{}/v1/connections?canary-query=1", world.edge()));
    let wrong = "Bearer canary-wrong-key-0123456789abcdefghij".parse().expect("a header");
    refused.headers_mut().insert("authorization", wrong);
    answers.push(("error", world.send(refused)));
    world.advance(61_000);
    answers.push(("token", get_v1(&mut *world, &format!("/v1/connections/{id}/token?canary-query=1"))));
    let api = format!("/v1/connections/{id}/api/v2/apps/{NIGHT_MARKET}/conversations?canary-query=1");
    for (what, path) in [
        ("shown", format!("/v1/connections/{id}?canary-query=1")),
        ("listed", "/v1/connections?subject=ann&canary-query=1".into()),
        ("called", api),
        ("events", "/v1/events?canary-query=1".into()),
        ("error", "/v1/canary-path?canary-query=1".into()),
        ("health", "/healthz?canary-query=1".into()),
        ("embed", "/embed.json?canary-query=1".into()),
        ("setup", "/setup.json?site=members&origin=https://canary-query.example".into()),
        ("error", "/setup.json?site=canary-path&canary-query=1".into()),
        ("error", "/canary-path?canary-query=1".into()),
    ] {
        answers.push((what, get_v1(&mut *world, &path)));
    }
    answers.push((
        "removed",
        call_v1(&mut *world, "POST", "/removed", r#"{"integrationId":"canary-integration"}"#),
    ));

    let smooch = world.smooch();
    let code = smooch.issued_codes().first().expect("a code").code.clone();
    let token = smooch.issued_tokens().first().expect("a token").access_token.clone();
    drop(smooch);
    answers.push(("deleted", call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "")));
    let (log, kv) = (world.log(), world.kv().dump());
    for (what, secret, carrier) in [
        ("code", code.as_str(), ""),
        ("code in a wrong query", "canary-code", ""),
        ("state", &state, "bounce"),
        ("verifier", page.verifier.expose(), ""),
        ("receipt", &receipt, "bounce"),
        ("escrow receipt", &escrow, "held"),
        ("session", &sealed, "session"),
        ("access token", &token, "token"),
        ("API key", API_KEY, ""),
        ("wrong API key", "canary-wrong-key", ""),
        ("client secret", "client_secret", ""),
        ("sealing key", "AQEBAQEBAQEB", ""),
        ("query", "canary-query", ""),
        ("path", "canary-path", ""),
        ("body", "canary-integration", ""),
        ("metadata", "canary-metadata", "shown"),
    ] {
        assert!(!log.contains(secret), "the {what} is in the log: {log}");
        assert!(!kv.contains(secret), "the {what} is in KV");
        let mut was_carried = false;
        for (name, answer) in &answers {
            let text = format!("{:?} {}", answer.headers(), String::from_utf8_lossy(answer.body()));
            let is_here = text.contains(secret);
            assert!(!is_here || *name == carrier, "the {what} is in an answer ({name}): {text}");
            was_carried |= is_here;
        }
        assert!(
            was_carried || carrier.is_empty(),
            "no answer carries the {what}, so the search finds nothing"
        );
    }
    assert_eq!(
        log.lines().filter(|line| line.starts_with('{')).count(),
        answers.len(),
        "the log has one line per request"
    );
}
