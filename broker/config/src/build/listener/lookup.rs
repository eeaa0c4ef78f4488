//! Where an option of one listener is found: at its name, its kind, or for all (config.md 5).

use std::path::PathBuf;

use crate::key::escape;
use crate::resolve::{Resolved, Setting};
use crate::sections::ListenerKind;
use crate::value::Value;

/// Finds the options of one listener.
pub(super) struct Lookup {
    pub(super) kind: ListenerKind,
    /// As it stands in keys.
    name: String,
}

impl Lookup {
    /// Of the listener with this name, as it stands nowhere escaped.
    pub(super) fn new(kind: ListenerKind, name: &str) -> Self {
        Self {
            kind,
            name: escape(name),
        }
    }

    /// `listener.KIND.NAME`
    pub(super) fn address_key(&self) -> String {
        format!("listener.{}.{}", self.kind.key_word(), self.name)
    }

    /// `listener.KIND.NAME.OPTION`
    pub(super) fn key(&self, option: &str) -> String {
        format!("{}.{option}", self.address_key())
    }

    /// `listener.KIND.OPTION`
    pub(super) fn kind_key(&self, option: &str) -> String {
        format!("listener.{}.{option}", self.kind.key_word())
    }

    /// Both places where an operator may write an option, for the end of a message.
    pub(super) fn either_key(&self, option: &str) -> String {
        format!("{} or {}", self.key(option), self.kind_key(option))
    }

    fn levels(&self, option: &str) -> [String; 3] {
        [
            self.key(option),
            self.kind_key(option),
            format!("listener.{option}"),
        ]
    }

    /// The first level that has a value other than "inherit".
    pub(super) fn find<'a>(&self, resolved: &'a Resolved, option: &str) -> Option<(String, &'a Setting)> {
        self.levels(option).into_iter().find_map(|key| {
            let setting = resolved.settings.get(&key)?;
            (setting.value != Value::Integer(-1)).then_some((key, setting))
        })
    }

    /// A level had a value that was no good, which has been told.
    pub(super) fn was_refused(&self, resolved: &Resolved, option: &str) -> bool {
        self.levels(option)
            .iter()
            .any(|key| resolved.refused.contains(key))
    }

    pub(super) fn flag(&self, resolved: &Resolved, option: &str) -> bool {
        self.find(resolved, option)
            .is_some_and(|(_, setting)| setting.value == Value::Flag(true))
    }

    /// A number that is not negative; greater ones than `T` holds, and no number at all, become `default`.
    pub(super) fn number<T: TryFrom<i64>>(&self, resolved: &Resolved, option: &str, default: T) -> T {
        match self.find(resolved, option).map(|(_, setting)| &setting.value) {
            Some(Value::Integer(number)) => T::try_from(*number).unwrap_or(default),
            _ => default,
        }
    }

    /// `None` if unset or empty.
    pub(super) fn text(&self, resolved: &Resolved, option: &str) -> Option<String> {
        match &self.find(resolved, option)?.1.value {
            Value::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }

    /// `None` if unset or empty.
    pub(super) fn path(&self, resolved: &Resolved, option: &str) -> Option<PathBuf> {
        match &self.find(resolved, option)?.1.value {
            Value::Path(path) if !path.as_os_str().is_empty() => Some(path.clone()),
            _ => None,
        }
    }

    /// A list and the key that has it; `None` if unset or empty.
    pub(super) fn names(&self, resolved: &Resolved, option: &str) -> Option<(String, Vec<String>)> {
        let (key, setting) = self.find(resolved, option)?;
        match &setting.value {
            Value::Names(names) if !names.is_empty() => Some((key, names.clone())),
            _ => None,
        }
    }
}
