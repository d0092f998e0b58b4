//! Strict parsing of query strings. An unknown or repeated parameter is an error, so a typing mistake does not pass
//! unnoticed.

use shared::ErrorCode;

/// The largest page that a caller may ask for: as many entries as KV lists at once.
const MAX_LIMIT: u16 = 1000;

/// Parses a query with these parameters, each at most once. The values are in the order of `names`.
///
/// # Errors
///
/// `invalid_request` for an unknown or repeated parameter.
pub fn parse<const N: usize>(query: &str, names: [&str; N]) -> Result<[Option<String>; N], ErrorCode> {
    let mut values = [const { None }; N];
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let mut parameters = names.iter().zip(&mut values);
        let (_, slot) = parameters.find(|(known, _)| **known == name).ok_or(ErrorCode::InvalidRequest)?;
        if slot.replace(value.into_owned()).is_some() {
            return Err(ErrorCode::InvalidRequest);
        }
    }
    Ok(values)
}

/// Parses the parameter `limit`: 1 to 1,000, digits only.
///
/// # Errors
///
/// `invalid_request` for any other text.
pub fn parse_limit(text: &str) -> Result<u16, ErrorCode> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().ok().filter(|limit| digits && (1..=MAX_LIMIT).contains(limit));
    limit.ok_or(ErrorCode::InvalidRequest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_or_repeated_parameter_is_an_error() {
        let parse = |query| parse(query, ["a", "b"]).ok();
        assert_eq!(parse(""), Some([None, None]));
        assert_eq!(parse("b=%201&a="), Some([Some(String::new()), Some(" 1".into())]));
        assert_eq!(parse("a=1&a=1"), None);
        assert_eq!(parse("c=1"), None);
    }

    #[test]
    fn a_limit_is_1_to_1000() {
        for (text, expected) in [("1", Some(1)), ("0100", Some(100)), ("1000", Some(1000))] {
            assert_eq!(parse_limit(text).ok(), expected, "{text}");
        }
        for wrong in ["", "0", "1001", "00001", "+1", "-1", "1.0", " 1"] {
            assert_eq!(parse_limit(wrong).ok(), None, "{wrong:?}");
        }
    }
}
