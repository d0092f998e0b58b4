//! Who may finish a flow, and who not.

use super::Start;
use crate::{
    page::{Fragment, Page, complete, get, header, json},
    world::{PARTNER, Response, SEALING_KEYS, Setup, World},
};
use edge::{
    receipt::{Binding, Held, LIFETIME, Receipt},
    seal::{Keyring, NONCE},
};
use shared::Secret;
use stand_in::{
    Endpoint, Options, Owner,
    accounts::{OWNER, VICTIM},
};

#[track_caller]
fn refused(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status().as_u16(), json(answer)["code"].as_str()), (status, Some(code)));
    assert_eq!(header(answer, "content-type"), Some("application/problem+json"));
    assert_eq!(json(answer).get("receipt"), None, "a receipt is given where no retry helps");
}

#[track_caller]
fn nothing_happened(world: &dyn World) {
    assert_eq!(world.smooch().count(Endpoint::Token), 0, "the code was sent");
    assert!(world.kv().keys().is_empty(), "something was stored");
}

fn receipt_of(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::of(&get(world, &callback)).receipt.expect("a receipt")
}

/// A receipt as the edge would make it, from its own keys.
fn forge(page: &Page, issued: u64, keys: &str, client_id: &str) -> String {
    let code = Secret::new("a-code");
    let held = Held::Code { code, redirect_uri: None };
    let receipt = Receipt { binding: Binding::Browser(page.state.clone()), held, issued };
    receipt.seal(&Keyring::parse(keys).expect("keys"), client_id, &[5; NONCE])
}

/// The attacker mails their own link; the victim allows; neither can finish.
pub fn an_attacker_cannot_finish_what_a_victim_allowed(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let attacker = Page::new("main", 1);
    let callback = attacker.allow(&mut *world, VICTIM, "Harbour Clinic");
    let receipt = Fragment::of(&get(&mut *world, &callback)).receipt.expect("a receipt");
    // The victim's browser has the receipt and no verifier, or only its own.
    refused(&Page::new("main", 2).complete(&mut *world, &receipt), 403, "verifier_mismatch");
    refused(&complete(&mut *world, PARTNER, &format!("receipt={receipt}")), 403, "verifier_mismatch");
    // The attacker's has the verifier and no receipt, or only one of another flow of theirs.
    let own = receipt_of(&mut *world, &Page::new("main", 3));
    refused(&attacker.complete(&mut *world, &own), 403, "verifier_mismatch");
    let verifier = attacker.verifier.expose();
    refused(&complete(&mut *world, PARTNER, &format!("verifier={verifier}")), 400, "invalid_request");
    nothing_happened(&*world);
}

/// Only a receipt that this edge made for this flow.
pub fn a_receipt_of_another_kind_site_or_key_is_refused(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_of(&mut *world, &page);
    let now = world.now();
    let altered = receipt.replace('A', "B") + "A";
    let other_keys = "k1:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    for wrong in [
        String::new(),
        "k1.AAAA".into(),
        altered,
        receipt[..receipt.len() - 4].to_owned(),
        receipt.replacen("k1.", "k2.", 1),
        forge(&page, now, other_keys, "shoplifter"),
        forge(&page, now, SEALING_KEYS, "another-partner"),
        forge(&page, now, &SEALING_KEYS.replace("k1", "k9"), "shoplifter"),
    ] {
        refused(&page.complete(&mut *world, &wrong), 400, "receipt_invalid");
    }
    // Sealed for one site, sent for another: the receipt says which, and the verifier is bound to it.
    let other = Page::new("other", 1);
    refused(
        &page.complete(&mut *world, &forge(&other, now, SEALING_KEYS, "shoplifter")),
        403,
        "origin_not_allowed",
    );
    nothing_happened(&*world);
}

/// Ten minutes, and none from the future.
pub fn an_expired_receipt_is_refused(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let now = world.now();
    for issued in [now - LIFETIME - 1_000, now + 60_000] {
        let receipt = forge(&page, issued, SEALING_KEYS, "shoplifter");
        refused(&page.complete(&mut *world, &receipt), 400, "receipt_expired");
    }
    nothing_happened(&*world);
}

/// The browser says which page asks; another cannot.
pub fn the_page_must_be_of_the_site_that_set_out(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_of(&mut *world, &page);
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
        refused(&complete(&mut *world, origin, &form), 403, "origin_not_allowed");
    }
    let nameless = http::Request::post(format!("{}/complete", world.edge())).body(form.clone().into_bytes());
    refused(&world.send(nameless.expect("a request")), 403, "origin_not_allowed");
    nothing_happened(&*world);
    // None of that has hurt the flow.
    assert_eq!(complete(&mut *world, PARTNER, &form).status(), 200);
}

