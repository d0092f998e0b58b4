//! Sessions: the user who starts a flow must be the user who finishes it.

use edge::{
    seal::{Keyring, NONCE, Purpose},
    session::Session,
};
use macro_rules_attribute::apply;
use serde_json::{Value, json};
use shared::Subject;
use stand_in::accounts::OWNER;
use std::collections::BTreeMap;
use tests::{
    page::{Fragment, Page, create_session, get, get_v1, json},
    world::{SEALING_KEYS, Setup, Start, World},
};

fn new_session(world: &mut dyn World, subject: &str) -> String {
    let answer = create_session(world, &json!({"subject": subject, "metadata": {"plan": "pro"}}));
    assert_eq!(answer.status(), 201);
    json(&answer)["session"].as_str().expect("a session").to_owned()
}

fn complete(world: &mut dyn World, page: &Page, receipt: &str) -> (u16, String) {
    let answer = page.complete(world, receipt);
    (answer.status().as_u16(), json(&answer)["code"].as_str().unwrap_or_default().to_owned())
}

fn receipt_after_consent(world: &mut dyn World, page: &Page) -> String {
    let callback = page.allow(world, OWNER, "Night Market");
    Fragment::from_redirect(&get(world, &callback)).receipt.expect("a receipt")
}

/// It is listed by subject, and has the partner's metadata.
#[apply(scenario)]
fn a_connection_belongs_to_the_user_who_started_the_flow(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let sealed = new_session(&mut *world, "ann@partner.example");
    let connected =
        json(&Page::new("main", 1).with_session(&sealed).install(&mut *world, OWNER, "Night Market"));
    assert_eq!(connected["connection"]["subject"], "ann@partner.example");
    assert_eq!(connected["connection"].get("metadata"), None, "only the backend may read the metadata");
    let id = connected["connection"]["id"].as_str().expect("an id").to_owned();
    let details = json(&get_v1(&mut *world, &format!("/v1/connections/{id}")));
    assert_eq!(details["metadata"], json!({"plan": "pro"}));
    let of_ann = json(&get_v1(&mut *world, "/v1/connections?subject=ann%40partner.example"));
    assert_eq!(of_ann["connections"], json!([connected["connection"]]));
    // Another user of the same app gets another connection.
    let sealed = new_session(&mut *world, "bob");
    let bob_connection =
        json(&Page::new("main", 2).with_session(&sealed).install(&mut *world, OWNER, "Night Market"));
    assert_ne!(bob_connection["connection"]["id"], connected["connection"]["id"]);
}

/// The login changed during the flow, or one of the two sessions is an attacker's.
#[apply(scenario)]
fn another_user_cannot_finish_the_flow(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let (ann, bob) = (new_session(&mut *world, "ann"), new_session(&mut *world, "bob"));
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let with_sessions = |session: Option<&str>, started: Option<&str>| Page {
        session: session.map(Into::into),
        started_session: started.map(Into::into),
        ..page.clone()
    };
    let mismatch = (403, "session_mismatch".to_owned());
    assert_eq!(complete(&mut *world, &with_sessions(Some(&bob), Some(&ann)), &receipt), mismatch);
    assert_eq!(complete(&mut *world, &with_sessions(Some(&ann), None), &receipt), mismatch);
    assert_eq!(complete(&mut *world, &with_sessions(None, Some(&ann)), &receipt), mismatch);
    assert!(world.kv().keys().is_empty());
    // Two sessions of the same user match, because the page may have fetched a new one.
    let fresh = new_session(&mut *world, "ann");
    assert_eq!(complete(&mut *world, &with_sessions(Some(&fresh), Some(&ann)), &receipt).0, 200);
}

/// Forged sessions, sessions of another kind or deployment, expired ones, and invalid requests for one.
#[apply(scenario)]
fn an_invalid_session_is_rejected(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    let keyring = Keyring::parse(SEALING_KEYS).expect("keys");
    let subject = Subject::parse("ann").expect("a subject");
    let now = world.now();
    let sealed = |session: &Session, client_id: &str| session.seal(&keyring, client_id, &[7; NONCE]);
    let valid = Session { subject, metadata: BTreeMap::new(), expires: now + 60_000 };
    let expired_session = Session { expires: now - 1_000, ..valid.clone() };
    let opened =
        keyring.open(Purpose::Session, "shoplifter", &sealed(&valid, "shoplifter")).expect("its own");
    let other_kind = keyring.seal(Purpose::Receipt, "shoplifter", &opened, &[7; NONCE]);
    let altered = |at: usize| {
        let mut text = sealed(&valid, "shoplifter").into_bytes();
        text[at] = if text[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).expect("text")
    };
    let cut = sealed(&valid, "shoplifter");
    for wrong in [
        String::new(),
        "ann".into(),
        sealed(&valid, "another-partner"),
        other_kind,
        receipt.clone(),
        altered(5),
        altered(60),
        cut[..cut.len() - 4].to_owned(),
    ] {
        let page = page.clone().with_session(&wrong);
        assert_eq!(complete(&mut *world, &page, &receipt), (401, "session_invalid".into()), "{wrong:?}");
    }
    let expired = page.clone().with_session(&sealed(&expired_session, "shoplifter"));
    assert_eq!(complete(&mut *world, &expired, &receipt), (401, "session_expired".into()));
    // The session at the start of the flow may have expired: only its user counts.
    let page = Page {
        started_session: Some(sealed(&expired_session, "shoplifter")),
        ..page.with_session(&sealed(&valid, "shoplifter"))
    };
    assert_eq!(complete(&mut *world, &page, &receipt).0, 200);

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
        assert_eq!(create_session(&mut *world, &body).status(), 400, "{body}");
    }
}

/// The setting `require_session`.
#[apply(scenario)]
fn a_site_can_require_a_session(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let page = Page::new("members", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    assert_eq!(complete(&mut *world, &page, &receipt), (403, "session_required".into()));
    assert!(world.kv().keys().is_empty());
    let sealed = new_session(&mut *world, "ann");
    assert_eq!(complete(&mut *world, &page.with_session(&sealed), &receipt).0, 200);
}

/// A replay by another user is rejected.
#[apply(scenario)]
fn only_the_same_user_gets_the_first_answer_again(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let (ann, bob) = (new_session(&mut *world, "ann"), new_session(&mut *world, "bob"));
    let page = Page::new("main", 1);
    let receipt = receipt_after_consent(&mut *world, &page);
    assert_eq!(complete(&mut *world, &page.clone().with_session(&ann), &receipt).0, 200);
    assert_eq!(complete(&mut *world, &page.with_session(&bob), &receipt), (403, "session_mismatch".into()));
}

/// The hosted page belongs to no partner, so it has no session.
#[apply(scenario)]
fn the_hosted_page_takes_no_session(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let ann = new_session(&mut *world, "ann");
    let page = Page { origin: world.edge(), ..Page::new("hosted", 1) };
    let receipt = receipt_after_consent(&mut *world, &page);
    assert_eq!(
        complete(&mut *world, &page.clone().with_session(&ann), &receipt),
        (400, "invalid_request".into())
    );
    assert_eq!(complete(&mut *world, &page, &receipt).0, 200);
}
