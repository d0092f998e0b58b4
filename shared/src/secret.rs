//! A secret is one type with one exit.
//!
//! It is not shown by `Debug`, has no `Display` and no `Serialize`, is compared in constant time and wiped when
//! dropped. It does not hide from who calls [`Secret::expose`]: that is where a reviewer stops.

use alloc::string::String;
use core::fmt;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A text that must reach no log, page or key: an authorization code, an access token, a client secret.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text in.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text. Each call of this is a place for a reviewer to stop at.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether both are the same text. The time it takes tells no more than their lengths.
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(..)");
    }

    #[test]
    fn equality_is_of_the_whole_text() {
        let secret = Secret::new("hunter2");
        assert!(secret.is("hunter2"));
        assert!(!secret.is("hunter"));
        assert!(!secret.is("hunter22"));
        assert!(!secret.is(""));
    }
}
