use super::*;
use crate::shown::{Look, Role};
use std::{vec, vec::Vec};

/// A machine after these events.
fn after(events: &[Event]) -> Machine {
    let mut machine = Machine::default();
    for &event in events {
        machine.step(event);
    }
    machine
}

const COMMANDS: [Command; 13] = [
    Command::Prevent,
    Command::Keep,
    Command::Open,
    Command::Settle,
    Command::PassOn,
    Command::Draw,
    Command::Claim,
    Command::Post,
    Command::Wait,
    Command::Connected,
    Command::Failed,
    Command::Cancelled,
    Command::Return,
];

/// What the last of these events makes the machine do, in order, and where it is then.
#[track_caller]
fn check(before: &[Event], event: Event, commands: &[Command], phase: Phase) -> Machine {
    let mut machine = after(before);
    let todo = machine.step(event);
    let done: Vec<Command> = COMMANDS.into_iter().filter(|command| todo.have(*command)).collect();
    assert_eq!((done.as_slice(), machine.phase), (commands, phase), "{before:?} then {event:?}");
    machine
}

/// How long the last of these events makes the machine wait, and as which turn.
#[track_caller]
fn waits(before: &[Event], event: Event, seconds: u32, turn: Turn) {
    let mut machine = after(before);
    let todo = machine.step(event);
    assert!(todo.have(Command::Wait), "{before:?} then {event:?}");
    assert_eq!((todo.seconds, machine.turn), (seconds, turn), "{before:?} then {event:?}");
}

const READY: [Event; 2] = [Event::Configured, Event::Digested(1)];
const FINISHING: [Event; 3] = [Event::Configured, Event::Digested(1), Event::Returned];
const LOST: Answer = Answer::Again(ErrorCode::EdgeUnreachable, RETRY_SECONDS);

fn and(before: &[Event], more: &[Event]) -> Vec<Event> {
    [before, more].concat()
}

#[test]
fn the_link_is_ready_before_the_click() {
    check(&[], Event::Configured, &[Command::Draw, Command::Claim], Phase::Idle);
    let machine = check(&[Event::Configured], Event::Digested(1), &[], Phase::Ready);
    assert_eq!(machine.shown().role, Role::Link);
}

#[test]
fn the_fallback_shows_until_there_is_a_link() {
    assert_eq!(after(&[]).shown().look, Look::Fallback);
    assert_eq!(after(&[Event::Configured]).shown().look, Look::Fallback);
    assert_eq!(after(&[Event::Configured, Event::Unsupported]).shown().look, Look::Fallback);
    assert_eq!(after(&READY).shown().look, Look::Ready);
}

#[test]
fn a_plain_click_keeps_the_intent_and_leaves() {
    let keep = [Command::Keep, Command::Wait];
    let machine = check(&READY, Event::Pressed(Press::Plain), &keep, Phase::Leaving);
    waits(&READY, Event::Pressed(Press::Plain), LEAVING_SECONDS, 1);
    assert_eq!(machine.shown().role, Role::Link);
}

#[test]
fn a_click_that_leaves_the_page_alive_prepares_the_next_flow() {
    let aside = [Command::Keep, Command::Wait];
    let machine = check(&READY, Event::Pressed(Press::Aside), &aside, Phase::Ready);
    waits(&READY, Event::Pressed(Press::Aside), 0, 1);
    // Until then the link stays as it is: the browser is about to follow it.
    assert_eq!(machine.shown().role, Role::Link);
    let pressed = and(&READY, &[Event::Pressed(Press::Aside)]);
    check(&pressed, Event::Woke(1), &[Command::Draw], Phase::Ready);
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
    check(&leaving, Event::Woke(1), &[Command::Draw], Phase::Ready);
    check(&leaving, Event::Restored, &[Command::Draw], Phase::Ready);
    check(&READY, Event::Restored, &[Command::Draw], Phase::Ready);
}

#[test]
fn only_the_latest_digest_counts() {
    let twice = [Event::Configured, Event::Digested(1), Event::Restored];
    assert!(!check(&twice, Event::Digested(1), &[], Phase::Ready).prepared);
    assert!(check(&twice, Event::Digested(2), &[], Phase::Ready).prepared);
}

