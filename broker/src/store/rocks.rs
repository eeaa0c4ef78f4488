//! The store on disk: RocksDB, one thread that writes, reads from any thread.
//!
//! A group is one part of one write batch, so it is in the log whole or not at all. A message of one queue lies in its
//! entry; a message of several lies once in `bodies` with the number of entries that point to it.

mod options;
mod database;
mod wal;
mod recover;
mod anchor;
mod health;
mod memo;
mod floors;
mod batch;
mod writer;
mod syncer;
mod read;
mod boot;

use super::{Commit, Entry, Op, QueueId, Seq, Store, StoreError, StoredFlights, StoredSession};
use crate::message::Message;
use crate::metrics::durations;
use crate::metrics::snapshot::Histogram;
use database::Database;
use floors::Floors;
use memo::Memo;
pub use options::OPEN_FILES_MAX;
use parking_lot::Mutex;
use read::Direction;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use vmq_config::{StoreConfig, SyncPolicy};
use writer::{Shared, Writer};

/// How often boot mends a database that turns out to be damaged while it is read.
const MENDINGS_MAX: usize = 64;

/// The message store on disk.
pub struct RocksStore {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    last_queue: Arc<AtomicU64>,
}

impl RocksStore {
    /// Opens or creates the store. A log torn by a crash is cut with a warning; damaged files are put into `lost/`
    /// below the folder with errors in the log.
    ///
    /// # Errors
    /// The folder cannot be used, another process uses it, or a newer version wrote it.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let database = Database::open(&config.dir, config.memory_bytes)?;
        let facts = mending(&database, |tables| anchor::establish(tables, &config.dir))?;
        let last_queue = Arc::new(AtomicU64::new(facts.last_queue));
        let memo = Memo::new(facts.opening, last_queue.clone());
        let shared = Arc::new(Shared::new(database, config.sync));
        let mut threads = Vec::new();
        let writing = shared.clone();
        threads.push(spawn("store-write", config, move || {
            Writer::new(&writing, memo).run()
        })?);
        if config.sync == SyncPolicy::Batch {
            let syncing = shared.clone();
            threads.push(spawn("store-sync", config, move || syncer::run(&syncing))?);
        }
        Ok(Self {
            shared,
            threads: Mutex::new(threads),
            last_queue,
        })
    }

    fn floors(&self) -> &Floors {
        &self.shared.database.floors
    }
}

/// Does `work` at boot, mending the database when it turns out to be damaged; `work` goes on where it stopped.
fn mending<T>(
    database: &Database,
    mut work: impl FnMut(&database::Tables<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 0..MENDINGS_MAX {
        match database.with(&mut work) {
            // Writing may be what finds it: RocksDB refuses to after its background work met damage.
            Err(StoreError::Read(why) | StoreError::Write(why)) if why.contains("Corruption") => {
                database.reopen(&why)?;
            }
            done => return done,
        }
    }
    database.with(work)
}

/// Stops the process when a thread of the store panics: nothing would ever be acknowledged again.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("a thread of the message store has panicked; stopping at once");
            std::process::abort();
        }
    }
}

fn spawn(
    name: &str,
    config: &StoreConfig,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    let guarded = move || {
        let _guard = AbortOnPanic;
        work();
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(guarded)
        .map_err(|error| StoreError::Open {
            dir: config.dir.display().to_string(),
            why: format!("cannot start thread '{name}': {error}"),
        })
}

impl Store for RocksStore {
    fn submit(&self, ops: Vec<Op>) -> Commit {
        self.shared.submit(ops)
    }

    fn commit_durations(&self) -> Histogram {
        durations::histogram([&self.shared.durations])
    }

    fn pending_bytes(&self) -> usize {
        self.shared.pending_bytes()
    }

    fn memory_bytes(&self) -> u64 {
        self.shared.database.memory_bytes()
    }

    fn failure(&self) -> Option<String> {
        self.shared.health.failure()
    }

    fn load_sessions(&self, each: &mut dyn FnMut(StoredSession)) -> Result<(), StoreError> {
        let mut from = QueueId(0);
        mending(&self.shared.database, |tables| {
            boot::sessions(tables, &mut from, each)
        })
    }

    fn load_retained(&self, each: &mut dyn FnMut(String, Message)) -> Result<(), StoreError> {
        // The anchor is the empty key.
        let mut from = vec![0];
        mending(&self.shared.database, |tables| {
            boot::retained(tables, &mut from, each)
        })
    }

    fn read_entries(&self, queue: QueueId, from: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.shared.database.with(|tables| {
            read::Queue::new(tables, self.floors(), queue).entries(from, Direction::Oldest, limit)
        })
    }

    fn read_entries_newest(&self, queue: QueueId, to: Seq, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.shared.database.with(|tables| {
            read::Queue::new(tables, self.floors(), queue).entries(to, Direction::Newest, limit)
        })
    }

    fn read_flights(&self, queue: QueueId) -> Result<StoredFlights, StoreError> {
        self.shared
            .database
            .with(|tables| read::Queue::new(tables, self.floors(), queue).flights())
    }

    fn last_queue_id(&self) -> u64 {
        self.last_queue.load(Ordering::Acquire)
    }

    fn close(&self) {
        self.shared.close();
        self.shared.syncer.close();
        let threads = std::mem::take(&mut *self.threads.lock());
        if threads.is_empty() {
            return;
        }
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the message store has panicked");
            }
        }
        if self.shared.policy() != SyncPolicy::Never
            && let Err(error) = self.shared.database.sync()
        {
            tracing::error!(%error, "the last messages may not be on the disk");
        }
        self.shared.database.close();
    }
}

impl Drop for RocksStore {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests;