/// Doubled, missing, too long.
pub fn a_form_of_another_shape_is_refused(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_of(&mut *world, &page);
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
    nothing_happened(&*world);
}

/// Nobody set out, so only the edge's own page may finish, and with no verifier and no session.
pub fn a_direct_receipt_is_for_the_edges_own_page_alone(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("DIRECT_INSTALL", true));
    let link = format!("{}/oauth/authorize?client_id=shoplifter&response_type=code", world.smooch_origin());
    let callback =
        Owner::new(OWNER).allow(&link, "Night Market", |request| world.visit(request)).expect("allowed");
    let receipt = Fragment::of(&get(&mut *world, &callback)).receipt.expect("a receipt");
    let edge = world.edge();
    let page = Page::new("main", 1);
    refused(&page.complete(&mut *world, &receipt), 403, "origin_not_allowed");
    refused(&complete(&mut *world, PARTNER, &format!("receipt={receipt}")), 403, "origin_not_allowed");
    refused(&complete(&mut *world, &edge, &page.form(&receipt)), 400, "receipt_invalid");
    nothing_happened(&*world);
    // The other way round: a partner's receipt is none of the hosted page's.
    let partners = receipt_of(&mut *world, &page);
    refused(&complete(&mut *world, &edge, &page.form(&partners)), 403, "origin_not_allowed");
    refused(&complete(&mut *world, &edge, &format!("receipt={partners}")), 403, "origin_not_allowed");
    let connected = complete(&mut *world, &edge, &format!("receipt={receipt}"));
    assert_eq!(json(&connected)["status"], "connected");
    // RFC 6749 §4.1.3: a redirect URI in the token request only if the authorization request had one.
    let body = world.smooch().requests().first().map(stand_in::Received::text).expect("a token request");
    assert!(!body.contains("redirect_uri"));
}

/// `/install` is a site like any other, on the edge's own origin.
pub fn the_hosted_page_finishes_its_own_flows(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page { origin: world.edge(), ..Page::new("hosted", 1) };
    let callback = page.allow(&mut *world, OWNER, "Night Market");
    let bounce = get(&mut *world, &callback);
    let location = header(&bounce, "location").unwrap_or_default().to_owned();
    assert!(location.starts_with(&format!("{}/install#smooch.receipt=", world.edge())));
    let receipt = Fragment::of(&bounce).receipt.expect("a receipt");
    refused(&complete(&mut *world, PARTNER, &page.form(&receipt)), 403, "origin_not_allowed");
    assert_eq!(page.complete(&mut *world, &receipt).status(), 200);
}

/// RFC 7636, for a server that has it.
pub fn pkce_is_proven_to_a_server_that_asks(start: Start<'_>) {
    let options = Options { pkce: true, ..Options::default() };
    let mut world = start(&Setup::smooch().with("SMOOCH_PKCE", true).at(options));
    let page = Page::new("main", 1);
    let link = page.link(&*world, true);
    let callback =
        Owner::new(OWNER).allow(&link, "Night Market", |request| world.visit(request)).expect("allowed");
    let receipt = Fragment::of(&get(&mut *world, &callback)).receipt.expect("a receipt");
    assert_eq!(page.complete(&mut *world, &receipt).status(), 200);
    let body = world.smooch().requests().first().map(stand_in::Received::text).expect("a token request");
    assert!(body.contains(&format!("code_verifier={}", page.verifier.expose())));
}

/// Cross-origin, without credentials.
pub fn the_answer_can_be_read_by_the_site_alone(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_of(&mut *world, &page);
    let stranger = complete(&mut *world, "https://evil.example", &page.form(&receipt));
    // A developer whose origin is not in the settings finds out why.
    assert_eq!(header(&stranger, "access-control-allow-origin"), Some("*"));
    assert_eq!(json(&stranger)["code"], "origin_not_allowed");
    let connected = page.complete(&mut *world, &receipt);
    assert_eq!(header(&connected, "access-control-allow-origin"), Some(PARTNER));
    assert_eq!(header(&connected, "access-control-allow-credentials"), None);
    assert_eq!(header(&connected, "vary"), Some("origin"));
    assert_eq!(header(&connected, "cache-control"), Some("no-store"));
    assert!(connected.headers().get("set-cookie").is_none());
}
