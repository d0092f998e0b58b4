use super::*;
use crate::shown::Role;
use std::{vec, vec::Vec};

/// A machine after these events.
fn after(events: &[Event]) -> Machine {
    let mut machine = Machine::default();
    for &event in events {
        machine.step(event);
    }
    machine
}

/// What the last of these events makes the machine do, and where it is then.
#[track_caller]
fn check(before: &[Event], event: Event, commands: &[Command], phase: Phase) -> Machine {
    let mut machine = after(before);
    let done: Vec<Command> = machine.step(event).into_iter().collect();
    assert_eq!((done.as_slice(), machine.phase), (commands, phase), "{before:?} then {event:?}");
    machine
}

const READY: [Event; 2] = [Event::Configured, Event::Digested(1)];
const FINISHING: [Event; 3] = [Event::Configured, Event::Digested(1), Event::Returned];
const LOST: Answer = Answer::Again(ErrorCode::EdgeUnreachable, None);

fn and(before: &[Event], more: &[Event]) -> Vec<Event> {
    [before, more].concat()
}

#[test]
fn the_link_is_ready_before_the_click() {
    check(&[], Event::Configured, &[Command::Draw(1), Command::Claim], Phase::Idle);
    let machine = check(&[Event::Configured], Event::Digested(1), &[], Phase::Ready);
    assert_eq!(machine.shown().role, Role::Link);
}

#[test]
fn the_fallback_shows_until_there_is_a_link() {
    assert_eq!(after(&[]).shown().look, "");
    assert_eq!(after(&[Event::Configured]).shown().look, "");
    assert_eq!(after(&[Event::Configured, Event::Unsupported]).shown().look, "");
    assert_eq!(after(&READY).shown().look, "ready");
}

#[test]
fn a_plain_click_keeps_the_intent_and_leaves() {
    let keep = [Command::Keep, Command::Wait(1, LEAVING_SECONDS)];
    let machine = check(&READY, Event::Pressed(Press::Plain), &keep, Phase::Leaving);
    assert_eq!(machine.shown().role, Role::Link);
}

#[test]
fn a_click_that_leaves_the_page_alive_prepares_the_next_flow() {
    let aside = [Command::Keep, Command::Wait(1, 0)];
    let machine = check(&READY, Event::Pressed(Press::Aside), &aside, Phase::Ready);
    // Until then the link stays as it is: the browser is about to follow it.
    assert_eq!(machine.shown().role, Role::Link);
    let pressed = and(&READY, &[Event::Pressed(Press::Aside)]);
    check(&pressed, Event::Woke(1), &[Command::Draw(2)], Phase::Ready);
}

#[test]
fn a_finger_on_the_link_keeps_the_intent_for_a_menu_that_nobody_tells_of() {
    check(&READY, Event::Pressed(Press::Down), &[Command::Keep], Phase::Ready);
}

#[test]
fn a_link_is_not_pressed_by_keys_that_the_browser_makes_clicks_of() {
    check(&READY, Event::Pressed(Press::Key), &[], Phase::Ready);
}

#[test]
fn nothing_sets_out_without_a_proof() {
    let failed = [Event::Configured, Event::Refused(ErrorCode::RateLimited)];
    let machine = check(&failed, Event::Pressed(Press::Plain), &[], Phase::Ready);
    assert_eq!(machine.shown().role, Role::Inert);
}

#[test]
fn a_page_that_was_not_left_after_all_is_ready_again() {
    let leaving = and(&READY, &[Event::Pressed(Press::Plain)]);
    check(&leaving, Event::Woke(1), &[Command::Draw(2)], Phase::Ready);
    check(&leaving, Event::Restored, &[Command::Draw(2)], Phase::Ready);
    check(&READY, Event::Restored, &[Command::Draw(2)], Phase::Ready);
}

#[test]
fn only_the_latest_digest_counts() {
    let twice = [Event::Configured, Event::Digested(1), Event::Restored];
    assert!(!check(&twice, Event::Digested(1), &[], Phase::Ready).prepared);
    assert!(check(&twice, Event::Digested(2), &[], Phase::Ready).prepared);
}

