//! What the page keeps of a flow in its own storage, as lines of text. Nothing here reads or writes that storage.
//!
//! The verifier is among them: it stays in the origin that made it, and leaves only in the POST that finishes.

use crate::text::{concat, cut, decimal, number};
use alloc::string::String;
use shared::push_parameter;

/// Seconds since 1970.
pub type Seconds = u32;

/// A person who has not come back by then starts again: longer than a real consent screen with a login before it.
const INTENT_LIFE: Seconds = 15 * 60;

/// What is too old the edge says, sooner than this; and a token that a receipt still holds it ends then.
const PENDING_LIFE: Seconds = 24 * 60 * 60;

/// Where an intent lies in `localStorage`, before its challenge. A return in another tab must find it.
pub const INTENT: &str = "smooch.intent.";

/// Where the one flow that is being finished lies in `sessionStorage`, so a reload resumes.
pub const PENDING: &str = "smooch.pending";

/// Where an outcome waits in `sessionStorage` for the page that the person set out from: that page, and the answer.
pub const OUTCOME: &str = "smooch.outcome";

/// Someone set out for Smooch. Lines: when, verifier, page, and the session they set out with, to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent<'a>(&'a str);

impl<'a> Intent<'a> {
    /// The lines to keep.
    #[must_use]
    pub fn text(now: Seconds, verifier: &str, place: &str, session: &str) -> String {
        concat(&[&decimal(now), "\n", verifier, "\n", place, "\n", session])
    }

    /// Reads what was kept, or `None` if it is not ours, from the future, or older than 15 minutes.
    #[must_use]
    pub fn parse(text: &'a str, now: Seconds) -> Option<Self> {
        lives(text, now, INTENT_LIFE).then_some(Self(text))
    }

    /// The page the person set out from: a path and query, so it cannot leave this origin.
    #[must_use]
    pub fn place(self) -> Option<&'a str> {
        place(line(self.0, 2))
    }
}

/// Someone came back. Lines: when, site, receipt, and then those of the intent, if they had set out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending<'a>(&'a str);

impl<'a> Pending<'a> {
    /// The lines to keep.
    #[must_use]
    pub fn text(now: Seconds, site: &str, receipt: &str, intent: &str) -> String {
        concat(&[&decimal(now), "\n", site, "\n", receipt, "\n", intent])
    }

    /// Reads what was kept, or `None` if it is not ours, from the future, or older than a day.
    #[must_use]
    pub fn parse(text: &'a str, now: Seconds) -> Option<Self> {
        lives(text, now, PENDING_LIFE).then_some(Self(text))
    }

    /// Takes what this load itself has made or read.
    #[must_use]
    pub const fn of(text: &'a str) -> Self {
        Self(text)
    }

    /// The same flow, to be tried again with another receipt.
    #[must_use]
    pub fn again(self, now: Seconds, receipt: &str) -> String {
        Self::text(now, self.site(), receipt, rest(self.0, 3))
    }

    /// The name of the site whose element finishes.
    #[must_use]
    pub fn site(self) -> &'a str {
        line(self.0, 1)
    }

    /// The page the person set out from.
    #[must_use]
    pub fn place(self) -> Option<&'a str> {
        place(line(self.0, 5))
    }

    /// Whether nobody set out: a direct install, which has no verifier and waits for its one click.
    #[must_use]
    pub fn is_direct(self) -> bool {
        line(self.0, 4).is_empty()
    }

    /// The fields of the POST that finishes. `session` is the page's present one, if any; the edge holds it against
    /// the one they set out with. A direct install has no verifier and is nobody's: it takes no session. `again` tells
    /// the edge that an earlier POST was not answered, so that it does not send a code that may be spent.
    #[must_use]
    pub fn form(self, session: &str, again: bool) -> String {
        let verifier = line(self.0, 4);
        let session = if verifier.is_empty() { "" } else { session };
        let mut form = String::new();
        let started = rest(self.0, 6);
        for (name, value) in [
            ("receipt", line(self.0, 2)),
            ("verifier", verifier),
            ("session", session),
            ("started_session", started),
            ("again", if again { "1" } else { "" }),
        ] {
            if !value.is_empty() {
                push_parameter(&mut form, name, value);
            }
        }
        form
    }
}

