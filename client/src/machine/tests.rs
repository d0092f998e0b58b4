//! The way from the first proof to the click, and the helpers that the other tests of the machine share.

mod completion;
mod popup;

use super::*;
use crate::{
    text::Text,
    view_state::{Action, Appearance, ViewState},
};

const READY: [Event; 2] = [Event::Configured, Event::ProofReady(1)];
const FINISHING: [Event; 3] = [Event::Configured, Event::ProofReady(1), Event::Returned];
const CLICK: Event = Event::Pressed(Press::Click);
const LOST: Answer = Answer::Retry { code: ErrorCode::EdgeUnreachable, after: RETRY_SECONDS };

/// The machine of an element in a page after these events.
fn after(events: &[Event]) -> Machine {
    let mut machine = Machine::default();
    for &event in events {
        machine.step(event);
    }
    machine
}

fn and(before: &[Event], more: &[Event]) -> Vec<Event> {
    [before, more].concat()
}

fn view(machine: &Machine) -> (Action, Appearance, Option<Text>) {
    let ViewState { action, appearance, status } = ViewState::of(machine);
    (action, appearance, status)
}

/// Checks the commands that follow from an event after others, and the phase it leads to. Returns the machine.
#[track_caller]
fn check(before: &[Event], event: Event, commands: &[Command], phase: Phase) -> Machine {
    let mut machine = after(before);
    let done = machine.step(event);
    assert_eq!((done.as_slice(), machine.phase), (commands, phase), "{before:?} then {event:?}");
    machine
}

const fn prepare(turn: Turn) -> Command {
    Command::PrepareProof(turn)
}

const fn timer(turn: Turn, seconds: u32) -> Command {
    Command::StartTimer { turn, seconds }
}

const fn post(turn: Turn, unanswered: bool) -> Command {
    Command::PostCompletion { turn, unanswered }
}

const fn fire_failed(code: ErrorCode) -> Command {
    Command::FireFailed { code, can_retry: false }
}

const DENIED: Command = Command::FireCancelled(ErrorCode::AccessDenied);

#[test]
fn the_link_is_ready_before_the_click() {
    check(&[], Event::Configured, &[prepare(1), Command::ClaimReturn], Phase::Idle);
    let machine = check(&[Event::Configured], Event::ProofReady(1), &[], Phase::Ready);
    assert_eq!(view(&machine), (Action::FollowLink, Appearance::Ready, None));
}

#[test]
fn the_fallback_shows_until_there_is_a_link() {
    let unsupported = [Event::Configured, Event::Unsupported];
    for events in [&[][..], &[Event::Configured], &unsupported] {
        assert_eq!(view(&after(events)).1, Appearance::Fallback, "{events:?}");
    }
}

#[test]
fn a_plain_click_saves_the_intent_and_leaves() {
    let commands = [Command::SaveIntent, timer(1, LEAVING_SECONDS)];
    let machine = check(&READY, CLICK, &commands, Phase::Leaving);
    assert_eq!(view(&machine).0, Action::FollowLink);
}

#[test]
fn a_click_that_opens_another_tab_prepares_the_next_flow() {
    let press = Event::Pressed(Press::OpensElsewhere);
    let machine = check(&READY, press, &[Command::SaveIntent, timer(1, 0)], Phase::Ready);
    assert_eq!(view(&machine).0, Action::FollowLink, "the browser is about to follow the link");
    check(&and(&READY, &[press]), Event::TimerFired(1), &[prepare(2)], Phase::Ready);
}

#[test]
fn a_pointer_on_the_link_saves_the_intent_for_a_menu_that_is_not_reported() {
    check(&READY, Event::Pressed(Press::PointerDown), &[Command::SaveIntent], Phase::Ready);
}

#[test]
fn a_key_does_not_press_a_link() {
    check(&READY, Event::Pressed(Press::Key), &[], Phase::Ready);
}

#[test]
fn no_flow_starts_without_a_proof() {
    let failed = [Event::Configured, Event::Refused(ErrorCode::RateLimited)];
    let machine = check(&failed, CLICK, &[], Phase::Ready);
    assert_eq!(view(&machine).0, Action::Disabled);
}

#[test]
fn a_page_that_was_not_left_is_ready_again_with_another_proof() {
    let leaving = and(&READY, &[CLICK]);
    check(&leaving, Event::TimerFired(1), &[prepare(2)], Phase::Ready);
    check(&leaving, Event::Restored, &[prepare(2)], Phase::Ready);
    check(&READY, Event::Restored, &[prepare(2)], Phase::Ready);
}

#[test]
fn only_the_latest_proof_counts() {
    let twice = [Event::Configured, Event::ProofReady(1), Event::Restored];
    assert!(!check(&twice, Event::ProofReady(1), &[], Phase::Ready).has_proof);
    assert!(check(&twice, Event::ProofReady(2), &[], Phase::Ready).has_proof);
}

#[test]
fn a_missing_feature_stops_an_element_before_its_flow_and_not_later() {
    let failed = [fire_failed(ErrorCode::Unsupported)];
    for before in [vec![], READY.to_vec(), and(&READY, &[CLICK])] {
        check(&before, Event::Unsupported, &failed, Phase::Unsupported);
    }
    check(&FINISHING, Event::Unsupported, &[], Phase::Finishing);
    let unsupported = [Event::Configured, Event::Unsupported];
    check(&unsupported, Event::Unsupported, &[], Phase::Unsupported);
    check(&unsupported, Event::ProofReady(1), &[], Phase::Unsupported);
    check(&unsupported, Event::Configured, &[prepare(3), Command::ClaimReturn], Phase::Idle);
}

#[test]
fn every_state_but_ready_has_a_status_of_its_own() {
    const POPUP: Event = Event::Pressed(Press::PopupClick);
    let statuses: Vec<Text> = [
        and(&READY, &[CLICK]),
        FINISHING.to_vec(),
        and(&FINISHING, &[Event::Answered(1, Answer::Connected)]),
        and(&FINISHING, &[Event::Answered(1, Answer::Failed(ErrorCode::RateLimited))]),
        and(&READY, &[Event::Refused(ErrorCode::AccessDenied)]),
        and(&READY, &[Event::DirectInstall]),
        and(&READY, &[POPUP, Event::PopupOpened]),
        and(&READY, &[POPUP, Event::PopupOpened, Event::PopupClosed { certain: false }]),
    ]
    .iter()
    .map(|events| view(&after(events)).2.expect("the state has a status"))
    .collect();
    for (index, status) in statuses.iter().enumerate() {
        assert!(!statuses[index + 1..].contains(status), "{status:?} stands for two states");
    }
    assert_eq!(view(&after(&READY)).2, None);
}
