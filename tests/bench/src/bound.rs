//! What was promised, held against what was measured, in words.

/// A bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What it is about.
    pub what: String,
    /// The most that it may be.
    pub most: f64,
    /// What it is.
    pub is: f64,
    /// How both are written: a ratio or bytes.
    pub unit: Unit,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// As so many times another.
    Times,
    /// In bytes.
    Bytes,
    /// A cumulative layout shift.
    Shift,
}

impl Bound {
    /// Whether it is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.is <= self.most
    }

    /// Met, or not and by how much.
    #[must_use]
    pub fn verdict(&self) -> String {
        if self.most == 0.0 {
            return if self.is_met() { "met" } else { "**not met**" }.into();
        }
        let by = (self.is / self.most - 1.0).abs() * 100.0;
        if self.is_met() {
            format!("met, with {by:.0} % to spare")
        } else {
            format!("**not met**, {by:.0} % over")
        }
    }

    /// A line of a table.
    #[must_use]
    pub fn row(&self) -> String {
        format!(
            "| {} | {} | {} | {} |\n",
            self.what,
            self.unit.shown(self.most),
            self.unit.shown(self.is),
            self.verdict()
        )
    }
}

impl Unit {
    fn shown(self, figure: f64) -> String {
        match self {
            Self::Times => format!("{figure:.2} ×"),
            Self::Bytes => format!("{} B", grouped(figure)),
            Self::Shift => format!("{figure:.4}"),
        }
    }
}

/// A whole number with its thousands apart.
#[must_use]
pub fn grouped(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Who is better than we are at something, and by how much; nothing if nobody is. `less` is whether less is better.
#[must_use]
pub fn behind(
    what: &str,
    shown: impl Fn(f64) -> String,
    ours: f64,
    others: &[(&str, f64)],
    less: bool,
) -> Option<String> {
    let better: Vec<String> = others
        .iter()
        .filter(|(_, theirs)| if less { *theirs < ours } else { *theirs > ours })
        .map(|(name, theirs)| format!("{name} {}", shown(*theirs)))
        .collect();
    (!better.is_empty()).then(|| format!("- **{what}**: ours {}; {}.\n", shown(ours), better.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_says_whether_it_is_met_and_by_how_much() {
        let bound = |is| Bound { what: "a".into(), most: 0.8, is, unit: Unit::Times };
        assert_eq!(bound(0.8).verdict(), "met, with 0 % to spare");
        assert_eq!(bound(0.6).verdict(), "met, with 25 % to spare");
        assert_eq!(bound(1.2).verdict(), "**not met**, 50 % over");
    }

    #[test]
    fn who_is_better_is_named_and_nobody_else() {
        let others = [("a", 1.0), ("b", 3.0)];
        let shown = |figure: f64| format!("{figure:.0} ms");
        assert_eq!(behind("time", shown, 2.0, &others, true).unwrap(), "- **time**: ours 2 ms; a 1 ms.\n");
        assert_eq!(behind("rate", shown, 2.0, &others, false).unwrap(), "- **rate**: ours 2 ms; b 3 ms.\n");
        assert_eq!(behind("time", shown, 1.0, &others, true), None);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([7.0, 999.4, 1_000.0, 234_519.0].map(grouped), ["7", "999", "1,000", "234,519"]);
    }
}
