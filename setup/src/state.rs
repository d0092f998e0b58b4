//! The states that the button can be seen in, with what it shows in each: the sample that the preview gives to the
//! element's own view.

/// A state of the button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It can be pressed. The preview shows the element itself, at work.
    Ready,
    /// The click leads away.
    Leaving,
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

/// What the element shows in a state, for its view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The class for the style sheet.
    pub look: &'static str,
    /// What pressing does: 0 follows the link, 1 does something here, 2 nothing.
    pub role: u32,
    /// What the button says, or `None` for what the partner has it say.
    pub label: Option<&'static str>,
    /// The line below it.
    pub status: &'static str,
    /// When it is so, for the partner.
    pub when: &'static str,
}

impl State {
    /// All of them, in the order of a flow.
    pub const ALL: [Self; 8] = [
        Self::Ready,
        Self::Leaving,
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
        let (look, role, label, status, when) = match self {
            Self::Ready => ("ready", 0, None, "", "Before the click. This is the element itself, at work."),
            Self::Leaving => {
                ("leaving", 0, None, "Taking you to Smooch…", "From the click until Smooch’s page is there.")
            }
            Self::Finishing => (
                "finishing",
                2,
                Some("Connecting…"),
                "Finishing the connection…",
                "Back from Smooch, while your server gets and keeps the token. It takes about a second.",
            ),
            Self::Connected => (
                "connected",
                2,
                Some("Connected"),
                "Connected to Corner Bakery",
                "When the connection is kept. The event connected has been fired.",
            ),
            Self::Denied => (
                "denied",
                0,
                None,
                "You chose not to connect. Nothing was changed.",
                "After Deny. The event cancelled has been fired, and the button can be pressed again.",
            ),
            Self::Failed => (
                "failed",
                0,
                None,
                "That took too long. Nothing was changed. Start again.",
                "When a flow has failed for good. The event failed has been fired, with a code.",
            ),
            Self::Held => (
                "failed",
                1,
                Some("Try again"),
                "Smooch is not answering as it should. Try again in a minute.",
                "When the flow is as good as before and only needs another try.",
            ),
            Self::Confirm => (
                "confirm",
                1,
                Some("Finish connecting"),
                "One more step: press the button to finish connecting your app.",
                "Only on /install, for people who come from Smooch itself, where the server allows that.",
            ),
        };
        Sample { look, role, label, status, when }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_a_name_and_something_to_show() {
        for state in State::ALL {
            let sample = state.sample();
            assert_eq!(State::parse(state.name()), Some(state));
            assert!(!sample.look.is_empty() && sample.when.ends_with('.'), "{state:?}");
            assert_eq!(sample.status.is_empty(), state == State::Ready, "{state:?}");
        }
        assert_eq!(State::parse("other"), None);
    }
}
