//! The input of the state machine: what happened to the element, as plain values.

use super::turn::Turn;
use shared::ErrorCode;

/// Something that happened to the element, its page or its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The element was inserted into a page.
    Attached,
    /// The attributes were read and are valid, for the first time or after a change.
    Configured,
    /// The attributes are invalid, or the page lacks something that the flow needs.
    Unsupported,
    /// The proof requested by [`Command::PrepareProof`](super::Command::PrepareProof) with this turn is ready.
    ProofReady(Turn),
    /// The person came back from Smooch with a receipt, and this browser has the verifier.
    Returned,
    /// The person came back from Smooch with an error.
    Refused(ErrorCode),
    /// The person came from Smooch with a receipt and without a flow of ours: a direct install.
    DirectInstall,
    /// An earlier load of this page had started to finish a flow.
    Resumed,
    /// Another page of this tab connected the app and sent the person back to this page.
    OutcomeFound,
    /// The person did something to the button.
    Pressed(Press),
    /// The completion request with this turn has ended.
    Answered(Turn, Answer),
    /// The timer with this turn has ended.
    TimerFired(Turn),
    /// The page came back from the back-forward cache.
    Restored,
    /// The element was removed from its page.
    Detached,
    /// The popup window opened, so this page stays.
    PopupOpened,
    /// The popup window reported the result of its flow.
    PopupReported(Answer),
    /// The popup window is gone. `certain` is false if a `Cross-Origin-Opener-Policy` may hide a window that is still
    /// open.
    PopupClosed {
        /// The window was seen at Smooch, so its `closed` flag can be trusted.
        certain: bool,
    },
    /// This page runs in the popup window, and its opener has received the result.
    OpenerInformed,
    /// This page runs in the popup window, and no opener answered.
    OpenerGone,
}

/// A person's action on the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// A plain click: the browser follows the link in this tab.
    Click,
    /// A plain click on an element with `mode="popup"`.
    PopupClick,
    /// A modified click, a context menu or a drag: the link may open in another tab, and this page stays.
    OpensElsewhere,
    /// A pointer went down. Some phones report nothing more before their menu opens the link.
    PointerDown,
    /// Space or Enter. Browsers turn Enter on a link into a click, but not on an element without `href`.
    Key,
}

/// The meaning of the edge's answer to `POST /complete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The app is connected.
    Connected,
    /// This flow has failed for good.
    Failed(ErrorCode),
    /// The edge is still working on the flow: the same form asks for the result. The edge of this version does not send
    /// it yet.
    Pending {
        /// Seconds to wait before asking.
        after: u32,
    },
    /// The flow has not failed: the same form can be sent again.
    Retry {
        /// The reason.
        code: ErrorCode,
        /// Seconds to wait before the next attempt.
        after: u32,
    },
}
