//! Races: one job of the edge runs while another waits for KV or for Smooch. No active token is left without a connection,
//! and no old record overwrites a newer one. In memory, because the simulator controls the interleaving.

use http::StatusCode;
use serde_json::json;
use stand_in::{
    Endpoint, Fault, Owner,
    accounts::{NIGHT_MARKET, OWNER},
};
use tests::{
    kv::Fault as KvFault,
    page::{Page, connection_id, create_session, get_v1, json, request},
    simulator::{Job, Simulator},
    world::{API_KEY, Request, Response, SEALING_KEYS, Setup, World},
};

const MINUTE: u64 = 61_000;

fn connect(world: &mut Simulator, subject: &str, seed: u8) -> String {
    let created = create_session(world, &json!({"subject": subject}));
    let page = Page::new("main", seed).with_session(json(&created)["session"].as_str().unwrap());
    let id = connection_id(&page.install(world, OWNER, "Night Market"));
    world.advance(MINUTE);
    id
}

/// Ann connects the app again.
fn connect_again(world: &mut Simulator) {
    let created = create_session(world, &json!({"subject": "ann"}));
    let page = Page::new("main", 9).with_session(json(&created)["session"].as_str().unwrap());
    assert_eq!(page.install(world, OWNER, "Night Market").status(), 200);
}

fn call(world: &Simulator, method: &str, path: &str) -> Request {
    let mut call = request(method, &format!("{}/v1/connections/{path}", world.edge()));
    call.headers_mut().insert("authorization", format!("Bearer {API_KEY}").parse().unwrap());
    call
}

/// Each listed connection, and true if its token is returned and active.
fn listed_connections(world: &mut Simulator) -> Vec<(String, bool)> {
    world.advance(MINUTE);
    let listed = json(&get_v1(world, "/v1/connections"));
    let ids = listed["connections"].as_array().unwrap().iter().map(|shown| shown["id"].as_str().unwrap());
    let mut is_usable = |id: &str| {
        let token = json(&get_v1(world, &format!("/v1/connections/{id}/token")))["access_token"].clone();
        world.smooch().live_tokens().iter().any(|active| token == active.access_token.as_str())
    };
    ids.map(|id| (id.to_owned(), is_usable(id))).collect()
}

fn active_tokens(world: &Simulator) -> usize {
    world.smooch().live_tokens().iter().filter(|token| token.app_id == NIGHT_MARKET).count()
}

fn problem(response: &Response) -> (u16, String) {
    (response.status().as_u16(), json(response)["code"].as_str().unwrap_or_default().to_owned())
}

/// The owner revokes the authorization at Smooch. Smooch has not called the Remove URL yet.
fn revoke_at_smooch(world: &mut Simulator) {
    let origin = world.smooch_origin();
    Owner::new(OWNER).remove(&origin, NIGHT_MARKET, |request| world.visit(request)).unwrap();
}

#[test]
fn removing_the_last_two_connections_at_once_revokes_the_authorization() {
    let mut world = Simulator::new(&Setup::smooch());
    let ids = [connect(&mut world, "ann", 1), connect(&mut world, "bob", 2)];
    let [one, other] = ids.map(|id| call(&world, "DELETE", &id));
    let answers = world.send_both(one, other);
    assert_eq!(answers.map(|answer| answer.status().as_u16()), [204, 204]);
    assert_eq!(listed_connections(&mut world), []);
    assert_eq!(active_tokens(&world), 0, "an active token belongs to no connection");
}

#[test]
fn if_smooch_is_unavailable_then_one_removal_stays_pending_for_upkeep() {
    let mut world = Simulator::new(&Setup::smooch());
    let ids = [connect(&mut world, "ann", 1), connect(&mut world, "bob", 2)];
    for _call in 0..2 {
        world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    }
    let [one, other] = ids.map(|id| call(&world, "DELETE", &id));
    let answers = world.send_both(one, other).map(|answer| answer.status().as_u16());
    assert!(answers.contains(&202), "{answers:?}");
    assert!(!listed_connections(&mut world).is_empty(), "an active token belongs to no connection");
    world.smooch().clear_faults();
    for _run in 0..2 {
        world.run_upkeep();
        world.advance(11 * MINUTE);
    }
    assert_eq!(listed_connections(&mut world), []);
    assert_eq!(active_tokens(&world), 0);
}

#[test]
fn a_connection_made_again_during_its_removal_is_kept() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    let removal = call(&world, "DELETE", &id);
    let revoked = |world: &Simulator| world.smooch().count(Endpoint::Revoke) == 1;
    let (removed, ()) = world.interleave(removal, revoked, connect_again);
    assert_eq!(problem(&removed.unwrap()), (503, "storage_unavailable".into()), "the removal can be retried");
    assert_eq!(listed_connections(&mut world), [(id, true)]);
}

#[test]
fn a_revoked_mark_does_not_overwrite_a_newer_record() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    revoke_at_smooch(&mut world);
    let call = call(&world, "GET", &format!("{id}/api/v2/apps/{NIGHT_MARKET}/conversations"));
    // The first write of the mark fails. Before the retry, another job replaces the record.
    world.kv().fail_put("connection/", KvFault::Before);
    let (called, ()) = world.interleave(call, |world| !world.kv().has_faults(), connect_again);
    assert_eq!(called.unwrap().status(), 401);
    assert_eq!(listed_connections(&mut world), [(id, true)]);
}

#[test]
fn a_resealed_record_does_not_overwrite_a_newer_record() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    let new = "k2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    world.restart(&Setup::smooch().with("SEALING_KEYS", format!("{new},{SEALING_KEYS}")));
    world.kv().fail_put("connection/", KvFault::Before);
    world.interleave(Job::Upkeep, |world| !world.kv().has_faults(), connect_again);
    let newest = |world: &Simulator| {
        let smooch = world.smooch();
        smooch.issued_tokens().iter().max_by_key(|token| token.issued_ms).unwrap().access_token.clone()
    };
    let newest = newest(&world);
    world.advance(MINUTE);
    let returned = json(&get_v1(&mut world, &format!("/v1/connections/{id}/token")))["access_token"].clone();
    assert_eq!(returned, newest, "the old token has overwritten the new one");
}

#[test]
fn a_pending_removal_does_not_overwrite_a_newer_record() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    world.kv().fail_put("connection/", KvFault::Before);
    let removal = call(&world, "DELETE", &id);
    let (removed, ()) = world.interleave(removal, |world| !world.kv().has_faults(), connect_again);
    assert_eq!(problem(&removed.unwrap()), (503, "storage_unavailable".into()));
    assert_eq!(listed_connections(&mut world), [(id, true)]);
}

/// Smooch answers 401 once, by mistake.
#[test]
fn removing_a_connection_that_was_wrongly_marked_revoked_revokes_its_token() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    for _call in 0..2 {
        world.smooch().on_next(Endpoint::Api, Fault::status(StatusCode::UNAUTHORIZED));
    }
    let called = call(&world, "GET", &format!("{id}/api/v2/x"));
    assert_eq!(world.send(called).status(), 401);
    world.advance(MINUTE);
    assert_eq!(json(&get_v1(&mut world, &format!("/v1/connections/{id}")))["status"], "revoked");
    assert_eq!(active_tokens(&world), 1);
    let removal = call(&world, "DELETE", &id);
    assert_eq!(world.send(removal).status(), 204);
    assert_eq!(active_tokens(&world), 0, "an active token belongs to no connection");
}
