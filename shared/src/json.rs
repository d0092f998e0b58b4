//! Reads and writes JSON with serde. Reading is stricter than a derived `Deserialize`.
//!
//! It does no I/O, and its errors never quote the input.

use alloc::string::String;
use core::{fmt, marker::PhantomData};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// Reads the JSON text of an object into `T`. `None` if the text is not JSON, not an object, or not a `T`.
///
/// The reason is dropped: serde's message may quote the text, and the text may contain a secret.
#[must_use]
pub fn from_json<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    serde_json::from_slice(text).ok().map(|Object(value)| value)
}

/// Writes `value` as JSON text.
///
/// Serialization cannot fail for this project's types. If it did, the text would be empty, which no reader accepts.
#[must_use]
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A `T` that must be a JSON object.
///
/// A derived `Deserialize` also accepts an array, with the fields by position. This type rejects arrays.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = T;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

/// Reads a string or null, and replaces a lone surrogate (RFC 8259 §8.2) with U+FFFD. For `#[serde(deserialize_with)]`.
///
/// serde rejects a lone surrogate in a `String`. The edge must not lose a token because an app's name is malformed.
///
/// # Errors
///
/// If the value is neither a string nor null.
pub fn lossy_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct StringVisitor;

    impl<'de> Visitor<'de> for StringVisitor {
        type Value = Option<String>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a string")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_bytes(self)
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            Ok(Some(String::from_utf8_lossy(bytes).into_owned()))
        }
    }

    deserializer.deserialize_option(StringVisitor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Named {
        id: String,
        #[serde(default, deserialize_with = "lossy_text")]
        name: Option<String>,
    }

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, Option<&str>)>) {
        let expected = expected.map(|(id, name)| Named { id: id.into(), name: name.map(Into::into) });
        assert_eq!(from_json(text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn an_object_is_read_and_unknown_fields_are_ignored() {
        check(r#" {"id":"a","x":[{}]} "#, Some(("a", None)));
        check(r#"{"id":"a","name":"b"}"#, Some(("a", Some("b"))));
        check(r#"{"id":"a","name":null}"#, Some(("a", None)));
    }

    #[test]
    fn an_array_in_place_of_an_object_is_rejected() {
        check(r#"["a"]"#, None);
        check(r#"["a","b"]"#, None);
    }

    #[test]
    fn invalid_input_is_rejected() {
        for text in ["", "null", "\"a\"", "{", r#"{"id":7}"#, r#"{"id":"a","id":"a"}"#, r#"{"id":"a"}x"#] {
            check(text, None);
        }
        check(r#"{"id":"a","name":7}"#, None);
        check(r#"{"id":"a","name":[98]}"#, None);
        assert_eq!(from_json::<Named>(b"{\"id\":\"\xff\"}"), None, "the text is not UTF-8");
    }

    #[test]
    fn a_lone_surrogate_is_replaced() {
        check(r#"{"id":"a","name":"\ud83d\ude00"}"#, Some(("a", Some("\u{1f600}"))));
        let name = from_json::<Named>(br#"{"id":"a","name":"x\ud83d"}"#).and_then(|named| named.name);
        assert!(name.is_some_and(|name| name.starts_with("x\u{fffd}")));
    }
}
