//! Bounds: the limits that the report checks, and the sentences about them. It measures nothing.

/// An upper limit and the measured value.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The name of the measured value.
    pub label: String,
    /// The highest value that meets the bound.
    pub limit: f64,
    /// The measured value.
    pub value: f64,
    /// The unit of limit and value.
    pub unit: Unit,
}

/// A unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A ratio.
    Times,
    /// Bytes.
    Bytes,
    /// A cumulative layout shift.
    Shift,
}

impl Bound {
    /// True if the bound is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.value <= self.limit
    }

    /// The verdict with the distance to the limit, in percent.
    #[must_use]
    pub fn verdict(&self) -> String {
        if self.limit == 0.0 {
            return if self.is_met() { "met" } else { "**not met**" }.into();
        }
        let by = (self.value / self.limit - 1.0).abs() * 100.0;
        if self.is_met() {
            format!("met, with {by:.0} % to spare")
        } else {
            format!("**not met**, {by:.0} % over")
        }
    }

    /// The bound as a row of a table.
    #[must_use]
    pub fn row(&self) -> String {
        format!(
            "| {} | {} | {} | {} |\n",
            self.label,
            self.unit.format(self.limit),
            self.unit.format(self.value),
            self.verdict()
        )
    }
}

impl Unit {
    fn format(self, figure: f64) -> String {
        match self {
            Self::Times => format!("{figure:.2} ×"),
            Self::Bytes => format!("{} B", grouped(figure)),
            Self::Shift => format!("{figure:.4}"),
        }
    }
}

/// A whole number with commas between the thousands.
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

/// A list item that names each peer with a better figure than ours. `None` if there is none.
///
/// `less_is_better` selects the order. `format` writes a figure with its unit.
#[must_use]
pub fn behind(
    label: &str,
    format: impl Fn(f64) -> String,
    ours: f64,
    others: &[(&str, f64)],
    less_is_better: bool,
) -> Option<String> {
    let better: Vec<String> = others
        .iter()
        .filter(|(_, theirs)| if less_is_better { *theirs < ours } else { *theirs > ours })
        .map(|(name, theirs)| format!("{name} {}", format(*theirs)))
        .collect();
    (!better.is_empty()).then(|| format!("- **{label}**: ours {}; {}.\n", format(ours), better.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_has_the_distance_to_the_limit() {
        let bound = |value| Bound { label: "a".into(), limit: 0.8, value, unit: Unit::Times };
        assert_eq!(bound(0.8).verdict(), "met, with 0 % to spare");
        assert_eq!(bound(0.6).verdict(), "met, with 25 % to spare");
        assert_eq!(bound(1.2).verdict(), "**not met**, 50 % over");
    }

    #[test]
    fn only_better_peers_are_listed() {
        let others = [("a", 1.0), ("b", 3.0)];
        let format_ms = |figure: f64| format!("{figure:.0} ms");
        assert_eq!(
            behind("time", format_ms, 2.0, &others, true).unwrap(),
            "- **time**: ours 2 ms; a 1 ms.\n"
        );
        assert_eq!(
            behind("rate", format_ms, 2.0, &others, false).unwrap(),
            "- **rate**: ours 2 ms; b 3 ms.\n"
        );
        assert_eq!(behind("time", format_ms, 1.0, &others, true), None);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([7.0, 999.4, 1_000.0, 234_519.0].map(grouped), ["7", "999", "1,000", "234,519"]);
    }
}
