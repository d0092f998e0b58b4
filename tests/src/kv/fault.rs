//! Errors of KV, and the faults that tests inject.

/// An operation of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads a key.
    Get,
    /// Writes a key.
    Put,
    /// Deletes a key.
    Delete,
    /// Lists keys.
    List,
}

/// An injected fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The operation fails and is not done.
    Before,
    /// The operation fails and is done all the same.
    After,
    /// 429: too many writes of a key. It is not written, and a retry may succeed.
    Busy,
    /// 413: the request breaks a rule of KV. It is not written, and a retry fails again.
    Rejected,
    /// The operation is not done and never returns.
    Hang,
}

/// An error, with the status of the service's HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// 400, 413, 414, 429 or 503.
    pub status: u16,
    /// The error's text.
    pub text: &'static str,
}

/// Stands for an operation that never returns.
pub const NO_ANSWER: Rejection = rejection(0, "no answer");

pub(super) const TOO_MANY_WRITES: Rejection = rejection(429, "more than one write per second");
const OUT_OF_ORDER: Rejection = rejection(503, "out of order");
const TOO_LARGE: Rejection = rejection(413, "the value is too large");

pub(super) const fn rejection(status: u16, text: &'static str) -> Rejection {
    Rejection { status, text }
}

/// The error of a fault that strikes before the operation.
pub(super) const fn before(fault: Option<Fault>) -> Result<(), Rejection> {
    match fault {
        Some(Fault::Before) => Err(OUT_OF_ORDER),
        Some(Fault::Busy) => Err(TOO_MANY_WRITES),
        Some(Fault::Rejected) => Err(TOO_LARGE),
        Some(Fault::Hang) => Err(NO_ANSWER),
        Some(Fault::After) | None => Ok(()),
    }
}

/// The error of a fault that strikes after the operation.
pub(super) fn after(fault: Option<Fault>) -> Result<(), Rejection> {
    if fault == Some(Fault::After) { Err(OUT_OF_ORDER) } else { Ok(()) }
}
