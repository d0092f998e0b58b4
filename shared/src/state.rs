//! The `state` of an authorization request (RFC 6749 §4.1.1): `1.{site}.{challenge}`.
//!
//! It names a site and binds the request to a browser. It never carries a URL, a session or anything secret.

use crate::{Challenge, Site};
use alloc::string::String;
use core::fmt;

/// The site that a flow started from, and the challenge of the browser that started it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The site the person set out from.
    pub site: Site,
    /// The challenge whose verifier only that browser has.
    pub challenge: Challenge,
}

impl State {
    /// The version this code writes, and the only one it reads, with the dot behind it.
    const VERSION: &'static str = "1.";

    /// Reads a `state`, or `None` if its version or its grammar is another.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (site, challenge) = text.strip_prefix(Self::VERSION)?.split_once('.')?;
        Some(Self { site: Site::parse(site)?, challenge: Challenge::parse(challenge)? })
    }

    /// The `state` as it is sent. None of its characters needs percent-encoding.
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
    fn what_is_sent_is_what_is_read() {
        let text = format!("1.main.{CHALLENGE}");
        let state = State::parse(&text).unwrap();
        assert_eq!(state.site.as_str(), "main");
        assert_eq!(state.challenge.as_str(), CHALLENGE);
        assert_eq!(state.to_text(), text);
    }

    #[track_caller]
    fn refused(text: &str) {
        assert_eq!(State::parse(text), None, "{text:?}");
    }

    #[test]
    fn another_version_or_grammar_is_refused() {
        refused("");
        refused("1");
        refused("1.main");
        refused("1.main.");
        refused(&format!("2.main.{CHALLENGE}"));
        refused(&format!("01.main.{CHALLENGE}"));
        refused(&format!("1..{CHALLENGE}"));
        refused(&format!("1.main.extra.{CHALLENGE}"));
        refused(&format!("1.main.{CHALLENGE}."));
        refused(&format!("1.main.{CHALLENGE} "));
        refused(&format!(" 1.main.{CHALLENGE}"));
        refused(&format!("1.https://evil.example.{CHALLENGE}"));
    }
}
