//! What fails on the way, and where the token is then: stored, held in an escrow receipt, revoked, or never
//! issued.

use super::Start;
use crate::{
    kv::Fault as KvFault,
    page::{Fragment, Page, completion, get, get_v1, header, json},
    world::{Response, Setup, World},
};
use http::StatusCode;
use serde_json::json;
use stand_in::{
    Broken, Endpoint, ErrorShape, Fault, Options,
    accounts::{NIGHT_MARKET, OWNER},
};

fn arrive(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::of(&get(world, &callback)).receipt.expect("a receipt")
}

fn answer(status: u16, content_type: &str, body: &str) -> stand_in::Response {
    let answer = http::Response::builder().status(status).header("content-type", content_type);
    answer.body(body.as_bytes().to_vec()).expect("an answer")
}

fn broken(how: Broken) -> stand_in::Response {
    let mut answer = stand_in::Response::default();
    answer.extensions_mut().insert(how);
    answer
}

#[track_caller]
fn told(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status().as_u16(), json(answer)["code"].as_str()), (status, Some(code)));
}

/// The receipt that a problem carries, to try again with.
#[track_caller]
fn again(answer: &Response) -> String {
    let problem = json(answer);
    let seconds = problem["retry_after"].as_u64().expect("when to try again");
    assert_eq!(header(answer, "retry-after"), Some(seconds.to_string().as_str()));
    problem["receipt"].as_str().expect("a receipt to try again with").to_owned()
}

fn tokens(world: &dyn World) -> usize {
    world.smooch().live_tokens().len()
}

fn stored(world: &mut dyn World) -> usize {
    json(&get_v1(world, "/v1/connections"))["connections"].as_array().map_or(0, Vec::len)
}

/// A code is good once; who asks twice hears the same.
pub fn a_refused_code_is_told_and_the_first_answer_is_given_again(start: Start<'_>) {
    for error_shape in [ErrorShape::Rfc6749, ErrorShape::V1, ErrorShape::V2] {
        let mut world = start(&Setup::smooch().at(Options { error_shape, ..Options::default() }));
        let page = Page::new("main", 1);
        let receipt = arrive(&mut *world, &page);
        let first = page.complete(&mut *world, &receipt);
        let second = page.complete(&mut *world, &receipt);
        assert_eq!(first.status(), 200);
        assert_eq!(world.smooch().count(Endpoint::Token), 2);
        // A page that knows that it asks again says so, and the spent code is not sent: a server may end the token
        // of a code that it sees twice.
        let third = page.complete_again(&mut *world, &receipt);
        assert_eq!(json(&first), json(&third));
        assert_eq!(world.smooch().count(Endpoint::Token), 2);
        assert_eq!(json(&first), json(&second), "the answer that was lost is given again");
        assert_eq!(tokens(&*world), 1);

        // A code that waited too long was never spent, and nothing is known of its flow.
        let late = Page::new("main", 2);
        let receipt = arrive(&mut *world, &late);
        world.pass(61_000);
        let answer = late.complete(&mut *world, &receipt);
        told(&answer, 400, "code_rejected");
        assert_eq!(json(&answer).get("receipt"), None);
        assert_eq!(tokens(&*world), 1);
    }
}

/// 429 and 503 spend nothing, nor does a connection that was refused, which Cloudflare tells as 521.
pub fn a_code_that_smooch_turned_away_can_be_sent_again(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    let mut busy = answer(429, "text/html", "<h1>slow down</h1>");
    busy.headers_mut().insert("retry-after", "7".parse().expect("a header"));
    world.smooch().on_next(Endpoint::Token, Fault::before(busy));
    world.smooch().on_next(Endpoint::Token, Fault::status(StatusCode::SERVICE_UNAVAILABLE));
    let first = page.complete(&mut *world, &receipt);
    told(&first, 503, "smooch_unavailable");
    assert_eq!(json(&first)["retry_after"], 7);
    let second = page.complete(&mut *world, &again(&first));
    told(&second, 503, "smooch_unavailable");
    let refused = StatusCode::from_u16(521).expect("a status");
    world.smooch().on_next(Endpoint::Token, Fault::status(refused));
    let third = page.complete(&mut *world, &again(&second));
    told(&third, 503, "smooch_unavailable");
    let fourth = page.complete(&mut *world, &again(&third));
    assert_eq!(fourth.status(), 200);
    assert_eq!((tokens(&*world), stored(&mut *world)), (1, 1));
}

/// Nobody knows whether it was spent.
pub fn after_a_lost_answer_the_code_is_not_sent_again(start: Start<'_>) {
    for (processed, how) in [(false, Broken::Reset), (true, Broken::Reset)] {
        let mut world = start(&Setup::smooch());
        let page = Page::new("main", 1);
        let receipt = arrive(&mut *world, &page);
        let fault = if processed { Fault::after(broken(how)) } else { Fault::before(broken(how)) };
        world.smooch().on_next(Endpoint::Token, fault);
        let lost = page.complete(&mut *world, &receipt);
        told(&lost, 502, "smooch_unavailable");
        assert_eq!(json(&lost).get("receipt"), None);
        assert_eq!(world.smooch().count(Endpoint::Token), 1);
        assert_eq!(stored(&mut *world), 0);
        // The person starts over, and that works.
        assert_eq!(Page::new("main", 2).install(&mut *world, OWNER, "Night Market").status(), 200);
    }
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    world.smooch().on_next(Endpoint::Token, Fault::status(StatusCode::INTERNAL_SERVER_ERROR));
    let failed = page.complete(&mut *world, &receipt);
    told(&failed, 502, "smooch_unavailable");
    assert_eq!(json(&failed).get("receipt"), None);
}