#[test]
fn a_return_is_posted_and_connects() {
    check(&READY, Event::Returned, &[Command::Post], Phase::Finishing);
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
    let machine = check(&READY, refused, &[Command::Draw, Command::Cancelled], Phase::Ready);
    assert_eq!(machine.shown().look, Look::Denied);
}

#[test]
fn what_cannot_be_tried_again_starts_over() {
    let code = ErrorCode::CodeRejected;
    let failed = [Command::Settle, Command::Draw, Command::Failed];
    let refused = Event::Answered(1, Answer::Refused(code));
    let machine = check(&FINISHING, refused, &failed, Phase::Ready);
    assert_eq!(machine.shown().look, Look::Failed);
    let wrong = Event::Refused(ErrorCode::WrongBrowser);
    let machine = check(&READY, wrong, &[Command::Draw, Command::Failed], Phase::Ready);
    assert_eq!(machine.note, Some(ErrorCode::WrongBrowser));
}

#[test]
fn a_receipt_is_sent_three_times_and_then_the_person_is_asked() {
    let code = ErrorCode::StorageUnavailable;
    let again = |turn| Event::Answered(turn, Answer::Again(code, 4));
    check(&FINISHING, again(1), &[Command::Wait], Phase::Finishing);
    waits(&FINISHING, again(1), 4, 2);
    let second = and(&FINISHING, &[again(1), Event::Woke(2)]);
    assert_eq!(after(&second).turn, 3);
    let third = and(&second, &[again(3), Event::Woke(4)]);
    let held = and(&third, &[again(5)]);
    let machine = check(&third, again(5), &[Command::Failed], Phase::Held);
    assert_eq!((machine.shown().role, machine.shown().look), (Role::Button, Look::Held));
    let sent = [Command::Prevent, Command::Post];
    check(&held, Event::Pressed(Press::Plain), &sent, Phase::Finishing);
    check(&held, Event::Pressed(Press::Key), &sent, Phase::Finishing);
    check(&held, Event::Pressed(Press::Down), &[], Phase::Held);
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    check(&FINISHING, Event::Answered(1, LOST), &[Command::Wait], Phase::Finishing);
    waits(&FINISHING, Event::Answered(1, LOST), RETRY_SECONDS, 2);
}

#[test]
fn nobody_is_kept_waiting_for_longer_than_a_quarter_of_a_minute() {
    let long = Answer::Again(ErrorCode::RateLimited, 60);
    check(&FINISHING, Event::Answered(1, long), &[Command::Failed], Phase::Held);
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
    assert!(!unheard(&and(Event::Answered(1, Answer::Again(ErrorCode::SmoochUnavailable, RETRY_SECONDS)))));
    assert!(unheard(&and(Event::Answered(1, LOST))));
    assert!(unheard(&[Event::Configured, Event::Resumed]));
    assert!(!unheard(&[Event::Configured, Event::Resumed, Event::Returned]));
}

#[test]
fn a_reload_resumes() {
    let resumed = and(&READY, &[Event::Resumed]);
    check(&READY, Event::Resumed, &[Command::Wait], Phase::Finishing);
    waits(&READY, Event::Resumed, RESUME_SECONDS, 1);
    check(&resumed, Event::Woke(1), &[Command::Post], Phase::Finishing);
}

#[test]
fn a_direct_install_takes_one_deliberate_click() {
    let machine = check(&READY, Event::Direct, &[], Phase::Confirm);
    assert_eq!((machine.shown().role, machine.shown().look), (Role::Button, Look::Confirm));
    let direct = and(&READY, &[Event::Direct]);
    check(&direct, Event::Pressed(Press::Down), &[], Phase::Confirm);
    check(&direct, Event::Pressed(Press::Aside), &[], Phase::Confirm);
    check(&direct, Event::Pressed(Press::Plain), &[Command::Prevent, Command::Post], Phase::Finishing);
    check(&direct, Event::Pressed(Press::Key), &[Command::Prevent, Command::Post], Phase::Finishing);
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
    let held = and(&FINISHING, &[Event::Answered(1, Answer::Again(ErrorCode::RateLimited, 60))]);
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
    let failed = [Command::Failed];
    for before in [vec![], READY.to_vec(), and(&READY, &[Event::Pressed(Press::Plain)])] {
        check(&before, Event::Unsupported, &failed, Phase::Unsupported);
    }
    check(&FINISHING, Event::Unsupported, &[], Phase::Finishing);
    let unsupported = [Event::Configured, Event::Unsupported];
    check(&unsupported, Event::Unsupported, &[], Phase::Unsupported);
    check(&unsupported, Event::Configured, &[Command::Draw, Command::Claim], Phase::Idle);
}

