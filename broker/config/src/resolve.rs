//! From settings as written to typed settings: rows found, defaults added, references replaced, values checked.
//!
//! Collects every fault on the way; a value that is wrong is replaced by its default, so that the steps after it can
//! look for more. `build` makes the typed configuration of the result.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use crate::fault::{Fault, Faults, Notice, Position};
use crate::key::{Key, escape};
use crate::source::RawSetting;
use crate::substitute::{self, Substituted};
use crate::suggest;
use crate::table::{self, Area, Feature, Row, Status};
use crate::value::{self, Refusal, Value};

mod access;

/// Unknown keys that get suggestions; comparing costs, and a file of nothing else is no configuration.
const SUGGESTIONS_MAX: usize = 20;
/// Names of one kind of listener, bridge or webhook.
const NAMES_MAX: usize = 1000;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    File(Position),
    /// The line says `$(NAME)` and nothing else, and the environment answered.
    Environment {
        name: String,
        at: Position,
    },
    /// Given while the broker runs.
    Runtime,
}

impl Origin {
    /// The line to blame.
    pub fn position(&self) -> Option<&Position> {
        match self {
            Self::File(at) | Self::Environment { at, .. } => Some(at),
            Self::Default | Self::Runtime => None,
        }
    }
}

/// `<file>:<line>`, or the word for the other ways.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(at) => at.fmt(f),
            Self::Environment { name, at } => write!(f, "{at} (environment {name})"),
            Self::Runtime => f.write_str("runtime"),
        }
    }
}

/// A setting with its value.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) row: &'static Row,
    /// The user's word in the key.
    pub(crate) name: Option<String>,
    pub(crate) text: String,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// All settings that have a value, by key, and what was noticed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) settings: BTreeMap<String, Setting>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) faults: Faults,
    /// Keys whose value was no good; `settings` has their default, if they have one.
    pub(crate) refused: BTreeSet<String>,
    /// Missing features that the file asks for, each with the first key that does.
    pub(crate) missing: BTreeMap<Feature, String>,
}

/// Does all of it. Relative paths in values start at `base`.
pub(crate) fn resolve(
    raw: BTreeMap<String, RawSetting>,
    env: &dyn Fn(&str) -> Option<String>,
    base: &Path,
) -> Resolved {
    let mut resolved = Resolved::default();
    let mut candidates = known(raw, &mut resolved.faults);
    add_defaults(&mut candidates, &mut resolved.faults);
    let texts = candidates
        .iter()
        .map(|(key, candidate)| (key.clone(), candidate.text.clone()))
        .collect();
    let mut outcome = substitute::substitute(&texts, env);
    for (key, text) in outcome.faults {
        let at = candidates.get(&key).and_then(|candidate| candidate.at.clone());
        resolved.faults.push(Fault::new(at, text));
    }
    for (key, candidate) in candidates {
        let substituted = outcome.values.remove(&key);
        resolved.convert(key, candidate, substituted, base);
    }
    resolved.note_status();
    resolved
}

/// A setting that has a row but no value yet.
struct Candidate {
    row: &'static Row,
    name: Option<String>,
    text: String,
    /// `None` = a default.
    at: Option<Position>,
}

fn known(raw: BTreeMap<String, RawSetting>, faults: &mut Faults) -> BTreeMap<String, Candidate> {
    let mut out = BTreeMap::new();
    let mut unknown: Vec<RawSetting> = Vec::new();
    for (key, setting) in raw {
        match table::find(&setting.key) {
            Some(found) => {
                let candidate = Candidate {
                    row: found.row,
                    name: found.name,
                    text: setting.text,
                    at: Some(setting.at),
                };
                out.insert(key, candidate);
            }
            None => unknown.push(setting),
        }
    }
    unknown.sort_by(|a, b| a.at.cmp(&b.at));
    for (count, setting) in unknown.into_iter().enumerate() {
        let key = setting.key.to_string();
        let lines = if count < SUGGESTIONS_MAX {
            suggest::lines(&key)
        } else {
            vec![suggest::last_line(&key)]
        };
        faults.push(Fault {
            at: Some(setting.at),
            lines,
        });
    }
    out
}

/// Rows without placeholder once; rows with one for each name that occurs before their placeholder.
fn add_defaults(candidates: &mut BTreeMap<String, Candidate>, faults: &mut Faults) {
    let names = names(candidates, faults);
    for row in table::rows().iter().filter(|row| row.has_live_default()) {
        let Some(text) = row.default else { continue };
        let mut add = |key: String, name: Option<&String>| {
            candidates.entry(key).or_insert_with(|| Candidate {
                row,
                name: name.cloned(),
                text: text.to_owned(),
                at: None,
            });
        };
        let Some((prefix, rest)) = row.key.split_once(".$name") else {
            add(row.key.to_string(), None);
            continue;
        };
        for name in names.get(prefix).into_iter().flatten() {
            add(format!("{prefix}.{}{rest}", escape(name)), Some(name));
        }
    }
}