/// The text, if it is a path and query that no browser takes for anything else.
///
/// URL parsers drop tabs and newlines and read `\` as `/`, so `//host`, `/\host` and `/⇥/host` all name another
/// host.
#[must_use]
pub fn place(text: &str) -> Option<&str> {
    let rooted = text.starts_with('/') && !text.starts_with("//");
    let plain = text.bytes().all(|byte| byte > b' ' && byte != b'\\');
    (rooted && plain).then_some(text)
}

/// Whether the time in the first line is not in the future and not past its life.
fn lives(text: &str, now: Seconds, life: Seconds) -> bool {
    number(line(text, 0)).and_then(|since| now.checked_sub(since)).is_some_and(|age| age < life)
}

fn rest(text: &str, lines: u32) -> &str {
    (0..lines).fold(text, |rest, _| cut(rest, b'\n').1)
}

fn line(text: &str, index: u32) -> &str {
    cut(rest(text, index), b'\n').0
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Seconds = 1_790_000_000;

    fn pending() -> String {
        let intent = Intent::text(NOW, "verifier", "/settings?tab=1", "s1.two\nlines");
        Pending::text(NOW + 5, "main", "r1.abc", &intent)
    }

    #[test]
    fn a_pending_flow_has_all_that_the_post_needs() {
        let text = pending();
        let pending = Pending::parse(&text, NOW + 6).unwrap();
        assert_eq!((pending.site(), pending.place()), ("main", Some("/settings?tab=1")));
        let form = "receipt=r1.abc&verifier=verifier&session=now&started_session=s1.two%0Alines";
        assert_eq!(pending.form("now", false), form);
        assert_eq!(pending.form("now", true), [form, "&again=1"].concat());
    }

    #[test]
    fn what_there_is_not_is_not_sent() {
        let text = Pending::text(NOW, "main", "r", &Intent::text(NOW, "v", "", ""));
        assert_eq!(Pending::parse(&text, NOW).unwrap().form("", false), "receipt=r&verifier=v");
        assert_eq!(Pending::parse(&text, NOW).unwrap().place(), None);
    }

    #[test]
    fn a_direct_install_is_a_receipt_and_nothing_else() {
        let text = Pending::text(NOW, "hosted", "r", "");
        assert_eq!(Pending::parse(&text, NOW).unwrap().form("session", false), "receipt=r");
    }

    #[test]
    fn another_receipt_changes_nothing_else() {
        let text = pending();
        let again = Pending::parse(&text, NOW + 6).unwrap().again(NOW + 7, "escrow");
        let pending = Pending::parse(&again, NOW + 8).unwrap();
        assert_eq!(
            pending.form("", false),
            "receipt=escrow&verifier=verifier&started_session=s1.two%0Alines"
        );
        assert_eq!((pending.site(), pending.place()), ("main", Some("/settings?tab=1")));
    }

    #[test]
    fn an_intent_lives_15_minutes_and_a_pending_flow_a_day() {
        let intent = Intent::text(NOW, "verifier", "/", "");
        assert!(Intent::parse(&intent, NOW + 899).is_some());
        assert!(Intent::parse(&intent, NOW + 900).is_none());
        assert!(Intent::parse(&intent, NOW - 1).is_none());
        assert!(Pending::parse(&pending(), NOW + 86_404).is_some());
        assert!(Pending::parse(&pending(), NOW + 86_405).is_none());
    }

    #[test]
    fn what_others_left_under_our_keys_is_not_read() {
        for text in ["", "x\ny", "\n\n\n", "-1\n", "{\"a\":1}"] {
            assert_eq!(Intent::parse(text, NOW), None, "{text:?}");
            assert_eq!(Pending::parse(text, NOW), None, "{text:?}");
        }
    }

    #[track_caller]
    fn check(text: &str, fits: bool) {
        assert_eq!(place(text), fits.then_some(text), "{text:?}");
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
