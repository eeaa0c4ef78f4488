//! The admin socket: the one way in for `vernemq`'s verbs, `vmq-admin` and the console (admin.md 18).
//!
//! `serve` accepts and reads bounded lines, `peer` decides who may do what, `running` holds the commands of a connection,
//! `dispatch` has one arm for every command, and a file for each group does it; `replies` writes what they answer. Commands
//! by HTTP join at `dispatch`, through `web`. What
//! changes the process itself (stop, reload) goes to `shutdown` by a bounded channel: there is one place that decides how
//! the process ends.

pub mod account;
pub mod pid_file;
mod socket;
mod peer;
mod caller;
pub mod lines;
mod serve;
mod running;
mod replies;
mod dispatch;
mod live;
mod web;
mod daemon;
mod table;
mod query;
mod growth;
mod node;
mod durability;
mod cluster;
mod plugin;
mod session;
mod publish;
mod retain;
mod authz;
mod events;
mod happened;
mod listener;
mod tls;
mod log;
mod metrics;
mod api_key;
mod settings;
mod support;
mod trace;

pub(crate) use caller::Caller;
pub use socket::{AdminSocket, OpenFault};
pub(crate) use table::{Part, TableParts};
pub(crate) use web::PATIENCE;

use crate::Broker;
use crate::broker::reload::{InForce, Report, SetFault, Values};
use crate::logging::Logging;
use parking_lot::Mutex;
use peer::Policy;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Semaphore, mpsc, oneshot};
use vmq_admin::wire::{self, Hello};
use vmq_admin::{Access, Element, State};
use vmq_config::{Config, Loaded};

/// Requests that wait for the main loop; more than one is unusual.
const CONTROLS_MAX: usize = 8;

/// What the main loop is asked for.
pub enum Control {
    /// Stop and exit.
    Stop,
    /// Reload, and tell how it went.
    Reload(oneshot::Sender<Answer>),
    /// Change settings, and tell how it went.
    Set(Values, oneshot::Sender<Result<Report, SetFault>>),
    /// Start the broker again, in a process without one.
    StartNode(oneshot::Sender<Answer>),
    /// Stop the broker; the process and its admin socket stay.
    StopNode(oneshot::Sender<Answer>),
}

/// The answer to a command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub elements: Vec<Element>,
    /// For standard error: what an operator should know although it worked.
    pub notes: Vec<String>,
    /// 0 = success.
    pub exit: u8,
}

/// What the commands reach.
pub struct Admin {
    node: String,
    policy: Policy,
    state: Mutex<State>,
    /// There while the broker runs.
    broker: Mutex<Option<Arc<Broker>>>,
    /// The settings in force; there once the broker runs.
    settings: OnceLock<Arc<InForce>>,
    logging: Arc<Logging>,
    controls: mpsc::Sender<Control>,
    /// Room for commands by HTTP.
    web_slots: Arc<Semaphore>,
}

impl Admin {
    /// The admin side of a node that is starting, and what it asks the main loop for.
    #[must_use]
    pub fn new(config: &Config, logging: Arc<Logging>) -> (Arc<Self>, mpsc::Receiver<Control>) {
        let (controls, requests) = mpsc::channel(CONTROLS_MAX);
        let admin = Self {
            node: config.node.name.clone(),
            policy: Policy::new(&config.admin),
            state: Mutex::new(State::Starting),
            broker: Mutex::new(None),
            settings: OnceLock::new(),
            logging,
            controls,
            web_slots: Arc::new(Semaphore::new(web::COMMANDS_MAX)),
        };
        (Arc::new(admin), requests)
    }

    /// From now on every command works.
    pub fn running(self: &Arc<Self>, broker: Arc<Broker>, settings: Arc<InForce>) {
        // A broker has one way in for its operators, given to it once.
        drop(broker.core().admin.set(Arc::downgrade(self)));
        // A process has one set of settings, however often its broker is started.
        drop(self.settings.set(settings));
        *self.broker.lock() = Some(broker);
        *self.state.lock() = State::Running;
    }

    /// From now on a broker is on its way.
    pub fn starting(&self) {
        *self.state.lock() = State::Starting;
    }

    /// From now on only the end is waited for.
    pub fn stopping(&self) {
        *self.state.lock() = State::Stopping;
    }

    /// From now on there is no broker.
    pub fn stopped(&self) {
        *self.broker.lock() = None;
        *self.state.lock() = State::Stopped;
    }

    fn state(&self) -> State {
        *self.state.lock()
    }

    /// The broker, or the answer for as long as it does not run.
    fn broker(&self) -> Result<Arc<Broker>, Answer> {
        let state = self.state();
        let broker = self.broker.lock().clone();
        broker
            .filter(|_| state == State::Running)
            .ok_or_else(|| Answer::alert(format!("node is {state}")))
    }

    /// The settings in force, or the answer for as long as the broker does not run.
    fn settings(&self) -> Result<Arc<Loaded>, Answer> {
        self.broker()?;
        self.last_settings()
    }

    /// The same, also while the broker is stopped.
    fn last_settings(&self) -> Result<Arc<Loaded>, Answer> {
        let settings = self.settings.get().map(|settings| settings.get());
        settings.ok_or_else(|| Answer::alert("node is starting"))
    }

    /// What a peer that may do this is told first.
    fn hello(&self, access: Access) -> Hello {
        Hello {
            v: wire::VERSION,
            node: self.node.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            state: self.state(),
            access,
        }
    }
}

/// Does work that waits or walks on a thread that may; a panic there is a failure of the command.
async fn blocking<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> Result<R, Answer> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Answer::alert(error.to_string()))
}

impl Answer {
    /// Success with these elements.
    #[must_use]
    pub const fn of(elements: Vec<Element>) -> Self {
        Self {
            elements,
            notes: Vec::new(),
            exit: 0,
        }
    }

    /// Done, as the original says it.
    #[must_use]
    pub fn done() -> Self {
        Self::of(vec![Element::text("Done")])
    }

    /// With notes for standard error.
    #[must_use]
    pub fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// A failure and its text.
    pub fn alert(text: impl Into<String>) -> Self {
        Self {
            elements: vec![Element::alert(text)],
            notes: Vec::new(),
            exit: 1,
        }
    }
}
