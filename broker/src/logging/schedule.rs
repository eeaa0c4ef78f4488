//! When a time-based rotation is due next (`$D0`, `$W5D23`, `$M1D0`; decisions.md 37), in local time.

use jiff::civil::{Date, Weekday};
use jiff::{ToSpan, ZonedDateTime};
use vmq_config::RotationTime;

/// The first moment after `now` at which the file rotates; `None` only at the end of the calendar. A time that a
/// change of the clocks skips falls on the moment after the gap.
pub(super) fn next_after(now: &ZonedDateTime, at: RotationTime) -> Option<ZonedDateTime> {
    // Today and every later day up to the next month's: the longest way to a match.
    (0..=62).find_map(|days| {
        let date = now.date().checked_add(days.days()).ok()?;
        let hour = i8::try_from(hour_on(date, at)?).ok()?.clamp(0, 23);
        let due = date
            .at(hour, 0, 0, 0)
            .to_zoned_datetime(now.time_zone().clone())
            .ok()?;
        (due > *now).then_some(due)
    })
}

/// The hour at which the file rotates on that day, if it does.
fn hour_on(date: Date, at: RotationTime) -> Option<u8> {
    match at {
        RotationTime::Daily { hour } => Some(hour),
        RotationTime::Weekly { weekday, hour } => (date.weekday() == weekday_of(weekday)?).then_some(hour),
        // The 31st of a month without one is its last day.
        RotationTime::Monthly { day, hour } => {
            let day = i8::try_from(day).ok()?.clamp(1, date.days_in_month());
            (date.day() == day).then_some(hour)
        }
    }
}

/// Lager counts from Sunday: 0 to 6.
fn weekday_of(number: u8) -> Option<Weekday> {
    Weekday::from_sunday_zero_offset(i8::try_from(number).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(now: &str, at: RotationTime) -> String {
        let now: ZonedDateTime = now.parse().expect("a time");
        next_after(&now, at).expect("a time").to_string()
    }

    #[test]
    fn daily_weekly_monthly() {
        let daily = RotationTime::Daily { hour: 0 };
        assert_eq!(
            next("2026-08-17T10:34:26+02:00[+02:00]", daily),
            "2026-08-18T00:00:00+02:00[+02:00]"
        );
        assert_eq!(
            next("2026-08-18T00:00:00+02:00[+02:00]", daily),
            "2026-08-19T00:00:00+02:00[+02:00]"
        );
        let late = RotationTime::Daily { hour: 23 };
        assert_eq!(
            next("2026-08-17T10:34:26+02:00[+02:00]", late),
            "2026-08-17T23:00:00+02:00[+02:00]"
        );
        // 2026-08-17 is a Monday; 0 is Sunday.
        let weekly = RotationTime::Weekly { weekday: 0, hour: 1 };
        assert_eq!(
            next("2026-08-17T10:34:26+02:00[+02:00]", weekly),
            "2026-08-23T01:00:00+02:00[+02:00]"
        );
        let weekly = RotationTime::Weekly { weekday: 1, hour: 1 };
        assert_eq!(
            next("2026-08-17T10:34:26+02:00[+02:00]", weekly),
            "2026-08-24T01:00:00+02:00[+02:00]"
        );
        let monthly = RotationTime::Monthly { day: 31, hour: 0 };
        assert_eq!(
            next("2026-09-01T00:00:00+00:00[UTC]", monthly),
            "2026-09-30T00:00:00+00:00[UTC]"
        );
        assert_eq!(
            next("2026-01-31T00:00:00+00:00[UTC]", monthly),
            "2026-02-28T00:00:00+00:00[UTC]"
        );
    }
}
