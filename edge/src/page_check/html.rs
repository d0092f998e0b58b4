//! Finds the start tags of an HTML document and their attributes.
//!
//! It builds no tree, repairs no errors and does not see elements that scripts add. In a malformed document it may miss
//! an element that a browser has. It can also find elements in nested templates, which a browser does not show.

use std::borrow::Cow;

/// Elements whose content is skipped: it is text (HTML §13.2.5.2 and §13.4), or (`template`) not part of the page. The
/// content of `noscript` is text in browsers that run scripts.
const TEXT_ELEMENTS: [&str; 10] =
    ["script", "style", "title", "textarea", "noscript", "iframe", "noembed", "noframes", "xmp", "template"];

/// A start tag.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The name as it is written.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// `true` if the element has this name; `name` in lower case.
    #[must_use]
    pub const fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value of an attribute; `name` in lower case. HTML §13.2.5.33: the first of repeated attributes counts.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        self.attributes().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| decode(value))
    }

    /// All attributes: names and values as they are written.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let (attribute, others) = next_attribute(rest)?;
            rest = others;
            Some(attribute)
        })
    }
}

/// The start tags of a document, in their order.
pub fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            rest = rest.split_once('<')?.1;
            if let Some(comment) = rest.strip_prefix("!--") {
                // HTML §13.2.5.43: `<!-->` and `<!--->` are complete comments.
                let empty = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->"));
                rest = empty.or_else(|| after(comment, "-->"))?;
                continue;
            }
            if !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                continue;
            }
            let (name, tail) = split_before(rest, |letter| is_space(letter) || ['/', '>'].contains(&letter));
            let mut end = tail;
            while let Some((_, others)) = next_attribute(end) {
                end = others;
            }
            let attributes = tail.get(..tail.len() - end.len())?;
            // A tag that does not end is not an element (HTML §13.2.2, "eof-in-tag").
            rest = end.trim_start_matches(is_separator).strip_prefix('>')?;
            if TEXT_ELEMENTS.iter().any(|text| name.eq_ignore_ascii_case(text)) {
                rest = after_text(rest, name);
            }
            return Some(Tag { name, attributes });
        }
    })
}

/// The next attribute (HTML §13.2.5.32 and following) and the text after it. `None` at the end of the tag.
fn next_attribute(text: &str) -> Option<((&str, &str), &str)> {
    let text = text.trim_start_matches(is_separator);
    if text.is_empty() || text.starts_with('>') {
        return None;
    }
    // An equals sign at the start of a name is part of the name.
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

/// The text after the end tag of an element whose content is text. Empty if there is no end tag.
fn after_text<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(tag) = after(rest, "</") {
        let is_end = tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let tail = tag.get(name.len()..).unwrap_or_default();
        if is_end && tail.starts_with(|letter| is_space(letter) || ['/', '>'].contains(&letter)) {
            return tail;
        }
        rest = tag;
    }
    ""
}

/// A value with its character references decoded: the numeric ones, and the names that attributes commonly use.
fn decode(value: &str) -> Cow<'_, str> {
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

/// The text after the first occurrence of `word`. `split_once` with a string pattern would add 3 KB to the Worker.
pub(super) fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let at = text.as_bytes().windows(word.len()).position(|window| window == word.as_bytes())?;
    text.get(at + word.len()..)
}

fn split_before(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(ends).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

const fn is_space(letter: char) -> bool {
    letter.is_ascii_whitespace()
}

/// `true` for the characters that separate attributes.
const fn is_separator(letter: char) -> bool {
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
    fn tags_and_attributes_are_those_of_a_browser() {
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
    fn text_comments_and_unfinished_tags_are_not_elements() {
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
    fn character_references_in_values_are_decoded() {
        let value = |html| tags(html).next().and_then(|tag| Some(tag.attribute("b")?.into_owned()));
        assert_eq!(value("<a B='?x&amp;y=&quot;&#39;&#x2F;'>").as_deref(), Some("?x&y=\"'/"));
        assert_eq!(value("<a b='?x&y;&#x110000;&'>").as_deref(), Some("?x&y;&#x110000;&"));
        assert_eq!(value("<a b=1 b=2>").as_deref(), Some("1"));
        assert_eq!(value("<a c>"), None);
    }
}
