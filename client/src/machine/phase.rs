//! The two enums that the state machine's state consists of, beside its counters and flags.

/// The phase of the flow that the element is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// No proof is ready yet.
    #[default]
    Idle,
    /// The element cannot work on this page; the fallback shows.
    Unsupported,
    /// The button can start a flow as soon as a proof is ready.
    Ready,
    /// The browser is following the link.
    Leaving,
    /// The flow goes on in a popup window.
    InPopup,
    /// A direct install waits for its one deliberate click.
    Confirming,
    /// A completion request is under way, or the next one is scheduled.
    Finishing,
    /// All attempts are used up; the person can start another round.
    Held,
    /// The app is connected.
    Connected,
}

/// The element's relation to its page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lifecycle {
    /// Not in a page.
    #[default]
    Detached,
    /// In a page. The attributes have not been read yet, since frameworks set them after the insertion.
    Attached,
    /// In a page, with its attributes read.
    Started,
}

impl Phase {
    /// True while the button offers to start a flow, or one was started and has not come back.
    #[must_use]
    pub const fn offers_start(self) -> bool {
        matches!(self, Self::Ready | Self::Leaving | Self::InPopup)
    }

    /// True while the flow waits for the person to press the button.
    #[must_use]
    pub const fn awaits_press(self) -> bool {
        matches!(self, Self::Confirming | Self::Held)
    }
}
