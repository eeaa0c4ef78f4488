//! The one thread that writes: it takes everything submitted, makes one batch of it, writes once and completes all
//! commits of the batch. While it writes the next batch gathers; that is the whole of group commit.

use super::batch::Batch;
use super::database::Database;
use super::health::Health;
use super::memo::Memo;
use super::syncer::Syncer;
use crate::metrics::durations::Durations;
use crate::store::{Commit, Op, PENDING_BYTES_MAX, StoreError, keys};
use parking_lot::{Condvar, Mutex};
use rocksdb::WriteBatch;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use vmq_config::SyncPolicy;

/// A batch is written when it has grown to this; one group may make it larger, for a group is never divided.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Connections stop reading at `PENDING_BYTES_MAX`; what others still submit fails above this.
const PENDING_BYTES_HARD: usize = 4 * PENDING_BYTES_MAX;
/// Time between attempts to write while writing fails.
const RETRY: Duration = Duration::from_secs(1);
/// RocksDB resumes by itself from some failures, not from a log it could not write. When it has not after this long,
/// it is closed and opened again.
const REOPEN_AFTER: Duration = Duration::from_secs(5);
/// Room the disk must have beside that for the logs, which opening turns into tables. Without it the database would
/// be closed and not open again, and while it is open it can be read at least.
const PROBE_BYTES: usize = 4 * 1024 * 1024;
const PROBE_FILE: &str = "probe";

/// What the writer shares with those who submit.
pub(super) struct Shared {
    pub(super) database: Database,
    pub(super) health: Health,
    pub(super) syncer: Syncer,
    /// How long each write took.
    pub(super) durations: Durations,
    policy: SyncPolicy,
    submitted: Mutex<Submitted>,
    wake: Condvar,
    pending_bytes: AtomicUsize,
}

#[derive(Default)]
struct Submitted {
    groups: Vec<Group>,
    closed: bool,
}

struct Group {
    ops: Vec<Op>,
    commit: Commit,
    bytes: usize,
}

impl Shared {
    pub(super) fn new(database: Database, policy: SyncPolicy) -> Self {
        Self {
            database,
            health: Health::default(),
            syncer: Syncer::default(),
            durations: Durations::default(),
            policy,
            submitted: Mutex::new(Submitted::default()),
            wake: Condvar::new(),
            pending_bytes: AtomicUsize::new(0),
        }
    }

    pub(super) fn submit(&self, ops: Vec<Op>) -> Commit {
        let commit = Commit::pending();
        let bytes = ops.iter().map(cost_bytes).sum();
        let mut submitted = self.submitted.lock();
        if submitted.closed {
            drop(submitted);
            commit.complete(false);
            return commit;
        }
        if self.pending_bytes.fetch_add(bytes, Ordering::AcqRel) + bytes > PENDING_BYTES_HARD {
            self.pending_bytes.fetch_sub(bytes, Ordering::AcqRel);
            drop(submitted);
            self.health.failed(&StoreError::Write(
                "the disk does not keep up with what is submitted".to_owned(),
            ));
            commit.complete(false);
            return commit;
        }
        submitted.groups.push(Group {
            ops,
            commit: commit.clone(),
            bytes,
        });
        drop(submitted);
        self.wake.notify_one();
        commit
    }

    pub(super) fn pending_bytes(&self) -> usize {
        self.pending_bytes.load(Ordering::Acquire)
    }

    /// Refuses later groups; the writer ends when it has written those it has.
    pub(super) fn close(&self) {
        self.submitted.lock().closed = true;
        self.wake.notify_one();
    }

    pub(super) fn policy(&self) -> SyncPolicy {
        self.policy
    }

    /// Waits for groups; `None` = closed and nothing left. Empty = look after a failure.
    fn take(&self) -> Option<Vec<Group>> {
        let retry = self.health.failing_for().map(|_| Instant::now() + RETRY);
        let mut submitted = self.submitted.lock();
        while submitted.groups.is_empty() {
            if submitted.closed {
                return None;
            }
            match retry {
                None => self.wake.wait(&mut submitted),
                Some(until) => {
                    if self.wake.wait_until(&mut submitted, until).timed_out() {
                        return Some(Vec::new());
                    }
                }
            }
        }
        Some(std::mem::take(&mut submitted.groups))
    }
}

