//! Core: the parts every connection shares, built once by `Broker::start` and handed around as one pointer.

use crate::admin::Admin;
use crate::api_keys::ApiKeys;
use crate::history::Histories;
use crate::hooks::Hooks;
use crate::inquiry::Inquiries;
use crate::listener::Listeners;
use crate::listener::descriptors::Descriptors;
use crate::metrics::Metrics;
use crate::metrics::history::History;
use crate::metrics::process::Process;
use crate::metrics::survey::Survey;
use crate::overload::Overload;
use crate::queue::Limits;
use crate::registry::Registry;
use crate::retain::Retained;
use crate::router::{Publisher, Router};
use crate::store::{Commit, Op, Store};
use crate::topics::LiveTopics;
use crate::trace::Traces;
use parking_lot::RwLock;
use rustix::process::{Resource, getrlimit};
use std::sync::{Arc, OnceLock, Weak};
use tokio::sync::watch;
use vmq_config::{Config, SessionConfig};

/// The shared parts of a running broker.
pub struct Core {
    /// The configuration in force, replaced whole by a reload.
    config: RwLock<Snapshot>,
    pub router: Router,
    pub retained: Retained,
    pub registry: Registry,
    pub store: Arc<dyn Store>,
    pub hooks: Hooks,
    pub metrics: Metrics,
    pub process: Process,
    /// Figures that are looked at once a second.
    pub survey: Survey,
    /// What was counted in the last ten minutes.
    pub history: History,
    /// What happened to clients lately, and why.
    pub histories: Histories,
    pub listeners: Listeners,
    /// Open files that connections may have.
    pub descriptors: Descriptors,
    pub overload: Overload,
    pub traces: Traces,
    /// What operators ask of connections.
    pub inquiries: Inquiries,
    /// Which topics are alive, while somebody looks.
    pub topics: Arc<LiveTopics>,
    /// Who may use the HTTP side.
    pub api_keys: Arc<ApiKeys>,
    /// Where commands by HTTP go; there once the node runs. It holds the broker, and so this.
    pub admin: OnceLock<Weak<Admin>>,
    /// Becomes `true` when the broker stops.
    pub stopping: watch::Sender<bool>,
}

/// The configuration, with the section that sessions hold apart.
#[derive(Clone)]
struct Snapshot {
    config: Arc<Config>,
    session: Arc<SessionConfig>,
}

impl Core {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: Config, store: Arc<dyn Store>, hooks: Hooks, registry: Registry) -> Self {
        let histories = Histories::new(&config.history);
        Self {
            config: RwLock::new(Snapshot::new(config)),
            router: Router::default(),
            retained: Retained::default(),
            registry,
            store,
            hooks,
            metrics: Metrics::default(),
            process: Process::default(),
            survey: Survey::default(),
            history: History::default(),
            histories,
            listeners: Listeners::default(),
            descriptors: Descriptors::new(getrlimit(Resource::Nofile).current),
            overload: Overload::new(),
            traces: Traces::default(),
            inquiries: Inquiries::default(),
            topics: Arc::default(),
            api_keys: Arc::default(),
            admin: OnceLock::new(),
            stopping: watch::Sender::new(false),
        }
    }

    /// The configuration in force.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().config)
    }

    /// The section that a new session samples.
    #[must_use]
    pub fn session_config(&self) -> Arc<SessionConfig> {
        Arc::clone(&self.config.read().session)
    }

    /// Puts a new configuration in force.
    pub fn replace_config(&self, config: Config) {
        *self.config.write() = Snapshot::new(config);
    }

    /// Hands changes to the store; `None` = there are none.
    pub fn submit(&self, ops: Vec<Op>) -> Option<Commit> {
        (!ops.is_empty()).then(|| self.store.submit(ops))
    }

    /// The queue limits in force.
    #[must_use]
    pub fn queue_limits(&self) -> Limits {
        Limits::from_config(&self.config.read().config)
    }

    /// The broker itself as a publisher (wills, `$SYS`).
    #[must_use]
    pub fn own_publisher(&self) -> Publisher {
        let session = self.session_config();
        Publisher {
            queue: None,
            upgrade_qos: session.upgrade_outgoing_qos,
            shared_policy: session.shared_subscription_policy,
        }
    }
}

impl Snapshot {
    fn new(config: Config) -> Self {
        Self {
            session: Arc::new(config.session.clone()),
            config: Arc::new(config),
        }
    }
}
