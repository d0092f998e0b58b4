//! The output of the state machine: what the element has to do, as plain values.

use super::turn::Turn;
use shared::ErrorCode;

/// Something for the element to do. Commands are carried out in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Cancel the default action of the browser event that is being handled.
    PreventDefault,
    /// Save the verifier in `localStorage`, where every tab of this origin can read it.
    SaveIntent,
    /// Open the link in a popup window.
    OpenPopup,
    /// Delete the saved copy of the flow that is being finished.
    ForgetPending,
    /// Let another element of the page claim the flow that this page load returned with.
    ReleaseReturn,
    /// Make a new verifier and its challenge, and report [`Event::ProofReady`](super::Event::ProofReady) with this
    /// turn.
    PrepareProof(Turn),
    /// Claim the flow that this page load returned with, if it belongs to this element's site.
    ClaimReturn,
    /// Save the flow in `sessionStorage`, send it to the edge, and report [`Event::Answered`](super::Event::Answered).
    PostCompletion {
        /// The turn of the request.
        turn: Turn,
        /// An earlier attempt of this flow got no answer.
        unanswered: bool,
    },
    /// Report [`Event::TimerFired`](super::Event::TimerFired) later.
    StartTimer {
        /// The turn of the timer.
        turn: Turn,
        /// Seconds to wait.
        seconds: u32,
    },
    /// Fire `connected`. Then report to the opener of a popup, or, in another window, go back to the page where the
    /// person started.
    FireConnected,
    /// Fire `failed`, and report it to the opener of a popup window.
    FireFailed {
        /// The reason.
        code: ErrorCode,
        /// The person can press "Try again" here, so a popup window must stay open.
        can_retry: bool,
    },
    /// Fire `cancelled`, and report this code to the opener of a popup window.
    FireCancelled(ErrorCode),
    /// Go back to the page the person started from.
    GoBack,
}
