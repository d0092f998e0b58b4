//! The records that the page keeps of a flow, and their lifetimes. It reads and writes no storage.
//!
//! The intent and the pending flow hold the verifier. The page sends it only in the request that finishes the flow.

use shared::Verifier;

/// Seconds, as an interval or since 1970.
pub type Seconds = u32;

/// The life of an intent: long enough for a login and a consent screen.
pub const INTENT_LIFE: Seconds = 15 * 60;

/// The life of a flow that is being finished. The edge rejects an old receipt before this time ends.
pub const PENDING_LIFE: Seconds = 24 * 60 * 60;

/// One flow, from the click to the edge's answer. An empty string is an absent value.
///
/// As an *intent* it lies in `localStorage` and lacks receipt and site. As *pending* it lies in `sessionStorage`.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// The verifier, or `None` in a direct install.
    pub verifier: Option<Verifier>,
    /// The session that the page had when the flow started.
    pub started_session: String,
    /// Path and query of the page the person started from.
    pub return_path: String,
    /// The challenge, if the flow started in a popup window.
    pub popup: String,
    /// The site whose element finishes the flow.
    pub site: String,
    /// The receipt that the edge gave out.
    pub receipt: String,
}

/// True if a record saved at `since` is still valid at `now`. A record from the future is not.
#[must_use]
pub const fn is_fresh(since: Seconds, now: Seconds, life: Seconds) -> bool {
    since <= now && now - since < life
}

/// Returns the text if it is a path that cannot leave its origin, or else an empty string.
///
/// URL parsers drop tabs and newlines and read `\` as `/`, so `//host`, `/\host` and `/⇥/host` all name another
/// host.
#[must_use]
pub fn safe_return_path(text: &str) -> &str {
    let is_rooted = text.starts_with('/') && !text.starts_with("//");
    let is_plain = text.bytes().all(|byte| byte > b' ' && byte != b'\\');
    if is_rooted && is_plain { text } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Seconds = 1_790_000_000;

    #[test]
    fn an_old_or_a_future_record_is_not_fresh() {
        assert!(is_fresh(NOW, NOW, INTENT_LIFE));
        assert!(is_fresh(NOW - 899, NOW, INTENT_LIFE));
        assert!(!is_fresh(NOW - 900, NOW, INTENT_LIFE));
        assert!(!is_fresh(NOW + 1, NOW, INTENT_LIFE));
        assert!(is_fresh(NOW - 86_399, NOW, PENDING_LIFE));
        assert!(!is_fresh(NOW - 86_400, NOW, PENDING_LIFE));
        assert!(!is_fresh(u32::MAX, NOW, PENDING_LIFE) && !is_fresh(0, NOW, PENDING_LIFE));
    }

    #[track_caller]
    fn check(text: &str, is_safe: bool) {
        assert_eq!(safe_return_path(text), if is_safe { text } else { "" }, "{text:?}");
    }

    #[test]
    fn a_return_path_cannot_leave_its_origin() {
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
