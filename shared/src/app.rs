//! The identifiers of a connection: the Smooch app, the partner's user, and the connection id made from both.
//!
//! Each type validates its text when it is made. This module looks nothing up and holds no secret.

use alloc::string::{String, ToString as _};
use core::fmt;
use serde::{Deserialize, Serialize};

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $max_length:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the text, or `None` if its length or one of its characters is not allowed.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let allowed: fn(u8) -> bool = $allowed;
                let is_valid = (1..=$max_length).contains(&text.len()) && text.bytes().all(allowed);
                is_valid.then(|| Self(text.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or(concat!("not a valid ", stringify!($name)))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

name_type! {
    /// A Smooch app's id: 1 to 64 ASCII letters and digits. Smooch itself uses 24 hex digits.
    ///
    /// The id becomes part of KV keys and URL paths, so no other character is allowed.
    AppId, 64, |byte| byte.is_ascii_alphanumeric()
}

name_type! {
    /// The Zendesk subdomain of an app: 1 to 63 characters of `a-z`, `0-9` and `-`.
    ///
    /// It comes from a remote response and becomes part of a host that receives tokens. A dot or a slash in it would
    /// send the token to another host.
    Subdomain, 63, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

name_type! {
    /// The partner's user to whom a connection belongs, as the partner names them: 1 to 128 characters of
    /// `A-Z a-z 0-9 . _ ~ : @ -`.
    Subject, 128, |byte| byte.is_ascii_alphanumeric() || b"._~:@-".contains(&byte)
}

/// The Smooch app that an owner connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// The app's id.
    pub id: AppId,
    /// The name that the owner gave the app, if Smooch reported one: at most [`App::MAX_NAME_LENGTH`] bytes, without
    /// control characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The subdomain of the app's API, for apps at Zendesk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdomain: Option<Subdomain>,
}

impl App {
    /// Longest name, in bytes. The name is kept in KV metadata, which has 1,024 bytes in all. Percent-encoding can make
    /// it three times as long there.
    pub const MAX_NAME_LENGTH: usize = 128;

    /// Removes control characters from a name, trims it, and cuts it to [`App::MAX_NAME_LENGTH`] bytes at a character
    /// boundary. `None` if nothing is left. Idempotent.
    #[must_use]
    pub fn tidy_name(name: &str) -> Option<String> {
        let mut tidy = String::new();
        for character in name.chars().filter(|character| !character.is_control()) {
            if tidy.is_empty() && character.is_whitespace() {
                continue;
            }
            if tidy.len() + character.len_utf8() > Self::MAX_NAME_LENGTH {
                break;
            }
            tidy.push(character);
        }
        tidy.truncate(tidy.trim_end().len());
        (!tidy.is_empty()).then_some(tidy)
    }
}

/// The id of a connection: `{app id}-{16 characters}`.
///
/// It depends only on client id, app and subject, so connecting the same app and subject again replaces the connection. All
/// connections of an app share a prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Number of characters after the hyphen: 96 bits, so two subjects of an app do not collide.
    const TAIL_LENGTH: usize = 16;

    /// Derives the id from the partner's client id, an app and a subject.
    #[must_use]
    pub fn new(client_id: &str, app: &AppId, subject: Option<&Subject>) -> Self {
        use base64ct::{Base64UrlUnpadded, Encoding as _};
        use sha2::{Digest as _, Sha256};
        // Neither part can contain a zero byte, so each pair has its own input.
        let digest = Sha256::new()
            .chain_update(client_id)
            .chain_update([0])
            .chain_update(subject.map_or("", Subject::as_str))
            .finalize();
        let encoded = Base64UrlUnpadded::encode_string(&digest);
        let mut id = app.as_str().to_string();
        id.push('-');
        id.extend(encoded.chars().take(Self::TAIL_LENGTH));
        Self(id)
    }

    /// Reads an id, or `None` if it has another format.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (app, tail) = text.split_once('-')?;
        AppId::parse(app)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (tail.len() == Self::TAIL_LENGTH && tail.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ConnectionId> for String {
    fn from(id: ConnectionId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_subdomain_is_a_single_label() {
        assert!(Subdomain::parse("corner-bakery1").is_some());
        for hostile in ["", "a.b", "evil.example/", "a/b", "a@b", "A", "a:1", "a b", "ä", "a\0"] {
            assert_eq!(Subdomain::parse(hostile), None, "{hostile:?}");
        }
        assert_eq!(Subdomain::parse(&"a".repeat(64)), None);
    }

    #[test]
    fn a_subject_cannot_contain_a_key_separator() {
        assert!(Subject::parse("user:42@partner.example").is_some());
        for hostile in ["", "a/b", "a b", "é", "a\n"] {
            assert_eq!(Subject::parse(hostile), None, "{hostile:?}");
        }
        assert!(Subject::parse(&"a".repeat(128)).is_some());
        assert_eq!(Subject::parse(&"a".repeat(129)), None);
    }

    #[test]
    fn an_id_depends_on_client_id_app_and_subject() {
        let app = AppId::parse("5f1a8e6b2c3d4e5f6a7b8c9d").unwrap();
        let (ann, bob) = (Subject::parse("ann"), Subject::parse("bob"));
        let id = ConnectionId::new("shoplifter", &app, ann.as_ref());
        assert_eq!(id, ConnectionId::new("shoplifter", &app, ann.as_ref()));
        assert_ne!(id, ConnectionId::new("shoplifter", &app, bob.as_ref()));
        assert_ne!(id, ConnectionId::new("shoplifter", &app, None));
        assert_ne!(id, ConnectionId::new("other", &app, ann.as_ref()));
        assert_eq!(ConnectionId::parse(id.as_str()), Some(id.clone()));
        assert!(id.as_str().starts_with("5f1a8e6b2c3d4e5f6a7b8c9d-"));
    }

    #[test]
    fn a_malformed_id_is_rejected() {
        for hostile in [
            "",
            "abc",
            "abc-",
            "abc-short",
            "-aaaaaaaaaaaaaaaa",
            "a/b-aaaaaaaaaaaaaaaa",
            "a-aaaaaaaaaaaaaaa/",
        ] {
            assert_eq!(ConnectionId::parse(hostile), None, "{hostile:?}");
        }
    }

    #[test]
    fn a_name_is_trimmed_and_cut_between_characters_and_has_no_control_characters() {
        assert_eq!(App::tidy_name(" Corner\nBakery\u{7} ").as_deref(), Some("CornerBakery"));
        assert_eq!(App::tidy_name(" \n"), None);
        // Spaces that become the first or last character after a removal are trimmed too.
        assert_eq!(App::tidy_name("\u{7} Corner \u{7}").as_deref(), Some("Corner"));
        assert_eq!(App::tidy_name("\u{7} \u{7}"), None);
        let cut = App::tidy_name(&format!("{} b", "a".repeat(127))).unwrap();
        assert_eq!(cut.len(), 127);
        let cut = App::tidy_name(&"é".repeat(100)).unwrap();
        assert_eq!(cut.len(), 128);
        let cut = App::tidy_name(&format!("a{}", "é".repeat(100))).unwrap();
        assert_eq!(cut.len(), 127);
    }
}
