//! `/complete`: which requests may finish a flow.

use edge::{
    receipt::{Binding, Held, LIFETIME, Receipt},
    seal::{Keyring, NONCE},
};
use macro_rules_attribute::apply;
use shared::Secret;
use stand_in::{
    Endpoint, Options, Owner,
    accounts::{OWNER, VICTIM},
};
use tests::{
    page::{Fragment, Page, complete, get, header, json},
    world::{PARTNER, Response, SEALING_KEYS, Setup, Start, World},
};

#[track_caller]
fn assert_problem(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status().as_u16(), json(answer)["code"].as_str()), (status, Some(code)));
    assert_eq!(header(answer, "content-type"), Some("application/problem+json"));
    assert_eq!(json(answer).get("receipt"), None, "the problem has a receipt although no retry helps");
}

#[track_caller]
fn assert_nothing_happened(world: &dyn World) {
    assert_eq!(world.smooch().count(Endpoint::Token), 0, "the code was sent");
    assert!(world.kv().keys().is_empty(), "something was stored");
}

fn receipt_after_consent(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::from_redirect(&get(world, &callback)).receipt.expect("a receipt")
}

/// A receipt sealed with `keys`, as the edge seals it.
fn seal_receipt(page: &Page, issued: u64, keys: &str, client_id: &str) -> String {
    let code = Secret::new("a-code");
    let held = Held::Code { code, redirect_uri: None };
    let receipt = Receipt { binding: Binding::Browser(page.state.clone()), held, issued };
    receipt.seal(&Keyring::parse(keys).expect("keys"), client_id, &[5; NONCE])
}

/// The attacker sends their own link to a victim, who allows access. Neither of the two browsers can finish.
#[apply(scenario)]
fn an_attacker_cannot_finish_a_flow_that_a_victim_allowed(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let attacker = Page::new("main", 1);
    let callback = attacker.allow(&mut *world, VICTIM, "Harbour Clinic");
    let receipt = Fragment::from_redirect(&get(&mut *world, &callback)).receipt.expect("a receipt");
    // The victim's browser has the receipt, and no verifier or one of its own.
    assert_problem(&Page::new("main", 2).complete(&mut *world, &receipt), 403, "verifier_mismatch");
    assert_problem(&complete(&mut *world, PARTNER, &format!("receipt={receipt}")), 403, "verifier_mismatch");
    // The attacker's browser has the verifier, and no receipt or one of another flow.
    let own = receipt_after_consent(&mut *world, &Page::new("main", 3));
    assert_problem(&attacker.complete(&mut *world, &own), 403, "verifier_mismatch");
    let verifier = attacker.verifier.expose();
    assert_problem(&complete(&mut *world, PARTNER, &format!("verifier={verifier}")), 400, "invalid_request");
    assert_nothing_happened(&*world);
}

/// Only a receipt that this edge made for this flow opens.
#[apply(scenario)]
fn a_receipt_of_another_kind_site_or_key_is_rejected(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let now = world.now();
    let altered = receipt.replace('A', "B") + "A";
    let other_keys = "k1:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    for wrong in [
        String::new(),
        "k1.AAAA".into(),
        altered,
        receipt[..receipt.len() - 4].to_owned(),
        receipt.replacen("k1.", "k2.", 1),
        seal_receipt(&page, now, other_keys, "shoplifter"),
        seal_receipt(&page, now, SEALING_KEYS, "another-partner"),
        seal_receipt(&page, now, &SEALING_KEYS.replace("k1", "k9"), "shoplifter"),
    ] {
        assert_problem(&page.complete(&mut *world, &wrong), 400, "receipt_invalid");
    }
    // The receipt names its site, and this page is not on that site's origin.
    let other = Page::new("other", 1);
    assert_problem(
        &page.complete(&mut *world, &seal_receipt(&other, now, SEALING_KEYS, "shoplifter")),
        403,
        "origin_not_allowed",
    );
    assert_nothing_happened(&*world);
}

/// A receipt is valid for ten minutes, and not before its time of issue.
#[apply(scenario)]
fn an_expired_receipt_is_rejected(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let now = world.now();
    for issued in [now - LIFETIME - 1_000, now + 60_000] {
        let receipt = seal_receipt(&page, issued, SEALING_KEYS, "shoplifter");
        assert_problem(&page.complete(&mut *world, &receipt), 400, "receipt_expired");
    }
    assert_nothing_happened(&*world);
}

/// The browser sets `Origin`, so a page of another site cannot fake it.
#[apply(scenario)]
fn the_origin_must_be_that_of_the_site_that_started_the_flow(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let form = page.form(&receipt);
    for origin in [
        "null",
        "",
        "http://127.0.0.1:8790",
        "https://127.0.0.1:8789",
        "http://127.0.0.1:8789.evil.example",
        "http://127.0.0.1",
        "https://other.example",
        &world.edge(),
        "http://127.0.0.1:8789/",
        "HTTP://127.0.0.1:8789",
    ] {
        assert_problem(&complete(&mut *world, origin, &form), 403, "origin_not_allowed");
    }
    let without_origin =
        http::Request::post(format!("{}/complete", world.edge())).body(form.clone().into_bytes());
    assert_problem(&world.send(without_origin.expect("a request")), 403, "origin_not_allowed");
    assert_nothing_happened(&*world);
    // The rejected attempts do not spend the code.
    assert_eq!(complete(&mut *world, PARTNER, &form).status(), 200);
}

