//! Reload: the configuration file is read again while the broker runs (config.md 10). All or nothing: a file with
//! faults changes nothing. Live keys are put in force together; the others keep their values until a restart, and are
//! named.

use super::persist::{self, Forget, PersistFault};
use super::{Broker, revoke};
use crate::hooks::rule_file::{LoadFault, Reload};
use parking_lot::RwLock;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing::{error, info, warn};
use vmq_config::{Change, Diff, Faults, Loaded, Plugin};

/// The configuration in force and the file it came from.
#[derive(Debug)]
pub struct Reloader {
    file: PathBuf,
    current: Arc<InForce>,
}

/// The settings in force, for those who only look; replaced whole.
#[derive(Debug)]
pub struct InForce(RwLock<Arc<Loaded>>);

/// What a change of the configuration did.
#[derive(Debug, Default)]
pub struct Report {
    /// Keys that have their new value now.
    pub changed: Vec<Change>,
    /// Keys that get theirs at the next start.
    pub waiting: Vec<Change>,
    /// Rule files, keys and certificates that cannot be used; the old ones stay.
    pub faults: Vec<String>,
    /// The file that keeps the new values for the next start.
    pub saved: Option<PathBuf>,
    /// Saved lines that are gone.
    pub forgotten: usize,
}

/// What becomes of settings; there may be secrets among the values.
#[derive(Default)]
pub struct Values {
    /// New values, as they were typed.
    pub values: Vec<(String, String)>,
    /// They are also for the next start.
    pub persist: bool,
    /// For the next start alone.
    pub save: Vec<(String, String)>,
    /// Saved lines that go; a setting among them gets the value of the file again, unless it has a new one.
    pub forget: Vec<Forget>,
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

/// Why nothing was set.
#[derive(Debug, thiserror::Error)]
pub enum SetFault {
    #[error(transparent)]
    Values(#[from] Faults),
    #[error(transparent)]
    Persist(#[from] PersistFault),
    /// A bug, or the end of the process.
    #[error("the values could not be checked: {0}")]
    Check(#[from] tokio::task::JoinError),
}

impl InForce {
    /// What is in force at this moment.
    #[must_use]
    pub fn get(&self) -> Arc<Loaded> {
        Arc::clone(&self.0.read())
    }
}

impl Reloader {
    /// Starts with what `main` loaded.
    #[must_use]
    pub fn new(file: PathBuf, current: Loaded) -> Self {
        let current = Arc::new(InForce(RwLock::new(Arc::new(current))));
        Self { file, current }
    }

    /// The settings in force, now and later.
    #[must_use]
    pub fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.current)
    }

    /// Reads the file again and puts in force what may change. Everything is logged.
    ///
    /// # Errors
    /// The faults of the file; nothing has changed then.
    pub async fn reload(&mut self, broker: &Broker) -> Result<Report, ReloadFault> {
        let result = read(&self.file, self.current.get()).await;
        let (next, diff) = result.inspect_err(|fault| {
            for line in fault.to_string().lines() {
                error!("configuration not reloaded: {line}");
            }
        })?;
        for warning in &next.warnings {
            warn!("{warning}");
        }
        self.put_in_force(broker, next, &diff);
        let mut faults = broker.reload_rule_files().await;
        faults.extend(broker.reload_tls_files().await);
        Ok(Report {
            faults,
            changed: diff.live,
            waiting: diff.restart,
            saved: None,
            forgotten: 0,
        })
    }

    /// Gives settings other values until the next start, or for good; all of them or none. Everything is logged.
    ///
    /// # Errors
    /// A value that does not fit, or cannot be written; nothing has changed then.
    pub async fn set(&mut self, broker: &Broker, values: Values) -> Result<Report, SetFault> {
        let (file, current) = (self.file.clone(), self.current.get());
        let saved = (values.persist || !values.save.is_empty()).then(|| persist::file_of(&file));
        let check = move || -> Result<(Loaded, Diff, usize), SetFault> {
            let (next, forgotten) = decide(&file, &current, &values)?;
            let diff = vmq_config::diff(&current, &next);
            Ok((next, diff, forgotten))
        };
        let (next, diff, forgotten) = tokio::task::spawn_blocking(check).await??;
        self.put_in_force(broker, next, &diff);
        let is_rule_file =
            |change: &Change| change.key.starts_with("vmq_acl.") || change.key.starts_with("vmq_passwd.");
        let faults = match diff.live.iter().any(is_rule_file) {
            true => broker.reload_rule_files().await,
            false => Vec::new(),
        };
        Ok(Report {
            faults,
            changed: diff.live,
            waiting: diff.restart,
            saved,
            forgotten,
        })
    }

    fn put_in_force(&self, broker: &Broker, next: Loaded, diff: &Diff) {
        for change in &diff.live {
            info!("configuration changed: {}", describe(change));
        }
        for change in &diff.restart {
            warn!("configuration change needs a restart: {}", describe(change));
        }
        broker.core().replace_config(next.config.clone());
        *self.current.0.write() = Arc::new(next);
    }
}

/// Writes what is to be saved, and gives the settings to put in force and how many saved lines are gone. Blocks on the
/// disk.
fn decide(file: &Path, current: &Loaded, wanted: &Values) -> Result<(Loaded, usize), SetFault> {
    // Before anything is written: values may be wrong.
    let mut next = current.with_changes(&wanted.values)?;
    let forgotten = match wanted.forget.is_empty() {
        true => 0,
        false => persist::forget(file, &wanted.forget)?,
    };
    let keys = wanted.forget.iter().filter_map(|forget| match forget {
        Forget::Key(key) => Some(key.clone()),
        Forget::Family(_) => None,
    });
    let keys: Vec<String> = keys.collect();
    if !keys.is_empty() {
        let read = persist::load(file)?;
        next = current
            .with_settings_of(&read, &keys)?
            .with_changes(&wanted.values)?;
    }
    if wanted.persist {
        persist::write(file, &wanted.values)?;
    }
    if !wanted.save.is_empty() {
        persist::write(file, &wanted.save)?;
    }
    Ok((next, forgotten))
}

/// The configuration to put in force, off the threads that serve clients.
async fn read(file: &Path, current: Arc<Loaded>) -> Result<(Loaded, Diff), ReloadFault> {
    let file = file.to_owned();
    let read = tokio::task::spawn_blocking(move || next(&file, &current)).await?;
    Ok(read?)
}

/// The new values of live keys, the old ones of all others.
fn next(file: &Path, current: &Loaded) -> Result<(Loaded, Diff), Faults> {
    let read = vmq_config::load(file, &|name| std::env::var(name).ok())?;
    let diff = vmq_config::diff(current, &read);
    let mixed = current.with_live_of(&read)?;
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
        let running = self.plugins.running();
        let reload = tokio::task::spawn_blocking(move || {
            let config = core.config();
            let mut faults = Vec::new();
            let mut note = |plugin: Plugin, path: &Path, result: Reload| {
                if let Reload::Refused(fault) = result
                    && running.contains(&plugin)
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
