//! A listener that is started while the broker runs, as if the file had named it: the same rows, defaults, checks and
//! inheritance (decisions 34).

use super::Loaded;
use crate::build;
use crate::fault::{Faults, Notice};
use crate::key::{escape, is_word_char};
use crate::resolve::{Origin, Setting};
use crate::sections::{ListenerAddress, ListenerConfig, ListenerKind};
use crate::table::{self, Row};
use crate::value::{self, Value};

/// Why there is no such listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerRefusal {
    /// This kind of listener has no such option.
    Option(String),
    /// The value is none of this option.
    Value { option: String, value: String },
    /// The options do not fit together, or to the rest of the configuration.
    Faults(Faults),
}

impl Loaded {
    /// A listener with options as they stand in the file after `listener.KIND.NAME.`, and what an operator should
    /// know about it. May look into the files that it names.
    ///
    /// Errors: an option that is none, or does not fit.
    pub fn listener(
        &self,
        kind: ListenerKind,
        address: ListenerAddress,
        options: &[(String, String)],
    ) -> Result<(ListenerConfig, Vec<Notice>), ListenerRefusal> {
        let name = self.fresh_name(kind, &address);
        let word = kind.key_word();
        let key = format!("listener.{word}.{}", escape(&name));
        let mut resolved = self.resolved.clone();
        // The others are none of its business: one of them may have had this address and be gone.
        resolved
            .settings
            .retain(|key, setting| setting.name.is_none() || !key.starts_with("listener."));
        let mut put = |row: &'static Row, key: String, text: &str, value: Value, origin: Origin| {
            let setting = Setting {
                row,
                name: Some(name.clone()),
                text: text.to_owned(),
                value,
                origin,
            };
            resolved.settings.insert(key, setting);
        };
        let pattern = format!("listener.{word}.$name");
        if let Some(row) = table::row(&pattern) {
            let at = text(&address);
            put(row, key.clone(), &at, Value::Address(address), Origin::Runtime);
        }
        for (option, row, default) in defaults(&pattern) {
            if let Ok(value) = value::parse(row, default, &self.base) {
                put(row, format!("{key}.{option}"), default, value, Origin::Default);
            }
        }
        for (option, text) in options {
            let row = table::row(&format!("{pattern}.{option}"))
                .ok_or_else(|| ListenerRefusal::Option(option.clone()))?;
            let value = value::parse(row, text, &self.base).map_err(|_| ListenerRefusal::Value {
                option: option.clone(),
                value: text.clone(),
            })?;
            put(row, format!("{key}.{option}"), text, value, Origin::Runtime);
        }
        let config = build::build(&mut resolved);
        build::check_files(&mut resolved, &config);
        let built = config
            .listeners
            .into_iter()
            .find(|listener| listener.kind == kind && listener.name == name);
        let about_it = |notice: &Notice| notice.text.contains(&key);
        match built {
            Some(listener) if resolved.faults.is_empty() => {
                let notices = resolved.notices.into_iter().filter(about_it).collect();
                Ok((listener, notices))
            }
            _ => Err(ListenerRefusal::Faults(resolved.faults)),
        }
    }

    /// The address in letters that a name may have, different from every other name of the kind in the file.
    fn fresh_name(&self, kind: ListenerKind, address: &ListenerAddress) -> String {
        let plain: String = text(address)
            .chars()
            .map(|letter| if is_word_char(letter) { letter } else { '-' })
            .collect();
        let is_taken = |name: &str| {
            let of_kind = |listener: &&ListenerConfig| listener.kind == kind;
            self.config
                .listeners
                .iter()
                .filter(of_kind)
                .any(|listener| listener.name == name)
        };
        let mut name = plain.clone();
        let mut number = 1_u32;
        while is_taken(&name) {
            number += 1;
            name = format!("{plain}-{number}");
        }
        name
    }
}

/// What one listener has without being told: option, row and default of each row below its address line.
fn defaults(pattern: &str) -> impl Iterator<Item = (&'static str, &'static Row, &'static str)> {
    table::rows().iter().filter_map(move |row| {
        let option = row.key.strip_prefix(pattern)?.strip_prefix('.')?;
        Some((option, row, row.default?)).filter(|_| !option.contains('$'))
    })
}

/// As it would stand in the file.
fn text(address: &ListenerAddress) -> String {
    match address {
        ListenerAddress::Ip(address) => address.to_string(),
        ListenerAddress::Unix(path) => format!("local:{}:0", path.display()),
    }
}
