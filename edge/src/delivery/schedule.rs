//! The schedule of delivery retries.

/// One hour in seconds.
const HOUR: u32 = 60 * 60;

/// The delay after each failed attempt, in seconds. This shortens the example of Standard Webhooks. A free plan's queue
/// drops a message after a day, so all seven attempts fit into a day. `max_retries` in `wrangler.toml` equals the
/// number of delays.
pub const SCHEDULE: [u32; 6] = [5, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR];

/// The longest `Retry-After` that is respected in full, in seconds. If all six responses ask for this delay, the
/// attempts still fit into a day.
const MAX_RETRY_AFTER: u32 = HOUR;

/// The delay in seconds before the next attempt, after the failed attempt number `attempts`: that of the schedule, or
/// the receiver's `Retry-After` if it is longer. `random` adds up to a tenth (jitter), so that deliveries that failed
/// together are not repeated together.
pub(super) fn retry_delay(attempts: u32, retry_after: Option<u32>, random: u8) -> u32 {
    let attempts = usize::try_from(attempts).unwrap_or(usize::MAX).max(1);
    let scheduled = SCHEDULE.into_iter().take(attempts).next_back().unwrap_or_default();
    let delay = scheduled.max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER));
    delay + delay * u32::from(random) / (u32::from(u8::MAX) * 10)
}

/// `true` if the platform makes no further attempt after this one.
pub(super) fn is_last(attempts: u32) -> bool {
    usize::try_from(attempts).is_ok_and(|attempts| attempts > SCHEDULE.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_follow_the_schedule_or_a_longer_retry_after() {
        assert_eq!([1, 2, 3, 4, 5, 6].map(|attempts| retry_delay(attempts, None, 0)), SCHEDULE);
        let delay = |attempts, retry_after| retry_delay(attempts, retry_after, 0);
        assert_eq!((delay(0, None), delay(7, None), delay(u32::MAX, None)), (5, 36_000, 36_000));
        assert_eq!((delay(1, Some(60)), delay(3, Some(60))), (60, 1_800));
        assert_eq!((delay(1, Some(HOUR + 1)), delay(4, Some(u32::MAX))), (HOUR, 2 * HOUR));
    }

    #[test]
    fn jitter_adds_up_to_a_tenth() {
        assert_eq!((retry_delay(2, None, 0), retry_delay(2, None, u8::MAX)), (300, 330));
    }

    #[test]
    fn all_attempts_fit_into_the_day_that_a_queue_keeps_a_message() {
        let longest = |after| (1..=6).map(|attempts| retry_delay(attempts, after, u8::MAX)).sum::<u32>();
        assert_eq!(SCHEDULE.iter().sum::<u32>(), 63_305, "17:35:05");
        assert!(longest(None) < 24 * HOUR && longest(Some(u32::MAX)) < 24 * HOUR);
    }
}
