//! Decides the appearance of the button from the state machine. It builds no DOM.

use crate::{
    machine::{Machine, Phase},
    text::Text,
};
use shared::ErrorCode;

/// The appearance of the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewState {
    /// The effect of a press.
    pub action: Action,
    /// The look of the button.
    pub appearance: Appearance,
    /// The text below the button, which screen readers announce.
    pub status: Option<Text>,
}

/// The effect of a press on the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The browser follows the link to Smooch.
    FollowLink,
    /// The element acts on this page.
    Act,
    /// Nothing happens.
    Disabled,
}

/// The look of the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appearance {
    /// The fallback inside the element shows instead of the button.
    Fallback,
    /// Ready to start.
    Ready,
    /// Ready to start again after the owner declined or the popup closed.
    Denied,
    /// Ready to start again after a failure.
    Failed,
    /// The browser is following the link.
    Leaving,
    /// The flow goes on in a popup window.
    InPopup,
    /// A direct install waits for a click.
    Confirm,
    /// The edge is working.
    Finishing,
    /// The same receipt can be sent again.
    Held,
    /// The app is connected.
    Connected,
}

impl Appearance {
    /// The button's class.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Fallback => "",
            Self::Ready => "ready",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Leaving => "leaving",
            Self::InPopup => "in-popup",
            Self::Confirm => "confirm",
            Self::Finishing => "finishing",
            Self::Held => "held",
            Self::Connected => "connected",
        }
    }

    /// The button's label, or `None` where the partner's own label or the variant decides.
    #[must_use]
    pub const fn label(self) -> Option<Text> {
        match self {
            Self::Confirm => Some(Text::ConfirmLabel),
            Self::Finishing => Some(Text::FinishingLabel),
            Self::Held => Some(Text::HeldLabel),
            Self::Connected => Some(Text::ConnectedLabel),
            Self::Fallback | Self::Ready | Self::Denied | Self::Failed | Self::Leaving | Self::InPopup => {
                None
            }
        }
    }
}

impl ViewState {
    /// The appearance of an element in this state.
    #[must_use]
    pub fn of(machine: &Machine) -> Self {
        let link = if machine.has_proof { Action::FollowLink } else { Action::Disabled };
        let failure = machine.failure.map(Text::Code);
        let (action, appearance, status) = match machine.phase {
            Phase::Idle | Phase::Unsupported => (Action::Disabled, Appearance::Fallback, None),
            Phase::Ready => {
                let appearance = match machine.failure {
                    None => Appearance::Ready,
                    Some(ErrorCode::AccessDenied | ErrorCode::WindowClosed) => Appearance::Denied,
                    Some(_) => Appearance::Failed,
                };
                (link, appearance, failure)
            }
            Phase::Leaving => (link, Appearance::Leaving, Some(Text::Leaving)),
            Phase::InPopup => (link, Appearance::InPopup, Some(Text::InPopup)),
            Phase::Confirming => (Action::Act, Appearance::Confirm, Some(Text::Confirm)),
            Phase::Finishing => {
                let status = if machine.attempts > 1 { Text::StillFinishing } else { Text::Finishing };
                (Action::Disabled, Appearance::Finishing, Some(status))
            }
            Phase::Held => (Action::Act, Appearance::Held, failure),
            Phase::Connected => (Action::Disabled, Appearance::Connected, Some(Text::Connected)),
        };
        if machine.popup_done {
            return Self { action: Action::Disabled, appearance, status: Some(Text::PopupDone) };
        }
        Self { action, appearance, status }
    }
}
