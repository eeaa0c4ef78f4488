//! Until when a key opens something: written in the local time of the node, kept and shown in UTC (admin.md 13).

use super::KeyFault;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// As it is typed: `2030-12-31T23:59:59`.
const TYPED: &str = "%Y-%m-%dT%H:%M:%S";

/// As it is shown.
const SHOWN: &str = "%Y-%m-%d %H:%M:%S";

const DAY_SECS: i64 = 24 * 60 * 60;

/// An expiry as it was asked for.
#[derive(Clone, Debug)]
pub struct Expiry<'a> {
    /// `None` = never.
    pub typed: Option<&'a str>,
    /// What the text is the local time of.
    pub zone: TimeZone,
    /// Unix seconds.
    pub now: i64,
}

impl<'a> Expiry<'a> {
    /// As it was typed just now, on this machine.
    #[must_use]
    pub fn now(typed: Option<&'a str>) -> Self {
        Self {
            typed,
            zone: TimeZone::system(),
            now: Timestamp::now().as_second(),
        }
    }

    /// The Unix second; `None` = never.
    pub(super) fn check(&self, days_max: Option<u32>) -> Result<Option<i64>, KeyFault> {
        let limit = days_max.map(|days| self.now.saturating_add(i64::from(days) * DAY_SECS));
        let Some(typed) = self.typed else {
            return match limit {
                None => Ok(None),
                Some(_) => Err(KeyFault::Expiry),
            };
        };
        let expires = self.second(typed).ok_or(KeyFault::Expiry)?;
        let is_allowed = expires > self.now && limit.is_none_or(|limit| expires <= limit);
        is_allowed.then_some(Some(expires)).ok_or(KeyFault::Expiry)
    }

    fn second(&self, typed: &str) -> Option<i64> {
        // The parser would take fewer digits too.
        if typed.len() != "yyyy-mm-ddThh:mm:ss".len() {
            return None;
        }
        let local = DateTime::strptime(TYPED, typed).ok()?;
        Some(self.zone.to_timestamp(local).ok()?.as_second())
    }
}

/// A Unix second in UTC; `never` for none.
#[must_use]
pub fn shown(second: Option<i64>) -> String {
    let Some(second) = second else {
        return "never".to_owned();
    };
    match Timestamp::from_second(second) {
        Ok(time) => time.strftime(SHOWN).to_string(),
        // No such time was ever typed.
        Err(_) => second.to_string(),
    }
}
