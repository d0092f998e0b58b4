//! Failures on the way to a connection. Afterwards the token is stored, in an escrow receipt, revoked, or never issued.

use http::StatusCode;
use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::{
    Broken, Endpoint, ErrorShape, Fault, Options,
    accounts::{NIGHT_MARKET, OWNER},
};
use tests::{
    kv::Fault as KvFault,
    page::{Fragment, Page, complete_request, get, get_v1, header, json},
    world::{Response, Setup, Start, World},
};

fn receipt_after_consent(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::from_redirect(&get(world, &callback)).receipt.expect("a receipt")
}

fn answer(status: u16, content_type: &str, body: &str) -> stand_in::Response {
    let answer = http::Response::builder().status(status).header("content-type", content_type);
    answer.body(body.as_bytes().to_vec()).expect("the answer is valid")
}

fn broken(failure: Broken) -> stand_in::Response {
    let mut answer = stand_in::Response::default();
    answer.extensions_mut().insert(failure);
    answer
}

#[track_caller]
fn assert_problem(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status().as_u16(), json(answer)["code"].as_str()), (status, Some(code)));
}

/// The receipt with which the page retries after a problem.
#[track_caller]
fn retry_receipt(answer: &Response) -> String {
    let problem = json(answer);
    let seconds = problem["retry_after"].as_u64().expect("the problem has retry_after");
    assert_eq!(header(answer, "retry-after"), Some(seconds.to_string().as_str()));
    problem["receipt"].as_str().expect("the problem has a receipt").to_owned()
}

fn active_tokens(world: &dyn World) -> usize {
    world.smooch().live_tokens().len()
}

fn connection_count(world: &mut dyn World) -> usize {
    json(&get_v1(world, "/v1/connections"))["connections"].as_array().map_or(0, Vec::len)
}

/// A code is accepted once. A second completion finds the connection.
#[apply(scenario)]
fn a_replayed_completion_gives_the_first_answer(start: Start<'_>) {
    for error_shape in [ErrorShape::Rfc6749, ErrorShape::V1, ErrorShape::V2] {
        let mut world = start(&Setup::smooch().with_options(Options { error_shape, ..Options::default() }));
        let page = Page::new("main", 1);
        let receipt = receipt_after_consent(&mut *world, &page);
        let first = page.complete(&mut *world, &receipt);
        let second = page.complete(&mut *world, &receipt);
        assert_eq!(first.status(), 200);
        assert_eq!(world.smooch().count(Endpoint::Token), 2);
        // A page that knows that it retries says so, and the edge does not send the code again. RFC 6749 §4.1.2: a server
        // may revoke the tokens of a code that it sees twice.
        let third = page.complete_again(&mut *world, &receipt);
        assert_eq!(json(&first), json(&third));
        assert_eq!(world.smooch().count(Endpoint::Token), 2);
        assert_eq!(json(&first), json(&second), "the replay has another answer");
        assert_eq!(active_tokens(&*world), 1);

        // An expired code was never exchanged, and there is no connection to find.
        let late = Page::new("main", 2);
        let receipt = receipt_after_consent(&mut *world, &late);
        world.advance(61_000);
        let answer = late.complete(&mut *world, &receipt);
        assert_problem(&answer, 400, "code_rejected");
        assert_eq!(json(&answer).get("receipt"), None);
        assert_eq!(active_tokens(&*world), 1);
    }
}

