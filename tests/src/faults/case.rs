//! A fault and how it is brought about.

use crate::{
    kv::{Fault as KvFault, Operation},
    world::World,
};
use stand_in::{Endpoint, Fault};

/// One fault.
pub struct Case {
    /// The part that fails.
    pub component: &'static str,
    /// The fault in words, for the table.
    pub name: &'static str,
    /// Requires that the edge's own clock jumps, so the case runs in memory only.
    pub needs_clock: bool,
    pub(super) trigger: Trigger,
}

/// The way in which a fault is brought about.
pub(super) enum Trigger {
    /// Smooch's next answer from this endpoint is replaced.
    SmoochAnswer(Endpoint, Fault),
    /// This many writes of keys with this prefix fail.
    KvWrite(&'static str, KvFault, usize),
    /// The page loses the first answer and retries.
    LostAnswer,
    /// The page loses the first answer and retries while keys with this prefix cannot be listed.
    LostAnswerAndKvList(&'static str),
    /// The page loses the first answer and retries after so many milliseconds.
    LostAnswerThenDelay(u64),
    /// The page loses the first answer and retries. KV's cache still has no marker of the completed flow.
    LostAnswerAndStaleRead,
    /// The page disconnects while the Worker exchanges the code, and retries.
    Disconnect,
    /// One operation on a key with this prefix fails when the partner's backend calls.
    KvWhenPartnerCalls(Operation, &'static str),
    /// The page sends the form twice, one after the other.
    SentTwice,
    /// Two tabs send the form at the same time.
    Race,
    /// The Worker is killed before it writes keys with these prefixes, and the page retries.
    Crash(&'static [&'static str]),
    /// So many milliseconds pass between the callback and `/complete`.
    Delay(u64),
    /// The token cannot be stored, and the page sends its escrow receipt after so many milliseconds.
    EscrowDelay(u64),
    /// The same as [`Trigger::EscrowDelay`], and KV cannot list the connections of the app.
    EscrowDelayAndKvList(u64),
    /// All clocks are set back by so many milliseconds before `/complete`.
    ClockSetBack(u64),
    /// The token cannot be stored, and all clocks are set back before the page sends its escrow receipt.
    EscrowClockSetBack(u64),
    /// The stored record is changed afterwards.
    Tampered(fn(&mut dyn World, &str)),
}
