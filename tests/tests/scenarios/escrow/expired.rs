//! Escrow receipts after ten minutes: the token is revoked, unless that would end a connection in use.

use super::{active_tokens, assert_problem, escrow_receipt, keyring, session_for};
use edge::{
    receipt::{Binding, Held, LIFETIME, Receipt},
    seal::NONCE,
    session::Session,
};
use http::StatusCode;
use macro_rules_attribute::apply;
use shared::Secret;
use stand_in::{Endpoint, Fault, accounts::OWNER};
use tests::{
    page::{Page, call_v1, connection_id, get_v1, json},
    world::{Setup, Start, World},
};

/// The escrow receipt of the newest token, issued eleven minutes ago.
fn expired_escrow_receipt(world: &dyn World, page: &Page) -> String {
    let smooch = world.smooch();
    let tokens = smooch.live_tokens();
    let newest = tokens.iter().max_by_key(|token| token.issued_ms).expect("a token");
    let subject = page
        .session
        .as_deref()
        .map(|session| Session::open(&keyring(), stand_in::CLIENT_ID, session).expect("a session").subject);
    let held = Held::Token { token: Secret::new(&*newest.access_token), app: None, subject };
    let issued = world.now() - LIFETIME - 60_000;
    let receipt = Receipt { binding: Binding::Browser(page.state.clone()), held, issued };
    receipt.seal(&keyring(), stand_in::CLIENT_ID, &[5; NONCE])
}

/// The Sunshine family asks for the app first, because the revocation URL depends on it.
#[apply(scenario)]
fn an_expired_escrow_token_is_revoked(start: Start<'_>) {
    for setup in [Setup::smooch(), Setup::sunshine()] {
        let mut world = start(&setup);
        let page = Page::new("main", 1);
        escrow_receipt(&mut *world, &page);
        let expired = expired_escrow_receipt(&*world, &page);
        assert_problem(&Page::new("main", 2).complete(&mut *world, &expired), 403, "verifier_mismatch");
        assert_eq!(
            active_tokens(&*world),
            1,
            "only the browser that may finish the flow may revoke its token"
        );
        assert_problem(&page.complete(&mut *world, &expired), 400, "receipt_expired");
        assert_eq!(active_tokens(&*world), 0);
        let smooch = world.smooch();
        let revoked = smooch.requests().last().expect("a request");
        assert_eq!((revoked.endpoint, revoked.method.as_str()), (Endpoint::Revoke, "DELETE"));
    }
}

/// Revocation is per app: revoking this token would end the connection that is in use.
#[apply(scenario)]
fn an_expired_escrow_token_is_kept_if_its_app_has_a_connection(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let ann = session_for(&mut *world, "ann");
    assert_eq!(
        Page::new("main", 1).with_session(&ann).install(&mut *world, OWNER, "Night Market").status(),
        200
    );
    world.advance(5_000);
    let bob = Page::new("main", 2);
    let escrow = escrow_receipt(&mut *world, &bob);
    let expired = expired_escrow_receipt(&*world, &bob);
    assert_problem(&bob.complete(&mut *world, &expired), 400, "receipt_expired");
    assert_eq!(active_tokens(&*world), 2, "Ann's token was revoked");
    // A receipt that was stored before it expired gives the first answer.
    let id = connection_id(&bob.complete(&mut *world, &escrow));
    assert_eq!(connection_id(&bob.complete(&mut *world, &expired)), id);
    assert_eq!(active_tokens(&*world), 2, "the token of a listed connection was revoked");
}

/// A revoked connection uses no token that the revocation could end.
#[apply(scenario)]
fn an_expired_escrow_token_is_revoked_if_its_app_has_only_revoked_connections(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let ann = session_for(&mut *world, "ann");
    let connected = Page::new("main", 1).with_session(&ann).install(&mut *world, OWNER, "Night Market");
    let id = connection_id(&connected);
    world.smooch().on_next(Endpoint::Api, Fault::status(StatusCode::UNAUTHORIZED));
    world.smooch().on_next(Endpoint::TokenInfo, Fault::status(StatusCode::UNAUTHORIZED));
    call_v1(&mut *world, "GET", &format!("/v1/connections/{id}/api/v2/apps"), "");
    world.advance(61_000);
    let listed = json(&get_v1(&mut *world, "/v1/connections"));
    assert_eq!(listed["connections"][0]["status"], "revoked", "{listed}");
    let page = Page::new("main", 2);
    escrow_receipt(&mut *world, &page);
    let expired = expired_escrow_receipt(&*world, &page);
    assert_problem(&page.complete(&mut *world, &expired), 400, "receipt_expired");
    assert_eq!(active_tokens(&*world), 0, "a token that nobody has is active");
}

/// The edge cannot know whether it may revoke a token whose app is unknown.
#[apply(scenario)]
fn an_expired_escrow_token_of_an_unknown_app_stays_in_escrow(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    escrow_receipt(&mut *world, &page);
    let expired = expired_escrow_receipt(&*world, &page);
    let garbage = http::Response::new(b"}{".to_vec());
    world.smooch().on_next(Endpoint::TokenInfo, Fault::before(garbage));
    let failed = page.complete(&mut *world, &expired);
    assert_problem(&failed, 502, "smooch_malformed");
    let again = json(&failed)["receipt"].as_str().expect("the problem has the same receipt").to_owned();
    assert_problem(&page.complete(&mut *world, &again), 400, "receipt_expired");
    assert_eq!(active_tokens(&*world), 0);
}

/// Smooch is unavailable, or the revocation URL is wrong. The token stays in escrow.
#[apply(scenario)]
fn a_failed_revocation_is_retried(start: Start<'_>) {
    for status in [StatusCode::BAD_GATEWAY, StatusCode::NOT_FOUND] {
        let mut world = start(&Setup::smooch());
        let page = Page::new("main", 1);
        escrow_receipt(&mut *world, &page);
        let expired = expired_escrow_receipt(&*world, &page);
        world.smooch().on_next(Endpoint::Revoke, Fault::status(status));
        let failed = page.complete(&mut *world, &expired);
        assert_problem(&failed, 503, "smooch_unavailable");
        assert!(!world.log().contains("\"revoked\""));
        let again = json(&failed)["receipt"].as_str().expect("the problem has the same receipt").to_owned();
        assert_problem(&page.complete(&mut *world, &again), 400, "receipt_expired");
        assert_eq!(active_tokens(&*world), 0);
    }
}
