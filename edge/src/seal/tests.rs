use super::*;
use base64ct::Base64;
use proptest::{collection::vec, prelude::*, sample::Index};

// 32 bytes of value 1, and 32 bytes of value 2.
const ONE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const TWO: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
const TEXT: &[u8] = b"attack at dawn";

fn ring(text: &str) -> Keyring {
    Keyring::parse(text).unwrap()
}

fn seal(ring: &Keyring) -> String {
    ring.seal(Purpose::Receipt, "here", TEXT, &[9; NONCE])
}

#[test]
fn a_sealed_text_opens_only_for_the_same_purpose_and_context() {
    let ring = ring(&format!("k1:{ONE}"));
    let sealed = seal(&ring);
    assert_eq!(ring.open(Purpose::Receipt, "here", &sealed).unwrap().as_slice(), TEXT);
    assert_eq!(ring.open(Purpose::Session, "here", &sealed), Err(OpenError::Forged));
    assert_eq!(ring.open(Purpose::Record, "here", &sealed), Err(OpenError::Forged));
    assert_eq!(ring.open(Purpose::Receipt, "there", &sealed), Err(OpenError::Forged));
}

#[test]
fn every_altered_or_shortened_text_is_a_forgery() {
    let ring = ring(&format!("k1:{ONE}"));
    let sealed = seal(&ring);
    for at in 3..sealed.len() {
        let (head, tail) = sealed.split_at(at);
        assert!(ring.open(Purpose::Receipt, "here", head).is_err(), "cut at {at}");
        let other = if tail.starts_with('A') { "B" } else { "A" };
        let altered = [head, other, &tail[1..]].concat();
        assert!(ring.open(Purpose::Receipt, "here", &altered).is_err(), "altered at {at}");
    }
    for forged in ["", ".", "k1", "k1.", "k1.AAAA", "k1.*"] {
        assert_eq!(ring.open(Purpose::Receipt, "here", forged), Err(OpenError::Forged), "{forged:?}");
    }
}

#[test]
fn the_key_is_chosen_by_its_id_and_never_by_trial() {
    let sealed = seal(&ring(&format!("k1:{ONE}")));
    let rotated = ring(&format!("k2:{TWO}, k1:{ONE}"));
    assert_eq!(rotated.current(), "k2");
    assert!(rotated.open(Purpose::Receipt, "here", &sealed).is_ok());
    let dropped = ring(&format!("k2:{TWO}"));
    assert_eq!(dropped.open(Purpose::Receipt, "here", &sealed), Err(OpenError::UnknownKey));
    let renamed = ring(&format!("k2:{ONE}"));
    assert_eq!(renamed.open(Purpose::Receipt, "here", &sealed), Err(OpenError::UnknownKey));
    let swapped = sealed.replacen("k1", "k2", 1);
    assert_eq!(rotated.open(Purpose::Receipt, "here", &swapped), Err(OpenError::Forged));
}

fn purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![Just(Purpose::Receipt), Just(Purpose::Session), Just(Purpose::Record)]
}

fn key() -> impl Strategy<Value = String> {
    vec(any::<u8>(), SHORTEST_KEY..64).prop_map(|bytes| Base64::encode_string(&bytes))
}

proptest! {
    // A failure prints the smallest failing input and the seed that repeats it, so no file is kept.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_opens_only_with_its_own_key_purpose_and_context(
        text in vec(any::<u8>(), 0..2_000), nonce: [u8; NONCE], purpose in purpose(), other in purpose(),
        context in ".{0,80}", other_context in ".{0,80}", key in key(), new in key(),
    ) {
        let old = ring(&format!("a:{key}"));
        let sealed = old.seal(purpose, &context, &text, &nonce);
        let opened = old.open(purpose, &context, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), text.as_slice());
        prop_assert!(sealed.len() <= 2 + (text.len() + NONCE + 16).div_ceil(3) * 4, "nonce, tag and base64");
        let rotated = ring(&format!("b:{new},a:{key}"));
        prop_assert!(rotated.open(purpose, &context, &sealed).is_ok());
        let dropped = ring(&format!("b:{new}"));
        prop_assert_eq!(dropped.open(purpose, &context, &sealed), Err(OpenError::UnknownKey));
        if key != new {
            prop_assert_eq!(ring(&format!("a:{new}")).open(purpose, &context, &sealed), Err(OpenError::Forged));
        }
        if other != purpose {
            prop_assert_eq!(old.open(other, &context, &sealed), Err(OpenError::Forged));
        }
        if other_context != context {
            prop_assert_eq!(old.open(purpose, &other_context, &sealed), Err(OpenError::Forged));
        }
    }

    #[test]
    fn no_forged_text_opens(
        text in vec(any::<u8>(), 0..200), nonce: [u8; NONCE], at: Index, by in 1u8.., cut: Index, garbage in ".{0,300}",
    ) {
        let ring = ring(&format!("k1:{ONE}"));
        let sealed = ring.seal(Purpose::Receipt, "here", &text, &nonce);
        prop_assert!(ring.open(Purpose::Receipt, "here", &garbage).is_err());
        prop_assert!(ring.open(Purpose::Receipt, "here", &["k1.", &garbage].concat()).is_err());
        prop_assert!(ring.open(Purpose::Receipt, "here", &sealed[..cut.index(sealed.len())]).is_err());
        prop_assert!(ring.open(Purpose::Receipt, "here", &[&sealed, "A"].concat()).is_err());
        // Change any decoded byte.
        let mut bytes = Base64UrlUnpadded::decode_vec(&sealed[3..]).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let altered = format!("k1.{}", Base64UrlUnpadded::encode_string(&bytes));
        prop_assert_eq!(ring.open(Purpose::Receipt, "here", &altered), Err(OpenError::Forged));
    }
}

#[track_caller]
fn check(text: &str, expected: Result<(), &str>) {
    assert_eq!(Keyring::parse(text).map(|_| ()), expected, "{text:?}");
}

#[test]
fn keys_are_base64_in_either_alphabet_padded_or_not() {
    check(&format!("k1:{ONE}"), Ok(()));
    check(&format!("k1:{}", ONE.trim_end_matches('=')), Ok(()));
    check("k1:-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8", Ok(()));
    check("k1:+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=", Ok(()));
    check("", Err(GRAMMAR));
    check(ONE, Err(GRAMMAR));
    check(&format!("K1:{ONE}"), Err(GRAMMAR));
    check(&format!("k.1:{ONE}"), Err(GRAMMAR));
    check("k1:AQEB", Err(SHORT));
    check("k1:correct horse battery staple", Err(SHORT));
    check(&format!("k1:{ONE},k1:{TWO}"), Err(TWICE));
}
