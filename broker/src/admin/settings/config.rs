//! `vmq-admin config show | reset`: all settings of the server, or of a plugin that is on (admin.md 11.5). Every value is
//! from the file or given at run time: there is no store of settings for a cluster. What a node has stored of its own are
//! the values given at run time and the lines of `conf.d/90-admin.conf`; a reset gives the value of the file back.

use super::super::{Admin, Answer, blocking};
use crate::broker::persist::{self, Forget};
use crate::broker::reload::Values;
use std::path::Path;
use vmq_admin::command::settings::Replacement;
use vmq_admin::{Element, Row, Value};
use vmq_config::{Loaded, Origin, Plugin, Status};

/// What belongs to no plugin.
const SERVER: &str = "vmq_server";

/// Runs the command.
pub(super) fn show(
    loaded: &Loaded,
    running: &[Plugin],
    app: Option<&str>,
    key: Option<&str>,
) -> Result<Answer, Answer> {
    let app = app.ok_or_else(no_app)?;
    if app != SERVER && !running.iter().any(|plugin| plugin.name() == app) {
        return Err(Answer::alert("App not configured via vmq_config"));
    }
    let mut settings = loaded.effective.iter().filter_map(|setting| {
        let (owner, name) = owner(&setting.key);
        let counts = !matches!(setting.status, Status::Ignored(_) | Status::Silent);
        (owner == app && counts).then(|| (name, super::value(loaded, &setting.key, false)))
    });
    if let Some(key) = key {
        let found = settings.find(|(name, _)| *name == key);
        let (_, value) = found.ok_or_else(|| Answer::alert("not found"))?;
        let text = format!("Scope: env\nValue: {}", value.cell());
        return Ok(Answer::of(vec![Element::text(text)]));
    }
    let rows = settings.map(|(name, value)| row(name, value)).collect();
    Ok(Answer::of(vec![Element::Table(rows)]))
}

/// The part that a key belongs to, and its name there.
fn owner(key: &str) -> (&str, &str) {
    match key.split_once('.') {
        Some((plugin, name)) if Plugin::from_name(plugin).is_some() => (plugin, name),
        _ => (SERVER, key),
    }
}

fn row(name: &str, value: Value) -> Row {
    Row::default()
        .with("Config", name)
        .with("Env", value)
        .with("Node", "")
        .with("Global", "")
}

fn no_app() -> Answer {
    Answer::alert("Please provide an app=<App>")
}

/// The settings that a reset is about.
#[derive(Clone)]
struct Meant {
    app: String,
    /// `None` = all of the part.
    key: Option<String>,
}

/// Takes back what was given at run time or saved, for one key or all of a part. `global` = what the cluster has stored,
/// which is nothing.
pub(super) async fn reset(
    admin: &Admin,
    app: Option<String>,
    key: Option<String>,
    global: bool,
    replacement: Option<Replacement>,
) -> Result<Answer, Answer> {
    let (loaded, running) = (admin.settings()?, admin.broker()?.plugins().running());
    let app = app.ok_or_else(no_app)?;
    if app != SERVER && !running.iter().any(|plugin| plugin.name() == app) {
        return Err(no_config("not_configured"));
    }
    let not_found = || Answer::alert("config item not found");
    if global {
        return Err(not_found());
    }
    let meant = Meant { app, key };
    let values = match replacement {
        None => Vec::new(),
        Some(Replacement::Value(value)) => vec![(meant.full_key().ok_or_else(not_found)?, value)],
        Some(Replacement::File(path)) => {
            let meant = meant.clone();
            let read = blocking(move || values_of(&path, &meant)).await?;
            read.map_err(|why| no_config(&why))?
        }
    };
    let mut keys = meant.overrides(&loaded);
    if keys.is_empty() && values.is_empty() {
        return match meant.key {
            Some(_) => Err(not_found()),
            None => Ok(Answer::done()),
        };
    }
    keys.extend(values.iter().map(|(key, _)| key.clone()));
    let wanted = Values {
        values,
        forget: keys.into_iter().map(Forget::Key).collect(),
        ..Values::default()
    };
    let report = super::change(admin, wanted).await?.map_err(super::refusal)?;
    if report.faults.is_empty() {
        return Ok(Answer::done());
    }
    Ok(Answer {
        exit: 1,
        ..Answer::of(report.faults.iter().map(Element::alert).collect())
    })
}

fn no_config(why: &str) -> Answer {
    Answer::alert(format!("No config found for app, due to {}", why.trim_end()))
}

impl Meant {
    fn is(&self, full_key: &str) -> bool {
        let (app, name) = owner(full_key);
        app == self.app && self.key.as_ref().is_none_or(|key| key == name)
    }

    /// The key as the file has it.
    fn full_key(&self) -> Option<String> {
        let key = self.key.as_ref()?;
        Some(match self.app.as_str() {
            SERVER => key.clone(),
            plugin => format!("{plugin}.{key}"),
        })
    }

    /// Those that do not have the value of the file. Listeners have commands of their own.
    fn overrides(&self, loaded: &Loaded) -> Vec<String> {
        let is_override = |origin: &Origin| matches!(origin, Origin::Runtime) || persist::is_saved(origin);
        let settings = loaded.effective.iter().filter(|setting| setting.runtime);
        settings
            .filter(|setting| self.is(&setting.key) && is_override(&setting.origin))
            .map(|setting| setting.key.clone())
            .collect()
    }
}

/// What a file of settings says of those that are meant. Reads files.
fn values_of(file: &Path, meant: &Meant) -> Result<Vec<(String, String)>, String> {
    let read =
        vmq_config::load(file, &|name| std::env::var(name).ok()).map_err(|faults| faults.to_string())?;
    let values: Vec<(String, String)> = read
        .effective
        .iter()
        .filter(|setting| setting.origin.position().is_some() && meant.is(&setting.key))
        .map(|setting| (setting.key.clone(), setting.value.clone()))
        .collect();
    match values.is_empty() {
        true => Err("not_found".to_owned()),
        false => Ok(values),
    }
}
