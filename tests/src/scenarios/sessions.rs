//! Sessions: the user who set out is the user who arrives.

use super::Start;
use crate::{
    page::{Fragment, Page, get, get_v1, json, session},
    world::{SEALING_KEYS, Setup, World},
};
use edge::{
    seal::{Keyring, NONCE, Purpose},
    session::Session,
};
use serde_json::{Value, json};
use shared::Subject;
use stand_in::accounts::OWNER;
use std::collections::BTreeMap;

fn made(world: &mut dyn World, subject: &str) -> String {
    let answer = session(world, &json!({"subject": subject, "metadata": {"plan": "pro"}}));
    assert_eq!(answer.status(), 201);
    json(&answer)["session"].as_str().expect("a session").to_owned()
}

fn code(world: &mut dyn World, page: &Page, receipt: &str) -> (u16, String) {
    let answer = page.complete(world, receipt);
    (answer.status().as_u16(), json(&answer)["code"].as_str().unwrap_or_default().to_owned())
}

fn arrive(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::of(&get(world, &callback)).receipt.expect("a receipt")
}

/// Listed by subject, with the partner's own notes.
pub fn a_connection_belongs_to_the_user_who_set_out(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let sealed = made(&mut *world, "ann@partner.example");
    let connected = json(&Page::new("main", 1).of(&sealed).install(&mut *world, OWNER, "Night Market"));
    assert_eq!(connected["connection"]["subject"], "ann@partner.example");
    assert_eq!(
        connected["connection"].get("metadata"),
        None,
        "the partner's notes are its backend's to read"
    );
    let id = connected["connection"]["id"].as_str().expect("an id").to_owned();
    let shown = json(&get_v1(&mut *world, &format!("/v1/connections/{id}")));
    assert_eq!(shown["metadata"], json!({"plan": "pro"}));
    let of_ann = json(&get_v1(&mut *world, "/v1/connections?subject=ann%40partner.example"));
    assert_eq!(of_ann["connections"], json!([connected["connection"]]));
    // Another user of the same app has a connection of their own.
    let sealed = made(&mut *world, "bob");
    let bobs = json(&Page::new("main", 2).of(&sealed).install(&mut *world, OWNER, "Night Market"));
    assert_ne!(bobs["connection"]["id"], connected["connection"]["id"]);
}

/// A change of login on the way, or an attacker's session at one end.
pub fn another_user_cannot_finish(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let (ann, bob) = (made(&mut *world, "ann"), made(&mut *world, "bob"));
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    let with = |session: Option<&str>, started: Option<&str>| Page {
        session: session.map(Into::into),
        started_session: started.map(Into::into),
        ..page.clone()
    };
    let mismatch = (403, "session_mismatch".to_owned());
    assert_eq!(code(&mut *world, &with(Some(&bob), Some(&ann)), &receipt), mismatch);
    assert_eq!(code(&mut *world, &with(Some(&ann), None), &receipt), mismatch);
    assert_eq!(code(&mut *world, &with(None, Some(&ann)), &receipt), mismatch);
    assert!(world.kv().keys().is_empty());
    // Two sessions of one user are one user: the page may have fetched a fresh one.
    let fresh = made(&mut *world, "ann");
    assert_eq!(code(&mut *world, &with(Some(&fresh), Some(&ann)), &receipt).0, 200);
}

/// Forged, of another kind, of another deployment, too old; and bodies that make none.
pub fn a_session_that_is_none_is_refused(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    let keyring = Keyring::parse(SEALING_KEYS).expect("keys");
    let subject = Subject::parse("ann").expect("a subject");
    let now = world.now();
    let sealed = |session: &Session, client_id: &str| session.seal(&keyring, client_id, &[7; NONCE]);
    let living = Session { subject, metadata: BTreeMap::new(), expires: now + 60_000 };
    let ended = Session { expires: now - 1_000, ..living.clone() };
    let opened =
        keyring.open(Purpose::Session, "shoplifter", &sealed(&living, "shoplifter")).expect("its own");
    let of_another_kind = keyring.seal(Purpose::Receipt, "shoplifter", &opened, &[7; NONCE]);
    let altered = |at: usize| {
        let mut text = sealed(&living, "shoplifter").into_bytes();
        text[at] = if text[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).expect("text")
    };
    let cut = sealed(&living, "shoplifter");
    for wrong in [
        String::new(),
        "ann".into(),
        sealed(&living, "another-partner"),
        of_another_kind,
        receipt.clone(),
        altered(5),
        altered(60),
        cut[..cut.len() - 4].to_owned(),
    ] {
        let page = page.clone().of(&wrong);
        assert_eq!(code(&mut *world, &page, &receipt), (401, "session_invalid".into()), "{wrong:?}");
    }
    let expired = page.clone().of(&sealed(&ended, "shoplifter"));
    assert_eq!(code(&mut *world, &expired, &receipt), (401, "session_expired".into()));
    // Of the one that the flow started with only the user counts.
    let page = Page {
        started_session: Some(sealed(&ended, "shoplifter")),
        ..page.of(&sealed(&living, "shoplifter"))
    };
    assert_eq!(code(&mut *world, &page, &receipt).0, 200);

    let long = "v".repeat(513);
    let hostile: [Value; 10] = [
        json!({}),
        json!([]),
        json!(["ann"]),
        json!(["ann", {"plan": "pro"}]),
        json!({"subject": ""}),
        json!({"subject": "a/b"}),
        json!({"subject": "a".repeat(129)}),
        json!({"subject": "ann", "metadata": {"n": 7}}),
        json!({"subject": "ann", "metadata": {"n": long}}),
        json!({"subject": "ann", "admin": true}),
    ];
    for body in hostile {
        assert_eq!(session(&mut *world, &body).status(), 400, "{body}");
    }
}

/// `require_session`
pub fn a_site_can_ask_for_sessions(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("members", 1);
    let receipt = arrive(&mut *world, &page);
    assert_eq!(code(&mut *world, &page, &receipt), (403, "session_required".into()));
    assert!(world.kv().keys().is_empty());
    let sealed = made(&mut *world, "ann");
    assert_eq!(code(&mut *world, &page.of(&sealed), &receipt).0, 200);
}

/// Who asks again must be who asked first.
pub fn the_first_answer_is_the_same_users(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let (ann, bob) = (made(&mut *world, "ann"), made(&mut *world, "bob"));
    let page = Page::new("main", 1);
    let receipt = arrive(&mut *world, &page);
    assert_eq!(code(&mut *world, &page.clone().of(&ann), &receipt).0, 200);
    assert_eq!(code(&mut *world, &page.of(&bob), &receipt), (403, "session_mismatch".into()));
}

/// It is nobody's page but the owner's.
pub fn the_hosted_page_takes_no_session(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let ann = made(&mut *world, "ann");
    let page = Page { origin: world.edge(), ..Page::new("hosted", 1) };
    let receipt = arrive(&mut *world, &page);
    assert_eq!(code(&mut *world, &page.clone().of(&ann), &receipt), (400, "invalid_request".into()));
    assert_eq!(code(&mut *world, &page, &receipt).0, 200);
}
