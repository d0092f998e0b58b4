//! The counts that a run of the sweep puts in its log line.

/// The result of a run, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Tokens whose status Smooch was asked for.
    pub checked: u32,
    /// Checked tokens that Smooch rejected.
    pub revoked: u32,
    /// Removals that were finished.
    pub removed: u32,
    /// Records that were sealed again with the current key.
    pub resealed: u32,
    /// Missing events that were appended to the feed.
    pub events_appended: u32,
    /// Connections that could not be finished.
    pub unfinished: u32,
    /// Requests that were sent to KV, the queue and Smooch.
    pub operations: u32,
}
