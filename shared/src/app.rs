//! What a connection is about: the Smooch app, and the partner's user it belongs to.

use alloc::string::{String, ToString as _};
use core::fmt;
use serde::{Deserialize, Serialize};

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $longest:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads it, or `None` if the text has another shape.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let allowed: fn(u8) -> bool = $allowed;
                let fits = (1..=$longest).contains(&text.len()) && text.bytes().all(allowed);
                fits.then(|| Self(text.into()))
            }

            /// It as text.
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
    /// A Smooch app's id: 1 to 64 letters and digits. Smooch's own are 24 hex digits. It becomes part of keys
    /// and paths, so nothing else is let in.
    AppId, 64, |byte| byte.is_ascii_alphanumeric()
}

name_type! {
    /// The Zendesk subdomain of an app: 1 to 63 of `a-z`, `0-9`, `-`. It comes from a remote answer and becomes
    /// part of a host that tokens are sent to, so a dot or a slash must never get in.
    Subdomain, 63, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

name_type! {
    /// Whom of the partner's users a connection belongs to, in the partner's own terms: 1 to 128 of
    /// `A-Z a-z 0-9 . _ ~ : @ -`.
    Subject, 128, |byte| byte.is_ascii_alphanumeric() || b"._~:@-".contains(&byte)
}

/// The Smooch app that an owner connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// What its owner calls it, where Smooch told us: at most [`App::LONGEST_NAME`] bytes, without control
    /// characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its API is, for apps at Zendesk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdomain: Option<Subdomain>,
}

impl App {
    /// A name goes into KV metadata, of which there are 1,024 bytes in all, and may take three times its length there.
    pub const LONGEST_NAME: usize = 128;

    /// A name as we keep it: without control characters, cut to [`App::LONGEST_NAME`] bytes between characters, and
    /// with no space at its ends. A name that is tidy stays as it is.
    #[must_use]
    pub fn tidy_name(name: &str) -> Option<String> {
        let mut tidy = String::new();
        for character in name.chars().filter(|character| !character.is_control()) {
            if tidy.is_empty() && character.is_whitespace() {
                continue;
            }
            if tidy.len() + character.len_utf8() > Self::LONGEST_NAME {
                break;
            }
            tidy.push(character);
        }
        tidy.truncate(tidy.trim_end().len());
        (!tidy.is_empty()).then_some(tidy)
    }
}

/// `{app id}-{16 characters}`: one for each app and subject, so the same two connect in place, and all of an
/// app's connections share a prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Length of the part behind the app's id: 96 bits, enough that no two subjects of an app meet.
    const TAIL: usize = 16;

    /// The id for an app and a subject under the partner's client id.
    #[must_use]
    pub fn new(client_id: &str, app: &AppId, subject: Option<&Subject>) -> Self {
        use base64ct::{Base64UrlUnpadded, Encoding as _};
        use sha2::{Digest as _, Sha256};
        // A zero byte stands in neither part, so no two pairs hash alike.
        let digest = Sha256::new()
            .chain_update(client_id)
            .chain_update([0])
            .chain_update(subject.map_or("", Subject::as_str))
            .finalize();
        let encoded = Base64UrlUnpadded::encode_string(&digest);
        let mut id = app.as_str().to_string();
        id.push('-');
        id.extend(encoded.chars().take(Self::TAIL));
        Self(id)
    }

    /// Reads an id, or `None` if it has another shape.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (app, tail) = text.split_once('-')?;
        AppId::parse(app)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (tail.len() == Self::TAIL && tail.bytes().all(allowed)).then(|| Self(text.into()))
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
    fn a_subdomain_is_one_label() {
        assert!(Subdomain::parse("corner-bakery1").is_some());
        for hostile in ["", "a.b", "evil.example/", "a/b", "a@b", "A", "a:1", "a b", "ä", "a\0"] {
            assert_eq!(Subdomain::parse(hostile), None, "{hostile:?}");
        }
        assert_eq!(Subdomain::parse(&"a".repeat(64)), None);
    }

    #[test]
    fn a_subject_cannot_reach_out_of_its_key() {
        assert!(Subject::parse("user:42@partner.example").is_some());
        for hostile in ["", "a/b", "a b", "é", "a\n"] {
            assert_eq!(Subject::parse(hostile), None, "{hostile:?}");
        }
        assert!(Subject::parse(&"a".repeat(128)).is_some());
        assert_eq!(Subject::parse(&"a".repeat(129)), None);
    }

    #[test]
    fn an_id_is_the_same_for_the_same_app_and_subject_alone() {
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
    fn an_id_of_another_shape_is_refused() {
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
    fn a_name_is_cut_between_characters_and_cannot_break_a_log_line() {
        assert_eq!(App::tidy_name(" Corner\nBakery\u{7} ").as_deref(), Some("CornerBakery"));
        assert_eq!(App::tidy_name(" \n"), None);
        // What is left of a name when something was cut off is tidy too.
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
