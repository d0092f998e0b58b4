//! Parameters of a query or a form, of which none may come twice.

use std::collections::BTreeMap;

/// The parameters of a query or of a form body.
#[derive(Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

/// A parameter came more than once, which RFC 6749 §3.1 forbids: two readers could each believe another one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

impl Params {
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, Repeated> {
        let mut params = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if params.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Repeated);
            }
        }
        Ok(Self(params))
    }

    pub(crate) fn from_pairs(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self(pairs.collect())
    }

    /// The value of a parameter. RFC 6749 §3.1: one without a value is as good as omitted.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_comes_twice_is_refused_even_if_alike_or_empty() {
        for twice in ["a=1&a=2", "a=1&a=1", "a=&a=1", "a&a", "a=1&b=2&%61=3"] {
            assert_eq!(Params::parse(twice.as_bytes()).err(), Some(Repeated), "{twice}");
        }
    }

    #[test]
    fn values_are_decoded_and_an_empty_one_is_as_good_as_none() {
        let params = Params::parse(b"a=x%26y+z&b=&c").unwrap();
        assert_eq!(params.get("a"), Some("x&y z"));
        assert_eq!(params.get("b"), None);
        assert_eq!(params.get("c"), None);
        assert_eq!(params.get("d"), None);
    }
}
