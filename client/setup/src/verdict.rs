//! Explains each fact that the edge found about a page, and the way to correct it. The matches are exhaustive, so a new fact
//! does not compile without its explanation.

mod explain;

pub use explain::Checked;

use crate::deployment::Problem;

/// The explanation of one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The result of the check.
    pub level: Level,
    /// The finding, as a sentence.
    pub title: String,
    /// The way to correct it, or an empty string.
    pub advice: String,
    /// Text to copy, or an empty string.
    pub example: String,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Correct.
    Right,
    /// Not visible to the edge: a person has to look.
    Unverified,
    /// The button will not work.
    Wrong,
}

impl Level {
    /// The class in the style sheet.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Unverified => "unverified",
            Self::Wrong => "wrong",
        }
    }

    /// The words before the title for screen readers.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Right => "Right: ",
            Self::Unverified => "Please check: ",
            Self::Wrong => "Wrong: ",
        }
    }
}

/// Explains a check that failed. `answer` is the edge's status and body, or `None` without an answer.
#[must_use]
pub fn failure(answer: Option<(u16, &str)>) -> Verdict {
    let Some((_, body)) = answer else {
        return wrong("This server did not answer.", "Are you online? Try again in a moment.");
    };
    let problem: Problem = serde_json::from_str(body).unwrap_or_default();
    match problem.code.as_str() {
        "rate_limited" => unverified("Too many checks in a short time.", "Try again in a minute."),
        "misconfigured" => wrong(
            "This server is not set up yet.",
            "Open /healthz: it names each setting that is missing or wrong.",
        ),
        _ => wrong("This server gave an unexpected answer.", "Try again in a moment."),
    }
}

/// A summary in one line, which screen readers announce.
#[must_use]
pub fn summary(verdicts: &[Verdict]) -> String {
    let count = |level| verdicts.iter().filter(|verdict| verdict.level == level).count();
    match (count(Level::Wrong), count(Level::Unverified)) {
        (0, 0) => "Everything is right.".into(),
        (0, 1) => "Nothing is wrong. Please check one thing yourself.".into(),
        (0, some) => format!("Nothing is wrong. Please check {some} things yourself."),
        (1, _) => "One thing is wrong.".into(),
        (some, _) => format!("{some} things are wrong."),
    }
}

fn right(title: &str) -> Verdict {
    Verdict { level: Level::Right, title: title.into(), advice: String::new(), example: String::new() }
}

fn unverified(title: &str, advice: &str) -> Verdict {
    Verdict { level: Level::Unverified, advice: advice.into(), ..right(title) }
}

fn wrong(title: &str, advice: &str) -> Verdict {
    Verdict { level: Level::Wrong, advice: advice.into(), ..right(title) }
}

#[cfg(test)]
mod tests;
