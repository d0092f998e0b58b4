//! JSON (RFC 8259), as much of it as the edge reads and writes: what it looks for in a text, and objects written field
//! by field. No reflection, no floating point and no message about what is wrong where, which were half of the Worker.

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};

/// Deeper than anything that is sent to us; each level takes room on the stack.
const DEEPEST: u32 = 64;

/// A JSON text that was read.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_debug_implementations, reason = "it may carry a token")]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Flag(bool),
    /// A number; its value if that is whole, not negative and fits.
    Number(Option<u64>),
    /// A text. Half of a surrogate pair, which is no character, is U+FFFD.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, in its own order.
    Object(Vec<(String, Json)>),
    /// A field that is not there. No text reads as this.
    Absent,
}

impl Json {
    /// Reads a text, all of it.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut reader = Reader { rest: str::from_utf8(text).ok()?, depth: 0 };
        let value = reader.value()?;
        reader.skip();
        reader.rest.is_empty().then_some(value)
    }

    /// Takes a field out of an object. `None` if this is no object, or if it has the field twice, where the next reader
    /// may mean the other one.
    pub fn take(&mut self, name: &str) -> Option<Self> {
        let Self::Object(fields) = self else { return None };
        let mut found = Self::Absent;
        let mut times = 0;
        for (known, value) in fields.iter_mut().filter(|(known, _)| known == name) {
            known.clear();
            found = core::mem::replace(value, Self::Absent);
            times += 1;
        }
        (times < 2).then_some(found)
    }

    /// Whether an object has no fields but these.
    #[must_use]
    pub fn has_only(&self, names: &[&str]) -> bool {
        let Self::Object(fields) = self else { return false };
        fields.iter().all(|(name, _)| names.contains(&name.as_str()))
    }

    /// The text that this is.
    #[must_use]
    pub fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text that this is; `Some(None)` if it is `null` or not there.
    #[must_use]
    pub fn maybe_text(self) -> Option<Option<String>> {
        if matches!(self, Self::Null | Self::Absent) { Some(None) } else { self.text().map(Some) }
    }

    /// The whole number that this is.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        if let Self::Number(number) = self { *number } else { None }
    }

    /// The texts that this object has by name; none if it is not there.
    #[must_use]
    pub fn texts(self) -> Option<Vec<(String, String)>> {
        match self {
            Self::Absent => Some(Vec::new()),
            Self::Object(fields) => {
                let mut texts = Vec::with_capacity(fields.len());
                for (name, value) in fields {
                    // The objects that are read so have some hundred bytes.
                    if texts.iter().any(|(known, _)| *known == name) {
                        return None;
                    }
                    texts.push((name, value.text()?));
                }
                Some(texts)
            }
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: u32,
}

impl<'a> Reader<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Whether `word` is next, which is then behind.
    fn is_next(&mut self, word: &str) -> bool {
        self.skip();
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        self.rest = rest;
        true
    }

    fn value(&mut self) -> Option<Json> {
        self.skip();
        match self.rest.bytes().next()? {
            b'{' => self
                .within('{', '}', |reader| {
                    let name = if reader.is_next("\"") { reader.string()? } else { return None };
                    if reader.is_next(":") { Some((name, reader.value()?)) } else { None }
                })
                .map(Json::Object),
            b'[' => self.within('[', ']', Self::value).map(Json::List),
            b'"' if self.is_next("\"") => self.string().map(Json::Text),
            b't' if self.is_next("true") => Some(Json::Flag(true)),
            b'f' if self.is_next("false") => Some(Json::Flag(false)),
            b'n' if self.is_next("null") => Some(Json::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    /// What stands between two brackets, with commas between.
    fn within<T>(
        &mut self,
        open: char,
        close: char,
        mut one: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut buffer = [0; 4];
        let close = &*close.encode_utf8(&mut buffer);
        self.rest = self.rest.strip_prefix(open)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut all = Vec::new();
        if !self.is_next(close) {
            loop {
                all.push(one(self)?);
                if self.is_next(close) {
                    break;
                }
                if !self.is_next(",") {
                    return None;
                }
            }
        }
        self.depth -= 1;
        Some(all)
    }

    /// The rest of a string, behind its first quotation mark.
    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let end = self.rest.find(|letter: char| letter == '"' || letter == '\\' || letter < ' ')?;
            let (plain, rest) = self.rest.split_at_checked(end)?;
            text.push_str(plain);
            self.rest = rest;
            if let Some(rest) = self.rest.strip_prefix('"') {
                self.rest = rest;
                return Some(text);
            }
            // A control character stands for nothing.
            self.rest = self.rest.strip_prefix('\\')?;
            text.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let mut letters = self.rest.chars();
        let letter = letters.next()?;
        self.rest = letters.as_str();
        Some(match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.hex()?;
                let before = self.rest;
                let second = if matches!(first, 0xd800..0xdc00) && self.rest.starts_with("\\u") {
                    self.rest = self.rest.get(2..)?;
                    Some(self.hex()?).filter(|second| matches!(second, 0xdc00..0xe000))
                } else {
                    None
                };
                if let Some(second) = second {
                    char::from_u32(0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff))?
                } else {
                    self.rest = before;
                    char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        // `from_str_radix` would take a sign.
        digits.chars().try_fold(0, |value, digit| Some(value << 4 | digit.to_digit(16)?))
    }

    fn number(&mut self) -> Option<Json> {
        let length = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let text: &'a str = self.rest;
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let whole = length(unsigned);
        let (digits, mut rest) = unsigned.split_at_checked(whole)?;
        if whole == 0 || (whole > 1 && digits.starts_with('0')) {
            return None;
        }
        let mut value = if unsigned.len() == text.len() { digits.parse().ok() } else { None };
        if let Some(fraction) = rest.strip_prefix('.') {
            let count = length(fraction);
            rest = fraction.get(count..).filter(|_| count > 0)?;
            value = None;
        }
        if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let count = length(exponent);
            rest = exponent.get(count..).filter(|_| count > 0)?;
            value = None;
        }
        self.rest = rest;
        Some(Json::Number(value))
    }
}

/// An object that is being written. Names are ours and are not escaped.
#[derive(Debug)]
pub struct Object(String);

impl Object {
    /// An object without fields.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "one way to do a thing")]
    pub fn new() -> Self {
        // Enough for most of what is written.
        let mut text = String::with_capacity(256);
        text.push('{');
        Self(text)
    }

    /// With one more field, a text.
    #[must_use]
    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        push_text(&mut self.0, value);
        self
    }

    /// With one more field, if there is a text for it.
    #[must_use]
    pub fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// With one more field, a number.
    #[must_use]
    pub fn number(self, name: &str, value: u64) -> Self {
        self.json(name, &value.to_string())
    }

    /// With one more field, `true` or `false`.
    #[must_use]
    pub fn flag(self, name: &str, value: bool) -> Self {
        self.json(name, if value { "true" } else { "false" })
    }

    /// With one more field, which is JSON already.
    #[must_use]
    pub fn json(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        self.0.push_str(value);
        self
    }

    /// With one more field, an array of what is JSON already.
    #[must_use]
    pub fn list(mut self, name: &str, values: impl Iterator<Item = String>) -> Self {
        self.name(name);
        self.0.push('[');
        for (place, value) in values.enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            self.0.push_str(&value);
        }
        self.0.push(']');
        self
    }

    /// With one more field, an object of texts.
    #[must_use]
    pub fn texts(mut self, name: &str, values: &[(String, String)]) -> Self {
        self.name(name);
        self.0.push('{');
        for (place, (name, value)) in values.iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            push_text(&mut self.0, name);
            self.0.push(':');
            push_text(&mut self.0, value);
        }
        self.0.push('}');
        self
    }

    /// The whole object.
    #[must_use]
    pub fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }
}

