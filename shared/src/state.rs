//! The `state` of an authorization request (RFC 6749 §4.1.1): `1.{site}.{challenge}`.
//!
//! It names the site and binds the request to a browser. It never contains a URL, a session or a secret.

use crate::{Challenge, Site};
use alloc::string::String;
use core::fmt;

/// The site on which a flow started, and the challenge of the browser that started it.
///
/// ```
/// use shared::State;
///
/// let text = "1.main.E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// let state = State::parse(text).unwrap();
/// assert_eq!(state.site.as_str(), "main");
/// assert_eq!(state.to_text(), text);
/// assert_eq!(State::parse("xyz"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The site on which the person started.
    pub site: Site,
    /// The challenge. Only the browser that started the flow has its verifier.
    pub challenge: Challenge,
}

impl State {
    /// The version, with the dot after it. No other version is read or written.
    const VERSION: &'static str = "1.";

    /// Reads a `state`, or `None` if its version or its format differs.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (site, challenge) = text.strip_prefix(Self::VERSION)?.split_once('.')?;
        Some(Self { site: Site::parse(site)?, challenge: Challenge::parse(challenge)? })
    }

    /// The `state` as text. It contains only unreserved characters, so it needs no percent-encoding.
    #[must_use]
    pub fn to_text(&self) -> String {
        [Self::VERSION, self.site.as_str(), ".", self.challenge.as_str()].concat()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_state_round_trips() {
        let text = format!("1.main.{CHALLENGE}");
        let state = State::parse(&text).unwrap();
        assert_eq!(state.site.as_str(), "main");
        assert_eq!(state.challenge.as_str(), CHALLENGE);
        assert_eq!(state.to_text(), text);
    }

    #[track_caller]
    fn check_rejected(text: &str) {
        assert_eq!(State::parse(text), None, "{text:?}");
    }

    #[test]
    fn another_version_or_format_is_rejected() {
        check_rejected("");
        check_rejected("1");
        check_rejected("1.main");
        check_rejected("1.main.");
        check_rejected(&format!("2.main.{CHALLENGE}"));
        check_rejected(&format!("01.main.{CHALLENGE}"));
        check_rejected(&format!("1..{CHALLENGE}"));
        check_rejected(&format!("1.main.extra.{CHALLENGE}"));
        check_rejected(&format!("1.main.{CHALLENGE}."));
        check_rejected(&format!("1.main.{CHALLENGE} "));
        check_rejected(&format!(" 1.main.{CHALLENGE}"));
        check_rejected(&format!("1.https://evil.example.{CHALLENGE}"));
    }
}
