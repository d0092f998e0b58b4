//! The `state` of an authorization request (RFC 6749 §4.1.1): `1.{site}.{challenge}`.
//!
//! It names a site and binds the request to a browser. It never carries a URL, a session or anything secret.

use crate::{Challenge, Site};
use alloc::string::String;
use core::fmt;

/// What comes back with the authorization code: which site set out, and the challenge of the browser that did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State<T = String> {
    /// The site the person set out from.
    pub site: Site<T>,
    /// The challenge whose verifier only that browser has.
    pub challenge: Challenge<T>,
}

impl State {
    /// The version this code writes, and the only one it reads, with the dot behind it.
    const VERSION: &'static str = "1.";

    /// Reads a `state`, or `None` if its version or its grammar is another.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let State { site, challenge } = State::of(text)?;
        Some(Self { site: Site::parse(site.as_str())?, challenge: Challenge::parse(challenge.as_str())? })
    }
}

impl<'a> State<&'a str> {
    /// Reads a `state` and borrows it, or `None` if its version or its grammar is another.
    #[must_use]
    pub fn of(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix(State::VERSION)?;
        let dot = rest.bytes().position(|byte| byte == b'.')?;
        let (site, challenge) = (rest.get(..dot)?, rest.get(dot + 1..)?);
        Some(Self { site: Site::of(site)?, challenge: Challenge::of(challenge)? })
    }
}

impl<T: AsRef<str>> State<T> {
    /// The parts of the `state` as it is sent, in order. None of them needs percent-encoding.
    #[must_use]
    pub fn parts(&self) -> [&str; 4] {
        [State::VERSION, self.site.as_str(), ".", self.challenge.as_str()]
    }

    /// The `state` as it is sent.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.parts().concat()
    }
}

impl<T: AsRef<str>> fmt::Display for State<T> {
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
