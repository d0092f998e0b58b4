//! Writes what a partner copies: the script and the element, the policy, and the setting for a site.

use crate::options::{Options, Variant};
use serde::Deserialize;
use shared::facts::SESSION_PLACEHOLDER;

/// A build that never changes, as the edge lists it in `/pinned.json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pinned {
    /// Its path on the edge.
    pub script: String,
    /// Its digest (Subresource Integrity §3.3).
    pub integrity: String,
}

/// What fits beside other things on a screen.
const LONGEST_LINE: usize = 72;

/// The two elements, for an edge at this origin. With `pinned` the script is that build and no other.
#[must_use]
pub fn html(options: &Options, edge: &str, pinned: Option<&Pinned>) -> String {
    let script = match pinned {
        Some(Pinned { script, integrity }) => vec![
            ("type", "module".into()),
            ("src", [edge, script].concat()),
            ("integrity", integrity.clone()),
            ("crossorigin", "anonymous".into()),
        ],
        None => vec![("type", "module".into()), ("src", [edge, "/add-to-smooch.js"].concat())],
    };
    let label = if options.label.is_empty() { options.variant.label() } else { &options.label };
    // The hosted page is open to everybody, so what is connected there would belong to none of the users.
    let fallback = if options.session {
        format!("<p>{} needs JavaScript and WebAssembly.</p>", escaped(label))
    } else {
        tag("a", &[("href", [edge, "/install"].concat())]) + &escaped(label) + "</a>"
    };
    format!(
        "{}</script>\n\n{}\n  {fallback}\n</add-to-smooch>",
        tag("script", &script),
        element(&attributes(options)),
    )
}

/// The element's attributes, without those that say what is so anyway.
#[must_use]
pub fn attributes(options: &Options) -> Vec<(&'static str, String)> {
    let mut attributes = vec![("client-id", options.client_id.clone()), ("site", options.site.clone())];
    let mut unless_usual = |name, value: &str| {
        if !value.is_empty() {
            attributes.push((name, value.into()));
        }
    };
    unless_usual("session", if options.session { SESSION_PLACEHOLDER } else { "" });
    unless_usual("mode", if options.popup { "popup" } else { "" });
    unless_usual("label", &options.label);
    unless_usual("theme", &options.theme);
    unless_usual("variant", if options.variant == Variant::Sunshine { "sunshine" } else { "" });
    unless_usual("lang", &options.lang);
    unless_usual("authorize-url", &options.authorize_url);
    if options.pkce {
        attributes.push(("pkce", String::new()));
    }
    attributes
}

/// A rule for the page's own style sheet that keeps room for the button, so that nothing moves when it takes the fallback's
/// place.
#[must_use]
pub fn room(options: &Options) -> String {
    let width = match options.variant {
        Variant::Smooch => 165,
        Variant::Sunshine => 278,
    };
    format!("add-to-smooch {{ display: inline-block; min-width: {width}px; min-height: 40px }}")
}

/// What a page's Content-Security-Policy needs for an edge at this origin.
#[must_use]
pub fn policy(edge: &str) -> String {
    format!("script-src {edge} 'wasm-unsafe-eval'; connect-src {edge}")
}

/// A site, as `wrangler.toml` has it.
#[must_use]
pub fn setting(site: &str, origin: &str) -> String {
    format!("[vars.SITES.{site}]\norigin = \"{origin}\"\nreturn_to = \"{origin}/connected\"")
}

/// A snippet in pieces, each with what it is for the eye: the name of a tag, of an attribute, a value, or nothing.
#[must_use]
pub fn pieces(html: &str) -> Vec<(&'static str, &str)> {
    let mut pieces = Vec::new();
    let mut rest = html;
    let mut within = false;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = match first {
            '<' => {
                within = true;
                let name = rest.find([' ', '\n', '>']);
                ("name", name.unwrap_or(rest.len()))
            }
            '>' if within => {
                within = false;
                ("name", 1)
            }
            '"' if within => (
                "value",
                rest.char_indices()
                    .skip(1)
                    .find(|(_, letter)| *letter == '"')
                    .map_or(rest.len(), |(at, _)| at + 1),
            ),
            ' ' | '\n' if within => {
                ("", rest.find(|letter| ![' ', '\n'].contains(&letter)).unwrap_or(rest.len()))
            }
            _ if within => ("attribute", rest.find([' ', '\n', '"', '>']).unwrap_or(rest.len())),
            _ => ("", rest.find('<').unwrap_or(rest.len())),
        };
        let Some((piece, others)) = rest.split_at_checked(length.max(first.len_utf8())) else { break };
        pieces.push((kind, piece));
        rest = others;
    }
    pieces
}

