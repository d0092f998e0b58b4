//! What a person sees and hears of the machine. It decides nothing, and holds no words: those are in `client/js/view.js` and
//! `client/lang`.

use crate::machine::{Machine, Phase};
use shared::ErrorCode;

/// What the element shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What pressing the button does.
    pub role: Role,
    /// How it looks.
    pub look: Look,
    /// What is announced, and shown below the button: see [`said`].
    pub status: i32,
}

/// How the element looks. `client/js/view.js` has a name for each, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Look {
    /// As the fallback inside it does.
    Fallback,
    /// Ready to be pressed.
    Ready,
    /// Ready again, after the owner's no.
    Denied,
    /// Ready again, after a failure.
    Failed,
    /// The link is being followed.
    Leaving,
    /// It was followed in another window.
    Elsewhere,
    /// One deliberate click is wanted.
    Confirm,
    /// The edge works.
    Finishing,
    /// The same can be sent again.
    Held,
    /// All is done.
    Connected,
}

/// What is said beside error codes. The words for these come behind those for the codes, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Line {
    /// On the way to Smooch.
    Leaving,
    /// It goes on in another window.
    Elsewhere,
    /// A direct install waits for the click.
    Confirm,
    /// The edge works.
    Finishing,
    /// The edge works, and not for the first time.
    Still,
    /// All is done.
    Connected,
    /// This window has done all it was opened for.
    Done,
}

/// The number of the words for an error code; from 1.
#[must_use]
pub const fn said(code: ErrorCode) -> i32 {
    code as i32 + 1
}

const fn line(line: Line) -> i32 {
    // The last code, as a test holds.
    said(ErrorCode::InvalidRequest) + 1 + line as i32
}

/// What pressing the button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Role {
    /// It follows the link.
    Link,
    /// It does something here.
    Button,
    /// Nothing, for now or for good.
    Inert,
}

impl Machine {
    /// What to show.
    #[must_use]
    pub const fn shown(&self) -> Shown {
        let link = if self.prepared { Role::Link } else { Role::Inert };
        let why = match self.note {
            Some(code) => said(code),
            None => 0,
        };
        let (role, look, status) = match self.phase {
            Phase::Idle | Phase::Unsupported => (Role::Inert, Look::Fallback, 0),
            Phase::Ready => {
                let look = match self.note {
                    None => Look::Ready,
                    Some(ErrorCode::AccessDenied | ErrorCode::WindowClosed) => Look::Denied,
                    Some(_) => Look::Failed,
                };
                (link, look, why)
            }
            Phase::Leaving => (link, Look::Leaving, line(Line::Leaving)),
            Phase::Elsewhere => (link, Look::Elsewhere, line(Line::Elsewhere)),
            Phase::Confirm => (Role::Button, Look::Confirm, line(Line::Confirm)),
            Phase::Finishing => {
                let said = if self.tries > 1 { Line::Still } else { Line::Finishing };
                (Role::Inert, Look::Finishing, line(said))
            }
            Phase::Held => (Role::Button, Look::Held, why),
            Phase::Connected => (Role::Inert, Look::Connected, line(Line::Connected)),
        };
        if self.done {
            return Shown { role: Role::Inert, look, status: line(Line::Done) };
        }
        Shown { role, look, status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{borrow::ToOwned as _, format, string::String, vec::Vec};

    /// The words of a language, as its script has them: by key, in order.
    fn words(script: &str) -> Vec<(String, String)> {
        let body = script.split_once("{\n").unwrap().1.split_once("\n}").unwrap().0;
        let pair = |line: &str| {
            let (key, text) = line.trim().trim_end_matches(',').split_once("\": \"").unwrap();
            (key.trim_start_matches('"').to_owned(), text.trim_end_matches('"').to_owned())
        };
        body.lines().map(pair).collect()
    }

    fn english() -> Vec<(String, String)> {
        words(include_str!("../js/view.js").split_once("const english = ").unwrap().1)
    }

    const OTHERS: [(&str, &str); 5] = [
        ("de", include_str!("../lang/de.js")),
        ("es", include_str!("../lang/es.js")),
        ("fr", include_str!("../lang/fr.js")),
        ("ja", include_str!("../lang/ja.js")),
        ("pt", include_str!("../lang/pt.js")),
    ];

    #[test]
    fn the_words_stand_in_the_order_that_they_are_asked_for() {
        let keys: Vec<String> = english().into_iter().map(|(key, _)| key).collect();
        for &code in ErrorCode::ALL {
            assert_eq!(keys[usize::try_from(said(code) - 1).unwrap()], code.as_str());
        }
        let lines = [
            (Line::Leaving, "leaving"),
            (Line::Elsewhere, "elsewhere"),
            (Line::Confirm, "confirm"),
            (Line::Finishing, "finishing"),
            (Line::Still, "still"),
            (Line::Connected, "connected"),
            (Line::Done, "done"),
        ];
        for (said, key) in lines {
            assert_eq!(keys[usize::try_from(line(said) - 1).unwrap()], key);
        }
    }

    #[test]
    fn every_language_has_words_for_all_that_english_has() {
        let english = english();
        let view = include_str!("../js/view.js");
        for (name, script) in OTHERS {
            assert!(view.contains(&format!("\"{name}\"")), "{name} is never asked for");
            let words = words(script);
            let keys =
                |words: &[(String, String)]| words.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
            assert_eq!(keys(&words), keys(&english), "{name}");
            for ((key, text), (_, english)) in words.iter().zip(&english) {
                assert!(!text.is_empty() && text.contains("{}") == english.contains("{}"), "{name}: {key}");
                let sentence = english.ends_with('.');
                assert_eq!(text.ends_with(['.', '。']), sentence, "{name}: {key}: {text}");
            }
        }
    }

    #[test]
    fn every_code_tells_a_person_in_whole_sentences_what_to_do() {
        for (key, text) in english().iter().take(ErrorCode::ALL.len()) {
            assert!(text.len() > 20 && text.ends_with('.'), "{key}: {text}");
            assert!(!text.contains('_'), "{key}: {text}");
            let ways = ["tart again", "ry again", "Try another", "Ask "];
            let advised = key == "access_denied" || ways.iter().any(|way| text.contains(way));
            // Somebody who chose is told no more than what came of it.
            assert!(advised || text.contains("to start again"), "{key}: {text}");
        }
    }
}
