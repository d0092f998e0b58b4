//! A secret is one type with one exit.
//!
//! `Debug` does not show it, it has no `Display` and no `Serialize`, and it is wiped when dropped. [`Secret::expose`] is
//! the one way to its text.

use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A text that must not reach a log, a page or a KV key: an authorization code, an access token, a client secret.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Makes a secret of a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text. A reviewer stops at each call.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The `String` moves into the secret: no copy stays behind.
        String::deserialize(deserializer).map(Self::new)
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
