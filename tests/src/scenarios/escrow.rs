//! A token that could not be stored: held in a receipt for the browser that earned it, stored when it can be, and
//! revoked when nobody comes for it, unless that would end what is in use.

use super::Start;
use crate::{
    kv::Fault as KvFault,
    page::{Fragment, Page, call_v1, complete, get, get_v1, id_of, json, session},
    world::{PARTNER, Response, SEALING_KEYS, Setup, World},
};
use edge::{
    receipt::{Binding, Held, LIFETIME, Receipt},
    seal::{Keyring, NONCE},
    session::Session,
};
use http::StatusCode;
use serde_json::json;
use shared::{Secret, Subject};
use stand_in::{Endpoint, Fault, Owner, accounts::OWNER};
use std::collections::BTreeMap;

#[track_caller]
fn told(answer: &Response, status: u16, code: &str) {
    assert_eq!((answer.status().as_u16(), json(answer)["code"].as_str()), (status, Some(code)));
}

fn keyring() -> Keyring {
    Keyring::parse(SEALING_KEYS).expect("keys")
}

fn arrive(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::of(&get(world, &callback)).receipt.expect("a receipt")
}

fn break_kv(world: &dyn World) {
    for _try in 0..3 {
        world.kv().fail_put("connection/", KvFault::Before);
    }
}

/// A flow whose token could not be stored: the escrow receipt.
fn held(world: &mut dyn World, page: &Page) -> String {
    let receipt = arrive(world, page);
    break_kv(world);
    let failed = page.complete(world, &receipt);
    told(&failed, 503, "storage_unavailable");
    json(&failed)["receipt"].as_str().expect("an escrow receipt").to_owned()
}

