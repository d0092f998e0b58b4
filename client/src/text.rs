//! Every text that a person can read, in English. The other languages are modules in `client/lang`, by [`Text::key`].

use shared::ErrorCode;

/// A text of the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// The reason for a failure, and the way out.
    Code(ErrorCode),
    /// The browser is following the link to Smooch.
    Leaving,
    /// The flow goes on in a popup window.
    InPopup,
    /// A direct install waits for a click.
    Confirm,
    /// The edge is working.
    Finishing,
    /// The edge is working on a second attempt.
    StillFinishing,
    /// The app is connected.
    Connected,
    /// The popup window is no longer needed.
    PopupDone,
    /// The app is connected; `{}` is its name.
    ConnectedTo,
    /// Follows a failure; `{}` is the request id.
    Reference,
    /// The label of the usual variant.
    Smooch,
    /// The label of the variant `sunshine`.
    Sunshine,
    /// The label of a direct install.
    ConfirmLabel,
    /// The label while the edge is working.
    FinishingLabel,
    /// The label when all attempts are used up.
    HeldLabel,
    /// The label once the app is connected.
    ConnectedLabel,
}

impl Text {
    /// Every text.
    pub fn all() -> impl Iterator<Item = Self> {
        ErrorCode::ALL.iter().copied().map(Self::Code).chain([
            Self::Leaving,
            Self::InPopup,
            Self::Confirm,
            Self::Finishing,
            Self::StillFinishing,
            Self::Connected,
            Self::PopupDone,
            Self::ConnectedTo,
            Self::Reference,
            Self::Smooch,
            Self::Sunshine,
            Self::ConfirmLabel,
            Self::FinishingLabel,
            Self::HeldLabel,
            Self::ConnectedLabel,
        ])
    }

    /// The name of the text in the modules of `client/lang`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Code(code) => code.as_str(),
            Self::Leaving => "leaving",
            Self::InPopup => "in_popup",
            Self::Confirm => "confirm",
            Self::Finishing => "finishing",
            Self::StillFinishing => "still_finishing",
            Self::Connected => "connected",
            Self::PopupDone => "popup_done",
            Self::ConnectedTo => "connected_to",
            Self::Reference => "reference",
            Self::Smooch => "smooch",
            Self::Sunshine => "sunshine",
            Self::ConfirmLabel => "confirm_label",
            Self::FinishingLabel => "finishing_label",
            Self::HeldLabel => "held_label",
            Self::ConnectedLabel => "connected_label",
        }
    }

    /// The English text.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::Code(code) => explanation(code),
            Self::Leaving => "Taking you to Smooch…",
            Self::InPopup => "Go on in the window that has opened.",
            Self::Confirm => "One more step: press the button to finish connecting your app.",
            Self::Finishing => "Finishing the connection…",
            Self::StillFinishing => "Still working…",
            Self::Connected | Self::ConnectedLabel => "Connected",
            Self::PopupDone => "Done. You can close this window.",
            Self::ConnectedTo => "Connected to {}",
            Self::Reference => "Reference: {}",
            Self::Smooch => "Add to Smooch",
            Self::Sunshine => "Add to Sunshine Conversations",
            Self::ConfirmLabel => "Finish connecting",
            Self::FinishingLabel => "Connecting…",
            Self::HeldLabel => "Try again",
        }
    }
}

/// The explanation of an error code for the person at the button, in English.
const fn explanation(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::AccessDenied => "You chose not to connect. Nothing was changed.",
        ErrorCode::WrongBrowser => {
            "This was started in another browser, or is finished already. Nothing was changed. Start again here."
        }
        ErrorCode::Unsupported => "This button cannot work in this browser. Try another one.",
        ErrorCode::WindowClosed => "Not finished yet. If the other window is gone, press to start again.",
        ErrorCode::EdgeUnreachable => "No answer came back. Check your connection and try again.",
        ErrorCode::ReceiptInvalid | ErrorCode::VerifierMismatch | ErrorCode::InvalidRequest => {
            "We could not verify this, so we changed nothing. Go back to the page where you started and try again."
        }
        ErrorCode::ReceiptExpired => "That took too long. If your app is not connected, start again.",
        ErrorCode::OriginNotAllowed
        | ErrorCode::ClientRejected
        | ErrorCode::ConnectionRevoked
        | ErrorCode::ConnectionRemoving
        | ErrorCode::Misconfigured
        | ErrorCode::Unauthorized
        | ErrorCode::NotFound
        | ErrorCode::MethodNotAllowed => {
            "This is not set up correctly yet. Ask the people who run this site to check its connection to Smooch."
        }
        ErrorCode::SessionInvalid | ErrorCode::SessionExpired | ErrorCode::SessionRequired => {
            "Your login here has ended. Reload this page, log in, and start again."
        }
        ErrorCode::SessionMismatch => "You are now logged in as a different user. Start again.",
        ErrorCode::CodeRejected => {
            "That took too long, or is finished already. If your app is not connected, start again."
        }
        ErrorCode::SmoochUnavailable | ErrorCode::SmoochMalformed => {
            "Smooch is not answering as it should. Try again in a minute."
        }
        ErrorCode::StorageUnavailable => {
            "Smooch allowed the connection, but we could not save it yet. Try again in a minute."
        }
        ErrorCode::RateLimited => "Too many tries at once. Try again in a minute.",
    }
}

#[cfg(test)]
mod tests;
