//! The return from Smooch: finishing, retrying, handing over to another element.

use super::*;

#[test]
fn a_return_is_sent_and_connects() {
    check(&READY, Event::Returned, &[post(1, false)], Phase::Finishing);
    let done = [Command::ForgetPending, Command::FireConnected];
    let machine = check(&FINISHING, Event::Answered(1, Answer::Connected), &done, Phase::Connected);
    assert_eq!(view(&machine), (Action::Disabled, Appearance::Connected, Some(Text::Connected)));
}

#[test]
fn a_return_can_come_before_the_link_is_ready() {
    let machine = check(&[Event::Configured, Event::Returned], Event::ProofReady(1), &[], Phase::Finishing);
    assert_eq!(view(&machine).0, Action::Disabled);
}

#[test]
fn a_denial_is_cancelled_and_not_failed() {
    let refused = Event::Refused(ErrorCode::AccessDenied);
    let machine = check(&READY, refused, &[prepare(2), DENIED], Phase::Ready);
    assert_eq!(view(&machine).1, Appearance::Denied);
}

#[test]
fn a_flow_that_failed_for_good_starts_over() {
    let code = ErrorCode::CodeRejected;
    let failed = [Command::ForgetPending, prepare(2), fire_failed(code)];
    let machine = check(&FINISHING, Event::Answered(1, Answer::Failed(code)), &failed, Phase::Ready);
    assert_eq!(view(&machine).1, Appearance::Failed);
    let code = ErrorCode::WrongBrowser;
    let machine = check(&READY, Event::Refused(code), &[prepare(2), fire_failed(code)], Phase::Ready);
    assert_eq!(machine.failure, Some(code));
}

#[test]
fn a_receipt_is_sent_three_times_and_then_the_person_is_asked() {
    let code = ErrorCode::StorageUnavailable;
    let again = |turn| Event::Answered(turn, Answer::Retry { code, after: 4 });
    check(&FINISHING, again(1), &[timer(2, 4)], Phase::Finishing);
    let second = and(&FINISHING, &[again(1), Event::TimerFired(2)]);
    assert_eq!(after(&second).turn, 3);
    let third = and(&second, &[again(3), Event::TimerFired(4)]);
    let held = and(&third, &[again(5)]);
    let asked = [Command::FireFailed { code, can_retry: true }];
    let machine = check(&third, again(5), &asked, Phase::Held);
    assert_eq!(view(&machine), (Action::Act, Appearance::Held, Some(Text::Code(code))));
    let sent = [Command::PreventDefault, post(6, false)];
    check(&held, CLICK, &sent, Phase::Finishing);
    check(&held, Event::Pressed(Press::Key), &sent, Phase::Finishing);
    check(&held, Event::Pressed(Press::PointerDown), &[], Phase::Held);
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    check(&FINISHING, Event::Answered(1, LOST), &[timer(2, RETRY_SECONDS)], Phase::Finishing);
}

#[test]
fn a_pending_answer_is_asked_for_as_often_as_the_edge_wants() {
    let mut events = FINISHING.to_vec();
    let mut turn = 1;
    for (after, waits) in [(2, 2), (4, 4), (8, 8), (15, 15), (60, 15)] {
        let pending = Event::Answered(turn, Answer::Pending { after });
        check(&events, pending, &[timer(turn + 1, waits)], Phase::Finishing);
        let asks = Event::TimerFired(turn + 1);
        check(&and(&events, &[pending]), asks, &[post(turn + 2, false)], Phase::Finishing);
        events.extend([pending, asks]);
        turn += 2;
    }
    assert_eq!(view(&after(&events)).2, Some(Text::StillFinishing));
}

#[test]
fn nobody_waits_longer_than_a_quarter_of_a_minute() {
    let code = ErrorCode::RateLimited;
    let long = Answer::Retry { code, after: 60 };
    let asked = [Command::FireFailed { code, can_retry: true }];
    check(&FINISHING, Event::Answered(1, long), &asked, Phase::Held);
}

