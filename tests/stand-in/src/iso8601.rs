//! Times as the API and the pages write them. No clock: milliseconds since 1970 arrive as an argument.

const DAY: u64 = 86_400_000;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2026-06-01T12:00:00.000Z`.
pub(crate) fn date_time(ms: u64) -> String {
    let (year, month, day) = civil(ms / DAY);
    let time = ms % DAY;
    format!("{year:04}-{month:02}-{day:02}T{}.{:03}Z", clock(time), time % 1000)
}

/// `1 Jun 2026`.
pub(crate) fn date(ms: u64) -> String {
    let (year, month, day) = civil(ms / DAY);
    let name = MONTHS.iter().zip(1..).find(|(_, number)| *number == month).map_or("", |(name, _)| name);
    format!("{day} {name} {year}")
}

/// `12:00:00`, UTC.
pub(crate) fn clock(ms: u64) -> String {
    let seconds = ms % DAY / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Year, month and day of a day counted from 1970-01-01: Howard Hinnant's `civil_from_days`, which counts years
/// from March so that the leap day is a year's last.
fn civil(days: u64) -> (u64, u64, u64) {
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
    fn check(ms: u64, written: &str, read: &str) {
        assert_eq!(date_time(ms), written);
        assert_eq!(date(ms), read);
    }

    #[test]
    fn milliseconds_become_a_date() {
        check(0, "1970-01-01T00:00:00.000Z", "1 Jan 1970");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z", "29 Feb 2000");
        check(1_772_323_199_999, "2026-02-28T23:59:59.999Z", "28 Feb 2026");
        check(1_772_323_200_000, "2026-03-01T00:00:00.000Z", "1 Mar 2026");
        check(1_798_761_599_000, "2026-12-31T23:59:59.000Z", "31 Dec 2026");
    }
}
