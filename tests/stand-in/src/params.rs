//! The parameters of a query or a form body. A duplicate parameter is an error.

use std::collections::BTreeMap;

/// The decoded parameters of a query, a form body or a flat JSON object.
#[derive(Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

/// A parameter occurs more than once.
///
/// RFC 6749 §3.1 and §3.2 forbid this: two parsers could use different occurrences.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DuplicateParameter;

impl Params {
    /// Parses `application/x-www-form-urlencoded` bytes.
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, DuplicateParameter> {
        let mut params = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if params.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(DuplicateParameter);
            }
        }
        Ok(Self(params))
    }

    /// Collects pairs whose names are unique, such as the fields of a JSON object.
    pub(crate) fn from_pairs(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self(pairs.collect())
    }

    /// The value of a parameter. RFC 6749 §3.1: a parameter with an empty value counts as omitted.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_parameter_is_rejected_even_if_equal_or_empty() {
        for query in ["a=1&a=2", "a=1&a=1", "a=&a=1", "a&a", "a=1&b=2&%61=3"] {
            assert_eq!(Params::parse(query.as_bytes()).err(), Some(DuplicateParameter), "{query}");
        }
    }

    #[test]
    fn values_are_decoded_and_an_empty_value_counts_as_omitted() {
        let params = Params::parse(b"a=x%26y+z&b=&c").unwrap();
        assert_eq!(params.get("a"), Some("x&y z"));
        assert_eq!(params.get("b"), None);
        assert_eq!(params.get("c"), None);
        assert_eq!(params.get("d"), None);
    }
}