/// The element's start tag, with an attribute a line where it would be too long for one.
fn element(attributes: &[(&'static str, String)]) -> String {
    let tag = tag("add-to-smooch", attributes);
    if tag.len() <= LONGEST_LINE {
        return tag;
    }
    let lines: Vec<String> = attributes.iter().map(|pair| ["\n  ", &attribute(pair)].concat()).collect();
    ["<add-to-smooch", &lines.concat(), "\n>"].concat()
}

fn tag(name: &str, attributes: &[(&'static str, String)]) -> String {
    let written: Vec<String> = attributes.iter().map(|pair| [" ", &attribute(pair)].concat()).collect();
    ["<", name, &written.concat(), ">"].concat()
}

fn attribute((name, value): &(&'static str, String)) -> String {
    if value.is_empty() { (*name).into() } else { [name, "=\"", &escaped(value), "\""].concat() }
}

/// A text as it can stand in HTML, in an attribute or not.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGE: &str = "https://connect.shop.example";

    fn options() -> Options {
        Options { client_id: "shoplifter".into(), site: "main".into(), ..Options::default() }
    }

    #[test]
    fn the_usual_snippet_is_the_one_of_the_readme() {
        let expected = r#"<script type="module" src="https://connect.shop.example/add-to-smooch.js"></script>

<add-to-smooch client-id="shoplifter" site="main">
  <a href="https://connect.shop.example/install">Add to Smooch</a>
</add-to-smooch>"#;
        assert_eq!(html(&options(), EDGE, None), expected);
    }

    #[test]
    fn everything_that_is_chosen_is_there() {
        let all = Options {
            label: "Connect <chat> & \"more\"".into(),
            popup: true,
            theme: "dark".into(),
            variant: Variant::Sunshine,
            lang: "fr".into(),
            session: true,
            pkce: true,
            authorize_url: "https://a.example/?x&y".into(),
            ..options()
        };
        let pinned = Pinned { script: "/embed/0a/add-to-smooch.js".into(), integrity: "sha384-x".into() };
        let expected = r#"<script type="module" src="https://connect.shop.example/embed/0a/add-to-smooch.js" integrity="sha384-x" crossorigin="anonymous"></script>

<add-to-smooch
  client-id="shoplifter"
  site="main"
  session="SESSION_FROM_YOUR_BACKEND"
  mode="popup"
  label="Connect &lt;chat&gt; &amp; &quot;more&quot;"
  theme="dark"
  variant="sunshine"
  lang="fr"
  authorize-url="https://a.example/?x&amp;y"
  pkce
>
  <p>Connect &lt;chat&gt; &amp; &quot;more&quot; needs JavaScript and WebAssembly.</p>
</add-to-smooch>"#;
        assert_eq!(html(&all, EDGE, Some(&pinned)), expected);
    }

    #[test]
    fn the_room_is_as_wide_as_the_button() {
        let readme = include_str!("../../README.md");
        assert!(readme.contains(&["`", &room(&options()), "`"].concat()), "{}", room(&options()));
        let wide = room(&Options { variant: Variant::Sunshine, ..options() });
        assert_eq!(wide, room(&options()).replace("165px", "278px"));
    }

    #[test]
    fn the_pieces_are_the_whole() {
        let written = html(&Options { label: "é \"<".into(), pkce: true, ..options() }, EDGE, None);
        let all = pieces(&written);
        assert_eq!(all.iter().map(|(_, piece)| *piece).collect::<String>(), written);
        assert!(
            all.contains(&("name", "<add-to-smooch")) && all.contains(&("value", "\"shoplifter\"")),
            "{all:?}"
        );
        assert!(all.contains(&("", "é &quot;&lt;")), "{all:?}");
    }

    #[test]
    fn nothing_that_is_entered_breaks_out() {
        let nasty = "\"><script>alert(1)</script><a b='";
        let all = Options {
            client_id: nasty.into(),
            site: nasty.into(),
            label: nasty.into(),
            lang: nasty.into(),
            authorize_url: nasty.into(),
            ..options()
        };
        let written = html(&all, EDGE, None);
        assert_eq!(written.matches("<script").count(), 1, "{written}");
        assert_eq!(written.matches("</").count(), 3, "{written}");
    }
}
