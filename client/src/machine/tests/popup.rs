//! Popup windows, from the page that opens one and from within.

use super::*;

const POPUP: Event = Event::Pressed(Press::PopupClick);

fn opened() -> Vec<Event> {
    and(&READY, &[POPUP, Event::PopupOpened])
}

#[test]
fn a_popup_opens_in_the_click_and_the_page_stays() {
    let open = |turn| [Command::SaveIntent, Command::OpenPopup, timer(turn, LEAVING_SECONDS)];
    check(&READY, POPUP, &open(1), Phase::Leaving);
    let machine = after(&opened());
    assert_eq!((machine.phase, view(&machine).0), (Phase::InPopup, Action::FollowLink));
    check(&opened(), Event::TimerFired(1), &[], Phase::InPopup);
    // Another press opens another window with the same proof.
    assert!(check(&opened(), POPUP, &open(3), Phase::Leaving).has_proof);
}

#[test]
fn the_link_is_followed_where_no_popup_opens() {
    let blocked = and(&READY, &[POPUP]);
    check(&blocked, Event::TimerFired(1), &[prepare(2)], Phase::Ready);
}

#[test]
fn the_report_of_a_popup_is_believed_once() {
    let connected = Event::PopupReported(Answer::Connected);
    check(&opened(), connected, &[Command::FireConnected], Phase::Connected);
    check(&and(&opened(), &[connected]), connected, &[], Phase::Connected);
    check(&FINISHING, connected, &[], Phase::Finishing);
    let denied = Event::PopupReported(Answer::Failed(ErrorCode::AccessDenied));
    let machine = check(&opened(), denied, &[prepare(2), DENIED], Phase::Ready);
    assert_eq!(view(&machine).1, Appearance::Denied);
    let code = ErrorCode::CodeRejected;
    let failed = Event::PopupReported(Answer::Failed(code));
    check(&opened(), failed, &[prepare(2), fire_failed(code)], Phase::Ready);
}

#[test]
fn a_closed_popup_makes_the_button_ready_and_may_still_report() {
    let cancelled = Command::FireCancelled(ErrorCode::WindowClosed);
    let closed = Event::PopupClosed { certain: true };
    let machine = check(&opened(), closed, &[prepare(2), cancelled], Phase::Ready);
    assert_eq!((machine.failure, view(&machine).1), (Some(ErrorCode::WindowClosed), Appearance::Denied));
    let hidden = Event::PopupClosed { certain: false };
    check(&opened(), hidden, &[prepare(2)], Phase::Ready);
    let connected = Event::PopupReported(Answer::Connected);
    check(&and(&opened(), &[hidden]), connected, &[Command::FireConnected], Phase::Connected);
    check(&READY, closed, &[], Phase::Ready);
}

#[test]
fn a_popup_is_done_when_its_opener_knows_and_goes_back_when_it_has_none() {
    let connected = and(&FINISHING, &[Event::Answered(1, Answer::Connected)]);
    let machine = check(&connected, Event::OpenerInformed, &[], Phase::Connected);
    assert_eq!(view(&machine).2, Some(Text::PopupDone));
    check(&connected, Event::OpenerGone, &[Command::GoBack], Phase::Connected);
    let denied = and(&READY, &[Event::Refused(ErrorCode::AccessDenied)]);
    check(&denied, Event::OpenerGone, &[], Phase::Ready);
    let machine = check(&denied, Event::OpenerInformed, &[], Phase::Ready);
    assert_eq!(view(&machine).0, Action::Disabled);
}
