//! Windows of time whose events share a key prefix.

use crate::{keys::EVENT_PREFIX, platform::Millis};
use ulid::Ulid;

/// A ULID starts with its time in milliseconds, in this many characters.
const TIME_CHARACTERS: usize = 10;

/// The number of time characters that the prefix of a window leaves out. Each makes the window 32 times as long: 33
/// seconds with three, 18 minutes with four, 9 hours with five, 12 days with six.
const SHORTEST: u32 = 3;
const LONGEST: u32 = 6;

/// A window of time. All ULIDs within it have the same prefix, and no other ULID has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    start: Millis,
    left_out: u32,
}

impl Window {
    /// The longest window that starts at `time`. If none does, the shortest window that contains it. It may end after
    /// now, which costs nothing.
    pub(super) fn starting_at(time: Millis) -> Self {
        let starts = |left_out: &u32| time.is_multiple_of(length(*left_out));
        let left_out = (SHORTEST..=LONGEST).rev().find(starts).unwrap_or(SHORTEST);
        Self::around(time, left_out)
    }

    /// The longest window that contains `time`.
    pub(super) const fn longest_around(time: Millis) -> Self {
        Self::around(time, LONGEST)
    }

    const fn around(time: Millis, left_out: u32) -> Self {
        Self { start: time - time % length(left_out), left_out }
    }

    /// The first millisecond of the window.
    pub(super) const fn start(self) -> Millis {
        self.start
    }

    /// The window that follows this one. Windows become longer on the way, so a reader that was away for long needs
    /// few.
    pub(super) fn next(self) -> Self {
        Self::starting_at(self.start + length(self.left_out))
    }

    /// The key prefix of the events in the window.
    pub(super) fn prefix(self) -> String {
        let kept = TIME_CHARACTERS.saturating_sub(self.left_out as usize);
        let ulid = Ulid::from_parts(self.start, 0).to_string();
        [EVENT_PREFIX, ulid.get(..kept).unwrap_or_default()].concat()
    }
}

/// The length of a window in milliseconds. A character of a ULID is five bits.
const fn length(left_out: u32) -> Millis {
    1 << (5 * left_out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    const NOW: Millis = 1_767_607_200_123;

    fn key(time: Millis, random: u128) -> String {
        keys::event(Ulid::from_parts(time, random))
    }

    #[test]
    fn few_windows_cover_the_time_until_now_without_a_gap() {
        for gap in [0, 60_000, 3_600_000, 86_400_000, 30 * 86_400_000] {
            let mut window = Window::starting_at(NOW - gap);
            assert!(window.start <= NOW - gap);
            let mut count = 0;
            while window.start <= NOW {
                let prefix = window.prefix();
                let end = window.start + length(window.left_out);
                assert!(key(window.start, 0).starts_with(&prefix));
                assert!(key(end - 1, u128::MAX).starts_with(&prefix));
                assert!(!key(end, 0).starts_with(&prefix));
                window = window.next();
                assert_eq!(window.start, end);
                count += 1;
            }
            assert!(count <= 100, "{count} lists for {gap} ms");
            assert!(gap > 60_000 || count <= 3, "{count} lists for a reader that asks each minute");
        }
    }

    #[test]
    fn the_longest_window_contains_its_time() {
        let window = Window::longest_around(NOW);
        assert!((window.start..window.start + length(LONGEST)).contains(&NOW));
        assert_eq!(Window::starting_at(window.start), window);
    }
}
