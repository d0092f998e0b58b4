//! The variables and secrets of a deployment, as the platform binds them. It converts them and checks no setting.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use shared::from_json;
use std::fmt;

/// A source of settings: the Worker's bindings, or a table in a test.
pub trait Vars {
    /// An object variable of this source.
    type Object: VarObject;

    /// The variable with this name. `None` if it is not set.
    fn var(&self, name: &str) -> Option<Var<Self::Object>>;
}

/// A variable.
#[derive(Debug)]
pub enum Var<O> {
    /// A text. A secret is always one.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
    /// An object.
    Object(O),
    /// Any other value. No setting has such a type.
    Other,
}

/// A variable whose value is an object, in whatever form its source holds it.
pub trait VarObject: Sized {
    /// Reads the object into `T`. `None` if it is not a `T`.
    fn read<T: DeserializeOwned>(&self) -> Option<T>;

    /// The names and values of the object, in their order. `None` if it is not an object.
    fn entries(&self) -> Option<Vec<(String, Self)>>;
}

/// The JSON text of an object. A variable that was entered in Cloudflare's dashboard as text arrives like this.
#[derive(Debug)]
pub struct JsonText(Box<RawValue>);

impl JsonText {
    /// Takes a text. `None` if it is not JSON.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        serde_json::from_slice(text.as_bytes()).ok().map(Self)
    }
}

impl VarObject for JsonText {
    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        from_json(self.0.get().as_bytes())
    }

    fn entries(&self) -> Option<Vec<(String, Self)>> {
        let Entries(entries) = serde_json::from_slice(self.0.get().as_bytes()).ok()?;
        Some(entries.into_iter().map(|(name, value)| (name, Self(value))).collect())
    }
}

/// All entries of a JSON object, including repeated names: a map would keep only the last of them.
struct Entries(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// Removes white space and at most one pair of quotation marks around `text`. People paste client ids, secrets and
/// keys with white space around them, or with the quotation marks of the file that they copied them from.
#[must_use]
pub(crate) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |mark: char| text.strip_prefix(mark)?.strip_suffix(mark);
    inner('"').or_else(|| inner('\'')).map_or(text, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use shared::Object;

    impl Vars for Value {
        type Object = Self;

        fn var(&self, name: &str) -> Option<Var<Self>> {
            Some(match self.get(name)? {
                Self::String(text) => Var::Text(text.clone()),
                Self::Bool(flag) => Var::Flag(*flag),
                object @ Self::Object(_) => Var::Object(object.clone()),
                Self::Null | Self::Number(_) | Self::Array(_) => Var::Other,
            })
        }
    }

    impl VarObject for Value {
        fn read<T: DeserializeOwned>(&self) -> Option<T> {
            serde_json::from_value(self.clone()).ok().map(|Object(value)| value)
        }

        fn entries(&self) -> Option<Vec<(String, Self)>> {
            Some(self.as_object()?.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(unquoted(text), expected, "{text:?}");
    }

    #[test]
    fn white_space_and_one_pair_of_quotation_marks_are_removed() {
        check("secret", "secret");
        check(" secret\r\n", "secret");
        check("\"secret\"", "secret");
        check("'secret'", "secret");
        check("\" secret \"\n", "secret");
        check("\"\"secret\"\"", "\"secret\"");
        check("\"secret", "\"secret");
        check("\"secret'", "\"secret'");
        check("\"", "\"");
        check("\"\"", "");
        check(" \t", "");
    }

    #[test]
    fn entries_keep_their_order_and_repetitions() {
        let names = |text| {
            let entries = JsonText::new(text)?.entries()?;
            Some(entries.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(names(r#"{"b":1,"a":{},"b":[]}"#), Some(vec!["b".into(), "a".into(), "b".into()]));
        assert_eq!(names("{}"), Some(vec![]));
        assert_eq!(names("[1]"), None);
        assert_eq!(names("\"{}\""), None);
        assert_eq!(names("{"), None);
    }
}
