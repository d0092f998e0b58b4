//! Formats times for the API and the pages. All times are in milliseconds since 1970 and in UTC. No clock.

const DAY_MS: u64 = 86_400_000;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Formats a time in ISO 8601: `2026-06-01T12:00:00.000Z`.
pub(crate) fn iso8601(ms: u64) -> String {
    let (year, month, day) = civil_from_days(ms / DAY_MS);
    let time = ms % DAY_MS;
    format!("{year:04}-{month:02}-{day:02}T{}.{:03}Z", time_of_day(time), time % 1000)
}

/// Formats a date for a page: `1 Jun 2026`.
pub(crate) fn date(ms: u64) -> String {
    let (year, month, day) = civil_from_days(ms / DAY_MS);
    let name = MONTHS.iter().zip(1..).find(|(_, number)| *number == month).map_or("", |(name, _)| name);
    format!("{day} {name} {year}")
}

/// Formats the time of day: `12:00:00`.
pub(crate) fn time_of_day(ms: u64) -> String {
    let seconds = ms % DAY_MS / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The year, month and day of a number of days since 1970-01-01. This is Howard Hinnant's `civil_from_days`: it
/// counts years from March, so that the leap day is the last day of its year.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day_of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ms: u64, expected_iso8601: &str, expected_date: &str) {
        assert_eq!(iso8601(ms), expected_iso8601);
        assert_eq!(date(ms), expected_date);
    }

    #[test]
    fn times_are_formatted_across_leap_days_and_year_ends() {
        check(0, "1970-01-01T00:00:00.000Z", "1 Jan 1970");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z", "29 Feb 2000");
        check(1_772_323_199_999, "2026-02-28T23:59:59.999Z", "28 Feb 2026");
        check(1_772_323_200_000, "2026-03-01T00:00:00.000Z", "1 Mar 2026");
        check(1_798_761_599_000, "2026-12-31T23:59:59.000Z", "31 Dec 2026");
    }
}
