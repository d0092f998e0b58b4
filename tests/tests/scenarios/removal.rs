//! `DELETE /v1/connections/{id}`: the partner removes a connection.

use http::StatusCode;
use macro_rules_attribute::apply;
use serde_json::json;
use stand_in::{Endpoint, Fault, accounts::OWNER};
use tests::{
    kv::{Fault as KvFault, Operation},
    page::{Page, call_v1, connection_id, create_session, get_v1, json},
    world::{Setup, Start, World},
};

fn connect(world: &mut dyn World, subject: &str, seed: u8) -> String {
    let created = create_session(world, &json!({"subject": subject}));
    let sealed = json(&created)["session"].as_str().expect("a session").to_owned();
    let connected = Page::new("main", seed).with_session(&sealed).install(world, OWNER, "Night Market");
    world.advance(2_000);
    connection_id(&connected)
}

fn connection_count(world: &mut dyn World) -> usize {
    json(&get_v1(world, "/v1/connections"))["connections"].as_array().map_or(0, Vec::len)
}

/// The authorization is revoked at Smooch once, and the records are deleted.
#[apply(scenario)]
fn removing_the_last_connection_of_an_app_revokes_the_authorization(start: Start<'_>) {
    for setup in [Setup::smooch(), Setup::sunshine()] {
        let mut world = start(&setup);
        let id = connect(&mut *world, "ann", 1);
        let path = format!("/v1/connections/{id}");
        assert_eq!(get_v1(&mut *world, &path).status(), 200);
        assert_eq!(call_v1(&mut *world, "DELETE", &path, "").status(), 204);
        assert!(world.smooch().live_tokens().is_empty());
        assert_eq!(world.smooch().count(Endpoint::Revoke), 1);
        assert_eq!(connection_count(&mut *world), 0);
        assert!(!world.kv().keys().iter().any(|key| key.contains("ann/") || key.starts_with("connection/")));
        // KV's cache may still have the record, so the edge looks at a list, which is not cached.
        assert_eq!(call_v1(&mut *world, "DELETE", &path, "").status(), 404);
        assert_eq!(world.smooch().count(Endpoint::Revoke), 1);
    }
}

/// Revocation is per app: it would end the connections of all users.
#[apply(scenario)]
fn removing_one_of_several_connections_of_an_app_revokes_nothing(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let (ann_connection, bob_connection) = (connect(&mut *world, "ann", 1), connect(&mut *world, "bob", 2));
    assert_eq!(
        call_v1(&mut *world, "DELETE", &format!("/v1/connections/{ann_connection}"), "").status(),
        204
    );
    assert_eq!(world.smooch().count(Endpoint::Revoke), 0);
    assert_eq!(connection_count(&mut *world), 1);
    assert_eq!(
        call_v1(&mut *world, "DELETE", &format!("/v1/connections/{bob_connection}"), "").status(),
        204
    );
    assert_eq!(world.smooch().count(Endpoint::Revoke), 1);
    assert!(world.smooch().live_tokens().is_empty());
}

/// The connection cannot be used meanwhile. A second request finishes the removal.
#[apply(scenario)]
fn a_removal_while_smooch_is_unavailable_stays_pending(start: Start<'_>) {
    let mut world = start(&Setup::smooch());
    let id = connect(&mut *world, "ann", 1);
    let path = format!("/v1/connections/{id}");
    world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    let waiting = call_v1(&mut *world, "DELETE", &path, "");
    assert_eq!((waiting.status().as_u16(), json(&waiting)["status"].as_str()), (202, Some("removing")));
    assert_eq!(world.smooch().live_tokens().len(), 1);
    world.advance(61_000);
    assert_eq!(json(&get_v1(&mut *world, &path))["status"], "removing");
    let refused = get_v1(&mut *world, &format!("{path}/token"));
    assert_eq!(
        (refused.status().as_u16(), json(&refused)["code"].as_str()),
        (409, Some("connection_removing"))
    );
    assert_eq!(get_v1(&mut *world, &format!("{path}/api/v2/x")).status(), 409);
    // A second request retries the revocation.
    assert_eq!(call_v1(&mut *world, "DELETE", &path, "").status(), 204);
    assert!(world.smooch().live_tokens().is_empty());
    assert_eq!(connection_count(&mut *world), 0);
}

/// The authorization is already revoked then. The retry deletes the records.
#[apply(scenario)]
fn a_removal_that_fails_in_kv_succeeds_when_retried(start: Start<'_>) {
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
        world.advance(61_000);
        assert_eq!(call_v1(&mut *world, "DELETE", &path, "").status(), 204, "{operation:?} {prefix}");
        assert!(world.smooch().live_tokens().is_empty());
        assert_eq!(connection_count(&mut *world), 0);
    }
}
