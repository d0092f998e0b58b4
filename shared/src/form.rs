//! Writes `application/x-www-form-urlencoded` text: the query of a link or the body of a POST. It never reads such text.

use alloc::string::String;

/// Appends `name=value` to a query or a body, after a `&` if one is needed.
///
/// `name` is a constant of this project and is not encoded. In `value` every byte is percent-encoded except the unreserved
/// characters (RFC 3986 §2.3).
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
    for (index, byte) in value.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push_str(value.get(index..=index).unwrap_or_default());
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
    fn a_separator_is_added_only_if_needed() {
        check("", "1", "b=1");
        check("a=1", "2", "a=1&b=2");
        check("https://a.example/?", "2", "https://a.example/?b=2");
        check("https://a.example/?a&", "2", "https://a.example/?a&b=2");
    }

    #[test]
    fn a_value_cannot_add_a_parameter() {
        check("", "a&b= +#é", "b=a%26b%3D%20%2B%23%C3%A9");
        check("", "A-z.0_9~", "b=A-z.0_9~");
    }
}
