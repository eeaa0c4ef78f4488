//! A configuration that changes while the broker runs: settings given by hand (`vmq-admin set`), and the live half of
//! a file that was read again. Always all of it or nothing.

use super::{Loaded, effective};
use crate::build;
use crate::fault::{Fault, Faults, Notice};
use crate::internal::{self, Internal};
use crate::key::Key;
use crate::resolve::{self, Origin, Resolved, Setting};
use crate::table::{self, Applies, Row, Status};
use crate::value;

impl Loaded {
    /// The configuration with some settings changed while the broker runs: all of them or none.
    ///
    /// Errors: unknown keys, keys that need a restart, keys of parts that this version does not have, values that do
    /// not fit; the texts are those of `vmq-admin set` (admin.md 11.2).
    pub fn with_changes(&self, changes: &[(String, String)]) -> Result<Loaded, Faults> {
        let mut resolved = self.resolved.clone();
        let mut faults = Faults::default();
        let mut fixed = Vec::new();
        for (key, text) in changes {
            let Some(found) = Key::parse(key).and_then(|key| table::find(&key)) else {
                faults.push(Fault::new(None, format!("Unknown variable: {key}")));
                continue;
            };
            if !found.row.runtime {
                fixed.push(format!("\"{key}\""));
                continue;
            }
            if let Status::Later(feature) = found.row.status {
                let text = format!(
                    "{key} can't be set, not available in this version: {}",
                    feature.title()
                );
                faults.push(Fault::new(None, text));
                continue;
            }
            match value::parse(found.row, text, &self.base) {
                Ok(value) => {
                    let setting = Setting {
                        row: found.row,
                        name: found.name,
                        text: text.clone(),
                        value,
                        origin: Origin::Runtime,
                    };
                    resolved.settings.insert(key.clone(), setting);
                }
                Err(refusal) => faults.push(resolve::refusal_fault(key, refusal, None)),
            }
        }
        if !fixed.is_empty() {
            // The line end is the original's.
            let text = format!(
                "The following config keys are not settable: [{}]\n",
                fixed.join(",")
            );
            faults.push(Fault::new(None, text));
        }
        let warnings = self.warnings.clone();
        self.rebuilt(resolved, faults, warnings)
    }

    /// The configuration with the live settings of another one: what a reload puts in force while the other keys wait
    /// for a restart. Settings that are the same in both have their place of the new one.
    ///
    /// Errors: the two halves do not fit together.
    pub fn with_live_of(&self, read: &Loaded) -> Result<Loaded, Faults> {
        let mut resolved = self.resolved.clone();
        let is_read = |key: &String| read.resolved.settings.contains_key(key);
        resolved
            .settings
            .retain(|key, setting| !setting.row.runtime || is_read(key));
        for (key, setting) in &read.resolved.settings {
            let is_same = |known: &Setting| known.text == setting.text;
            if setting.row.runtime || resolved.settings.get(key).is_some_and(is_same) {
                resolved.settings.insert(key.clone(), setting.clone());
            }
        }
        let mixed = self.rebuilt(resolved, Faults::default(), read.warnings.clone())?;
        Ok(Loaded {
            files: read.files.clone(),
            ..mixed
        })
    }

    /// The configuration with some live settings as another one has them: their values and where those are from. Keys that
    /// need a restart stay as they are.
    ///
    /// Errors: settings that only together are wrong.
    pub fn with_settings_of(&self, read: &Loaded, keys: &[String]) -> Result<Loaded, Faults> {
        let mut resolved = self.resolved.clone();
        for key in keys {
            let settings = &mut resolved.settings;
            match (read.resolved.settings.get(key), settings.get(key)) {
                (Some(setting), _) if setting.row.runtime => {
                    settings.insert(key.clone(), setting.clone());
                }
                (None, Some(old)) if old.row.runtime => {
                    settings.remove(key);
                }
                _ => {}
            }
        }
        self.rebuilt(resolved, Faults::default(), self.warnings.clone())
    }

    fn rebuilt(
        &self,
        mut resolved: Resolved,
        mut faults: Faults,
        warnings: Vec<Notice>,
    ) -> Result<Loaded, Faults> {
        let config = build::build(&mut resolved);
        for fault in &resolved.faults {
            faults.push(fault.clone());
        }
        resolved.notices.clear();
        faults.or(Loaded {
            config,
            effective: effective(&resolved),
            warnings,
            files: self.files.clone(),
            resolved,
            base: self.base.clone(),
        })
    }

    /// The value of a key as the broker works with it; `None` = it has none.
    pub fn internal(&self, key: &str) -> Option<Internal> {
        self.resolved.settings.get(key).map(internal::of)
    }

    /// Whether there is a key of this spelling: a row of the table, and for a row of many names one that is in use.
    pub fn has_key(&self, key: &str) -> bool {
        self.get(key).is_some() || table::row(key).is_some_and(|row| !row.is_pattern())
    }
}

/// When a new value of a key counts; `None` = there is no such key.
pub fn applies(key: &str) -> Option<Applies> {
    row_of(key).map(Row::applies)
}

/// What an operator should know who sets a key although it works: what to use instead.
pub fn deprecation(key: &str) -> Option<&'static str> {
    match row_of(key)?.status {
        Status::Deprecated(instead) => Some(instead),
        _ => None,
    }
}

/// Never shown: a password or a key.
pub fn is_secret(key: &str) -> bool {
    row_of(key).is_some_and(|row| row.secret)
}

fn row_of(key: &str) -> Option<&'static Row> {
    Some(table::find(&Key::parse(key)?)?.row)
}