/// After 429, 503 and 521 (Cloudflare's status for a refused connection) the code is unspent.
#[apply(scenario)]
fn a_code_that_smooch_did_not_process_is_sent_again(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let mut busy = answer(429, "text/html", "<h1>slow down</h1>");
    busy.headers_mut().insert("retry-after", "7".parse().expect("a header"));
    world.smooch().on_next(Endpoint::Token, Fault::before(busy));
    world.smooch().on_next(Endpoint::Token, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    let first = page.complete(&mut *world, &receipt);
    assert_problem(&first, 503, "smooch_unavailable");
    assert_eq!(json(&first)["retry_after"], 7);
    let second = page.complete(&mut *world, &retry_receipt(&first));
    assert_problem(&second, 503, "smooch_unavailable");
    let refused = StatusCode::from_u16(521).expect("a status");
    world.smooch().on_next(Endpoint::Token, Fault::status(refused));
    let third = page.complete(&mut *world, &retry_receipt(&second));
    assert_problem(&third, 503, "smooch_unavailable");
    let fourth = page.complete(&mut *world, &retry_receipt(&third));
    assert_eq!(fourth.status(), 200);
    assert_eq!((active_tokens(&*world), connection_count(&mut *world)), (1, 1));
}

/// The edge cannot know whether Smooch has processed the code.
#[apply(scenario)]
fn after_a_lost_answer_the_code_is_not_sent_again(start: Start<'_>) {
    for (processed, failure) in [(false, Broken::Reset), (true, Broken::Reset)] {
        let mut world = start(&Setup::smooch());
        let page = Page::new("main", 1);
        let receipt = receipt_after_consent(&mut *world, &page);
        let fault = if processed { Fault::after(broken(failure)) } else { Fault::before(broken(failure)) };
        world.smooch().on_next(Endpoint::Token, fault);
        let lost = page.complete(&mut *world, &receipt);
        assert_problem(&lost, 502, "smooch_unavailable");
        assert_eq!(json(&lost).get("receipt"), None);
        assert_eq!(world.smooch().count(Endpoint::Token), 1);
        assert_eq!(connection_count(&mut *world), 0);
        // A new flow works.
        assert_eq!(Page::new("main", 2).install(&mut *world, OWNER, "Night Market").status(), 200);
    }
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    world.smooch().on_next(Endpoint::Token, Fault::status(StatusCode::INTERNAL_SERVER_ERROR));
    let failed = page.complete(&mut *world, &receipt);
    assert_problem(&failed, 502, "smooch_unavailable");
    assert_eq!(json(&failed).get("receipt"), None);
}

/// Only the partner can correct its credentials.
#[apply(scenario)]
fn wrong_client_credentials_are_reported_as_client_rejected(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("SMOOCH_CLIENT_SECRET", "wrong-secret"));
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    assert_problem(&page.complete(&mut *world, &receipt), 502, "client_rejected");
    assert!(world.log().contains("client_rejected"));
    assert!(!world.log().contains("wrong-secret"));
    assert_eq!(active_tokens(&*world), 0);
}

