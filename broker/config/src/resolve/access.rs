//! Typed access to resolved settings, for `build`.
//!
//! The table guarantees the types; a key without value reads as empty.

use std::path::PathBuf;
use std::time::Duration;

use super::{Origin, Resolved, translation_text};
use crate::fault::{Fault, Notice, Position};
use crate::table;
use crate::value::Value;

impl Resolved {
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        let setting = self.settings.get(key);
        debug_assert!(setting.is_some() || table::find_text(key), "{key} is in no table");
        setting.map(|setting| &setting.value)
    }

    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.settings
            .get(key)
            .is_some_and(|setting| setting.origin != Origin::Default)
    }

    pub(crate) fn at(&self, key: &str) -> Option<Position> {
        self.settings.get(key)?.origin.position().cloned()
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Value::Flag(true)))
    }

    pub(crate) fn integer(&self, key: &str) -> Option<i64> {
        match self.get(key) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// A count that the table keeps from being negative; greater ones than `T` holds become its greatest.
    pub(crate) fn count<T: TryFrom<i64> + Bounded>(&self, key: &str) -> T {
        T::try_from(self.integer(key).unwrap_or(0)).unwrap_or(T::GREATEST)
    }

    pub(crate) fn bytes(&self, key: &str) -> Option<u64> {
        match self.get(key) {
            Some(Value::Bytes(bytes)) => Some(*bytes),
            _ => None,
        }
    }

    pub(crate) fn word(&self, key: &str) -> &'static str {
        match self.get(key) {
            Some(Value::Word(word)) => word,
            _ => "",
        }
    }

    /// `None` if unset or empty.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        match self.get(key) {
            Some(Value::Path(path)) => path.clone(),
            _ => PathBuf::new(),
        }
    }

    /// `None` for a word (never, client).
    pub(crate) fn duration(&self, key: &str) -> Option<Duration> {
        match self.get(key) {
            Some(Value::Duration(duration)) => Some(*duration),
            _ => None,
        }
    }

    pub(crate) fn millis(&self, key: &str) -> Duration {
        Duration::from_millis(self.count::<u64>(key))
    }

    pub(crate) fn seconds(&self, key: &str) -> Duration {
        Duration::from_secs(self.count::<u64>(key))
    }

    /// A fault about how settings fit together.
    pub(crate) fn refuse(&mut self, key: &str, text: &str) {
        let at = self.at(key);
        self.faults.push(Fault::new(at, translation_text(key, text)));
    }

    /// As `refuse`, one line however many listeners inherit the setting.
    pub(crate) fn refuse_once(&mut self, key: &str, text: &str) {
        let fault = Fault::new(self.at(key), translation_text(key, text));
        if !self.faults.iter().any(|known| *known == fault) {
            self.faults.push(fault);
        }
    }

    pub(crate) fn notice(&mut self, key: &str, text: String) {
        let at = self.at(key);
        self.notices.push(Notice::new(at, text));
    }

    /// As `notice`, one line however many listeners inherit the setting.
    pub(crate) fn notice_once(&mut self, key: &str, text: String) {
        let notice = Notice::new(self.at(key), text);
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }
}

/// Integers of a bounded width.
pub(crate) trait Bounded {
    const GREATEST: Self;
}

macro_rules! bounded {
    // One line for each width; a generic bound for "greatest value" is not in the standard library.
    ($($width:ty),*) => { $(impl Bounded for $width { const GREATEST: Self = <$width>::MAX; })* };
}
bounded!(u16, u32, u64, usize);
