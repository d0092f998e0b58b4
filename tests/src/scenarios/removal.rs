//! The partner lets a connection go.

use super::Start;
use crate::{
    kv::{Fault as KvFault, Operation},
    page::{Page, call_v1, get_v1, id_of, json, session},
    world::{Setup, World},
};
use http::StatusCode;
use serde_json::json;
use stand_in::{Endpoint, Fault, accounts::OWNER};

fn connect(world: &mut dyn World, subject: &str, seed: u8) -> String {
    let made = session(world, &json!({"subject": subject}));
    let sealed = json(&made)["session"].as_str().expect("a session").to_owned();
    let connected = Page::new("main", seed).of(&sealed).install(world, OWNER, "Night Market");
    world.pass(2_000);
    id_of(&connected)
}

fn listed(world: &mut dyn World) -> usize {
    json(&get_v1(world, "/v1/connections"))["connections"].as_array().map_or(0, Vec::len)
}

/// Revoked at Smooch, then forgotten; once.
pub fn the_last_connection_of_an_app_ends_the_authorization(start: Start<'_>) {
    for setup in [Setup::smooch(), Setup::sunshine()] {
        let mut world = start(&setup);
        let id = connect(&mut *world, "ann", 1);
        let path = format!("/v1/connections/{id}");
        assert_eq!(get_v1(&mut *world, &path).status(), 200);
        assert_eq!(call_v1(&mut *world, "DELETE", &path, "").status(), 204);
        assert!(world.smooch().live_tokens().is_empty());
        assert_eq!(world.smooch().count(Endpoint::Revoke), 1);
        assert_eq!(listed(&mut *world), 0);
        assert!(!world.kv().keys().iter().any(|key| key.contains("ann/") || key.starts_with("connection/")));
        // KV may show it for a minute more, if it was read before; a list is fresher.
        assert_eq!(call_v1(&mut *world, "DELETE", &path, "").status(), 404);
        assert_eq!(world.smooch().count(Endpoint::Revoke), 1);
    }
}

/// One authorization covers one app: ending it for one user would end it for all.
pub fn a_connection_that_others_share_is_only_forgotten(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let (anns, bobs) = (connect(&mut *world, "ann", 1), connect(&mut *world, "bob", 2));
    assert_eq!(call_v1(&mut *world, "DELETE", &format!("/v1/connections/{anns}"), "").status(), 204);
    assert_eq!(world.smooch().count(Endpoint::Revoke), 0);
    assert_eq!(listed(&mut *world), 1);
    assert_eq!(call_v1(&mut *world, "DELETE", &format!("/v1/connections/{bobs}"), "").status(), 204);
    assert_eq!(world.smooch().count(Endpoint::Revoke), 1);
    assert!(world.smooch().live_tokens().is_empty());
}

/// Kept, of no use to anybody, until Smooch can be told.
pub fn a_removal_that_smooch_is_not_there_for_is_kept(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world, "ann", 1);
    let path = format!("/v1/connections/{id}");
    world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    let waiting = call_v1(&mut *world, "DELETE", &path, "");
    assert_eq!((waiting.status().as_u16(), json(&waiting)["status"].as_str()), (202, Some("removing")));
    assert_eq!(world.smooch().live_tokens().len(), 1);
    world.pass(61_000);
    assert_eq!(json(&get_v1(&mut *world, &path))["status"], "removing");
    let refused = get_v1(&mut *world, &format!("{path}/token"));
    assert_eq!(
        (refused.status().as_u16(), json(&refused)["code"].as_str()),
        (409, Some("connection_removing"))
    );
    assert_eq!(get_v1(&mut *world, &format!("{path}/api/v2/x")).status(), 409);
    // Asking again tries again.
    assert_eq!(call_v1(&mut *world, "DELETE", &path, "").status(), 204);
    assert!(world.smooch().live_tokens().is_empty());
    assert_eq!(listed(&mut *world), 0);
}

/// Smooch has ended it by then; asked again, the rest is done.
pub fn a_removal_that_kv_fails_is_done_when_it_is_asked_again(start: Start<'_>) {
    for (operation, prefix) in [
        (Operation::Get, "connection/"),
        (Operation::List, "connection/"),
        (Operation::Delete, "subject/"),
        (Operation::Delete, "connection/"),
    ] {
        let mut world = start(&Setup::smooch());
        let id = connect(&mut *world, "ann", 1);
        let path = format!("/v1/connections/{id}");
        world.kv().fail(operation, prefix, KvFault::Before);
        let failed = call_v1(&mut *world, "DELETE", &path, "");
        assert_eq!(
            (failed.status().as_u16(), json(&failed)["code"].as_str()),
            (503, Some("storage_unavailable")),
            "{operation:?} {prefix}"
        );
        world.pass(61_000);
        assert_eq!(call_v1(&mut *world, "DELETE", &path, "").status(), 204, "{operation:?} {prefix}");
        assert!(world.smooch().live_tokens().is_empty());
        assert_eq!(listed(&mut *world), 0);
    }
}
