//! The states that the button can be seen in, with what it shows in each: the sample that the preview gives to the
//! element's own view.

/// A state of the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be pressed. The preview shows the element itself, at work.
    Ready,
    /// The click leads away.
    Leaving,
    /// It goes on in another window.
    Elsewhere,
    /// Back from Smooch.
    Finishing,
    /// All is done.
    Connected,
    /// The owner pressed Deny.
    Denied,
    /// It did not work, and begins anew.
    Failed,
    /// It did not work, and can be sent again.
    Held,
    /// Somebody came from Smooch without having set out here.
    Confirm,
}

/// What the element shows in a state, by the numbers that its view takes: a test holds them against the element's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What pressing does: 0 follows the link, 1 does something here, 2 nothing.
    pub role: i32,
    /// How it looks.
    pub look: i32,
    /// Which words are below it.
    pub status: i32,
    /// What these words end in: an app's name, or a number of a request.
    pub detail: &'static str,
    /// When it is so, for the partner.
    pub when: &'static str,
}

impl State {
    /// All of them, in the order of a flow.
    pub const ALL: [Self; 9] = [
        Self::Ready,
        Self::Leaving,
        Self::Elsewhere,
        Self::Finishing,
        Self::Connected,
        Self::Denied,
        Self::Failed,
        Self::Held,
        Self::Confirm,
    ];

    /// Its name, as the page's choice has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Leaving => "leaving",
            Self::Elsewhere => "elsewhere",
            Self::Finishing => "finishing",
            Self::Connected => "connected",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Confirm => "confirm",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// What the element shows in it.
    #[must_use]
    pub const fn sample(self) -> Sample {
        let (role, look, status, detail, when) = match self {
            Self::Ready => (0, 1, 0, "", "Before the click. This is the element itself, at work."),
            Self::Leaving => (0, 4, 27, "", "From the click until Smooch’s page is there."),
            Self::Elsewhere => {
                (0, 5, 28, "", "With mode=\"popup\", while the window for Smooch is open. Your page stays.")
            }
            Self::Finishing => (
                2,
                7,
                30,
                "",
                "Back from Smooch, while your server gets and keeps the token. It takes about a second.",
            ),
            Self::Connected => (
                2,
                9,
                32,
                "Corner Bakery",
                "When the connection is kept. The event connected has been fired.",
            ),
            Self::Denied => (
                0,
                2,
                1,
                "",
                "After Deny. The event cancelled has been fired, and the button can be pressed again.",
            ),
            Self::Failed => (
                0,
                3,
                7,
                "",
                "When a flow has failed for good. The event failed has been fired, with a code.",
            ),
            Self::Held => (1, 8, 16, "", "When the flow is as good as before and only needs another try."),
            Self::Confirm => (
                1,
                6,
                29,
                "",
                "Only on /install, for people who come from Smooch itself, where the server allows that.",
            ),
        };
        Sample { role, look, status, detail, when }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use client::machine::{Machine, Phase};
    use shared::ErrorCode;

    /// The element in that state.
    fn machine(state: State) -> Machine {
        let (phase, note) = match state {
            State::Ready => (Phase::Ready, None),
            State::Leaving => (Phase::Leaving, None),
            State::Elsewhere => (Phase::Elsewhere, None),
            State::Finishing => (Phase::Finishing, None),
            State::Connected => (Phase::Connected, None),
            State::Denied => (Phase::Ready, Some(ErrorCode::AccessDenied)),
            State::Failed => (Phase::Ready, Some(ErrorCode::ReceiptExpired)),
            State::Held => (Phase::Held, Some(ErrorCode::SmoochUnavailable)),
            State::Confirm => (Phase::Confirm, None),
        };
        Machine { phase, note, prepared: true, ..Machine::default() }
    }

    #[test]
    fn each_state_has_a_name_and_is_shown_as_the_element_shows_it() {
        for state in State::ALL {
            let sample = state.sample();
            assert_eq!(State::parse(state.name()), Some(state));
            assert!(sample.when.ends_with('.'), "{state:?}");
            let shown = machine(state).shown();
            assert_eq!(
                (sample.role, sample.look, sample.status),
                (shown.role as i32, shown.look as i32, shown.status),
                "{state:?}"
            );
        }
        assert_eq!(State::parse("other"), None);
    }
}
