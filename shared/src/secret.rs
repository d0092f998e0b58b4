//! The type of every secret text. [`Secret::expose`] is the only way to read it.
//!
//! It never appears in `Debug`, it has no `Display` and no `Serialize`, and its memory is zeroed when it is dropped.

use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A text that must not reach a log, a page or a KV key: an authorization code, an access token or a client secret.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text. Review each call: it reveals the secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The `String` moves into the secret, so no copy of it stays in memory.
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
    fn debug_hides_the_text() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(..)");
    }
}
