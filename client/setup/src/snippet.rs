//! Writes the texts that a partner copies: the snippet, the policy, and the setting for a site.

use crate::options::{Options, Variant};
use serde::Deserialize;
use shared::facts::SESSION_PLACEHOLDER;

/// The current build, as the edge lists it in `/pinned.json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pinned {
    /// The path of the script on the edge.
    pub script: String,
    /// The script's digest (Subresource Integrity §3.3).
    pub integrity: String,
}

/// The longest line of the snippet, in characters: it fits into the page's card.
const MAX_LINE_LENGTH: usize = 72;

/// The snippet for an edge at this origin. With `pinned` the page loads that build and no other.
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
    // Connections made on the hosted page belong to no user, so a page with users does not link to it.
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

/// The element's attributes, without those that have their default value.
#[must_use]
pub fn attributes(options: &Options) -> Vec<(&'static str, String)> {
    let mut attributes = vec![("client-id", options.client_id.clone()), ("site", options.site.clone())];
    let mut unless_default = |name, value: &str| {
        if !value.is_empty() {
            attributes.push((name, value.into()));
        }
    };
    unless_default("session", if options.session { SESSION_PLACEHOLDER } else { "" });
    unless_default("mode", if options.popup { "popup" } else { "" });
    unless_default("label", &options.label);
    unless_default("theme", &options.theme);
    unless_default("variant", if options.variant == Variant::Sunshine { "sunshine" } else { "" });
    unless_default("lang", &options.lang);
    unless_default("authorize-url", &options.authorize_url);
    if options.pkce {
        attributes.push(("pkce", String::new()));
    }
    attributes
}

/// A style rule that reserves space for the button, so that nothing moves when it replaces the fallback.
#[must_use]
pub fn room(options: &Options) -> String {
    let width = match options.variant {
        Variant::Smooch => 165,
        Variant::Sunshine => 278,
    };
    format!("add-to-smooch {{ display: inline-block; min-width: {width}px; min-height: 40px }}")
}

/// The sources that a page's Content-Security-Policy needs for an edge at this origin.
#[must_use]
pub fn policy(edge: &str) -> String {
    format!("script-src {edge} 'wasm-unsafe-eval'; connect-src {edge}")
}

/// The setting of a site in `wrangler.toml`.
#[must_use]
pub fn setting(site: &str, origin: &str) -> String {
    format!("[vars.SITES.{site}]\norigin = \"{origin}\"\nreturn_to = \"{origin}/connected\"")
}

/// Splits a snippet for highlighting. Each piece has a class: `name` (of a tag), `attribute`, `value`, or none.
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

/// The element's start tag, with one attribute per line if it is too long for one line.
fn element(attributes: &[(&'static str, String)]) -> String {
    let tag = tag("add-to-smooch", attributes);
    if tag.len() <= MAX_LINE_LENGTH {
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

/// Escapes a text for HTML, inside and outside of attributes.
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
    fn the_default_snippet_is_the_one_in_the_readme() {
        let expected = r#"<script type="module" src="https://connect.shop.example/add-to-smooch.js"></script>

<add-to-smooch client-id="shoplifter" site="main">
  <a href="https://connect.shop.example/install">Add to Smooch</a>
</add-to-smooch>"#;
        assert_eq!(html(&options(), EDGE, None), expected);
    }

    #[test]
    fn every_option_is_in_the_snippet() {
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
    fn the_reserved_space_is_as_wide_as_the_button() {
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&["`", &room(&options()), "`"].concat()), "{}", room(&options()));
        let wide = room(&Options { variant: Variant::Sunshine, ..options() });
        assert_eq!(wide, room(&options()).replace("165px", "278px"));
    }

    #[test]
    fn the_highlighted_pieces_make_up_the_snippet() {
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
    fn an_option_cannot_break_out_of_its_attribute() {
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