/// The same escrow, as it is eleven minutes later.
fn aged(world: &dyn World, page: &Page) -> String {
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

fn session_of(world: &mut dyn World, subject: &str) -> String {
    json(&session(world, &json!({"subject": subject})))["session"].as_str().expect("a session").to_owned()
}

fn connections(world: &mut dyn World) -> usize {
    json(&get_v1(world, "/v1/connections"))["connections"].as_array().expect("a list").len()
}

fn live(world: &dyn World) -> usize {
    world.smooch().live_tokens().len()
}

/// In both families, one of which must ask for the app first to know where to revoke.
pub fn a_held_token_that_nobody_came_for_is_revoked(start: Start<'_>) {
    for setup in [Setup::smooch(), Setup::sunshine()] {
        let mut world = start(&setup);
        let page = Page::new("main", 1);
        held(&mut *world, &page);
        let old = aged(&*world, &page);
        told(&Page::new("main", 2).complete(&mut *world, &old), 403, "verifier_mismatch");
        assert_eq!(live(&*world), 1, "only who may finish may revoke");
        told(&page.complete(&mut *world, &old), 400, "receipt_expired");
        assert_eq!(live(&*world), 0);
        let smooch = world.smooch();
        let revoked = smooch.requests().last().expect("a request");
        assert_eq!((revoked.endpoint, revoked.method.as_str()), (Endpoint::Revoke, "DELETE"));
    }
}

/// One authorization covers an app: ending a late token would end the connection of somebody else, or this one.
pub fn a_held_token_is_not_ended_where_its_app_has_a_connection(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let ann = session_of(&mut *world, "ann");
    assert_eq!(Page::new("main", 1).of(&ann).install(&mut *world, OWNER, "Night Market").status(), 200);
    world.pass(5_000);
    let bob = Page::new("main", 2);
    let escrow = held(&mut *world, &bob);
    let old = aged(&*world, &bob);
    told(&bob.complete(&mut *world, &old), 400, "receipt_expired");
    assert_eq!(live(&*world), 2, "Ann's connection was ended");
    // Stored after all, and then sent again too late: it is what it was.
    let id = id_of(&bob.complete(&mut *world, &escrow));
    assert_eq!(id_of(&bob.complete(&mut *world, &old)), id);
    assert_eq!(live(&*world), 2, "a connection that is listed was ended");
}

/// A connection whose token Smooch refuses uses nothing that could be ended for it.
pub fn a_held_token_is_ended_where_its_apps_connections_are_dead(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let ann = session_of(&mut *world, "ann");
    let connected = Page::new("main", 1).of(&ann).install(&mut *world, OWNER, "Night Market");
    let id = id_of(&connected);
    world.smooch().on_next(Endpoint::Api, Fault::status(StatusCode::UNAUTHORIZED));
    world.smooch().on_next(Endpoint::TokenInfo, Fault::status(StatusCode::UNAUTHORIZED));
    call_v1(&mut *world, "GET", &format!("/v1/connections/{id}/api/v2/apps"), "");
    world.pass(61_000);
    let listed = json(&get_v1(&mut *world, "/v1/connections"));
    assert_eq!(listed["connections"][0]["status"], "revoked", "{listed}");
    let page = Page::new("main", 2);
    held(&mut *world, &page);
    let old = aged(&*world, &page);
    told(&page.complete(&mut *world, &old), 400, "receipt_expired");
    assert_eq!(live(&*world), 0, "nobody has this token, and it lives");
}

/// Without its app nobody can say whether it may be ended.
pub fn a_late_token_whose_app_is_not_told_is_held_on(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    held(&mut *world, &page);
    let old = aged(&*world, &page);
    let garbage = http::Response::new(b"}{".to_vec());
    world.smooch().on_next(Endpoint::TokenInfo, Fault::before(garbage));
    let failed = page.complete(&mut *world, &old);
    told(&failed, 502, "smooch_malformed");
    let again = json(&failed)["receipt"].as_str().expect("the same receipt").to_owned();
    told(&page.complete(&mut *world, &again), 400, "receipt_expired");
    assert_eq!(live(&*world), 0);
}

/// Whoever sends it, with the verifier and all.
pub fn a_held_token_becomes_nobody_elses(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let [ann, bob] = ["ann", "bob"].map(|subject| session_of(&mut *world, subject));
    for (seed, earner) in [(1, Some(&ann)), (2, None)] {
        let page = |session: Option<&String>| {
            let page = Page::new("main", seed);
            session.map_or_else(|| page.clone(), |session| page.clone().of(session))
        };
        let earned_by = page(earner);
        let escrow = held(&mut *world, &earned_by);
        for thief in [Some(&ann), Some(&bob), None].into_iter().filter(|thief| *thief != earner) {
            told(&page(thief).complete(&mut *world, &escrow), 403, "session_mismatch");
        }
        assert_eq!(earned_by.complete(&mut *world, &escrow).status(), 200);
        world.pass(5_000);
    }
}

/// Smooch is not there, or the address is wrong: the token is held on.
pub fn a_revocation_that_fails_is_tried_again(start: Start<'_>) {
    for status in [StatusCode::BAD_GATEWAY, StatusCode::NOT_FOUND] {
        let mut world = start(&Setup::smooch());
        let page = Page::new("main", 1);
        held(&mut *world, &page);
        let old = aged(&*world, &page);
        world.smooch().on_next(Endpoint::Revoke, Fault::status(status));
        let failed = page.complete(&mut *world, &old);
        told(&failed, 503, "smooch_unavailable");
        assert!(!world.log().contains("\"revoked\""));
        let again = json(&failed)["receipt"].as_str().expect("the same receipt").to_owned();
        told(&page.complete(&mut *world, &again), 400, "receipt_expired");
        assert_eq!(live(&*world), 0);
    }
}

/// Trying again does not make it younger.
pub fn a_held_token_lives_ten_minutes_however_often_it_is_sent(start: Start<'_>) {
    let mut world = start(&Setup::sunshine());
    let page = Page::new("main", 1);
    let first = held(&mut *world, &page);
    let issued =
        |escrow: &str| Receipt::open(&keyring(), stand_in::CLIENT_ID, escrow).expect("a receipt").issued;
    world.pass(5_000);
    break_kv(&*world);
    let failed = page.complete(&mut *world, &first);
    told(&failed, 503, "storage_unavailable");
    let second = json(&failed)["receipt"].as_str().expect("an escrow receipt").to_owned();
    assert_eq!(issued(&first), issued(&second));
    // Which app it is for is kept with it: each time Smooch is asked once, whether it lives.
    assert_eq!(page.complete(&mut *world, &second).status(), 200);
    assert_eq!(world.smooch().count(Endpoint::TokenInfo), 3);
}

/// What the partner has deleted since stays deleted, whoever kept the receipt.
pub fn a_held_token_is_stored_once(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let escrow = held(&mut *world, &page);
    let id = id_of(&page.complete(&mut *world, &escrow));
    world.pass(5_000);
    assert_eq!(id_of(&page.complete(&mut *world, &escrow)), id, "the same answer, if it was lost");
    world.pass(61_000);
    assert_eq!(call_v1(&mut *world, "DELETE", &format!("/v1/connections/{id}"), "").status(), 204);
    world.pass(61_000);
    told(&page.complete(&mut *world, &escrow), 400, "code_rejected");
    assert_eq!(connections(&mut *world), 0);
}

/// One authorization covers an app whole: what ends it ends the token that is held for somebody else.
pub fn a_held_token_that_was_ended_connects_nothing(start: Start<'_>) {
    for setup in [Setup::smooch(), Setup::sunshine()] {
        let mut world = start(&setup);
        let ann = session_of(&mut *world, "ann");
        let anns = id_of(&Page::new("main", 1).of(&ann).install(&mut *world, OWNER, "Night Market"));
        world.pass(61_000);
        let page = Page::new("main", 2);
        let escrow = held(&mut *world, &page);
        assert_eq!(call_v1(&mut *world, "DELETE", &format!("/v1/connections/{anns}"), "").status(), 204);
        assert_eq!(live(&*world), 0);
        told(&page.complete(&mut *world, &escrow), 400, "code_rejected");
        assert_eq!(connections(&mut *world), 0);
        // The person starts again, and it works.
        assert_eq!(Page::new("main", 3).install(&mut *world, OWNER, "Night Market").status(), 200);
    }
}

/// It was earned in a session that lived.
pub fn a_session_that_ends_does_not_lose_a_held_token(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let subject = Subject::parse("ann").expect("a subject");
    let expires = world.now() + 60_000;
    let session = Session { subject, metadata: BTreeMap::new(), expires };
    let living = session.seal(&keyring(), stand_in::CLIENT_ID, &[7; NONCE]);
    let ended = Session { expires: world.now() - 1_000, ..session }.seal(
        &keyring(),
        stand_in::CLIENT_ID,
        &[8; NONCE],
    );
    let page = Page::new("main", 1).of(&living);
    let escrow = held(&mut *world, &page);
    let connected = page.of(&ended).complete(&mut *world, &escrow);
    assert_eq!(connected.status(), 200);
    assert_eq!(json(&connected)["connection"]["subject"], "ann");
}

/// Only what is stored is connected, whatever stood there before.
pub fn a_flow_that_was_not_stored_is_not_answered_as_connected(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    assert_eq!(Page::new("main", 1).install(&mut *world, OWNER, "Night Market").status(), 200);
    world.pass(5_000);
    let page = Page::new("main", 2);
    let receipt = arrive(&mut *world, &page);
    break_kv(&*world);
    told(&page.complete(&mut *world, &receipt), 503, "storage_unavailable");
    told(&page.complete_again(&mut *world, &receipt), 400, "code_rejected");
}

/// For the edge's own page and no other.
pub fn a_direct_install_is_held_too(start: Start<'_>) {
    let mut world = start(&Setup::smooch().with("DIRECT_INSTALL", true));
    let link = format!("{}/oauth/authorize?client_id=shoplifter&response_type=code", world.smooch_origin());
    let callback =
        Owner::new(OWNER).allow(&link, "Night Market", |request| world.visit(request)).expect("allowed");
    let receipt = Fragment::of(&get(&mut *world, &callback)).receipt.expect("a receipt");
    let edge = world.edge();
    break_kv(&*world);
    let failed = complete(&mut *world, &edge, &format!("receipt={receipt}"));
    told(&failed, 503, "storage_unavailable");
    let escrow = json(&failed)["receipt"].as_str().expect("an escrow receipt").to_owned();
    told(&complete(&mut *world, PARTNER, &format!("receipt={escrow}")), 403, "origin_not_allowed");
    assert_eq!(complete(&mut *world, &edge, &format!("receipt={escrow}")).status(), 200);
    assert_eq!(connections(&mut *world), 1);
    world.pass(61_000);
    assert_eq!(complete(&mut *world, &edge, &format!("receipt={escrow}")).status(), 200);
    assert_eq!(connections(&mut *world), 1);
    assert_eq!(world.log().matches("answered again").count(), 1, "stored twice");
}
