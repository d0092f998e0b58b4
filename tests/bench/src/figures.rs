//! Statistics of measured figures: median, percentile, ratio and spread. It rounds nothing.

/// The median. For an even number of figures it is the mean of the middle two. It is 0 without figures.
#[must_use]
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = |at: usize| sorted.get(at).copied().unwrap_or_default();
    f64::midpoint(middle(sorted.len().saturating_sub(1) / 2), middle(sorted.len() / 2))
}

/// The percentile by the nearest rank. `percent` is from 0 to 100. It is 0 without figures.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the index is far below 2^52")]
pub fn percentile(figures: &[f64], percent: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (percent / 100.0 * (sorted.len() as f64 - 1.0)).round().max(0.0) as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// The median of the ratios of figures from the same turn.
#[must_use]
pub fn ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    median(&ratios)
}

/// Minimum, median and maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// The minimum.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The maximum.
    pub max: f64,
}

impl Spread {
    /// The spread of these figures.
    #[must_use]
    pub fn of(figures: &[f64]) -> Self {
        Self { min: percentile(figures, 0.0), median: median(figures), max: percentile(figures, 100.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_figures() {
        let figures: Vec<f64> = (1..=101).rev().map(f64::from).collect();
        assert_eq!(Spread::of(&figures), Spread { min: 1.0, median: 51.0, max: 101.0 });
        assert!((median(&[1.0, 2.0, 4.0, 9.0]) - 3.0).abs() < f64::EPSILON);
        assert!((percentile(&figures, 99.0) - 100.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 99.0).abs() < f64::EPSILON);
    }
}