/// The person can do nothing about it.
pub fn wrong_credentials_are_the_partners_to_mend(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("SMOOCH_CLIENT_SECRET", "wrong-secret"));
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    told(&page.complete(&mut *world, &receipt), 502, "client_rejected");
    assert!(world.log().contains("client_rejected"));
    assert!(!world.log().contains("wrong-secret"));
    assert_eq!(tokens(&*world), 0);
}

/// Whatever it resembles.
pub fn an_answer_that_is_no_token_connects_nothing(start: Start<'_>) {
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
        let receipt = arrive(&mut *world, &page);
        world.smooch().on_next(Endpoint::Token, Fault::before(answer(status, "application/json", body)));
        told(&page.complete(&mut *world, &receipt), 502, "smooch_malformed");
        assert!(world.kv().keys().is_empty());
    }
}

/// It would carry the secret to a host that no setting names.
pub fn a_redirect_of_the_token_endpoint_is_not_followed(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    let mut elsewhere = answer(307, "text/plain", "");
    let target = format!("{}/elsewhere", world.smooch_origin());
    elsewhere.headers_mut().insert("location", target.parse().expect("a header"));
    world.smooch().on_next(Endpoint::Token, Fault::before(elsewhere));
    told(&page.complete(&mut *world, &receipt), 502, "smooch_malformed");
    assert_eq!(world.smooch().requests().len(), 1, "the redirect was followed");
}

/// The token is there and KV is not: the page holds it, sealed, and tries again.
pub fn a_token_that_cannot_be_stored_is_held(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    for _try in 0..3 {
        world.kv().fail_put("connection/", KvFault::Before);
    }
    let failed = page.complete(&mut *world, &receipt);
    told(&failed, 503, "storage_unavailable");
    let escrow = again(&failed);
    assert_eq!((tokens(&*world), stored(&mut *world)), (1, 0));
    let token = world.smooch().live_tokens().first().expect("a token").access_token.clone();
    assert!(!String::from_utf8_lossy(failed.body()).contains(&token));
    // Held for this browser and no other.
    told(&Page::new("main", 2).complete(&mut *world, &escrow), 403, "verifier_mismatch");
    let connected = page.complete(&mut *world, &escrow);
    assert_eq!(connected.status(), 200);
    assert_eq!(world.smooch().count(Endpoint::Token), 1, "the code was not sent twice");
    assert_eq!((tokens(&*world), stored(&mut *world)), (1, 1));
}

/// Before or after it was made, a lost write is made again.
pub fn a_write_that_fails_once_is_made_again(start: Start<'_>) {
    for fault in [KvFault::Before, KvFault::After] {
        let mut world = start(&Setup::smooch());
        world.kv().fail_put("connection/", fault);
        world.kv().fail_put("completed/", fault);
        let connected = Page::new("main", 1).install(&mut *world, OWNER, "Night Market");
        assert_eq!(connected.status(), 200, "{fault:?}");
        assert_eq!((tokens(&*world), stored(&mut *world)), (1, 1));
    }
}

/// KV's 413 is final: the same write would be refused again. The page holds the token, sealed.
pub fn a_write_that_kv_refuses_for_good_is_not_repeated(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    world.kv().fail_put("connection/", KvFault::Refused);
    let before = world.kv().counts().puts;
    let failed = page.complete(&mut *world, &receipt);
    told(&failed, 503, "storage_unavailable");
    assert_eq!(world.kv().counts().puts - before, 1, "a refused write is repeated");
    assert_eq!(page.complete(&mut *world, &again(&failed)).status(), 200);
    assert_eq!((tokens(&*world), stored(&mut *world)), (1, 1));
}

/// tokenInfo fails: the token is not lost with it.
pub fn a_token_whose_app_cannot_be_told_is_held(start: Start<'_>) {
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
        let receipt = arrive(&mut *world, &page);
        world.smooch().on_next(Endpoint::TokenInfo, fault);
        let failed = page.complete(&mut *world, &receipt);
        told(&failed, status, code);
        assert_eq!(stored(&mut *world), 0);
        assert_eq!(page.complete(&mut *world, &again(&failed)).status(), 200);
        assert_eq!(world.smooch().count(Endpoint::Token), 1);
        assert_eq!((tokens(&*world), stored(&mut *world)), (1, 1));
    }
}

/// A tab that is closed, a phone that loses its network: what has begun is finished, and nobody's token is lost.
pub fn who_leaves_while_the_code_is_exchanged_is_connected(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    let request = completion(&*world, &page.origin, &page.form(&receipt));
    world.send_and_leave(request);
    assert_eq!((tokens(&*world), stored(&mut *world)), (1, 1));
    // The page finds out when it is there again.
    assert_eq!(page.complete_again(&mut *world, &receipt).status(), 200);
    assert_eq!(world.smooch().count(Endpoint::Token), 1);
}
