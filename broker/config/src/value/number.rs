//! Numbers with units: sizes, percentages, the two notations of time, lists of integers.

use std::time::Duration;

/// Bytes: a number, decimals allowed, with `KB`, `MB` or `GB` (or all lower case) by 1024.
pub(super) fn byte_size(text: &str) -> Option<u64> {
    let split = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor: u64 = match unit {
        "" => 1,
        "KB" | "kb" => 1 << 10,
        "MB" | "mb" => 1 << 20,
        "GB" | "gb" => 1 << 30,
        _ => return None,
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    scaled(number, factor)
}

/// 0..=100 with or without `%`.
pub(super) fn percent(text: &str) -> Option<u8> {
    text.strip_suffix('%')
        .unwrap_or(text)
        .parse()
        .ok()
        .filter(|percent| *percent <= 100)
}

/// `1h30m`, `.5s`: fortnights, weeks, days, hours, minutes, seconds, milliseconds; rounded up to milliseconds.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total_ms: u64 = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let unit_ms: u64 = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 7 * 86_400_000,
            "f" => 14 * 86_400_000,
            _ => return None,
        };
        total_ms = total_ms.checked_add(scaled(number, unit_ms)?)?;
        rest = tail;
    }
    (!text.is_empty()).then(|| Duration::from_millis(total_ms))
}

/// A decimal number times a factor, rounded up.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    let value: f64 = number.parse().ok()?;
    // The text has digits and points only; past 2^53 a decimal point says nothing any more.
    let scaled = (value * factor as f64).ceil();
    (0.0..=9.0e15).contains(&scaled).then_some(scaled as u64)
}

/// A number and a letter: seconds, hours, days, weeks, months of four weeks, years of twelve of those.
pub(super) fn coarse_duration(text: &str) -> Option<Duration> {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    let unit_secs = match text.chars().last()? {
        's' => 1,
        'h' => HOUR,
        'd' => DAY,
        'w' => 7 * DAY,
        'm' => 28 * DAY,
        'y' => 336 * DAY,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More than the greatest interval of the protocol is that interval.
    let secs = digits
        .parse::<u64>()
        .unwrap_or(u64::MAX)
        .saturating_mul(unit_secs);
    Some(Duration::from_secs(secs.min(u64::from(u32::MAX))))
}

/// What a setting of that notation says when its value has another form.
pub(super) fn coarse_duration_text(key: &str, text: &str) -> String {
    if key == "max_last_will_delay" {
        return format!(
            "{text} must be an integer followed by one of 's', 'h', 'd', 'w', 'm', 'y' for second, hour, day, week, \
             month, and year, or the string 'client'"
        );
    }
    format!(
        "{text} must be an integer followed by one of 'h', 'd', 'w', 'm', 'y' for hour, day, week, month, and year, \
         or the string 'never'"
    )
}

/// `3,4,5` or `[3,4,5]`.
pub(super) fn integers(text: &str) -> Option<Vec<i64>> {
    super::names(text)?
        .iter()
        .map(|number| number.parse().ok())
        .collect()
}

/// Three numbers that are not negative.
pub(super) fn triple(text: &str) -> Option<Vec<i64>> {
    integers(text).filter(|numbers| numbers.len() == 3 && numbers.iter().all(|number| *number >= 0))
}
