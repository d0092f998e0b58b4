//! Escrow: a token that could not be stored is sealed into a receipt, which the page sends again. After ten minutes the
//! token is revoked instead, unless that would end a connection in use.

mod expired;

use edge::{
    receipt::Receipt,
    seal::{Keyring, NONCE},
    session::Session,
};
use macro_rules_attribute::apply;
use serde_json::json;
use shared::Subject;
use stand_in::{Endpoint, Owner, accounts::OWNER};
use std::collections::BTreeMap;
use tests::{
    kv::Fault as KvFault,
    page::{Fragment, Page, call_v1, complete, connection_id, create_session, get, get_v1, json},
    world::{PARTNER, Response, SEALING_KEYS, Setup, Start, World},
};

#[track_caller]
fn assert_problem(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status().as_u16(), json(answer)["code"].as_str()), (status, Some(code)));
}

fn keyring() -> Keyring {
    Keyring::parse(SEALING_KEYS).expect("keys")
}

fn receipt_after_consent(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::from_redirect(&get(world, &callback)).receipt.expect("a receipt")
}

fn fail_writes(world: &dyn World) {
    for _try in 0..3 {
        world.kv().fail_put("connection/", KvFault::Before);
    }
}

/// Runs a flow whose token cannot be stored. Returns the escrow receipt.
fn escrow_receipt(world: &mut dyn World, page: &Page) -> String {
    let receipt = receipt_after_consent(world, page);
    fail_writes(world);
    let failed = page.complete(world, &receipt);
    assert_problem(&failed, 503, "storage_unavailable");
    json(&failed)["receipt"].as_str().expect("an escrow receipt").to_owned()
}

fn session_for(world: &mut dyn World, subject: &str) -> String {
    json(&create_session(world, &json!({"subject": subject})))["session"]
        .as_str()
        .expect("a session")
        .to_owned()
}

fn connection_count(world: &mut dyn World) -> usize {
    json(&get_v1(world, "/v1/connections"))["connections"].as_array().expect("a list").len()
}

fn active_tokens(world: &dyn World) -> usize {
    world.smooch().live_tokens().len()
}

/// A different user cannot use it, even with the verifier.
#[apply(scenario)]
fn an_escrow_receipt_works_only_for_the_user_who_started_the_flow(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let [ann, bob] = ["ann", "bob"].map(|subject| session_for(&mut *world, subject));
    for (seed, owner) in [(1, Some(&ann)), (2, None)] {
        let page = |session: Option<&String>| {
            let page = Page::new("main", seed);
            session.map_or_else(|| page.clone(), |session| page.clone().with_session(session))
        };
        let owner_page = page(owner);
        let escrow = escrow_receipt(&mut *world, &owner_page);
        for other in [Some(&ann), Some(&bob), None].into_iter().filter(|other| *other != owner) {
            assert_problem(&page(other).complete(&mut *world, &escrow), 403, "session_mismatch");
        }
        assert_eq!(owner_page.complete(&mut *world, &escrow).status(), 200);
        world.advance(5_000);
    }
}

/// The new receipt keeps the time of the first one.
#[apply(scenario)]
fn a_retry_does_not_extend_the_ten_minutes_of_an_escrow_receipt(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    let first = escrow_receipt(&mut *world, &page);
    let issued =
        |escrow: &str| Receipt::open(&keyring(), stand_in::CLIENT_ID, escrow).expect("a receipt").issued;
    world.advance(5_000);
    fail_writes(&*world);
    let failed = page.complete(&mut *world, &first);
    assert_problem(&failed, 503, "storage_unavailable");
    let second = json(&failed)["receipt"].as_str().expect("an escrow receipt").to_owned();
    assert_eq!(issued(&first), issued(&second));
    // The receipt keeps the app. Each attempt asks Smooch once, whether the token is active.
    assert_eq!(page.complete(&mut *world, &second).status(), 200);
    assert_eq!(world.smooch().count(Endpoint::TokenInfo), 3);
}

/// The receipt does not bring back a connection that the partner has deleted since.
#[apply(scenario)]
fn an_escrow_token_is_stored_once(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let escrow = escrow_receipt(&mut *world, &page);
    let id = connection_id(&page.complete(&mut *world, &escrow));
    world.advance(5_000);
    assert_eq!(connection_id(&page.complete(&mut *world, &escrow)), id, "a retry gives the same answer");
    world.advance(61_000);
    assert_eq!(call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 204);
    world.advance(61_000);
    assert_problem(&page.complete(&mut *world, &escrow), 400, "code_rejected");
    assert_eq!(connection_count(&mut *world), 0);
}

