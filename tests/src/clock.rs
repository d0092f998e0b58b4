//! The only module of the tests that reads the real clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
///
/// # Panics
///
/// If the clock is before 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the Worker in workerd uses the real time")]
pub fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is after 1970");
    u64::try_from(since.as_millis()).expect("the milliseconds fit in 64 bits")
}

/// A point in time, for measurements and timeouts.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "measurements use the real clock")]
pub fn instant() -> Instant {
    Instant::now()
}