#[test]
fn a_return_is_posted_and_connects() {
    check(&READY, Event::Returned, &[Command::Post(1)], Phase::Finishing);
    let done = [Command::Settle, Command::Connected];
    check(&FINISHING, Event::Answered(1, Answer::Connected), &done, Phase::Connected);
}

#[test]
fn a_return_can_come_before_the_link_is_ready() {
    let events = [Event::Configured, Event::Returned];
    let machine = check(&events, Event::Digested(1), &[], Phase::Finishing);
    assert_eq!(machine.shown().role, Role::Inert);
}

#[test]
fn a_denial_is_not_a_failure() {
    let refused = Event::Refused(ErrorCode::AccessDenied);
    let machine = check(&READY, refused, &[Command::Draw(2), Command::Cancelled], Phase::Ready);
    assert_eq!(machine.shown().look, "denied");
}

#[test]
fn what_cannot_be_tried_again_starts_over() {
    let code = ErrorCode::CodeRejected;
    let failed = [Command::Settle, Command::Draw(2), Command::Failed(code)];
    let refused = Event::Answered(1, Answer::Refused(code));
    let machine = check(&FINISHING, refused, &failed, Phase::Ready);
    assert_eq!(machine.shown().look, "failed");
    let wrong = Event::Refused(ErrorCode::WrongBrowser);
    check(&READY, wrong, &[Command::Draw(2), Command::Failed(ErrorCode::WrongBrowser)], Phase::Ready);
}

#[test]
fn a_receipt_is_sent_three_times_and_then_the_person_is_asked() {
    let code = ErrorCode::StorageUnavailable;
    let again = |turn| Event::Answered(turn, Answer::Again(code, Some(4)));
    check(&FINISHING, again(1), &[Command::Wait(2, 4)], Phase::Finishing);
    let second = and(&FINISHING, &[again(1), Event::Woke(2)]);
    assert_eq!(after(&second).turn, 3);
    let third = and(&second, &[again(3), Event::Woke(4)]);
    let held = and(&third, &[again(5)]);
    let machine = check(&third, again(5), &[Command::Failed(code)], Phase::Held);
    assert_eq!((machine.shown().role, machine.shown().label), (Role::Button, Some("Try again")));
    let sent = [Command::Prevent, Command::Post(6)];
    check(&held, Event::Pressed(Press::Plain), &sent, Phase::Finishing);
    check(&held, Event::Pressed(Press::Key), &sent, Phase::Finishing);
    check(&held, Event::Pressed(Press::Down), &[], Phase::Held);
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    check(&FINISHING, Event::Answered(1, LOST), &[Command::Wait(2, RETRY_SECONDS)], Phase::Finishing);
}

#[test]
fn nobody_is_kept_waiting_for_longer_than_a_quarter_of_a_minute() {
    let long = Answer::Again(ErrorCode::RateLimited, Some(60));
    check(&FINISHING, Event::Answered(1, long), &[Command::Failed(ErrorCode::RateLimited)], Phase::Held);
}

#[test]
fn an_answer_or_a_wait_that_is_over_changes_nothing() {
    let connected = Event::Answered(1, Answer::Connected);
    let retried = and(&FINISHING, &[Event::Answered(1, LOST), Event::Woke(2)]);
    check(&retried, connected, &[], Phase::Finishing);
    check(&retried, Event::Woke(2), &[], Phase::Finishing);
    check(&READY, Event::Answered(0, Answer::Connected), &[], Phase::Ready);
    check(&READY, Event::Woke(7), &[], Phase::Ready);
}

#[test]
fn the_edge_is_told_when_an_earlier_post_was_not_answered() {
    let unheard = |events: &[Event]| {
        let mut machine = Machine::default();
        for event in events {
            machine.step(*event);
        }
        machine.unheard
    };
    let and = |event| [&FINISHING[..], &[event]].concat();
    assert!(!unheard(&FINISHING));
    assert!(!unheard(&and(Event::Answered(1, Answer::Again(ErrorCode::SmoochUnavailable, None)))));
    assert!(unheard(&and(Event::Answered(1, LOST))));
    assert!(unheard(&[Event::Configured, Event::Resumed]));
    assert!(!unheard(&[Event::Configured, Event::Resumed, Event::Returned]));
}

