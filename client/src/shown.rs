//! What a person sees and hears of the machine. It decides nothing.

use crate::{
    machine::{Machine, Phase},
    messages,
};
use shared::ErrorCode;

/// What the element shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// For the style sheet. Nothing stands for the fallback.
    pub look: &'static str,
    /// What pressing the button does.
    pub role: Role,
    /// What the button says, or `None` for what the partner has it say.
    pub label: Option<&'static str>,
    /// What is announced, and shown below the button.
    pub status: &'static str,
}

/// What pressing the button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Role {
    /// It follows the link.
    Link,
    /// It does something here.
    Button,
    /// Nothing, for now or for good.
    Inert,
}

impl Machine {
    /// What to show.
    #[must_use]
    pub const fn shown(&self) -> Shown {
        let link = if self.prepared { Role::Link } else { Role::Inert };
        let (look, role, label, status) = match self.phase {
            Phase::Idle | Phase::Unsupported => ("", Role::Inert, None, ""),
            Phase::Ready => match self.note {
                None => ("ready", link, None, ""),
                Some(ErrorCode::AccessDenied) => {
                    ("denied", link, None, messages::failure(ErrorCode::AccessDenied))
                }
                Some(code) => ("failed", link, None, messages::failure(code)),
            },
            Phase::Leaving => ("leaving", link, None, messages::LEAVING),
            Phase::Confirm => ("confirm", Role::Button, Some(messages::CONFIRM_LABEL), messages::CONFIRM),
            Phase::Finishing => {
                let status = if self.tries > 1 { messages::STILL } else { messages::FINISHING };
                ("finishing", Role::Inert, Some(messages::FINISHING_LABEL), status)
            }
            Phase::Held => {
                let status = match self.note {
                    Some(code) => messages::failure(code),
                    None => "",
                };
                ("failed", Role::Button, Some(messages::AGAIN_LABEL), status)
            }
            Phase::Connected => {
                ("connected", Role::Inert, Some(messages::CONNECTED_LABEL), messages::CONNECTED_LABEL)
            }
        };
        Shown { look, role, label, status }
    }
}