/// Repeated or missing parameters, and a form that is too long.
#[apply(scenario)]
fn a_malformed_form_is_rejected(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let form = page.form(&receipt);
    let long = format!("{form}&padding={}", "a".repeat(16 * 1024));
    for wrong in ["", "receipt", &format!("{form}&receipt={receipt}"), &format!("{form}&verifier=x"), &long] {
        let answer = complete(&mut *world, PARTNER, wrong);
        assert!(
            ["invalid_request", "receipt_invalid"]
                .contains(&json(&answer)["code"].as_str().unwrap_or_default())
        );
        assert_eq!(answer.status(), 400);
    }
    assert_nothing_happened(&*world);
}

/// No page has started the flow, so only the hosted page may finish it, without a verifier and without a session.
#[apply(scenario)]
fn a_direct_receipt_works_only_on_the_hosted_page(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("DIRECT_INSTALL", true));
    let link = format!("{}/oauth/authorize?client_id=shoplifter&response_type=code", world.smooch_origin());
    let callback = Owner::new(OWNER)
        .allow(&link, "Night Market", |request| world.visit(request))
        .expect("the owner can allow");
    let receipt = Fragment::from_redirect(&get(&mut *world, &callback)).receipt.expect("a receipt");
    let edge = world.edge();
    let page = Page::new("main", 1);
    assert_problem(&page.complete(&mut *world, &receipt), 403, "origin_not_allowed");
    assert_problem(&complete(&mut *world, PARTNER, &format!("receipt={receipt}")), 403, "origin_not_allowed");
    assert_problem(&complete(&mut *world, &edge, &page.form(&receipt)), 400, "receipt_invalid");
    assert_nothing_happened(&*world);
    // The hosted page cannot finish a partner's flow.
    let partners = receipt_after_consent(&mut *world, &page);
    assert_problem(&complete(&mut *world, &edge, &page.form(&partners)), 403, "origin_not_allowed");
    assert_problem(&complete(&mut *world, &edge, &format!("receipt={partners}")), 403, "origin_not_allowed");
    let connected = complete(&mut *world, &edge, &format!("receipt={receipt}"));
    assert_eq!(json(&connected)["status"], "connected");
    // RFC 6749 §4.1.3: the token request has a redirect URI only if the authorization request had one.
    let body = world.smooch().requests().first().map(stand_in::Received::text).expect("a token request");
    assert!(!body.contains("redirect_uri"));
}

/// `/install` is the site `hosted`, on the edge's own origin.
#[apply(scenario)]
fn the_hosted_page_finishes_its_own_flows(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page { origin: world.edge(), ..Page::new("hosted", 1) };
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    let bounce = get(&mut *world, &callback);
    let location = header(&bounce, "location").unwrap_or_default().to_owned();
    assert!(location.starts_with(&format!("{}/install#smooch.receipt=", world.edge())));
    let receipt = Fragment::from_redirect(&bounce).receipt.expect("a receipt");
    assert_problem(&complete(&mut *world, PARTNER, &page.form(&receipt)), 403, "origin_not_allowed");
    assert_eq!(page.complete(&mut *world, &receipt).status(), 200);
}

/// RFC 7636 §4.5.
#[apply(scenario)]
fn the_pkce_verifier_is_sent_to_a_server_that_requires_it(start: Start<'_>) {
    let options = Options { pkce: true, ..Options::default() };
    let mut world = start(&Setup::smooch().with("SMOOCH_PKCE", true).with_options(options));
    let page = Page::new("main", 1);
    let link = page.link(&*world, true);
    let callback = Owner::new(OWNER)
        .allow(&link, "Night Market", |request| world.visit(request))
        .expect("the owner can allow");
    let receipt = Fragment::from_redirect(&get(&mut *world, &callback)).receipt.expect("a receipt");
    assert_eq!(page.complete(&mut *world, &receipt).status(), 200);
    let body = world.smooch().requests().first().map(stand_in::Received::text).expect("a token request");
    assert!(body.contains(&format!("code_verifier={}", page.verifier.expose())));
}

/// CORS without credentials.
#[apply(scenario)]
fn cors_lets_only_the_site_read_the_answer(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let stranger = complete(&mut *world, "https://evil.example", &page.form(&receipt));
    // Any page may read this error, so that a developer finds the missing origin.
    assert_eq!(header(&stranger, "access-control-allow-origin"), Some("*"));
    assert_eq!(json(&stranger)["code"], "origin_not_allowed");
    let connected = page.complete(&mut *world, &receipt);
    assert_eq!(header(&connected, "access-control-allow-origin"), Some(PARTNER));
    assert_eq!(header(&connected, "access-control-allow-credentials"), None);
    assert_eq!(header(&connected, "vary"), Some("origin"));
    assert_eq!(header(&connected, "cache-control"), Some("no-store"));
    assert!(connected.headers().get("set-cookie").is_none());
}
