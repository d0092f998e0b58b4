//! Of many figures the few that are told.

/// The figure that half of them are below: of an even number, the middle of the middle two. It is 0 for none.
#[must_use]
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = |at: usize| sorted.get(at).copied().unwrap_or_default();
    f64::midpoint(middle(sorted.len().saturating_sub(1) / 2), middle(sorted.len() / 2))
}

/// The figure that so many percent of them are not above. It is 0 for none.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index, of far fewer figures than a float can count"
)]
pub fn percentile(figures: &[f64], percent: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (percent / 100.0 * (sorted.len() as f64 - 1.0)).round().max(0.0) as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// The median of what one took beside another in the same round.
#[must_use]
pub fn ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    median(&ratios)
}

/// The least, the median and the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// The least.
    pub least: f64,
    /// The median.
    pub median: f64,
    /// The greatest.
    pub most: f64,
}

impl Spread {
    /// Of these figures.
    #[must_use]
    pub fn of(figures: &[f64]) -> Self {
        Self { least: percentile(figures, 0.0), median: median(figures), most: percentile(figures, 100.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_figures() {
        let figures: Vec<f64> = (1..=101).rev().map(f64::from).collect();
        assert_eq!(Spread::of(&figures), Spread { least: 1.0, median: 51.0, most: 101.0 });
        assert!((median(&[1.0, 2.0, 4.0, 9.0]) - 3.0).abs() < f64::EPSILON);
        assert!((percentile(&figures, 99.0) - 100.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 99.0).abs() < f64::EPSILON);
    }
}
