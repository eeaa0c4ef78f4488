//! The way in: a path (or a text) to a typed configuration, or to everything that is wrong with it.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::build;
use crate::companion;
use crate::fault::{Faults, Notice, reading_order};
use crate::key::Key;
use crate::rename;
use crate::resolve::{self, Origin, Resolved, Setting};
use crate::sections::Config;
use crate::source::{self, RawSetting, Source};
use crate::table::Status;

mod live;
mod listener;
pub use listener::ListenerRefusal;
pub use live::{applies, deprecation, is_secret};

/// A configuration, and how it came about.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// Every key that has a value, sorted bytewise.
    pub effective: Vec<EffectiveSetting>,
    /// What an operator should know; none of it keeps the broker from starting.
    pub warnings: Vec<Notice>,
    /// The files that were read, in order.
    pub files: Vec<PathBuf>,
    resolved: Resolved,
    base: PathBuf,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveSetting {
    pub key: String,
    /// As it stands in the file, references replaced. Secrets are in it: show `shown()`.
    pub value: String,
    pub default: Option<String>,
    pub origin: Origin,
    /// May change while the broker runs.
    pub runtime: bool,
    pub hidden: bool,
    pub secret: bool,
    pub status: Status,
}

impl EffectiveSetting {
    /// The value for a screen: secrets are blank unless they are the well-known default.
    pub fn shown(&self) -> &str {
        let is_open = !self.secret || self.value.is_empty() || self.default.as_ref() == Some(&self.value);
        if is_open { &self.value } else { "********" }
    }

    /// The value for `vmq-admin`, which tells of a secret only whether there is one (admin.md 11.3).
    pub fn masked(&self) -> &str {
        match self.secret && !self.value.is_empty() {
            true => "******",
            false => &self.value,
        }
    }
}

/// Reads a file, what it includes, and the files beside it. `env` answers for the environment.
///
/// Errors: a file that cannot be read or parsed to its end, alone; otherwise every fault of keys and values at once.
pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Faults> {
    let mut source = source::read(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    companion::take(folder, env, &mut source);
    finish(source, env, &base(folder))
}

/// Relative paths start beside the folder of the file: to `./etc/vernemq.conf`, `data` means `./data`.
fn base(folder: &Path) -> PathBuf {
    match folder.components().next_back() {
        Some(Component::Normal(_)) => folder.parent().map(Path::to_owned).unwrap_or_default(),
        Some(Component::RootDir) => folder.to_owned(),
        _ => folder.join(".."),
    }
}

/// As `load`, of a text; includes find nothing. For tests and generated configurations.
pub fn load_str(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Faults> {
    finish(source::read_text(text, "vernemq.conf")?, env, Path::new(""))
}

fn finish(source: Source, env: &dyn Fn(&str) -> Option<String>, base: &Path) -> Result<Loaded, Faults> {
    let mut notices = source.notices;
    let raw = rename::by_key(source.settings, &mut notices);
    let mut resolved = resolve::resolve(raw, env, base);
    let mut faults = source.faults;
    let config = build::build(&mut resolved);
    build::check_files(&mut resolved, &config);
    for fault in &resolved.faults {
        faults.push(fault.clone());
    }
    faults.sort(&source.files);
    notices.append(&mut resolved.notices);
    notices.sort_by_key(|notice| reading_order(notice.at.as_ref(), &source.files));
    let effective = effective(&resolved);
    let loaded = Loaded {
        config,
        effective,
        warnings: notices,
        files: source.files,
        resolved,
        base: base.to_owned(),
    };
    faults.or(loaded)
}

fn effective(resolved: &Resolved) -> Vec<EffectiveSetting> {
    let line = |(key, setting): (&String, &Setting)| EffectiveSetting {
        key: key.clone(),
        value: setting.text.clone(),
        default: resolved.default_text(setting.row),
        origin: setting.origin.clone(),
        runtime: setting.row.runtime,
        hidden: setting.row.hidden,
        secret: setting.row.secret,
        status: setting.row.status,
    };
    resolved.settings.iter().map(line).collect()
}

impl Loaded {
    /// The value of a key, or its absence.
    pub fn get(&self, key: &str) -> Option<&EffectiveSetting> {
        let index = self
            .effective
            .binary_search_by(|setting| setting.key.as_str().cmp(key))
            .ok()?;
        self.effective.get(index)
    }

    /// The rule files that a check looks into: key and path of each plugin that is on.
    pub fn rule_files(&self) -> Vec<(&'static str, &Path)> {
        use crate::sections::Plugin;
        let files = [
            (Plugin::Acl, "vmq_acl.acl_file", &self.config.acl.file),
            (
                Plugin::Passwd,
                "vmq_passwd.password_file",
                &self.config.passwd.file,
            ),
        ];
        let on = files
            .into_iter()
            .filter(|(plugin, _, _)| self.config.plugins.contains(plugin));
        on.map(|(_, key, path)| (key, path.as_path())).collect()
    }
}

impl Config {
    /// The defaults with another data directory, and no listener.
    pub fn default_for(data_dir: &Path) -> Config {
        let at = crate::fault::Position {
            file: Arc::from(""),
            line: 0,
        };
        let text = data_dir.to_string_lossy().into_owned();
        let setting = Key::parse("platform_data_dir").map(|key| RawSetting { key, text, at });
        let raw = setting
            .map(|setting| (setting.key.to_string(), setting))
            .into_iter()
            .collect();
        build::build(&mut resolve::resolve(raw, &|_| None, Path::new("")))
    }
}

/// What differs between two configurations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Takes effect at once.
    pub live: Vec<Change>,
    /// Takes effect at the next start.
    pub restart: Vec<Change>,
}

/// A key whose value differs; texts are fit for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub key: String,
    /// `None` = had no value.
    pub old: Option<String>,
    /// `None` = has no value any more.
    pub new: Option<String>,
}

/// Compares by key; keys without effect do not count.
pub fn diff(old: &Loaded, new: &Loaded) -> Diff {
    let keys: BTreeSet<&str> = old
        .effective
        .iter()
        .chain(&new.effective)
        .map(|setting| setting.key.as_str())
        .collect();
    let mut diff = Diff::default();
    for key in keys {
        let (before, after) = (old.get(key), new.get(key));
        let is_same = before.map(|setting| &setting.value) == after.map(|setting| &setting.value);
        let Some(any) = after.or(before).filter(|_| !is_same) else {
            continue;
        };
        if matches!(any.status, Status::Ignored(_) | Status::Silent) {
            continue;
        }
        let shown = |setting: Option<&EffectiveSetting>| setting.map(|setting| setting.shown().to_owned());
        let change = Change {
            key: key.to_owned(),
            old: shown(before),
            new: shown(after),
        };
        if any.runtime {
            diff.live.push(change)
        } else {
            diff.restart.push(change)
        }
    }
    diff
}

#[cfg(test)]
mod tests;
