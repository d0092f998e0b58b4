//! A secret is one type with one exit.
//!
//! It is not shown by `Debug`, has no `Display` and no `Serialize`, and is wiped when dropped. It does not hide from who calls [`Secret::expose`]: that is where a reviewer stops.

use alloc::string::String;
use core::fmt;
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
}
