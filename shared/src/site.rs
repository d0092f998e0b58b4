//! The name of a partner site, as the edge's settings list it and as `state` carries it.
//!
//! A name is never a URL: where a person is sent back to is looked up under it, in settings alone.

use alloc::string::String;
use core::fmt;

/// A site's name: 1 to 32 characters of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site(String);

impl Site {
    /// Longest name. A `state` that carries one stays far below what any server refuses.
    pub const MAX_LENGTH: usize = 32;

    /// The edge's own hosted page. Settings cannot define a site of this name.
    pub const HOSTED: &'static str = "hosted";

    /// Reads a name, or `None` if it has another shape.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=Self::MAX_LENGTH).contains(&name.len()) && name.bytes().all(allowed);
        fits.then(|| Self(name.into()))
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
    fn check(name: &str, fits: bool) {
        assert_eq!(Site::parse(name).is_some(), fits, "{name:?}");
    }

    #[test]
    fn a_name_is_short_lower_case_and_never_a_url() {
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