/// Revocation is per app: removing one connection also revokes the token that is in escrow for another user.
#[apply(scenario)]
fn a_revoked_escrow_token_connects_nothing(start: Start<'_>) {
    for setup in [Setup::smooch(), Setup::sunshine()] {
        let mut world = start(&setup);
        let ann = session_for(&mut *world, "ann");
        let ann_connection = connection_id(&Page::new("main", 1).with_session(&ann).install(
            &mut *world,
            OWNER,
            "Night Market",
        ));
        world.advance(61_000);
        let page = Page::new("main", 2);
        let escrow = escrow_receipt(&mut *world, &page);
        assert_eq!(
            call_v1(&mut *world, "DELETE", &format!("/v1/connections/{ann_connection}"), "").status(),
            204
        );
        assert_eq!(active_tokens(&*world), 0);
        assert_problem(&page.complete(&mut *world, &escrow), 400, "code_rejected");
        assert_eq!(connection_count(&mut *world), 0);
        // The person starts again, and it works.
        assert_eq!(Page::new("main", 3).install(&mut *world, OWNER, "Night Market").status(), 200);
    }
}

/// The session was valid when the flow finished.
#[apply(scenario)]
fn an_expired_session_does_not_lose_an_escrow_token(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let subject = Subject::parse("ann").expect("a subject");
    let expires = world.now() + 60_000;
    let session = Session { subject, metadata: BTreeMap::new(), expires };
    let valid_session = session.seal(&keyring(), stand_in::CLIENT_ID, &[7; NONCE]);
    let expired_session = Session { expires: world.now() - 1_000, ..session }.seal(
        &keyring(),
        stand_in::CLIENT_ID,
        &[8; NONCE],
    );
    let page = Page::new("main", 1).with_session(&valid_session);
    let escrow = escrow_receipt(&mut *world, &page);
    let connected = page.with_session(&expired_session).complete(&mut *world, &escrow);
    assert_eq!(connected.status(), 200);
    assert_eq!(json(&connected)["connection"]["subject"], "ann");
}

/// The earlier connection of the same app does not count.
#[apply(scenario)]
fn a_retry_of_a_flow_that_was_not_stored_is_not_answered_as_connected(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    assert_eq!(Page::new("main", 1).install(&mut *world, OWNER, "Night Market").status(), 200);
    world.advance(5_000);
    let page = Page::new("main", 2);
    let receipt = receipt_after_consent(&mut *world, &page);
    fail_writes(&*world);
    assert_problem(&page.complete(&mut *world, &receipt), 503, "storage_unavailable");
    assert_problem(&page.complete_again(&mut *world, &receipt), 400, "code_rejected");
}

/// Only the hosted page may send it.
#[apply(scenario)]
fn a_direct_install_has_an_escrow_receipt_too(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("DIRECT_INSTALL", true));
    let link = format!("{}/oauth/authorize?client_id=shoplifter&response_type=code", world.smooch_origin());
    let callback = Owner::new(OWNER)
        .allow(&link, "Night Market", |request| world.visit(request))
        .expect("the owner can allow");
    let receipt = Fragment::from_redirect(&get(&mut *world, &callback)).receipt.expect("a receipt");
    let edge = world.edge();
    fail_writes(&*world);
    let failed = complete(&mut *world, &edge, &format!("receipt={receipt}"));
    assert_problem(&failed, 503, "storage_unavailable");
    let escrow = json(&failed)["receipt"].as_str().expect("an escrow receipt").to_owned();
    assert_problem(&complete(&mut *world, PARTNER, &format!("receipt={escrow}")), 403, "origin_not_allowed");
    assert_eq!(complete(&mut *world, &edge, &format!("receipt={escrow}")).status(), 200);
    assert_eq!(connection_count(&mut *world), 1);
    world.advance(61_000);
    assert_eq!(complete(&mut *world, &edge, &format!("receipt={escrow}")).status(), 200);
    assert_eq!(connection_count(&mut *world), 1);
    assert_eq!(world.log().matches("answered again").count(), 1, "the token was stored twice");
}
