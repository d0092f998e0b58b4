//! The states that the preview can show, as the element's own view shows them.

use client::{
    machine::{Machine, Phase},
    view_state::ViewState,
};
use shared::ErrorCode;

/// A state of the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewState {
    /// Ready to start. The preview shows the element itself.
    Ready,
    /// The browser is following the link.
    Leaving,
    /// The flow goes on in a popup window.
    InPopup,
    /// The edge is working.
    Finishing,
    /// The app is connected.
    Connected,
    /// The owner declined.
    Denied,
    /// The flow failed for good.
    Failed,
    /// The flow can be tried again.
    Held,
    /// A direct install waits for a click.
    Confirm,
}

impl PreviewState {
    /// All states, in the order of a flow.
    pub const ALL: [Self; 9] = [
        Self::Ready,
        Self::Leaving,
        Self::InPopup,
        Self::Finishing,
        Self::Connected,
        Self::Denied,
        Self::Failed,
        Self::Held,
        Self::Confirm,
    ];

    /// The value of the state's radio button.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Leaving => "leaving",
            Self::InPopup => "in-popup",
            Self::Finishing => "finishing",
            Self::Connected => "connected",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Confirm => "confirm",
        }
    }

    /// The state of a radio button's value.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The appearance that the element's state machine has in this state.
    #[must_use]
    pub fn view_state(self) -> ViewState {
        let (phase, failure) = match self {
            Self::Ready => (Phase::Ready, None),
            Self::Leaving => (Phase::Leaving, None),
            Self::InPopup => (Phase::InPopup, None),
            Self::Finishing => (Phase::Finishing, None),
            Self::Connected => (Phase::Connected, None),
            Self::Denied => (Phase::Ready, Some(ErrorCode::AccessDenied)),
            Self::Failed => (Phase::Ready, Some(ErrorCode::ReceiptExpired)),
            Self::Held => (Phase::Held, Some(ErrorCode::SmoochUnavailable)),
            Self::Confirm => (Phase::Confirming, None),
        };
        ViewState::of(&Machine { phase, failure, has_proof: true, ..Machine::default() })
    }

    /// The app's name where the element shows one, or an empty string.
    #[must_use]
    pub const fn app_name(self) -> &'static str {
        match self {
            Self::Connected => "Corner Bakery",
            Self::Ready
            | Self::Leaving
            | Self::InPopup
            | Self::Finishing
            | Self::Denied
            | Self::Failed
            | Self::Held
            | Self::Confirm => "",
        }
    }

    /// An explanation for the partner: when their customers see this.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Ready => "Before the click. This is the real element.",
            Self::Leaving => "From the click until Smooch’s page appears.",
            Self::InPopup => "With mode=\"popup\", while the window for Smooch is open. Your page stays.",
            Self::Finishing => {
                "Back from Smooch, while this server gets the token and stores it. This takes about a second."
            }
            Self::Connected => "The connection is stored. The event connected has fired.",
            Self::Denied => {
                "The owner pressed Deny. The event cancelled has fired, and the button works again."
            }
            Self::Failed => "The flow failed for good. The event failed has fired, with a code.",
            Self::Held => "The flow failed for now. The person can try again without going back to Smooch.",
            Self::Confirm => {
                "Only on /install, for people who come from Smooch itself, if this server allows that."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use client::view_state::Appearance;

    #[test]
    fn each_state_has_a_name_a_look_of_its_own_and_an_explanation() {
        let mut classes = Vec::new();
        for state in PreviewState::ALL {
            assert_eq!(PreviewState::parse(state.name()), Some(state));
            assert!(state.explanation().ends_with('.'), "{state:?}");
            let appearance = state.view_state().appearance;
            assert_ne!(appearance, Appearance::Fallback, "{state:?}");
            // The element's class is the name here too.
            assert_eq!(appearance.class(), state.name());
            classes.push(appearance.class());
        }
        classes.sort_unstable();
        classes.dedup();
        assert_eq!(classes.len(), PreviewState::ALL.len());
        assert_eq!(PreviewState::parse("other"), None);
    }
}
