//! The few things done with text here, each once. The standard library's are general, and paid for by the byte.

use alloc::string::String;

/// The parts, one after the other.
pub(crate) fn concat(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// The number in decimal digits.
pub(crate) fn decimal(number: u32) -> String {
    const DIGITS: &str = "0123456789";
    let mut text = if number > 9 { decimal(number / 10) } else { String::new() };
    let last = (number % 10) as usize;
    text.push_str(DIGITS.get(last..=last).unwrap_or_default());
    text
}

/// The number that the decimal digits say; `None` for anything else.
pub(crate) fn number(digits: &str) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.bytes().try_fold(0_u32, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

/// Cuts the text at the first `mark`; without one, the rest is empty.
pub(crate) fn cut(text: &str, mark: u8) -> (&str, &str) {
    let at = text.bytes().position(|byte| byte == mark).unwrap_or(text.len());
    let (head, tail) = text.split_at_checked(at).unwrap_or((text, ""));
    (head, tail.get(1..).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for value in [0, 9, 10, 1_790_000_000, u32::MAX] {
            assert_eq!(decimal(value), value.to_string());
            assert_eq!(number(&decimal(value)), Some(value));
        }
        for text in ["", "-1", "1.5", " 1", "4294967296", "x"] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }

    #[test]
    fn text_is_cut_at_the_first_mark() {
        assert_eq!(cut("a=b=c", b'='), ("a", "b=c"));
        assert_eq!(cut("é&ü", b'&'), ("é", "ü"));
        assert_eq!(cut("ab", b'='), ("ab", ""));
        assert_eq!(cut("ab=", b'='), ("ab", ""));
        assert_eq!(cut("", b'='), ("", ""));
        assert_eq!(concat(&["a", "", "bc"]), "abc");
    }
}
