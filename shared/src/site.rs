//! The name of a partner site, as it appears in the edge's settings and in `state`.
//!
//! A name is never a URL. The edge looks up the return page by the name, in its settings only, so `state` cannot redirect a
//! person to a page of an attacker's choice.

use alloc::string::String;
use core::fmt;

/// A site's name: 1 to 32 characters of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site(String);

impl Site {
    /// Longest name, in characters. It keeps `state` far below the length that servers reject.
    pub const MAX_LENGTH: usize = 32;

    /// The name of the edge's own page, `/install`. The settings cannot define a site with this name.
    pub const HOSTED: &'static str = "hosted";

    /// Reads a name, or `None` if its length or one of its characters is not allowed.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_valid = (1..=Self::MAX_LENGTH).contains(&name.len()) && name.bytes().all(allowed);
        is_valid.then(|| Self(name.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, is_valid: bool) {
        assert_eq!(Site::parse(name).is_some(), is_valid, "{name:?}");
    }

    #[test]
    fn a_name_is_short_and_lower_case_and_never_a_url() {
        check("main", true);
        check("eu-1", true);
        check(&"a".repeat(32), true);
        check(&"a".repeat(33), false);
        check("", false);
        check("Main", false);
        check("a.b", false);
        check("https://evil.example", false);
        check("a/b", false);
        check("ä", false);
    }
}
