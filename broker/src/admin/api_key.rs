//! `vmq-admin api-key` (admin.md 13). What is refused is a text in the words of the original, as scripts look for them.

use super::{Admin, Answer, blocking};
use crate::api_keys::{ApiKeys, Entry, Expiry, KeyFault, Scope, shown};
use jiff::Timestamp;
use std::sync::Arc;
use vmq_admin::command::api_key::ApiKey;
use vmq_admin::{Element, Row};
use vmq_config::HttpApiConfig;

/// What keys are for if nothing is said.
const DEFAULT_SCOPE: &str = "mgmt";

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: ApiKey) -> Result<Answer, Answer> {
    let core = Arc::clone(admin.broker()?.core());
    // The file of the keys is written.
    let done = blocking(move || answer(&core.api_keys, &command, &core.config().http_api)).await?;
    Ok(done.unwrap_or_else(|fault| refused(&fault)))
}

fn answer(keys: &ApiKeys, command: &ApiKey, rules: &HttpApiConfig) -> Result<Answer, KeyFault> {
    match command {
        ApiKey::Create { scope, expires } => {
            let expiry = Expiry::now(expires.as_deref());
            let key = keys.create(named(scope.as_deref())?, expiry, rules)?;
            Ok(text(key))
        }
        ApiKey::Add { key, scope, expires } => {
            let expiry = Expiry::now(expires.as_deref());
            keys.add(key, named(scope.as_deref())?, expiry, rules)?;
            Ok(text("ok"))
        }
        ApiKey::Delete { key, scope } => {
            keys.delete(key, named(scope.as_deref())?)?;
            Ok(text("ok"))
        }
        ApiKey::Show { scope, verbose } => {
            let scope = match scope.as_deref() {
                None | Some("all") => None,
                Some(name) => Some(Scope::from_name(name)?),
            };
            let is_wanted = |entry: &Entry| scope.is_none_or(|scope| entry.scope == scope);
            let entries = keys.all().into_iter().filter(is_wanted);
            let now = Timestamp::now().as_second();
            let rows = entries.map(|entry| row(&entry, now, *verbose)).collect();
            Ok(Answer::of(vec![Element::Table(rows)]))
        }
    }
}

fn named(scope: Option<&str>) -> Result<Scope, KeyFault> {
    Scope::from_name(scope.unwrap_or(DEFAULT_SCOPE))
}

fn row(entry: &Entry, now: i64, verbose: bool) -> Row {
    let row = Row::default()
        .with("Key", entry.id())
        .with("Scope", entry.scope.name())
        .with("Expires (UTC)", shown(entry.expires))
        .with("has expired", entry.is_expired(now));
    match verbose {
        true => row.with("Created (UTC)", shown(Some(entry.created))),
        false => row,
    }
}

fn text(text: impl Into<String>) -> Answer {
    Answer::of(vec![Element::text(text)])
}

/// A text and no alert, as it always was; a failure all the same.
fn refused(fault: &KeyFault) -> Answer {
    Answer {
        exit: 1,
        ..text(fault.to_string())
    }
}