/// Empty bodies, HTML, wrong types and answers that are too long.
#[apply(scenario)]
fn a_malformed_token_answer_connects_nothing(start: Start<'_>) {
    let long = format!(r#"{{"access_token":"a","token_type":"Bearer","padding":"{}"}}"#, "a".repeat(70_000));
    for (status, body) in [
        (200, ""),
        (200, "<html>ok</html>"),
        (200, r#"{"token_type":"Bearer"}"#),
        (200, r#"{"access_token":"a","token_type":"mac"}"#),
        (200, r#"{"access_token":"a\r\nx: y","token_type":"Bearer"}"#),
        (200, &long),
        (404, r#"{"access_token":"a","token_type":"Bearer"}"#),
    ] {
        let mut world = start(&Setup::smooch());
        let page = Page::new("main", 1);
        let receipt = receipt_after_consent(&mut *world, &page);
        world.smooch().on_next(Endpoint::Token, Fault::before(answer(status, "application/json", body)));
        assert_problem(&page.complete(&mut *world, &receipt), 502, "smooch_malformed");
        assert!(world.kv().keys().is_empty());
    }
}

/// Following it would send the client secret to a host that no setting names.
#[apply(scenario)]
fn a_redirect_of_the_token_endpoint_is_not_followed(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let mut elsewhere = answer(307, "text/plain", "");
    let target = format!("{}/elsewhere", world.smooch_origin());
    elsewhere.headers_mut().insert("location", target.parse().expect("a header"));
    world.smooch().on_next(Endpoint::Token, Fault::before(elsewhere));
    assert_problem(&page.complete(&mut *world, &receipt), 502, "smooch_malformed");
    assert_eq!(world.smooch().requests().len(), 1, "the redirect was followed");
}

/// KV fails, so the page gets the sealed token and retries.
#[apply(scenario)]
fn a_token_that_cannot_be_stored_becomes_an_escrow_receipt(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    for _try in 0..3 {
        world.kv().fail_put("connection/", KvFault::Before);
    }
    let failed = page.complete(&mut *world, &receipt);
    assert_problem(&failed, 503, "storage_unavailable");
    let escrow = retry_receipt(&failed);
    assert_eq!((active_tokens(&*world), connection_count(&mut *world)), (1, 0));
    let token = world.smooch().live_tokens().first().expect("a token").access_token.clone();
    assert!(!String::from_utf8_lossy(failed.body()).contains(&token));
    // Another browser cannot use the receipt.
    assert_problem(&Page::new("main", 2).complete(&mut *world, &escrow), 403, "verifier_mismatch");
    let connected = page.complete(&mut *world, &escrow);
    assert_eq!(connected.status(), 200);
    assert_eq!(world.smooch().count(Endpoint::Token), 1, "the code was not sent twice");
    assert_eq!((active_tokens(&*world), connection_count(&mut *world)), (1, 1));
}

/// The write may have failed before or after it took effect.
#[apply(scenario)]
fn a_write_that_fails_once_is_retried(start: Start<'_>) {
    for fault in [KvFault::Before, KvFault::After] {
        let mut world = start(&Setup::smooch());
        world.kv().fail_put("connection/", fault);
        world.kv().fail_put("completed/", fault);
        let connected = Page::new("main", 1).install(&mut *world, OWNER, "Night Market");
        assert_eq!(connected.status(), 200, "{fault:?}");
        assert_eq!((active_tokens(&*world), connection_count(&mut *world)), (1, 1));
    }
}

/// KV's 413 is final: the same write would be rejected again. The page gets an escrow receipt.
#[apply(scenario)]
fn a_write_that_kv_rejects_with_413_is_not_retried(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    world.kv().fail_put("connection/", KvFault::Rejected);
    let before = world.kv().counts().puts;
    let failed = page.complete(&mut *world, &receipt);
    assert_problem(&failed, 503, "storage_unavailable");
    assert_eq!(world.kv().counts().puts - before, 1, "a rejected write is retried");
    assert_eq!(page.complete(&mut *world, &retry_receipt(&failed)).status(), 200);
    assert_eq!((active_tokens(&*world), connection_count(&mut *world)), (1, 1));
}

/// `tokenInfo` fails, and the token is not lost.
#[apply(scenario)]
fn a_token_of_an_unknown_app_becomes_an_escrow_receipt(start: Start<'_>) {
    let hostile = json!({"app": {"id": NIGHT_MARKET, "subdomain": "evil.example/"}}).to_string();
    for (fault, status, code) in [
        (Fault::status(StatusCode::BAD_GATEWAY), 503, "smooch_unavailable"),
        (Fault::before(broken(Broken::Reset)), 503, "smooch_unavailable"),
        (Fault::before(answer(200, "application/json", "[]")), 502, "smooch_malformed"),
        (Fault::before(answer(200, "application/json", &hostile)), 502, "smooch_malformed"),
        (Fault::status(StatusCode::UNAUTHORIZED), 502, "smooch_malformed"),
    ] {
        let mut world = start(&Setup::sunshine());
        let page = Page::new("main", 1);
        let receipt = receipt_after_consent(&mut *world, &page);
        world.smooch().on_next(Endpoint::TokenInfo, fault);
        let failed = page.complete(&mut *world, &receipt);
        assert_problem(&failed, status, code);
        assert_eq!(connection_count(&mut *world), 0);
        assert_eq!(page.complete(&mut *world, &retry_receipt(&failed)).status(), 200);
        assert_eq!(world.smooch().count(Endpoint::Token), 1);
        assert_eq!((active_tokens(&*world), connection_count(&mut *world)), (1, 1));
    }
}

/// The tab is closed or the network is gone. The edge still finishes the exchange and stores the token.
#[apply(scenario)]
fn a_client_that_disconnects_during_the_exchange_is_connected(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let request = complete_request(&*world, &page.origin, &page.form(&receipt));
    world.send_and_disconnect(request);
    assert_eq!((active_tokens(&*world), connection_count(&mut *world)), (1, 1));
    // A retry of the page gets the answer.
    assert_eq!(page.complete_again(&mut *world, &receipt).status(), 200);
    assert_eq!(world.smooch().count(Endpoint::Token), 1);
}
