//! ULIDs: names that are in the order of their time. 48 bits of milliseconds and 80 random ones, in 26 characters of
//! Crockford's base 32.

use crate::platform::Millis;

/// Without I, L, O and U, in the order of their values, which is ASCII's.
const DIGITS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a ULID.
const LENGTH: u32 = 26;

/// Bits of a character.
const BITS: u32 = 5;

/// Bits that are random.
const RANDOM: u32 = 80;

/// A ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ulid(u128);

impl Ulid {
    /// The ULID of a time, of which it has room for 48 bits, and of 80 random bits.
    #[must_use]
    pub const fn new(time: Millis, random: u128) -> Self {
        Self((time as u128) << RANDOM | random & ((1 << RANDOM) - 1))
    }

    /// Reads one, in either case; `None` if it is written otherwise.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The first of 26 characters has room for 130 bits; a ULID has 128.
        if text.len() != LENGTH as usize || !text.starts_with(['0', '1', '2', '3', '4', '5', '6', '7']) {
            return None;
        }
        text.chars().try_fold(0, |bits, digit| Some(bits << BITS | value(digit)?)).map(Self)
    }

    /// It as text.
    #[must_use]
    pub fn to_text(self) -> String {
        let digit = |place: u32| {
            let value = (self.0 >> (place * BITS)) as usize & ((1 << BITS) - 1);
            DIGITS.get(value..=value).unwrap_or_default()
        };
        (0..LENGTH).rev().map(digit).collect()
    }

    /// Its time.
    #[must_use]
    pub const fn time(self) -> Millis {
        (self.0 >> RANDOM) as Millis
    }
}

fn value(digit: char) -> Option<u128> {
    DIGITS.find(digit.to_ascii_uppercase()).map(|value| value as u128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(time: Millis, random: u128, text: &str) {
        let ulid = Ulid::new(time, random);
        assert_eq!(ulid.to_text(), text);
        assert_eq!(Ulid::parse(text), Some(ulid));
        assert_eq!(Ulid::parse(&text.to_ascii_lowercase()), Some(ulid));
        assert_eq!(ulid.time(), time);
    }

    #[test]
    fn a_ulid_is_its_time_and_its_random_bits() {
        // The specification's own example of a time, and its largest ULID.
        check(1_469_918_176_385, 0, "01ARYZ6S410000000000000000");
        check((1 << 48) - 1, u128::MAX >> 48, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        check(0, 31, "0000000000000000000000000Z");
    }

    #[test]
    fn ulids_are_in_the_order_of_their_texts() {
        let mut ulids = [Ulid::new(2, 0), Ulid::new(1, 7), Ulid::new(1, u128::MAX), Ulid::new(33, 5)];
        ulids.sort_unstable();
        let texts = ulids.map(Ulid::to_text);
        assert!(texts.is_sorted(), "{texts:?}");
    }

    #[test]
    fn what_is_written_otherwise_is_none() {
        for text in [
            "",
            "01ARYZ6S41000000000000000",
            "01ARYZ6S4100000000000000000",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "01ARYZ6S41000000000000000U",
            "01ARYZ6S41000000000000000O",
            "01ARYZ6S4100000000000000\u{e9}",
            "+1ARYZ6S410000000000000000",
        ] {
            assert_eq!(Ulid::parse(text), None, "{text:?}");
        }
    }
}
