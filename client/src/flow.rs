//! What the page keeps of a flow in its own storage, and for how long. Nothing here reads or writes that storage.
//!
//! The verifier is among it: it stays in the origin that made it, and leaves only in the POST that finishes.

/// Seconds.
pub type Seconds = u32;

/// A person who has not come back by then starts again: longer than a real consent screen with a login before it.
pub const INTENT_LIFE: Seconds = 15 * 60;

/// What is too old the edge says, sooner than this; and a token that a receipt still holds it ends then.
pub const PENDING_LIFE: Seconds = 24 * 60 * 60;

/// What the key of an intent in `localStorage` begins with; its challenge comes behind that.
pub const INTENT: &str = "smooch.intent.";

/// Whether what was kept `since` then is to be believed `now`, both in seconds since 1970. What is from the future is not.
#[must_use]
pub const fn lives(since: Seconds, now: Seconds, life: Seconds) -> bool {
    since <= now && now - since < life
}

/// The text, if it is a path and query that no browser takes for anything else; if not, nothing.
///
/// URL parsers drop tabs and newlines and read `\` as `/`, so `//host`, `/\host` and `/⇥/host` all name another
/// host.
#[must_use]
pub fn place(text: &str) -> &str {
    let rooted = text.starts_with('/') && !text.starts_with("//");
    let plain = text.bytes().all(|byte| byte > b' ' && byte != b'\\');
    if rooted && plain { text } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Seconds = 1_790_000_000;

    #[test]
    fn what_is_old_or_from_the_future_or_of_no_time_is_not_believed() {
        assert!(lives(NOW, NOW, INTENT_LIFE));
        assert!(lives(NOW - 899, NOW, INTENT_LIFE));
        assert!(!lives(NOW - 900, NOW, INTENT_LIFE));
        assert!(!lives(NOW + 1, NOW, INTENT_LIFE));
        assert!(lives(NOW - 86_399, NOW, PENDING_LIFE));
        assert!(!lives(NOW - 86_400, NOW, PENDING_LIFE));
        // What is no time is read as this one.
        assert!(!lives(u32::MAX, NOW, PENDING_LIFE) && !lives(0, NOW, PENDING_LIFE));
    }

    #[track_caller]
    fn check(text: &str, fits: bool) {
        assert_eq!(place(text), if fits { text } else { "" }, "{text:?}");
    }

    #[test]
    fn a_place_cannot_leave_its_origin() {
        check("/", true);
        check("/settings?tab=channels", true);
        check("/a//b?u=https://x.example", true);
        check("", false);
        check("settings", false);
        check("//evil.example", false);
        check("/\\evil.example", false);
        check("/\t/evil.example", false);
        check("/\n/evil.example", false);
        check("https://evil.example", false);
        check("javascript:alert(1)", false);
    }
}
