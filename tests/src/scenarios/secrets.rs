//! Secrets: where each may be, and nowhere else.

use super::Start;
use crate::{
    kv::Fault as KvFault,
    page::{Fragment, Page, call_v1, get, get_v1, id_of, json, request, session},
    world::{API_KEY, Response, Setup},
};
use serde_json::json;
use stand_in::accounts::{NIGHT_MARKET, OWNER};

/// Every route, well and badly used, with a canary in every secret place: no line of the log has one, nor has KV, nor an
/// answer but the one that is there to carry it.
pub fn no_secret_is_logged_stored_or_answered(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let mut answers: Vec<(&str, Response)> = Vec::new();
    let made = session(&mut *world, &json!({"subject": "ann", "metadata": {"note": "canary-metadata"}}));
    let sealed = json(&made)["session"].as_str().expect("a session").to_owned();
    answers.push(("session", made));
    let page = Page::new("members", 1).of(&sealed);
    let callback = page.allow(&mut *world, OWNER, "Night Market") + "&canary-query=1";
    let bounce = get(&mut *world, &callback);
    let receipt = Fragment::of(&bounce).receipt.expect("a receipt");
    answers.push(("bounce", bounce));
    let state = page.state.to_text();
    answers.push(("bounce", get(&mut *world, &format!("/callback?error=access_denied&state={state}"))));
    answers.push(("bounce", get(&mut *world, &format!("/callback?code=canary-code&code=2&state={state}"))));
    // Held in escrow, stored, and answered again.
    for _try in 0..3 {
        world.kv().fail_put("connection/", KvFault::Before);
    }
    let held = page.complete(&mut *world, &receipt);
    let escrow = json(&held)["receipt"].as_str().expect("an escrow receipt").to_owned();
    answers.push(("held", held));
    let connected = page.complete(&mut *world, &escrow);
    let id = id_of(&connected);
    answers.push(("connected", connected));
    answers.push(("connected", page.complete_again(&mut *world, &receipt)));
    answers.push(("error", Page::new("members", 2).of(&sealed).complete(&mut *world, &receipt)));
    answers.push(("error", page.complete(&mut *world, &format!("{receipt}x"))));
    let mut refused = request("GET", &format!("{}/v1/connections?canary-query=1", world.edge()));
    let wrong = "Bearer canary-wrong-key-0123456789abcdefghij".parse().expect("a header");
    refused.headers_mut().insert("authorization", wrong);
    answers.push(("error", world.send(refused)));
    world.pass(61_000);
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
    for (what, secret, meant_for) in [
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
        let mut carried = false;
        for (name, answer) in &answers {
            let text = format!("{:?} {}", answer.headers(), String::from_utf8_lossy(answer.body()));
            let here = text.contains(secret);
            assert!(!here || *name == meant_for, "the {what} is in an answer ({name}): {text}");
            carried |= here;
        }
        assert!(carried || meant_for.is_empty(), "the {what} was looked for where it is");
    }
    assert_eq!(log.lines().filter(|line| line.starts_with('{')).count(), answers.len(), "a line for each");
}