/// The users' words, by the words before them.
fn names(
    candidates: &BTreeMap<String, Candidate>,
    faults: &mut Faults,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, candidate) in candidates {
        let Some(name) = &candidate.name else { continue };
        let place = candidate.row.words().position(|word| word.starts_with('$'));
        let (Some(place), Some(key)) = (place, Key::parse(key)) else {
            continue;
        };
        let known = names.entry(key.words()[..place].join(".")).or_default();
        if known.len() < NAMES_MAX || known.contains(name) {
            known.insert(name.clone());
        } else {
            let text = format!("{key}: more than {NAMES_MAX} names");
            faults.push(Fault::new(candidate.at.clone(), text));
        }
    }
    names
}

impl Resolved {
    fn convert(&mut self, key: String, candidate: Candidate, text: Option<Substituted>, base: &Path) {
        let origin = match (
            candidate.at,
            text.as_ref().and_then(|text| text.environment.clone()),
        ) {
            (None, _) => Origin::Default,
            (Some(at), None) => Origin::File(at),
            (Some(at), Some(name)) => Origin::Environment { name, at },
        };
        let parsed = text.map(|text| (value::parse(candidate.row, &text.text, base), text.text));
        let value = match parsed {
            Some((Ok(value), text)) => Some((value, text)),
            Some((Err(refusal), _)) => {
                self.faults
                    .push(refusal_fault(&key, refusal, origin.position().cloned()));
                self.refused.insert(key.clone());
                self.fallback(candidate.row, base)
            }
            None => self.fallback(candidate.row, base),
        };
        if let Some((value, text)) = value {
            let setting = Setting {
                row: candidate.row,
                name: candidate.name,
                text,
                value,
                origin,
            };
            self.settings.insert(key, setting);
        }
    }

    /// What stands in for a faulty value while others are checked.
    fn fallback(&self, row: &'static Row, base: &Path) -> Option<(Value, String)> {
        let text = row.default?;
        Some((value::parse(row, text, base).ok()?, text.to_owned()))
    }

    fn note_status(&mut self) {
        for (key, setting) in &self.settings {
            if setting.origin == Origin::Default {
                continue;
            }
            let is_default = self.is_default(setting);
            let at = setting.origin.position().cloned();
            match setting.row.status {
                Status::Ignored(reason) if !is_default || setting.row.area == Area::Legacy => {
                    self.notices.push(Notice::new(
                        at,
                        format!("config: {key} has no effect here ({reason})"),
                    ));
                }
                Status::Deprecated(new) if !is_default || setting.row.area == Area::Legacy => {
                    self.notices
                        .push(Notice::new(at, format!("config: {key} is deprecated, use {new}")));
                }
                Status::Later(feature) if !is_default && is_told(key) => {
                    self.missing.entry(feature).or_insert_with(|| key.clone());
                }
                _ => {}
            }
        }
    }

    /// The value is the one it would have unset.
    fn is_default(&self, setting: &Setting) -> bool {
        let Some(text) = self.default_text(setting.row) else {
            return false;
        };
        text == setting.text || value::parse(setting.row, &text, Path::new("")).as_ref() == Ok(&setting.value)
    }

    /// The default of a row with the data directory in its place.
    pub(crate) fn default_text(&self, row: &Row) -> Option<String> {
        let text = row.default?;
        let folder = self
            .settings
            .get("platform_data_dir")
            .map_or("", |setting| setting.text.as_str());
        Some(if row.key == "platform_data_dir" {
            text.to_owned()
        } else {
            text.replace("$(platform_data_dir)", folder)
        })
    }
}

/// What is missing of a listener is told by its own line.
fn is_told(key: &str) -> bool {
    !key.starts_with("listener.")
}

/// The texts of a value that was refused.
pub(crate) fn refusal_fault(key: &str, refusal: Refusal, at: Option<Position>) -> Fault {
    match refusal {
        Refusal::Type(conversions) => {
            let mut lines = vec![format!("Error transforming datatype for: {key}")];
            lines.extend(conversions);
            Fault { at, lines }
        }
        Refusal::Check(text) => Fault::new(at, format!("{key} invalid, {text}")),
        Refusal::Translation(text) => Fault::new(at, translation_text(key, &text)),
    }
}

/// The form of texts about how settings fit together.
pub(crate) fn translation_text(key: &str, text: &str) -> String {
    let internal = match key {
        key if key.starts_with("listener.") => "vmq_server.listeners".to_owned(),
        key if key.starts_with("log.") => "logger.handlers".to_owned(),
        key if key.contains('.') => key.to_owned(),
        key => format!("vmq_server.{key}"),
    };
    format!("Translation for '{internal}' found invalid configuration: {text}")
}
