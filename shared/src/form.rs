//! Writes `application/x-www-form-urlencoded` text: the query of a link, the body of a POST. It does not read it.

use alloc::string::String;

/// Adds `name=value` to a query or a body, behind a separator where one is needed. `name` is one of ours and
/// stands as it is; in `value` all but the unreserved characters (RFC 3986 §2.3), which every reader takes as they
/// stand, are percent-encoded.
pub fn push_parameter(text: &mut String, name: &str, value: &str) {
    if !matches!(text.bytes().last(), None | Some(b'?' | b'&')) {
        text.push('&');
    }
    text.push_str(name);
    text.push('=');
    push_encoded(text, value);
}

fn push_encoded(text: &mut String, value: &str) {
    const HEX: &str = "0123456789ABCDEF";
    for (place, byte) in value.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push_str(value.get(place..=place).unwrap_or_default());
        } else {
            text.push('%');
            for nibble in [usize::from(byte >> 4), usize::from(byte & 15)] {
                text.push_str(HEX.get(nibble..=nibble).unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, value: &str, expected: &str) {
        let mut text = String::from(before);
        push_parameter(&mut text, "b", value);
        assert_eq!(text, expected);
    }

    #[test]
    fn a_separator_stands_only_where_one_is_needed() {
        check("", "1", "b=1");
        check("a=1", "2", "a=1&b=2");
        check("https://a.example/?", "2", "https://a.example/?b=2");
        check("https://a.example/?a&", "2", "https://a.example/?a&b=2");
    }

    #[test]
    fn a_value_cannot_break_out_of_its_parameter() {
        check("", "a&b= +#é", "b=a%26b%3D%20%2B%23%C3%A9");
        check("", "A-z.0_9~", "b=A-z.0_9~");
    }
}