#[test]
fn a_late_answer_and_a_late_timer_change_nothing() {
    let connected = Event::Answered(1, Answer::Connected);
    let retried = and(&FINISHING, &[Event::Answered(1, LOST), Event::TimerFired(2)]);
    check(&retried, connected, &[], Phase::Finishing);
    check(&retried, Event::TimerFired(2), &[], Phase::Finishing);
    check(&READY, Event::Answered(0, Answer::Connected), &[], Phase::Ready);
    check(&READY, Event::TimerFired(7), &[], Phase::Ready);
}

#[test]
fn the_edge_is_told_that_an_earlier_attempt_got_no_answer() {
    let unanswered = |events: &[Event]| after(events).unanswered;
    let unavailable = Answer::Retry { code: ErrorCode::SmoochUnavailable, after: RETRY_SECONDS };
    assert!(!unanswered(&FINISHING));
    assert!(!unanswered(&and(&FINISHING, &[Event::Answered(1, unavailable)])));
    assert!(unanswered(&and(&FINISHING, &[Event::Answered(1, LOST)])));
    assert!(unanswered(&[Event::Configured, Event::Resumed]));
    assert!(!unanswered(&[Event::Configured, Event::Resumed, Event::Returned]));
}

#[test]
fn a_reload_resumes() {
    check(&READY, Event::Resumed, &[timer(1, RESUME_SECONDS)], Phase::Finishing);
    check(&and(&READY, &[Event::Resumed]), Event::TimerFired(1), &[post(2, true)], Phase::Finishing);
}

#[test]
fn a_direct_install_takes_one_deliberate_click() {
    let machine = check(&READY, Event::DirectInstall, &[], Phase::Confirming);
    assert_eq!(view(&machine), (Action::Act, Appearance::Confirm, Some(Text::Confirm)));
    let direct = and(&READY, &[Event::DirectInstall]);
    check(&direct, Event::Pressed(Press::PointerDown), &[], Phase::Confirming);
    check(&direct, Event::Pressed(Press::OpensElsewhere), &[], Phase::Confirming);
    let sent = [Command::PreventDefault, post(1, false)];
    check(&direct, CLICK, &sent, Phase::Finishing);
    check(&direct, Event::Pressed(Press::Key), &sent, Phase::Finishing);
}

#[test]
fn the_outcome_of_another_page_is_reported_here_too() {
    check(&READY, Event::OutcomeFound, &[Command::FireConnected], Phase::Connected);
}

#[test]
fn a_flow_that_is_finishing_or_done_cannot_be_pressed() {
    let connected = and(&FINISHING, &[Event::Answered(1, Answer::Connected)]);
    for press in [Press::Click, Press::OpensElsewhere, Press::PointerDown, Press::Key] {
        check(&FINISHING, Event::Pressed(press), &[], Phase::Finishing);
        check(&connected, Event::Pressed(press), &[], Phase::Connected);
    }
}

#[test]
fn a_flow_that_waits_for_the_person_is_left_to_the_next_element() {
    let long = Answer::Retry { code: ErrorCode::RateLimited, after: 60 };
    let held = and(&FINISHING, &[Event::Answered(1, long)]);
    check(&held, Event::Detached, &[Command::ReleaseReturn], Phase::Idle);
    check(&and(&READY, &[Event::DirectInstall]), Event::Detached, &[Command::ReleaseReturn], Phase::Idle);
    check(&READY, Event::Detached, &[], Phase::Ready);
}

#[test]
fn an_answer_that_nobody_would_see_is_left_to_the_next_element() {
    let gone = and(&FINISHING, &[Event::Detached]);
    check(&gone, Event::Answered(1, Answer::Connected), &[Command::ReleaseReturn], Phase::Idle);
}

#[test]
fn an_element_that_moves_goes_on() {
    let moved = and(&FINISHING, &[Event::Detached, Event::Attached, Event::Configured]);
    let done = [Command::ForgetPending, Command::FireConnected];
    check(&moved, Event::Answered(1, Answer::Connected), &done, Phase::Connected);
    let ready = and(&READY, &[Event::Detached, Event::Attached]);
    check(&ready, Event::Configured, &[Command::ClaimReturn], Phase::Ready);
}
