//! The number of a piece of work that takes time. Commands and events both carry it.

/// Numbers requests, timers and proofs, so that a late answer can be recognised.
pub type Turn = u32;