/// A text in its quotation marks.
#[must_use]
pub fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    push_text(&mut text, value);
    text
}

fn push_text(text: &mut String, value: &str) {
    text.push('"');
    let mut rest = value;
    // RFC 8259 §7: what must be escaped.
    while let Some(at) = rest.find(|letter: char| letter == '"' || letter == '\\' || letter < ' ') {
        let (plain, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
        text.push_str(plain);
        let mut letters = behind.chars();
        match letters.next() {
            Some(letter @ ('"' | '\\')) => text.extend(['\\', letter]),
            Some('\n') => text.push_str("\\n"),
            Some('\r') => text.push_str("\\r"),
            Some('\t') => text.push_str("\\t"),
            Some(control) => {
                let digit = |value: u32| char::from_digit(value & 15, 16).unwrap_or('0');
                let code = u32::from(control);
                text.push_str("\\u00");
                text.extend([digit(code >> 4), digit(code)]);
            }
            None => {}
        }
        rest = letters.as_str();
    }
    text.push_str(rest);
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::{collection::vec, prelude::*};
    use serde_json::Value;

    #[track_caller]
    fn check(text: &str, fits: bool) {
        assert_eq!(Json::parse(text.as_bytes()).is_some(), fits, "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(text).is_ok(), fits, "{text:?}, by serde_json");
    }

    #[test]
    fn json_is_read_and_nothing_that_is_nearly_json() {
        for text in [
            "null",
            " [ ] ",
            "{}",
            r#"{"a":[1,-2,3.5e+7,0,0.0,1E2],"b":{"c":"d"}}"#,
            "\t[true,false]\r\n",
            r#""\u00e9\/\b\f""#,
            "18446744073709551616",
            "-0",
        ] {
            check(text, true);
        }
        for text in [
            "",
            " ",
            "nul",
            "nulls",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "{'a':1}",
            "[1]]",
            "01",
            "-",
            "-01",
            "1.",
            ".5",
            "1e",
            "1e+",
            "+1",
            "0x1",
            "NaN",
            "\"",
            "\"a",
            "\"\n\"",
            r#""\x""#,
            r#""\u12g4""#,
            r#""\u+123""#,
            "[",
            "{",
            "// x\n1",
            "\u{feff}1",
            "tru",
            "[true false]",
        ] {
            check(text, false);
        }
        assert!(Json::parse(b"\"\xff\"").is_none(), "what is not UTF-8 is not JSON");
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::parse(nested(64).as_bytes()).is_some() && Json::parse(nested(65).as_bytes()).is_none());
    }

    fn read(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_field_that_stands_there_twice_is_none() {
        let mut json = read(r#"{"a":1,"b":2,"a":3}"#);
        assert!(json.take("a").is_none() && json.take("b").unwrap().number() == Some(2));
        assert!(json.take("c") == Some(Json::Absent));
        assert!(read("[]").take("a").is_none());
        assert!(read(r#"{"a":"1","a":"2"}"#).texts().is_none());
    }

    #[test]
    fn half_a_surrogate_pair_is_no_reason_to_lose_a_token() {
        let text = |json: &str| read(json).text();
        assert_eq!(text(r#""\ud83d\ude00""#).as_deref(), Some("\u{1f600}"));
        assert_eq!(text(r#""\ud83d""#).as_deref(), Some("\u{fffd}"));
        assert_eq!(text(r#""\ude00\ud83dx""#).as_deref(), Some("\u{fffd}\u{fffd}x"));
        assert_eq!(text(r#""\ud83d\u0041""#).as_deref(), Some("\u{fffd}A"));
    }

    #[test]
    fn only_a_whole_number_that_fits_has_a_value() {
        let number = |json: &str| read(json).number();
        assert_eq!(number("18446744073709551615"), Some(u64::MAX));
        for other in ["18446744073709551616", "-1", "-0", "1.0", "1e3", "\"1\""] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    /// As `serde_json` has it.
    fn value(json: Json) -> Value {
        match json {
            Json::Null | Json::Absent => Value::Null,
            Json::Flag(flag) => flag.into(),
            Json::Number(number) => number.into(),
            Json::Text(text) => text.into(),
            Json::List(list) => list.into_iter().map(value).collect(),
            Json::Object(fields) => fields.into_iter().map(|(name, json)| (name, value(json))).collect(),
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..6).prop_map(Value::from),
                vec((any::<String>(), inner), 0..6).prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

        #[test]
        fn what_others_write_is_read_as_they_mean_it(written in any_value(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&written) } else { serde_json::to_string(&written) };
            let read = Json::parse(text.unwrap().as_bytes()).unwrap();
            prop_assert_eq!(value(read), written);
        }

        #[test]
        fn what_others_would_not_read_is_not_read(text in r#"[\[\]{}:,"\\/ \tabeEfnrtuls0-9.+\-]{0,12}"#) {
            let ours = Json::parse(text.as_bytes()).is_some();
            let theirs = serde_json::from_str::<Value>(&text);
            // Two things they refuse: half a surrogate pair, and a number beyond a `f64`.
            let excused = text.contains("\\u") || theirs.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
            prop_assert!(ours == theirs.is_ok() || (ours && excused), "{text:?}");
        }

        #[test]
        fn what_is_written_is_read_as_it_was(texts in vec((any::<String>(), any::<String>()), 0..4), number: u64, flag: bool) {
            let items = texts.iter().map(|(_, text)| quoted(text));
            let mut object = Object::new().number("number", number).flag("flag", flag).list("list", items);
            if let Some((_, text)) = texts.first() {
                object = object.text("text", text);
            }
            let named: Vec<_> = texts.iter().enumerate().map(|(place, (name, text))| (format!("{place}{name}"), text.clone())).collect();
            let written = object.texts("texts", &named).end();
            let theirs: Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(&value(read(&written)), &theirs);
            prop_assert_eq!(&theirs["number"], number);
            prop_assert_eq!(&theirs["flag"], flag);
            let listed: Vec<_> = texts.iter().map(|(_, text)| Value::from(text.clone())).collect();
            prop_assert_eq!(&theirs["list"], &Value::from(listed));
            prop_assert_eq!(read(&written).take("texts").unwrap().texts().unwrap(), named);
        }
    }
}