const POPUP: Event = Event::Pressed(Press::Popup);

#[test]
fn a_window_is_opened_in_the_click_and_the_page_stays() {
    let open = [Command::Keep, Command::Open, Command::Wait];
    check(&READY, POPUP, &open, Phase::Leaving);
    let opened = and(&READY, &[POPUP, Event::Opened]);
    let machine = after(&opened);
    assert_eq!((machine.phase, machine.shown().role), (Phase::Elsewhere, Role::Link));
    // The wait for a page that is not left does not touch it.
    check(&opened, Event::Woke(1), &[], Phase::Elsewhere);
    // Pressed again, the window is opened once more, with the same proof.
    assert!(check(&opened, POPUP, &open, Phase::Leaving).prepared);
}

#[test]
fn a_window_that_could_not_be_opened_is_a_link_that_is_followed() {
    let blocked = and(&READY, &[POPUP]);
    check(&blocked, Event::Woke(1), &[Command::Draw], Phase::Ready);
}

#[test]
fn what_the_window_tells_is_believed_once() {
    let opened = and(&READY, &[POPUP, Event::Opened]);
    let connected = Event::Told(Answer::Connected);
    check(&opened, connected, &[Command::Connected], Phase::Connected);
    check(&and(&opened, &[connected]), connected, &[], Phase::Connected);
    check(&FINISHING, connected, &[], Phase::Finishing);
    let denied = Event::Told(Answer::Refused(ErrorCode::AccessDenied));
    let machine = check(&opened, denied, &[Command::Draw, Command::Cancelled], Phase::Ready);
    assert_eq!(machine.shown().look, Look::Denied);
    let failed = Event::Told(Answer::Refused(ErrorCode::CodeRejected));
    check(&opened, failed, &[Command::Draw, Command::Failed], Phase::Ready);
}

#[test]
fn a_window_that_is_closed_makes_the_button_ready_and_its_end_may_still_come() {
    let opened = and(&READY, &[POPUP, Event::Opened]);
    let machine = check(&opened, Event::Closed(true), &[Command::Draw, Command::Cancelled], Phase::Ready);
    assert_eq!((machine.note, machine.shown().look), (Some(ErrorCode::WindowClosed), Look::Denied));
    let hidden = and(&opened, &[Event::Closed(false)]);
    check(&opened, Event::Closed(false), &[Command::Draw], Phase::Ready);
    check(&hidden, Event::Told(Answer::Connected), &[Command::Connected], Phase::Connected);
    check(&READY, Event::Closed(true), &[], Phase::Ready);
}

#[test]
fn a_window_that_was_opened_is_done_when_it_was_heard_and_goes_home_when_it_was_not() {
    let connected = and(&FINISHING, &[Event::Answered(1, Answer::Connected)]);
    let machine = check(&connected, Event::Heard, &[], Phase::Connected);
    assert!(machine.shown().status > after(&connected).shown().status);
    check(&connected, Event::Alone, &[Command::Return], Phase::Connected);
    let denied = and(&READY, &[Event::Refused(ErrorCode::AccessDenied)]);
    check(&denied, Event::Alone, &[], Phase::Ready);
    assert_eq!(check(&denied, Event::Heard, &[], Phase::Ready).shown().role, Role::Inert);
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
        and(&READY, &[POPUP, Event::Opened]),
        and(&READY, &[POPUP, Event::Opened, Event::Closed(false)]),
    ]
    .map(|events| after(&events).shown());
    for (place, shown) in machines.iter().enumerate() {
        assert!(shown.status > 0, "{shown:?}");
        assert!(machines.iter().skip(place + 1).all(|other| other.status != shown.status), "{shown:?}");
    }
    assert_eq!(after(&READY).shown().status, 0);
}