#[test]
fn a_reload_resumes() {
    let resumed = and(&READY, &[Event::Resumed]);
    check(&READY, Event::Resumed, &[Command::Wait(1, RESUME_SECONDS)], Phase::Finishing);
    check(&resumed, Event::Woke(1), &[Command::Post(2)], Phase::Finishing);
}

#[test]
fn a_direct_install_takes_one_deliberate_click() {
    let machine = check(&READY, Event::Direct, &[], Phase::Confirm);
    assert_eq!((machine.shown().role, machine.shown().label), (Role::Button, Some("Finish connecting")));
    let direct = and(&READY, &[Event::Direct]);
    check(&direct, Event::Pressed(Press::Down), &[], Phase::Confirm);
    check(&direct, Event::Pressed(Press::Aside), &[], Phase::Confirm);
    check(&direct, Event::Pressed(Press::Plain), &[Command::Prevent, Command::Post(1)], Phase::Finishing);
    check(&direct, Event::Pressed(Press::Key), &[Command::Prevent, Command::Post(1)], Phase::Finishing);
}

#[test]
fn an_outcome_of_another_page_is_told_here_too() {
    check(&READY, Event::Concluded, &[Command::Connected], Phase::Connected);
}

#[test]
fn what_is_under_way_or_done_cannot_be_pressed() {
    let connected = and(&FINISHING, &[Event::Answered(1, Answer::Connected)]);
    for press in [Press::Plain, Press::Aside, Press::Down, Press::Key] {
        check(&FINISHING, Event::Pressed(press), &[], Phase::Finishing);
        check(&connected, Event::Pressed(press), &[], Phase::Connected);
    }
}

#[test]
fn what_waits_for_the_person_is_left_to_the_next_element() {
    let held = and(&FINISHING, &[Event::Answered(1, Answer::Again(ErrorCode::RateLimited, Some(60)))]);
    check(&held, Event::Detached, &[Command::PassOn], Phase::Idle);
    check(&and(&READY, &[Event::Direct]), Event::Detached, &[Command::PassOn], Phase::Idle);
    check(&READY, Event::Detached, &[], Phase::Ready);
}

#[test]
fn an_answer_that_nobody_would_see_is_left_to_the_next_element() {
    let gone = and(&FINISHING, &[Event::Detached]);
    check(&gone, Event::Answered(1, Answer::Connected), &[Command::PassOn], Phase::Idle);
}

#[test]
fn an_element_that_is_moved_goes_on() {
    let moved = and(&FINISHING, &[Event::Detached, Event::Attached, Event::Configured]);
    let done = [Command::Settle, Command::Connected];
    check(&moved, Event::Answered(1, Answer::Connected), &done, Phase::Connected);
    let ready = and(&READY, &[Event::Detached, Event::Attached]);
    check(&ready, Event::Configured, &[Command::Claim], Phase::Ready);
}

#[test]
fn what_the_page_lacks_stops_what_has_not_begun_and_nothing_else() {
    let failed = [Command::Failed(ErrorCode::Unsupported)];
    for before in [vec![], READY.to_vec(), and(&READY, &[Event::Pressed(Press::Plain)])] {
        check(&before, Event::Unsupported, &failed, Phase::Unsupported);
    }
    check(&FINISHING, Event::Unsupported, &[], Phase::Finishing);
    let unsupported = [Event::Configured, Event::Unsupported];
    check(&unsupported, Event::Unsupported, &[], Phase::Unsupported);
    check(&unsupported, Event::Configured, &[Command::Draw(3), Command::Claim], Phase::Idle);
}

#[test]
fn every_state_but_ready_is_announced() {
    let machines = [
        and(&READY, &[Event::Pressed(Press::Plain)]),
        FINISHING.to_vec(),
        and(&FINISHING, &[Event::Answered(1, Answer::Connected)]),
        and(&FINISHING, &[Event::Answered(1, Answer::Refused(ErrorCode::RateLimited))]),
        and(&READY, &[Event::Refused(ErrorCode::AccessDenied)]),
        and(&READY, &[Event::Direct]),
    ]
    .map(|events| after(&events).shown());
    for (place, shown) in machines.iter().enumerate() {
        assert!(!shown.status.is_empty(), "{shown:?}");
        assert!(machines.iter().skip(place + 1).all(|other| other.status != shown.status), "{shown:?}");
    }
    assert_eq!(after(&READY).shown().status, "");
}
