//! The type of an explanation, and the summary of several.

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

pub(crate) fn right(title: &str) -> Verdict {
    Verdict { level: Level::Right, title: title.into(), advice: String::new(), example: String::new() }
}

pub(crate) fn unverified(title: &str, advice: &str) -> Verdict {
    Verdict { level: Level::Unverified, advice: advice.into(), ..right(title) }
}

pub(crate) fn wrong(title: &str, advice: &str) -> Verdict {
    Verdict { level: Level::Wrong, advice: advice.into(), ..right(title) }
}