/// Memory a waiting operation holds; shared messages are counted once per operation.
fn cost_bytes(op: &Op) -> usize {
    let variable = match op {
        Op::PutSession { record, .. } => record.len(),
        Op::PutSubscription { filter, options, .. } => filter.len() + options.len(),
        Op::DeleteSubscription { filter, .. } => filter.len(),
        Op::PutEntries { message, entries } => message.memory_bytes() + size_of_val(entries.as_slice()),
        Op::PutFlight { message, .. } => message.as_ref().map_or(0, |entry| entry.message.memory_bytes()),
        Op::PutRetained { mountpoint, message } => mountpoint.len() + message.memory_bytes(),
        Op::DeleteRetained { mountpoint, topic } => mountpoint.len() + topic.len(),
        Op::DeleteSession { .. }
        | Op::DeleteEntry { .. }
        | Op::ReleaseFlight { .. }
        | Op::DeleteFlight { .. }
        | Op::PutReceived { .. }
        | Op::DeleteReceived { .. } => 0,
    };
    size_of::<Op>() + variable
}

/// The writer thread.
pub(super) struct Writer<'a> {
    shared: &'a Shared,
    memo: Memo,
    last_look: Option<Instant>,
    last_reopen: Option<Instant>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(shared: &'a Shared, memo: Memo) -> Self {
        Self {
            shared,
            memo,
            last_look: None,
            last_reopen: None,
        }
    }

    /// Runs until the store is closed and everything is written.
    pub(super) fn run(mut self) {
        while let Some(groups) = self.shared.take() {
            if groups.is_empty() || self.shall_look_after_failure() {
                self.look_after_failure();
            }
            let mut groups = groups.into_iter().peekable();
            while groups.peek().is_some() {
                self.write_some(&mut groups);
            }
        }
    }

    /// Writes as many whole groups as fit a batch, at least one.
    fn write_some(&mut self, groups: &mut impl Iterator<Item = Group>) {
        let mut commits = Vec::new();
        let mut bytes = 0;
        let sync = self.shared.policy == SyncPolicy::Always;
        let shared = self.shared;
        let began = Instant::now();
        let written = shared.database.with(|tables| {
            let mut batch = Batch::new(tables, &mut self.memo);
            while batch.size_bytes() < BATCH_BYTES_MAX
                && let Some(group) = groups.next()
            {
                group.ops.into_iter().for_each(|op| batch.add(op));
                commits.push(group.commit);
                bytes += group.bytes;
            }
            batch.commit(&shared.database, sync)
        });
        if commits.is_empty() {
            // The database is not open (a reopening has failed): nothing was taken yet.
            for group in groups {
                commits.push(group.commit);
                bytes += group.bytes;
            }
        }
        if let Ok(true) = written {
            shared.durations.observe(began.elapsed());
        }
        self.report(&written);
        shared.pending_bytes.fetch_sub(bytes, Ordering::AcqRel);
        for commit in commits {
            commit.complete(written.is_ok());
        }
    }

    fn report(&self, written: &Result<bool, StoreError>) {
        match written {
            // Barriers write nothing and prove nothing.
            Ok(false) => {}
            Ok(true) => {
                self.shared.health.succeeded();
                if self.shared.policy == SyncPolicy::Batch {
                    self.shared.syncer.mark_dirty();
                }
            }
            Err(error) => self.shared.health.failed(error),
        }
    }

    fn shall_look_after_failure(&self) -> bool {
        self.shared.health.failing_for().is_some() && self.last_look.is_none_or(|at| at.elapsed() >= RETRY)
    }

    /// Finds out whether writing works again, and reopens a database that does not recover although the disk has room.
    fn look_after_failure(&mut self) {
        self.last_look = Some(Instant::now());
        let shared = self.shared;
        let probe = || {
            shared.database.with(|tables| {
                let mut batch = WriteBatch::default();
                batch.put_cf(tables.meta, keys::META_PROBE, b"");
                shared.database.write(tables, batch, true)
            })
        };
        let Err(error) = probe() else {
            shared.health.succeeded();
            return;
        };
        shared.health.failed(&error);
        let long = shared.health.failing_for() > Some(REOPEN_AFTER);
        let tried = self.last_reopen.is_some_and(|at| at.elapsed() < REOPEN_AFTER);
        // RocksDB never recovers from damage.
        let damaged = error.to_string().contains("Corruption");
        if !(long || damaged)
            || tried
            || !shared.database.has_room(PROBE_BYTES as u64)
            || !disk_takes_data(shared.database.dir())
        {
            return;
        }
        self.last_reopen = Some(Instant::now());
        self.memo.forget();
        tracing::warn!("reopening the message store, which does not recover from its failure");
        match shared.database.reopen(&error.to_string()).and_then(|()| probe()) {
            Ok(()) => shared.health.succeeded(),
            Err(error) => shared.health.failed(&error),
        }
    }
}

fn disk_takes_data(dir: &Path) -> bool {
    let path = dir.join(PROBE_FILE);
    let taken = std::fs::write(&path, vec![0xA5; PROBE_BYTES])
        .and_then(|()| std::fs::File::open(&path))
        .and_then(|file| file.sync_all());
    let removed = std::fs::remove_file(&path);
    taken.is_ok() && removed.is_ok()
}
