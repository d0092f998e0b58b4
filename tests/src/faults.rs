//! Every single fault on the way to a connection, and its observed outcome: for the person, for the partner, and for the
//! token. This module records outcomes; the test that uses it decides which are right.

mod case;
mod cases;
mod outcome;

pub use case::Case;
pub use cases::cases;
pub use outcome::{Outcome, TokenState};

use crate::{
    kv::{Fault as KvFault, Operation},
    page::{Fragment, Page, complete_request, connection_id, create_session, get, json},
    world::{Response, Setup, Start, World},
};
use case::Trigger;
use serde_json::json;
use shared::{AppId, ConnectionId, Subject};
use stand_in::accounts::{NIGHT_MARKET, OWNER};

/// Runs one case and returns its outcome.
///
/// # Panics
///
/// If the outcome breaks a promise that holds after any fault.
pub fn run(start: Start<'_>, case: &Case) -> Outcome {
    let setup = Setup::sunshine();
    let mut world = start(&setup);
    let world = &mut *world;
    let created = create_session(world, &json!({"subject": "ann"}));
    let page = Page::new("main", 1).with_session(json(&created)["session"].as_str().expect("a session"));
    let callback = page.allow(world, OWNER, "Night Market");
    let receipt = Fragment::from_redirect(&get(world, &callback)).receipt.expect("a receipt");
    let answer = match &case.trigger {
        Trigger::SmoochAnswer(endpoint, fault) => {
            world.smooch().on_next(*endpoint, fault.clone());
            page.complete(world, &receipt)
        }
        Trigger::KvWrite(prefix, fault, count) => {
            fail_writes(world, prefix, *fault, *count);
            page.complete(world, &receipt)
        }
        Trigger::LostAnswer => {
            assert_eq!(page.complete(world, &receipt).status(), 200);
            page.complete_again(world, &receipt)
        }
        Trigger::LostAnswerAndKvList(prefix) => {
            assert_eq!(page.complete(world, &receipt).status(), 200);
            world.kv().fail(Operation::List, prefix, KvFault::Before);
            page.complete_again(world, &receipt)
        }
        Trigger::LostAnswerThenDelay(milliseconds) => {
            assert_eq!(page.complete(world, &receipt).status(), 200);
            world.advance(*milliseconds);
            page.complete_again(world, &receipt)
        }
        Trigger::Disconnect => {
            let request = complete_request(world, &page.origin, &page.form(&receipt));
            world.send_and_disconnect(request);
            page.complete_again(world, &receipt)
        }
        Trigger::KvWhenPartnerCalls(operation, prefix) => {
            let connected = page.complete(world, &receipt);
            world.kv().fail(*operation, prefix, KvFault::Before);
            connected
        }
        Trigger::ClockSetBack(milliseconds) => {
            world.set_clock_back(*milliseconds);
            page.complete(world, &receipt)
        }
        Trigger::SentTwice => {
            assert_eq!(page.complete(world, &receipt).status(), 200);
            page.complete(world, &receipt)
        }
        Trigger::Race => {
            let both = [(); 2].map(|()| complete_request(world, &page.origin, &page.form(&receipt)));
            let [one, other] = both;
            let mut answers = world.send_both(one, other);
            answers.sort_by_key(Response::status);
            // A code is accepted once. The second request finds the connection if it has been written by then.
            let [first, second] = answers;
            let code = json(&second)["code"].as_str().unwrap_or("connected").to_owned();
            assert!(["connected", "code_rejected"].contains(&code.as_str()), "the second: {code}");
            first
        }
        Trigger::Crash(prefixes) => {
            let request = complete_request(world, &page.origin, &page.form(&receipt));
            world.send_and_crash(request, prefixes, &setup);
            page.complete_again(world, &receipt)
        }
        Trigger::LostAnswerAndStaleRead => {
            // Reads of the two keys just before they are written put their absence into the cache.
            let (subject, app) =
                (Subject::parse("ann"), AppId::parse(NIGHT_MARKET).expect("the app id is valid"));
            let id = ConnectionId::new(stand_in::CLIENT_ID, &app, subject.as_ref());
            let now = world.now();
            for key in [format!("completed/{}", page.state.challenge.as_str()), format!("connection/{id}")] {
                assert!(world.kv().get(&key, now).expect("the key is valid").is_none());
            }
            assert_eq!(page.complete(world, &receipt).status(), 200);
            page.complete_again(world, &receipt)
        }
        Trigger::Delay(milliseconds) => {
            world.advance(*milliseconds);
            page.complete(world, &receipt)
        }
        Trigger::EscrowDelay(milliseconds) => {
            with_escrow(world, &page, &receipt, |world| world.advance(*milliseconds))
        }
        Trigger::EscrowClockSetBack(milliseconds) => {
            with_escrow(world, &page, &receipt, |world| world.set_clock_back(*milliseconds))
        }
        Trigger::EscrowDelayAndKvList(milliseconds) => with_escrow(world, &page, &receipt, |world| {
            world.advance(*milliseconds);
            world.kv().fail(Operation::List, "connection/", KvFault::Before);
        }),
        Trigger::Tampered(change) => {
            let connected = page.complete(world, &receipt);
            let id = connection_id(&connected);
            change(world, &format!("connection/{id}"));
            connected
        }
    };
    outcome::observe(world, &page, &answer)
}

/// Makes the next writes of keys with a prefix fail.
fn fail_writes(world: &dyn World, prefix: &str, fault: KvFault, count: usize) {
    for _write in 0..count {
        world.kv().fail_put(prefix, fault);
    }
}

/// Runs a flow whose token cannot be stored, then `event`, and then sends the escrow receipt.
fn with_escrow(
    world: &mut dyn World,
    page: &Page,
    receipt: &str,
    event: impl Fn(&mut dyn World),
) -> Response {
    fail_writes(world, "connection/", KvFault::Before, 3);
    let failed = page.complete(world, receipt);
    event(world);
    page.complete(world, json(&failed)["receipt"].as_str().expect("an escrow receipt"))
}
