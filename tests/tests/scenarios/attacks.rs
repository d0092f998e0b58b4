//! Attacks with hostile answers and hostile app data. Each ends with nothing stored and no request to a wrong host.

use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::{
    Endpoint, Fault, Options,
    accounts::{NIGHT_MARKET, OWNER},
};
use tests::{
    page::{Fragment, Page, get, get_v1, header, json},
    world::{Setup, Start, World},
};

const HOSTILE: &str = "<script>canary()</script>\"'\r\nx-canary: 1\u{202e}";

fn receipt_after_consent(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::from_redirect(&get(world, &callback)).receipt.expect("a receipt")
}

fn assert_nothing_is_stored(world: &mut dyn World) {
    assert_eq!(json(&get_v1(world, "/v1/connections"))["connections"], json!([]));
    assert!(world.kv().keys().is_empty(), "something was stored");
}

/// RFC 9700 §4.8: an attacker removes the challenge from the link. The edge sends the verifier all the same, and a server
/// that follows the rule rejects it.
#[apply(scenario)]
fn a_pkce_downgrade_is_rejected(start: Start<'_>) {
    let options = Options { pkce: true, ..Options::default() };
    let mut world = start(&Setup::smooch().with("SMOOCH_PKCE", true).with_options(options));
    let page = Page::new("main", 1);
    // `receipt_after_consent` follows a link without a challenge.
    let receipt = receipt_after_consent(&mut *world, &page);
    let answer = page.complete(&mut *world, &receipt);
    assert_eq!((answer.status().as_u16(), json(&answer)["code"].as_str()), (400, Some("code_rejected")));
    let sent = world.smooch().requests().first().map(stand_in::Received::text).expect("a token request");
    assert!(sent.contains("code_verifier="));
    assert!(world.smooch().issued_tokens().is_empty());
    assert_nothing_is_stored(&mut *world);
}

/// The edge reads the meaning of an error and never repeats its text.
#[apply(scenario)]
fn no_text_of_smooch_reaches_a_page_a_log_or_a_header(start: Start<'_>) {
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
            let receipt = receipt_after_consent(&mut *world, &page);
            let answer = http::Response::builder()
                .status(status)
                .header("content-type", "text/html")
                .header("x-canary", "1")
                .header("set-cookie", "canary=1")
                .body(body.to_string().into_bytes());
            world.smooch().on_next(endpoint, Fault::before(answer.expect("the answer is valid")));
            let problem = page.complete(&mut *world, &receipt);
            assert!(problem.status().as_u16() >= 400, "{body}");
            assert_eq!(header(&problem, "content-type"), Some("application/problem+json"));
            let all = format!("{:?} {}", problem.headers(), String::from_utf8_lossy(problem.body()));
            assert!(!all.contains("canary"), "{all}");
        }
        assert!(!world.log().contains("canary"), "{}", world.log());
        assert_nothing_is_stored(&mut *world);
    }
    let mut world = start(&Setup::smooch());
    let state = Page::new("main", 1).state.to_text();
    let hostile = "%3Cscript%3Ecanary%0D%0Ax-canary%3A1";
    for query in [
        format!("error=access_denied&error_description={hostile}&error_uri={hostile}&state={state}"),
        format!("error={hostile}&state={state}"),
        format!("error=server_error&{hostile}={hostile}&state={state}"),
    ] {
        let redirect = get(&mut *world, &format!("/callback?{query}"));
        let all = format!("{:?} {}", redirect.headers(), String::from_utf8_lossy(redirect.body()));
        assert!(redirect.status() == 303 && !all.contains("canary"), "{all}");
    }
    assert!(!world.log().contains("canary"));
}

/// A subdomain becomes part of a host name, so anything but one DNS label is rejected and no token is sent there.
#[apply(scenario)]
fn a_subdomain_that_is_not_a_dns_label_connects_nothing(start: Start<'_>) {
    for hostile in ["evil.example/", "evil.example#", "a.b", "..", "a@evil", "evil%2eexample", "é", "a:1"] {
        let mut world = start(&Setup::sunshine());
        let page = Page::new("main", 1);
        let receipt = receipt_after_consent(&mut *world, &page);
        let body = json!({"app": {"id": NIGHT_MARKET, "displayName": "x", "subdomain": hostile}}).to_string();
        let answer =
            http::Response::builder().header("content-type", "application/json").body(body.into_bytes());
        world.smooch().on_next(Endpoint::TokenInfo, Fault::before(answer.expect("the answer is valid")));
        let problem = page.complete(&mut *world, &receipt);
        assert_eq!(json(&problem)["code"], "smooch_malformed", "{hostile}");
        assert_eq!(world.smooch().requests().len(), 2, "only the token endpoint and tokenInfo are called");
        assert_nothing_is_stored(&mut *world);
        // The escrow receipt keeps the token, and Smooch's next answer is right.
        let escrow = json(&problem)["receipt"].as_str().expect("an escrow receipt").to_owned();
        assert_eq!(page.complete(&mut *world, &escrow).status(), 200);
    }
}

/// An owner can give an app any name. It stays data in answers, headers and logs.
#[apply(scenario)]
fn a_hostile_app_name_stays_data(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let app = json!({"id": NIGHT_MARKET, "displayName": HOSTILE, "subdomain": "night-market"});
    let answer = http::Response::builder()
        .header("content-type", "application/json")
        .body(json!({"app": app}).to_string().into_bytes());
    world.smooch().on_next(Endpoint::TokenInfo, Fault::before(answer.expect("the answer is valid")));
    let connected = page.complete(&mut *world, &receipt);
    world.advance(61_000);
    for answer in [connected, get_v1(&mut *world, "/v1/connections")] {
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
        let body = json(&answer);
        let connection = body.get("connection").unwrap_or(&body["connections"][0]);
        let name = connection["app"]["name"].as_str().expect("a name");
        assert!(name.starts_with("<script>canary()</script>"), "{name:?}");
        assert!(!name.contains(['\r', '\n']), "{name:?} contains a line break");
        assert!(!format!("{:?}", answer.headers()).contains("canary"));
    }
    assert!(!world.log().contains("canary"));
}
