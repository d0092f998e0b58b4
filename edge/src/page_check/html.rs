//! Reads the start tags of an HTML document: which elements it has, with which attributes.
//!
//! It builds no tree, repairs nothing and keeps nothing; what a script adds later it does not see. Where a document is
//! malformed, an element may be missed, and none is made up that a browser would not have.

use std::borrow::Cow;

/// Elements whose content is text, whatever it looks like (HTML §13.2.5.2 and §13.4). In a browser that runs scripts
/// `noscript` is one too.
const TEXT: [&str; 10] =
    ["script", "style", "title", "textarea", "noscript", "iframe", "noembed", "noframes", "xmp", "template"];

/// A start tag.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// Its name, as it is written.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Whether the element is of this name, given in lower case.
    #[must_use]
    pub const fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// An attribute's value, by its name in lower case. Where it stands twice, the first counts.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        self.attributes().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| decoded(value))
    }

    /// All attributes, as they are written.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let (attribute, others) = next_attribute(rest)?;
            rest = others;
            Some(attribute)
        })
    }
}

/// The start tags of a document, in order.
pub fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            rest = rest.split_once('<')?.1;
            if let Some(comment) = rest.strip_prefix("!--") {
                // HTML §13.2.5.43: these end it at once.
                let at_once = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->"));
                rest = at_once.or_else(|| behind(comment, "-->"))?;
                continue;
            }
            if !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                continue;
            }
            let (name, after) = split_before(rest, |letter| is_space(letter) || ['/', '>'].contains(&letter));
            let mut end = after;
            while let Some((_, others)) = next_attribute(end) {
                end = others;
            }
            let attributes = after.get(..after.len() - end.len())?;
            // A tag without an end is none.
            rest = end.trim_start_matches(between).strip_prefix('>')?;
            if TEXT.iter().any(|text| name.eq_ignore_ascii_case(text)) {
                rest = after_text(rest, name);
            }
            return Some(Tag { name, attributes });
        }
    })
}

/// The next attribute, as HTML §13.2.5.32 reads it, and what follows it; `None` at the tag's end.
fn next_attribute(text: &str) -> Option<((&str, &str), &str)> {
    let text = text.trim_start_matches(between);
    if text.is_empty() || text.starts_with('>') {
        return None;
    }
    // An equals sign where a name begins is part of the name.
    let first = text.chars().next().map_or(0, char::len_utf8);
    let ends = |letter: char| is_space(letter) || ['/', '>', '='].contains(&letter);
    let length = text.get(first..)?.find(ends).map_or(text.len(), |at| first + at);
    let (name, rest) = text.split_at_checked(length)?;
    let Some(value) = rest.trim_start_matches(is_space).strip_prefix('=') else {
        return Some(((name, ""), rest));
    };
    let value = value.trim_start_matches(is_space);
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (value, rest) = quoted.split_once(quote)?;
            return Some(((name, value), rest));
        }
    }
    let (value, rest) = split_before(value, |letter| is_space(letter) || letter == '>');
    Some(((name, value), rest))
}

/// What follows the end tag of an element whose content is text; nothing if it has none.
fn after_text<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(after) = behind(rest, "</") {
        let is_end = after.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let behind = after.get(name.len()..).unwrap_or_default();
        if is_end && behind.starts_with(|letter| is_space(letter) || ['/', '>'].contains(&letter)) {
            return behind;
        }
        rest = after;
    }
    ""
}

/// A value with its character references resolved: those that a writer of attributes cannot do without.
fn decoded(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return value.into();
    }
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let reference = after.split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
        let (letter, after) = reference.unwrap_or(('&', after));
        text.push(letter);
        rest = after;
    }
    text.push_str(rest);
    text.into()
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)
        }
    }
}

/// What follows a word, where it stands first. The standard library's search is quicker for long words, and 3 KB.
pub(crate) fn behind<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let at = text.as_bytes().windows(word.len()).position(|window| window == word.as_bytes())?;
    text.get(at + word.len()..)
}

fn split_before(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(ends).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

const fn is_space(letter: char) -> bool {
    letter.is_ascii_whitespace()
}

/// What may stand between attributes.
const fn between(letter: char) -> bool {
    is_space(letter) || letter == '/'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &[(&str, &[(&str, &str)])]) {
        let read: Vec<(&str, Vec<(&str, &str)>)> =
            tags(html).map(|tag| (tag.name, tag.attributes().collect())).collect();
        let expected: Vec<_> = expected.iter().map(|(name, with)| (*name, with.to_vec())).collect();
        assert_eq!(read, expected, "{html}");
    }

    #[test]
    fn tags_are_read_as_a_browser_reads_them() {
        check("<p>a < b</p><BR/>", &[("p", &[]), ("BR", &[])]);
        check(
            "<a href=/x title='it > \"is\"' hidden>",
            &[("a", &[("href", "/x"), ("title", "it > \"is\""), ("hidden", "")])],
        );
        check("<a\n  b = c\n  d\n  = \"e\"/>", &[("a", &[("b", "c"), ("d", "e")])]);
        check("<a b=it's c>", &[("a", &[("b", "it's"), ("c", "")])]);
        check("<a =b=c>", &[("a", &[("=b", "c")])]);
        check("<a b='c'd=e>", &[("a", &[("b", "c"), ("d", "e")])]);
        check("<a href=/b/>", &[("a", &[("href", "/b/")])]);
    }

    #[test]
    fn what_is_no_element_is_not_taken_for_one() {
        check("<!-- <a> --><b>", &[("b", &[])]);
        check("<!--><b><!---><i>", &[("b", &[]), ("i", &[])]);
        check("<!-- <a>", &[]);
        check("<script>if (a<b) '<i>'</SCRIPT ><b>", &[("script", &[]), ("b", &[])]);
        check("<style></styles><i></style><b>", &[("style", &[]), ("b", &[])]);
        check("<noscript><add-to-smooch></noscript>", &[("noscript", &[])]);
        check("<template><add-to-smooch></template><b>", &[("template", &[]), ("b", &[])]);
        check("<title><i>", &[("title", &[])]);
        check("<a b=\"c", &[]);
        check("<a b", &[]);
        check("<a b='<i>", &[]);
        check("</a><1><", &[]);
    }

    #[test]
    fn references_are_resolved_in_values() {
        let value = |html| tags(html).next().and_then(|tag| Some(tag.attribute("b")?.into_owned()));
        assert_eq!(value("<a B='?x&amp;y=&quot;&#39;&#x2F;'>").as_deref(), Some("?x&y=\"'/"));
        assert_eq!(value("<a b='?x&y;&#x110000;&'>").as_deref(), Some("?x&y;&#x110000;&"));
        assert_eq!(value("<a b=1 b=2>").as_deref(), Some("1"));
        assert_eq!(value("<a c>"), None);
    }
}
