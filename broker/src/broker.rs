//! Broker: builds every part in order, and stops them in order. The facade that everything operational talks to.

pub mod boot;
mod revoke;
pub mod unavailable;
pub mod background;
pub mod reload;
pub mod persist;
mod listeners;

use crate::core::Core;
use crate::events;
use crate::hooks::acl::AclRules;
use crate::hooks::file_providers::{AclProvider, PasswdProvider, acl_file, password_file};
use crate::hooks::plugins::Plugins;
use crate::hooks::rule_file::RuleFile;
use crate::hooks::{Hooks, Provider};
use crate::listener::{Listener, Listeners};
use crate::mailbox::Kick;
use crate::store::Store;
use crate::store::rocks::RocksStore;
use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tracing::{error, warn};
use vmq_config::{Config, Plugin};
use vmq_passwd::PasswordFile;

/// How long connections may take to leave when the broker stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// A running broker.
pub struct Broker {
    core: Arc<Core>,
    files: RuleFiles,
    plugins: Plugins,
}

/// The rule files that are read again while the broker runs.
#[derive(Clone)]
pub struct RuleFiles {
    pub acl: Arc<RuleFile<AclRules>>,
    pub passwords: Arc<RuleFile<PasswordFile>>,
}

impl Broker {
    /// Starts: store, sessions, routing table, retained messages, rule files, listeners last (mqtt.md 14.2 point 8).
    ///
    /// # Errors
    /// The store cannot be opened, or no MQTT listener can.
    pub async fn start(config: Config) -> Result<Self> {
        Self::start_with(config, Vec::new()).await
    }

    /// `start` with further providers in front of the hook chain.
    ///
    /// # Errors
    /// As `start`.
    pub async fn start_with(config: Config, extra: Vec<Arc<dyn Provider>>) -> Result<Self> {
        for text in unavailable::texts(&config) {
            warn!("{text}");
        }
        let store_config = config.store.clone();
        let opened = tokio::task::spawn_blocking(move || RocksStore::open(&store_config)).await?;
        let store: Arc<dyn Store> = Arc::new(opened.context("cannot start without the message store")?);
        let plugins = Plugins::new(&config.plugins);
        let (hooks, files) = build_hooks(&config, &plugins, extra);
        let registry = crate::registry::Registry::new(store.last_queue_id());
        let core = Arc::new(Core::new(config, store, hooks, registry));
        let booted = Arc::clone(&core);
        tokio::task::spawn_blocking(move || {
            booted.api_keys.open(&booted.config().node.data_dir);
            boot::load(&booted)?;
            // Whoever looks first sees how it stands, and not nothing.
            booted.survey.look(&booted);
            anyhow::Ok(())
        })
        .await??;
        let first = files.clone();
        tokio::task::spawn_blocking(move || first.load_first()).await?;
        background::spawn(&core, &files);
        let broker = Self { core, files, plugins };
        if let Err(error) = broker.open_listeners() {
            broker.stop().await;
            return Err(error);
        }
        Ok(broker)
    }

    /// Opens every listener; one that fails is logged and left out.
    fn open_listeners(&self) -> Result<()> {
        let listeners = &self.core.listeners;
        let config = self.core.config();
        for listener in &config.listeners {
            match Listener::bind(listener, &self.core) {
                Ok((listener, bound)) => self.open(listener, bound),
                Err(fault) => {
                    error!("{fault}");
                    let kind = events::Kind::ListenerFailed;
                    events::note(&self.core, kind, "cannot_open", None, &fault.to_string());
                    listeners.add_failed(fault.to_string());
                }
            }
        }
        if !listeners.all().iter().any(|listener| listener.is_mqtt()) {
            bail!("no MQTT listener is open; set one, such as listener.tcp.default = 127.0.0.1:1883");
        }
        Ok(())
    }

    /// The real address of a listener, by its name.
    #[must_use]
    pub fn listener_addr(&self, name: &str) -> Option<SocketAddr> {
        let listeners = self.core.listeners.all();
        listeners
            .iter()
            .find(|listener| listener.config.name == name)?
            .address
    }

    /// The listeners: those that are open, and those that could not be.
    #[must_use]
    pub fn listeners(&self) -> &Listeners {
        &self.core.listeners
    }

    /// A metric's value, summed over its labels; 0 for figures of the process.
    #[must_use]
    pub fn metric(&self, name: &str) -> u64 {
        crate::metrics::gauges::of_parts(&self.core)
            .into_iter()
            .find(|(gauge, _)| gauge.name == name)
            .map_or_else(|| self.core.metrics.sum(name), |(_, value)| value)
    }

    /// The last events worth telling of the whole broker, the newest last; equal ones are one with a count.
    #[must_use]
    pub fn recent_events(&self) -> Vec<crate::history::Event> {
        self.core.histories.recent.snapshot()
    }

    /// The shared parts.
    #[must_use]
    pub const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The rule files.
    #[must_use]
    pub const fn rule_files(&self) -> &RuleFiles {
        &self.files
    }

    /// The plugins.
    #[must_use]
    pub const fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    /// Stops: no new clients, DISCONNECT 0x8B and wills for those there are, then the store.
    pub async fn stop(&self) {
        self.core.stopping.send_replace(true);
        let drained = async {
            loop {
                // Again and again: a client may have been in its handshake.
                self.kick_everybody();
                let none_left = async {
                    for listener in self.core.listeners.all() {
                        listener.connections.none_left().await;
                    }
                };
                if tokio::time::timeout(Duration::from_millis(100), none_left)
                    .await
                    .is_ok()
                {
                    return;
                }
            }
        };
        if tokio::time::timeout(DRAIN_LIMIT, drained).await.is_err() {
            warn!("some connections did not end in time and are cut off");
        }
        self.core.traces.stop_all();
        let store = Arc::clone(&self.core.store);
        if tokio::task::spawn_blocking(move || store.close()).await.is_err() {
            error!("the message store did not close cleanly");
        }
    }

    fn kick_everybody(&self) {
        self.core.registry.for_each(|queue| {
            for mailbox in queue.owners() {
                mailbox.kick(Kick::ServerShutdown);
            }
        });
    }
}

fn build_hooks(config: &Config, plugins: &Plugins, extra: Vec<Arc<dyn Provider>>) -> (Hooks, RuleFiles) {
    let files = RuleFiles {
        acl: Arc::new(acl_file(&config.acl.file)),
        passwords: Arc::new(password_file(&config.passwd.file)),
    };
    let mut providers = extra;
    for plugin in plugins.chain() {
        let switch = plugins.switch(plugin);
        match plugin {
            Plugin::Acl => providers.push(Arc::new(AclProvider {
                rules: Arc::clone(&files.acl),
                switch,
            })),
            Plugin::Passwd => providers.push(Arc::new(PasswdProvider {
                users: Arc::clone(&files.passwords),
                switch,
            })),
            // Named in `not_available_yet`.
            Plugin::Bridge | Plugin::Diversity | Plugin::HttpPub | Plugin::WebUi | Plugin::Webhooks => {}
        }
    }
    (Hooks::new(providers), files)
}

impl RuleFiles {
    fn load_first(&self) {
        self.acl.load_first();
        self.passwords.load_first();
    }
}
