//! Attacks that no other scenario is about: each ends with nothing sent that should not be, and nothing stored.

use super::Start;
use crate::{
    page::{Fragment, Page, get, get_v1, header, json},
    world::{Setup, World},
};
use serde_json::json;
use stand_in::{
    Endpoint, Fault, Options,
    accounts::{NIGHT_MARKET, OWNER},
};

const HOSTILE: &str = "<script>canary()</script>\"'\r\nx-canary: 1\u{202e}";

fn arrive(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::of(&get(world, &callback)).receipt.expect("a receipt")
}

fn nothing_is_kept(world: &mut dyn World) {
    assert_eq!(json(&get_v1(world, "/v1/connections"))["connections"], json!([]));
    assert!(world.kv().keys().is_empty(), "something was stored");
}

/// RFC 9700 §4.8: somebody takes the challenge out of the link on its way. The verifier is sent all the same, and a server
/// that keeps the rule refuses.
pub fn a_challenge_that_was_taken_away_is_noticed(start: Start<'_>) {
    let options = Options { pkce: true, ..Options::default() };
    let mut world = start(&Setup::smooch().with("SMOOCH_PKCE", true).at(options));
    let page = Page::new("main", 1);
    // `arrive` follows the link without a challenge.
    let receipt = arrive(&mut *world, &page);
    let answer = page.complete(&mut *world, &receipt);
    assert_eq!((answer.status().as_u16(), json(&answer)["code"].as_str()), (400, Some("code_rejected")));
    let sent = world.smooch().requests().first().map(stand_in::Received::text).expect("a token request");
    assert!(sent.contains("code_verifier="));
    assert!(world.smooch().issued_tokens().is_empty());
    nothing_is_kept(&mut *world);
}

/// Whatever Smooch, or somebody in its place, writes into an error: it is read for what it means, and shown to nobody.
pub fn no_word_of_smooch_reaches_a_page_a_log_or_a_header(start: Start<'_>) {
    let bodies = [
        json!({"error": "invalid_grant", "error_description": HOSTILE, "error_uri": HOSTILE}),
        json!({"error": HOSTILE, "error_description": HOSTILE}),
        json!({"error": {"code": HOSTILE, "description": HOSTILE}}),
        json!({"errors": [{"code": HOSTILE, "title": HOSTILE}]}),
        json!({"access_token": HOSTILE, "token_type": "Bearer"}),
        json!({"access_token": "a", "token_type": HOSTILE}),
        json!(HOSTILE),
    ];
    for (endpoint, status) in [(Endpoint::Token, 400), (Endpoint::Token, 200), (Endpoint::TokenInfo, 200)] {
        let mut world = start(&Setup::sunshine());
        for (seed, body) in (1..).zip(&bodies) {
            let page = Page::new("main", seed);
            let receipt = arrive(&mut *world, &page);
            let answer = http::Response::builder()
                .status(status)
                .header("content-type", "text/html")
                .header("x-canary", "1")
                .header("set-cookie", "canary=1")
                .body(body.to_string().into_bytes());
            world.smooch().on_next(endpoint, Fault::before(answer.expect("an answer")));
            let told = page.complete(&mut *world, &receipt);
            assert!(told.status().as_u16() >= 400, "{body}");
            assert_eq!(header(&told, "content-type"), Some("application/problem+json"));
            let all = format!("{:?} {}", told.headers(), String::from_utf8_lossy(told.body()));
            assert!(!all.contains("canary"), "{all}");
        }
        assert!(!world.log().contains("canary"), "{}", world.log());
        nothing_is_kept(&mut *world);
    }
    let mut world = start(&Setup::smooch());
    let state = Page::new("main", 1).state.to_text();
    let hostile = "%3Cscript%3Ecanary%0D%0Ax-canary%3A1";
    for query in [
        format!("error=access_denied&error_description={hostile}&error_uri={hostile}&state={state}"),
        format!("error={hostile}&state={state}"),
        format!("error=server_error&{hostile}={hostile}&state={state}"),
    ] {
        let bounce = get(&mut *world, &format!("/callback?{query}"));
        let all = format!("{:?} {}", bounce.headers(), String::from_utf8_lossy(bounce.body()));
        assert!(bounce.status() == 303 && !all.contains("canary"), "{all}");
    }
    assert!(!world.log().contains("canary"));
}

/// What becomes part of a host is a label, or nothing is done with it: the token never goes where it says.
pub fn a_subdomain_that_is_an_address_connects_nothing(start: Start<'_>) {
    for hostile in ["evil.example/", "evil.example#", "a.b", "..", "a@evil", "evil%2eexample", "é", "a:1"] {
        let mut world = start(&Setup::sunshine());
        let page = Page::new("main", 1);
        let receipt = arrive(&mut *world, &page);
        let body = json!({"app": {"id": NIGHT_MARKET, "displayName": "x", "subdomain": hostile}}).to_string();
        let answer =
            http::Response::builder().header("content-type", "application/json").body(body.into_bytes());
        world.smooch().on_next(Endpoint::TokenInfo, Fault::before(answer.expect("an answer")));
        let told = page.complete(&mut *world, &receipt);
        assert_eq!(json(&told)["code"], "smooch_malformed", "{hostile}");
        assert_eq!(world.smooch().requests().len(), 2, "the token endpoint and tokenInfo, and nobody else");
        nothing_is_kept(&mut *world);
        // Nothing is lost by it: Smooch's next answer is right, and the token was held.
        let held = json(&told)["receipt"].as_str().expect("an escrow receipt").to_owned();
        assert_eq!(page.complete(&mut *world, &held).status(), 200);
    }
}

/// An app may have any name its owner gave it. It is data wherever it turns up.
pub fn a_hostile_name_is_data(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    let app = json!({"id": NIGHT_MARKET, "displayName": HOSTILE, "subdomain": "night-market"});
    let answer = http::Response::builder()
        .header("content-type", "application/json")
        .body(json!({"app": app}).to_string().into_bytes());
    world.smooch().on_next(Endpoint::TokenInfo, Fault::before(answer.expect("an answer")));
    let connected = page.complete(&mut *world, &receipt);
    world.pass(61_000);
    for answer in [connected, get_v1(&mut *world, "/v1/connections")] {
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
        let said = json(&answer);
        let connection = said.get("connection").unwrap_or(&said["connections"][0]);
        let name = connection["app"]["name"].as_str().expect("a name");
        assert!(name.starts_with("<script>canary()</script>"), "{name:?}");
        assert!(!name.contains(['\r', '\n']), "{name:?} breaks a line");
        assert!(!format!("{:?}", answer.headers()).contains("canary"));
    }
    assert!(!world.log().contains("canary"));
}
