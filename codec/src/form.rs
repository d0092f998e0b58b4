//! Reads `application/x-www-form-urlencoded` text (URL Standard): a query, or the body of a POST. And percent-encoding, for
//! text that has to be ASCII.

use alloc::{borrow::Cow, string::String, vec::Vec};

/// Names and values, in order. What is not UTF-8 once it is decoded is U+FFFD.
pub fn parameters(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let mut part = || decoded(parts.next().unwrap_or_default(), true);
        (part(), part())
    })
}

/// Percent-encoded text, decoded. In a form a plus stands for a space.
fn decoded(text: &[u8], is_form: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, others)) = rest.split_first() {
        rest = others;
        let coded = match (byte, others) {
            (b'%', &[high, low, ..]) => digit(high).zip(digit(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        if coded.is_some() {
            rest = others.get(2..).unwrap_or_default();
        }
        let plain = if byte == b'+' && is_form { b' ' } else { byte };
        bytes.push(coded.unwrap_or(plain));
    }
    match String::from_utf8_lossy(&bytes) {
        Cow::Owned(text) => text,
        Cow::Borrowed(_) => String::from_utf8(bytes).unwrap_or_default(),
    }
}

fn digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| value.try_into().ok())
}

/// A text in the ASCII that JSON does not escape.
#[must_use]
pub fn to_ascii(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut ascii = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (b' '..=b'~').contains(&byte) && !matches!(byte, b'%' | b'"' | b'\\') {
            ascii.push(byte.into());
        } else {
            let digit = |value: u8| HEX.get(usize::from(value)).copied().map_or('0', char::from);
            ascii.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    ascii
}

/// Reads what [`to_ascii`] wrote.
#[must_use]
pub fn from_ascii(text: &str) -> String {
    decoded(text.as_bytes(), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

        #[test]
        fn a_form_is_read_as_others_read_it(noise in vec(any::<u8>(), 0..30), text in "[ab=&+%0-9a-fA-F\u{e9}]{0,30}") {
            for text in [noise.as_slice(), text.as_bytes()] {
                let theirs: Vec<(String, String)> = form_urlencoded::parse(text).into_owned().collect();
                prop_assert_eq!(parameters(text).collect::<Vec<_>>(), theirs);
            }
        }

        #[test]
        fn what_is_written_in_ascii_is_read_as_it_was(text: String) {
            let ascii = to_ascii(&text);
            prop_assert!(ascii.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\'));
            prop_assert_eq!(from_ascii(&ascii), text);
        }
    }
}
