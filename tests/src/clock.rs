//! The one place in the tests that reads the real clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
///
/// # Panics
///
/// Before 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "what runs in workerd goes by the real time")]
pub fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    u64::try_from(since.as_millis()).expect("it is long before the year 500 million")
}

/// Now, for what is measured or waited for.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a load has its pace by the real clock")]
pub fn instant() -> Instant {
    Instant::now()
}
