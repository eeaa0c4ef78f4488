//! Reload: the configuration file is read again while the broker runs (config.md 10). All or nothing: a file with
//! faults changes nothing. Live keys are put in force together; the others keep their values until a restart, and are
//! named.

use super::{Broker, revoke};
use crate::hooks::rule_file::{LoadFault, Reload};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing::{error, info, warn};
use vmq_config::{Change, Diff, Faults, Loaded, Plugin};

/// The configuration in force and the file it came from.
#[derive(Debug)]
pub struct Reloader {
    file: PathBuf,
    current: Loaded,
}

/// What a reload did.
#[derive(Debug, Default)]
pub struct Report {
    /// Keys that have their new value now.
    pub changed: Vec<Change>,
    /// Keys that get theirs at the next start.
    pub waiting: Vec<Change>,
    /// Rule files, keys and certificates that cannot be used; the old ones stay.
    pub faults: Vec<String>,
}

/// Why nothing was reloaded.
#[derive(Debug, thiserror::Error)]
pub enum ReloadFault {
    #[error(transparent)]
    File(#[from] Faults),
    /// A bug, or the end of the process.
    #[error("the configuration could not be checked: {0}")]
    Check(#[from] tokio::task::JoinError),
}

impl Reloader {
    /// Starts with what `main` loaded.
    #[must_use]
    pub const fn new(file: PathBuf, current: Loaded) -> Self {
        Self { file, current }
    }

    /// Reads the file again and puts in force what may change. Everything is logged.
    ///
    /// # Errors
    /// The faults of the file; nothing has changed then.
    pub async fn reload(&mut self, broker: &Broker) -> Result<Report, ReloadFault> {
        let result = read(&self.file, &self.current).await;
        let (next, diff) = result.inspect_err(|fault| {
            for line in fault.to_string().lines() {
                error!("configuration not reloaded: {line}");
            }
        })?;
        for warning in &next.warnings {
            warn!("{warning}");
        }
        for change in &diff.live {
            info!("configuration changed: {}", describe(change));
        }
        for change in &diff.restart {
            warn!("configuration change needs a restart: {}", describe(change));
        }
        broker.core().replace_config(next.config.clone());
        self.current = next;
        let mut faults = broker.reload_rule_files().await;
        faults.extend(broker.reload_tls_files().await);
        Ok(Report {
            faults,
            changed: diff.live,
            waiting: diff.restart,
        })
    }
}

/// The configuration to put in force, off the threads that serve clients.
async fn read(file: &Path, current: &Loaded) -> Result<(Loaded, Diff), ReloadFault> {
    let (file, current) = (file.to_owned(), current.clone());
    let read = tokio::task::spawn_blocking(move || next(&file, &current)).await?;
    Ok(read?)
}

/// The new values of live keys, the old ones of all others.
fn next(file: &Path, current: &Loaded) -> Result<(Loaded, Diff), Faults> {
    let read = vmq_config::load(file, &|name| std::env::var(name).ok())?;
    let diff = vmq_config::diff(current, &read);
    if diff.restart.is_empty() {
        return Ok((read, diff));
    }
    let changes: Vec<(String, String)> = diff
        .live
        .iter()
        .map(|change| {
            // `Change` is fit for a log; the value itself may be a secret. A key that has gone becomes empty.
            let value = read.get(&change.key).map(|setting| setting.value.clone());
            (change.key.clone(), value.unwrap_or_default())
        })
        .collect();
    let mut mixed = current.with_changes(&changes)?;
    mixed.warnings = read.warnings;
    Ok((mixed, diff))
}

/// A change as the log and the tools tell it.
#[must_use]
pub fn describe(change: &Change) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "not set".to_owned());
    format!("{}: {} -> {}", change.key, shown(&change.old), shown(&change.new))
}

impl Broker {
    /// Reads keys, certificates and revocation lists of all listeners again. Gives the faults; what they concern stays.
    pub async fn reload_tls_files(&self) -> Vec<String> {
        let core = Arc::clone(&self.core);
        let reload = tokio::task::spawn_blocking(move || {
            let mut faults = core.listeners.refresh_certificates(true);
            faults.extend(core.listeners.refresh_revocations(true));
            faults
        });
        reload.await.unwrap_or_else(|error| vec![error.to_string()])
    }

    /// Looks at the rule files of the configuration in force. Gives the faults of plugins that are on.
    async fn reload_rule_files(&self) -> Vec<String> {
        let (files, core) = (self.files.clone(), Arc::clone(&self.core));
        let reload = tokio::task::spawn_blocking(move || {
            let config = core.config();
            let mut faults = Vec::new();
            let mut note = |plugin: Plugin, path: &Path, result: Reload| {
                if let Reload::Refused(fault) = result
                    && config.plugins.contains(&plugin)
                    // A broker without a password file is a usual thing.
                    && !(plugin == Plugin::Passwd && matches!(fault, LoadFault::Unreadable(_)))
                {
                    faults.push(format!("can't load {} due to {fault}", path.display()));
                }
            };
            let (acl, passwords) = (&config.acl.file, &config.passwd.file);
            let reload = files.acl.set_source(acl);
            revoke::follow(&core, &reload);
            note(Plugin::Acl, acl, reload);
            note(Plugin::Passwd, passwords, files.passwords.set_source(passwords));
            faults
        });
        reload.await.unwrap_or_else(|error| vec![error.to_string()])
    }
}
