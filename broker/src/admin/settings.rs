//! `vmq-admin show | describe | set`: settings in force and new values for them (admin.md 11). A change takes the way of
//! a reload: the main loop makes one change at a time.

mod config;

use super::{Admin, Answer, Control};
use crate::broker::reload::{Report, SetFault, Values};
use tokio::sync::oneshot;
use vmq_admin::command::settings::{Scope, Settings};
use vmq_admin::{Element, Row, Value};
use vmq_config::{Applies, Internal, Loaded};

/// Instead of a password or key.
const MASK: &str = "******";

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Settings) -> Result<Answer, Answer> {
    match command {
        Settings::Show {
            keys,
            scope,
            raw,
            verbose,
        } => {
            check(admin, &scope)?;
            show(admin, &keys, raw, verbose)
        }
        Settings::Describe { keys } => {
            let loaded = admin.settings()?;
            describe(&loaded, &keys)
        }
        Settings::ConfigShow { app, key } => {
            let (loaded, running) = (admin.settings()?, admin.broker()?.plugins().running());
            config::show(&loaded, &running, app.as_deref(), key.as_deref())
        }
        Settings::ConfigReset {
            app,
            key,
            global,
            replacement,
        } => config::reset(admin, app, key, global, replacement).await,
        Settings::Set {
            values,
            scope,
            persist,
        } => {
            check(admin, &scope)?;
            set(admin, values, &scope, persist).await
        }
    }
}

/// One node has no other nodes.
fn check(admin: &Admin, scope: &Scope) -> Result<(), Answer> {
    match scope {
        Scope::Node(node) if *node != admin.node => Err(Answer::alert("Invalid node name")),
        _ => Ok(()),
    }
}

fn show(admin: &Admin, keys: &[String], raw: bool, verbose: bool) -> Result<Answer, Answer> {
    let loaded = admin.settings()?;
    let unknown = unknown(keys, |key| loaded.has_key(key));
    if !unknown.is_empty() {
        return Err(Answer::alert(unknown));
    }
    let node = Row::default().with("node", admin.node.as_str());
    let rows = if verbose {
        let row = |key: &str| explained(node.clone(), &loaded, key, raw);
        let all = || loaded.effective.iter().map(|setting| row(&setting.key));
        match keys.is_empty() {
            true => all().collect(),
            false => keys.iter().map(|key| row(key)).collect(),
        }
    } else {
        let add = |row: Row, key: &String| row.with(key, value(&loaded, key, raw));
        vec![keys.iter().fold(node, add)]
    };
    Ok(Answer::of(vec![Element::Table(rows)]))
}

/// `Invalid config keys: a b `, with its last blank; empty = all are known.
fn unknown(keys: &[String], is_known: impl Fn(&str) -> bool) -> String {
    let unknown: String = keys
        .iter()
        .filter(|key| !is_known(key))
        .map(|key| format!("{key} "))
        .collect();
    match unknown.is_empty() {
        true => unknown,
        false => format!("Invalid config keys: {unknown}"),
    }
}

fn value(loaded: &Loaded, key: &str, raw: bool) -> Value {
    let Some(setting) = loaded.get(key) else {
        return Value::Null;
    };
    match loaded.internal(key) {
        _ if raw || setting.secret => setting.masked().into(),
        Some(Internal::Number(number)) => Value::Number(number),
        Some(Internal::Text(text)) => text.into(),
        None => Value::Null,
    }
}

fn explained(node: Row, loaded: &Loaded, key: &str, raw: bool) -> Row {
    let row = node.with("key", key).with("value", value(loaded, key, raw));
    let setting = loaded.get(key);
    let default = setting.and_then(|setting| setting.default.clone());
    row.with("default", default.map_or(Value::Null, Value::from))
        .with(
            "origin",
            setting.map_or_else(|| "not set".to_owned(), |setting| setting.origin.to_string()),
        )
        .with("values", vmq_config::choices(key).join(" "))
}

fn describe(loaded: &Loaded, keys: &[String]) -> Result<Answer, Answer> {
    let texts: Vec<Option<String>> = keys.iter().map(|key| vmq_config::explain(loaded, key)).collect();
    if texts.iter().any(Option::is_none) {
        return Err(Answer::alert(unknown(keys, |key| {
            vmq_config::explain(loaded, key).is_some()
        })));
    }
    Ok(Answer::of(
        texts.into_iter().flatten().map(Element::text).collect(),
    ))
}

async fn set(
    admin: &Admin,
    values: Vec<(String, String)>,
    scope: &Scope,
    persist: bool,
) -> Result<Answer, Answer> {
    admin.broker()?;
    let wanted = Values {
        values: values.clone(),
        persist,
        ..Values::default()
    };
    let report = change(admin, wanted).await?.map_err(refusal)?;
    let result = result(&values);
    let mut elements = match scope {
        Scope::Local | Scope::Node(_) => vec![Element::text(result)],
        Scope::All => vec![
            Element::text("Setting config across the cluster"),
            Element::Table(vec![
                Row::default()
                    .with("Node", admin.node.as_str())
                    .with("Node Down/Unreachable", false)
                    .with("Result", result),
            ]),
        ],
    };
    elements.extend(report.faults.iter().map(Element::alert));
    Ok(Answer {
        elements,
        exit: u8::from(!report.faults.is_empty()),
        notes: notes(&values, &report),
    })
}

/// Has settings changed by the main loop, which alone changes them.
pub(super) async fn change(admin: &Admin, wanted: Values) -> Result<Result<Report, SetFault>, Answer> {
    let is_stopping = || Answer::alert("node is stopping");
    let (answer, answered) = oneshot::channel();
    let sent = admin.controls.send(Control::Set(wanted, answer)).await;
    sent.map_err(|_| is_stopping())?;
    answered.await.map_err(|_| is_stopping())
}

/// Each fault as a text of one alert.
fn refusal(fault: SetFault) -> Answer {
    let texts = match &fault {
        SetFault::Values(faults) => faults.iter().map(|fault| Element::text(fault.text())).collect(),
        other => vec![Element::text(other.to_string())],
    };
    Answer {
        elements: vec![Element::Alert(texts)],
        exit: 1,
        ..Answer::default()
    }
}

/// One line for each key.
fn result(values: &[(String, String)]) -> String {
    let line = |(key, value): &(String, String)| {
        let value = match vmq_config::is_secret(key) {
            true => MASK,
            false => value.as_str(),
        };
        format!("{key} set to \"{value}\"")
    };
    values.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn notes(values: &[(String, String)], report: &Report) -> Vec<String> {
    let keys = || values.iter().map(|(key, _)| key.as_str());
    let mut notes: Vec<String> = keys()
        .filter(|key| vmq_config::deprecation(key).is_some())
        .map(|key| format!("{key} is deprecated"))
        .collect();
    let sampled: Vec<&str> = keys()
        .filter(|key| vmq_config::applies(key) == Some(Applies::NewSessions))
        .collect();
    if !sampled.is_empty() {
        notes.push(format!(
            "connected sessions keep their values of: {}; new sessions have the new ones",
            sampled.join(", ")
        ));
    }
    notes.extend(
        report
            .saved
            .as_ref()
            .map(|file| format!("saved in {}", file.display())),
    );
    notes
}
