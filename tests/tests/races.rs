//! What two of the edge's works do to each other when one is done while the other waits for KV or for Smooch: no
//! token is in nobody's hands, and no old record takes a new one's place. In memory, where each moment can be had.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "where it panics, a test has failed")]

use http::StatusCode;
use serde_json::json;
use stand_in::{
    Endpoint, Fault, Owner,
    accounts::{NIGHT_MARKET, OWNER},
};
use tests::{
    kv::Fault as KvFault,
    page::{Page, get_v1, id_of, json, request, session},
    simulator::{Simulator, Work},
    world::{API_KEY, Request, Response, SEALING_KEYS, Setup, World},
};

const MINUTE: u64 = 61_000;

fn connect(world: &mut Simulator, subject: &str, seed: u8) -> String {
    let made = session(world, &json!({"subject": subject}));
    let page = Page::new("main", seed).of(json(&made)["session"].as_str().unwrap());
    let id = id_of(&page.install(world, OWNER, "Night Market"));
    world.pass(MINUTE);
    id
}

/// Ann connects the app once more.
fn connect_again(world: &mut Simulator) {
    let made = session(world, &json!({"subject": "ann"}));
    let page = Page::new("main", 9).of(json(&made)["session"].as_str().unwrap());
    assert_eq!(page.install(world, OWNER, "Night Market").status(), 200);
}

fn call(world: &Simulator, method: &str, path: &str) -> Request {
    let mut call = request(method, &format!("{}/v1/connections/{path}", world.edge()));
    call.headers_mut().insert("authorization", format!("Bearer {API_KEY}").parse().unwrap());
    call
}

/// Each connection that is listed and whether its token is given out and lives.
fn kept(world: &mut Simulator) -> Vec<(String, bool)> {
    world.pass(MINUTE);
    let listed = json(&get_v1(world, "/v1/connections"));
    let ids = listed["connections"].as_array().unwrap().iter().map(|shown| shown["id"].as_str().unwrap());
    let lives = |id: &str| {
        let token = json(&get_v1(world, &format!("/v1/connections/{id}/token")))["access_token"].clone();
        world.smooch().live_tokens().iter().any(|live| token == live.access_token.as_str())
    };
    let mut lives = lives;
    ids.map(|id| (id.to_owned(), lives(id))).collect()
}

fn live(world: &Simulator) -> usize {
    world.smooch().live_tokens().iter().filter(|token| token.app_id == NIGHT_MARKET).count()
}

fn said(response: &Response) -> (u16, String) {
    (response.status().as_u16(), json(response)["code"].as_str().unwrap_or_default().to_owned())
}

/// The owner ends the authorization at Smooch, and Smooch's call has not come yet.
fn end_at_smooch(world: &mut Simulator) {
    let origin = world.smooch_origin();
    Owner::new(OWNER).remove(&origin, NIGHT_MARKET, |request| world.visit(request)).unwrap();
}

#[test]
fn the_last_two_connections_removed_at_once_end_the_authorization() {
    let mut world = Simulator::new(&Setup::smooch());
    let ids = [connect(&mut world, "ann", 1), connect(&mut world, "bob", 2)];
    let [one, other] = ids.map(|id| call(&world, "DELETE", &id));
    let answers = world.send_both(one, other);
    assert_eq!(answers.map(|answer| answer.status().as_u16()), [204, 204]);
    assert_eq!(kept(&mut world), []);
    assert_eq!(live(&world), 0, "a token lives that nobody has");
}

#[test]
fn where_smooch_is_not_there_for_that_one_of_them_is_kept_for_the_sweep() {
    let mut world = Simulator::new(&Setup::smooch());
    let ids = [connect(&mut world, "ann", 1), connect(&mut world, "bob", 2)];
    for _call in 0..2 {
        world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    }
    let [one, other] = ids.map(|id| call(&world, "DELETE", &id));
    let answers = world.send_both(one, other).map(|answer| answer.status().as_u16());
    assert!(answers.contains(&202), "{answers:?}");
    assert!(!kept(&mut world).is_empty(), "a token lives that nobody has");
    world.smooch().clear_faults();
    for _run in 0..2 {
        world.sweep();
        world.pass(11 * MINUTE);
    }
    assert_eq!(kept(&mut world), []);
    assert_eq!(live(&world), 0);
}

#[test]
fn what_is_connected_again_while_it_is_removed_is_not_forgotten() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    let removal = call(&world, "DELETE", &id);
    let revoked = |world: &Simulator| world.smooch().count(Endpoint::Revoke) == 1;
    let (removed, ()) = world.amid(removal, revoked, connect_again);
    assert_eq!(said(&removed.unwrap()), (503, "storage_unavailable".into()), "it can be asked again");
    assert_eq!(kept(&mut world), [(id, true)]);
}

#[test]
fn a_dead_token_is_not_written_over_a_new_one() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    end_at_smooch(&mut world);
    let call = call(&world, "GET", &format!("{id}/api/v2/apps/{NIGHT_MARKET}/conversations"));
    // The mark is written at the second try; by then there is another record.
    world.kv().fail_put("connection/", KvFault::Before);
    let (called, ()) = world.amid(call, |world| !world.kv().has_faults(), connect_again);
    assert_eq!(called.unwrap().status(), 401);
    assert_eq!(kept(&mut world), [(id, true)]);
}

#[test]
fn a_record_that_is_sealed_again_is_not_written_over_a_new_one() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    let new = "k2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    world.restart(&Setup::smooch().with("SEALING_KEYS", format!("{new},{SEALING_KEYS}")));
    world.kv().fail_put("connection/", KvFault::Before);
    world.amid(Work::Sweep, |world| !world.kv().has_faults(), connect_again);
    let newest = |world: &Simulator| {
        let smooch = world.smooch();
        smooch.issued_tokens().iter().max_by_key(|token| token.issued_ms).unwrap().access_token.clone()
    };
    let newest = newest(&world);
    world.pass(MINUTE);
    let given = json(&get_v1(&mut world, &format!("/v1/connections/{id}/token")))["access_token"].clone();
    assert_eq!(given, newest, "the old token took the new one's place");
}

#[test]
fn a_removal_that_waits_is_not_written_over_a_new_connection() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    world.smooch().on_next(Endpoint::Revoke, Fault::status(StatusCode::BAD_GATEWAY));
    world.kv().fail_put("connection/", KvFault::Before);
    let removal = call(&world, "DELETE", &id);
    let (removed, ()) = world.amid(removal, |world| !world.kv().has_faults(), connect_again);
    assert_eq!(said(&removed.unwrap()), (503, "storage_unavailable".into()));
    assert_eq!(kept(&mut world), [(id, true)]);
}

/// Smooch says once, wrongly, that a token is dead.
#[test]
fn a_token_that_was_taken_for_dead_is_ended_with_its_connection() {
    let mut world = Simulator::new(&Setup::smooch());
    let id = connect(&mut world, "ann", 1);
    for _call in 0..2 {
        world.smooch().on_next(Endpoint::Api, Fault::status(StatusCode::UNAUTHORIZED));
    }
    let called = call(&world, "GET", &format!("{id}/api/v2/x"));
    assert_eq!(world.send(called).status(), 401);
    world.pass(MINUTE);
    assert_eq!(json(&get_v1(&mut world, &format!("/v1/connections/{id}")))["status"], "revoked");
    assert_eq!(live(&world), 1);
    let removal = call(&world, "DELETE", &id);
    assert_eq!(world.send(removal).status(), 204);
    assert_eq!(live(&world), 0, "a token lives that nobody has");
}
