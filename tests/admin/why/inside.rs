//! A broker in the process of the test, with its log. Everything of it runs in the thread of the test, and so does the log:
//! each test has its own.

use super::Witness;
use harness::{BrokerBuilder, TestBroker};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tracing::subscriber::DefaultGuard;
use vmq_broker::core::Core;
use vmq_broker::history::{Entry, Known};
use vmq_broker::logging::Logging;
use vmq_broker::registry::SubscriberId;

/// A broker and what can be seen of it.
pub(super) struct Inside {
    pub(super) broker: TestBroker,
    pub(super) seen: Seen,
}

/// What can be seen of a broker, also after its end.
pub(super) struct Seen {
    pub(super) core: Arc<Core>,
    log: PathBuf,
    _logging: Logging,
    _scope: DefaultGuard,
}

impl Inside {
    pub(super) async fn start(builder: BrokerBuilder) -> Self {
        let log = builder.home().join("console.log");
        let builder = builder.conf(&format!(
            "log.console = file\nlog.console.level = debug\nlog.console.file.format = json\nlog.console.file = {}",
            log.display()
        ));
        let loaded = vmq_config::load_str(&builder.text(), &|_| None).unwrap();
        let logging = Logging::start(&loaded.config.log).unwrap();
        let scope = tracing::subscriber::set_default(logging.subscriber());
        let broker = builder.start().await;
        let core = Arc::clone(broker.core());
        Self {
            broker,
            seen: Seen {
                core,
                log,
                _logging: logging,
                _scope: scope,
            },
        }
    }
}

impl Seen {
    /// The history of a client.
    pub(super) fn history(&self, client: &str) -> Vec<Entry> {
        match self.core.histories.clients.of(&SubscriberId::new("", client)) {
            Known::Entries { entries, .. } => entries,
            Known::Nothing { .. } => Vec::new(),
        }
    }
}

impl Witness for Seen {
    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn metric(&self, family: &str, reason: &str) -> u64 {
        let label = format!("reason={reason}");
        let mut counters = vmq_broker::metrics::Counter::ALL.iter();
        let counter = counters.find(|counter| counter.family().name == family && counter.label() == label);
        self.core
            .metrics
            .value(*counter.unwrap_or_else(|| panic!("no counter {family} of {reason}")))
    }

    fn entries(&self, client: &str, event: &str) -> Vec<(u64, String, String)> {
        let entries = self.history(client).into_iter();
        let of_event = entries.filter(|entry| entry.kind.word() == event);
        of_event
            .map(|entry| {
                let by = entry.by.map(|by| by.to_string());
                (entry.count, entry.reason.to_owned(), by.unwrap_or_default())
            })
            .collect()
    }
}

/// The clock of everything in this thread jumps.
pub(super) async fn jump(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}
