//! `vmq-admin config show`: all settings of the server, or of a plugin that is on (admin.md 11.5). Every value is from
//! the file or given at run time: there is no store of settings for a node or a cluster.

use super::super::Answer;
use vmq_admin::{Element, Row, Value};
use vmq_config::{Loaded, Plugin, Status};

/// What belongs to no plugin.
const SERVER: &str = "vmq_server";

/// Runs the command.
pub(super) fn show(
    loaded: &Loaded,
    running: &[Plugin],
    app: Option<&str>,
    key: Option<&str>,
) -> Result<Answer, Answer> {
    let app = app.ok_or_else(|| Answer::alert("Please provide an app=<App>"))?;
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
