//! The open database behind a lock that is only ever taken for writing to reopen it after a failure, and the handles
//! of its column families.

use super::floors::Floors;
use super::recover;
use crate::store::{StoreError, keys};
use parking_lot::RwLock;
use rocksdb::{
    ColumnFamily, DB, DBRawIterator, ReadOptions, SnapshotWithThreadMode, WriteBatch, WriteOptions,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The database of one directory.
pub(super) struct Database {
    dir: PathBuf,
    memory_bytes: u64,
    /// `None` once closed, or while a reopening has failed.
    open: RwLock<Option<DB>>,
    pub(super) floors: Floors,
    /// Fault injection for tests: writes fail as if the disk was full.
    broken: AtomicBool,
}

/// The column families of an open database.
pub(super) struct Tables<'a> {
    pub(super) db: &'a DB,
    pub(super) meta: &'a ColumnFamily,
    pub(super) sessions: &'a ColumnFamily,
    pub(super) subscriptions: &'a ColumnFamily,
    pub(super) entries: &'a ColumnFamily,
    pub(super) bodies: &'a ColumnFamily,
    pub(super) counts: &'a ColumnFamily,
    pub(super) flights: &'a ColumnFamily,
    pub(super) received: &'a ColumnFamily,
    pub(super) retained: &'a ColumnFamily,
}

/// A view that does not move while several column families are read.
pub(super) type View<'a> = SnapshotWithThreadMode<'a, DB>;

impl Database {
    /// Opens the database below `dir`, mending what can be mended.
    pub(super) fn open(dir: &Path, memory_bytes: u64) -> Result<Self, StoreError> {
        let db = recover::open(dir, memory_bytes)?;
        Ok(Self {
            dir: dir.to_owned(),
            memory_bytes,
            open: RwLock::new(Some(db)),
            floors: Floors::default(),
            broken: AtomicBool::new(false),
        })
    }

    /// Runs `work` on the open database. Work may nest (a boot callback that reads), so the lock is taken recursively.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Tables<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let open = self.open.read_recursive();
        let db = open.as_ref().ok_or(StoreError::Closed)?;
        work(&Tables::of(db)?)
    }

    /// Closes and opens again after `failure`; a failure that speaks of damage is mended on the way.
    pub(super) fn reopen(&self, failure: &str) -> Result<(), StoreError> {
        let mut open = self.open.write();
        *open = None;
        self.floors.clear();
        *open = Some(recover::reopen(&self.dir, self.memory_bytes, failure)?);
        Ok(())
    }

    pub(super) fn close(&self) {
        *self.open.write() = None;
    }

    /// Whether the disk has room for the logs once more and `spare_bytes`. Not knowing counts as having it.
    pub(super) fn has_room(&self, spare_bytes: u64) -> bool {
        let Ok(disk) = rustix::fs::statvfs(&self.dir) else {
            return true;
        };
        recover::log_bytes(&self.dir).saturating_add(spare_bytes)
            <= disk.f_bavail.saturating_mul(disk.f_frsize)
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Bytes in memory: the block cache, which all column families share, their write buffers and indexes. 0 while it is
    /// not open.
    pub(super) fn memory_bytes(&self) -> u64 {
        let open = self.open.read_recursive();
        let Some(db) = open.as_ref() else { return 0 };
        let of = |family: &ColumnFamily, property: &str| {
            db.property_int_value_cf(family, property)
                .ok()
                .flatten()
                .unwrap_or(0)
        };
        let families: Vec<&ColumnFamily> = keys::ALL.iter().filter_map(|name| db.cf_handle(name)).collect();
        let cache = families
            .first()
            .map_or(0, |family| of(family, "rocksdb.block-cache-usage"));
        let own = families.iter().map(|family| {
            of(family, "rocksdb.cur-size-all-mem-tables") + of(family, "rocksdb.estimate-table-readers-mem")
        });
        cache + own.sum::<u64>()
    }

    /// Lets every write fail from now on, or ends that.
    #[cfg(test)]
    pub(super) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::Release);
    }

    /// Writes a batch; everything in it becomes visible and durable together.
    pub(super) fn write(&self, tables: &Tables<'_>, batch: WriteBatch, sync: bool) -> Result<(), StoreError> {
        if self.broken.load(Ordering::Acquire) {
            return Err(StoreError::Write("the disk was told to fail".to_owned()));
        }
        let mut options = WriteOptions::default();
        options.set_sync(sync);
        tables
            .db
            .write_opt(batch, &options)
            .map_err(|error| StoreError::Write(error.into_string()))
    }

    /// Forces what was written to the disk.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.with(|tables| {
            tables
                .db
                .flush_wal(true)
                .map_err(|error| StoreError::Write(error.into_string()))
        })
    }
}

impl<'a> Tables<'a> {
    pub(super) fn of(db: &'a DB) -> Result<Self, StoreError> {
        let family = |name: &str| {
            db.cf_handle(name)
                .ok_or_else(|| StoreError::Read(format!("no column family '{name}'")))
        };
        Ok(Self {
            db,
            meta: family(keys::META)?,
            sessions: family(keys::SESSIONS)?,
            subscriptions: family(keys::SUBSCRIPTIONS)?,
            entries: family(keys::ENTRIES)?,
            bodies: family(keys::BODIES)?,
            counts: family(keys::COUNTS)?,
            flights: family(keys::FLIGHTS)?,
            received: family(keys::RECEIVED)?,
            retained: family(keys::RETAINED)?,
        })
    }

    pub(super) fn all(&self) -> [&'a ColumnFamily; 9] {
        [
            self.meta,
            self.sessions,
            self.subscriptions,
            self.entries,
            self.bodies,
            self.counts,
            self.flights,
            self.received,
            self.retained,
        ]
    }

    /// Iterator over the keys from `lower` to before `upper` (`None` = to the end), not positioned yet.
    pub(super) fn iterate(
        &self,
        family: &ColumnFamily,
        lower: &[u8],
        upper: Option<&[u8]>,
        view: Option<&View<'_>>,
    ) -> DBRawIterator<'a> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(lower);
        if let Some(upper) = upper {
            options.set_iterate_upper_bound(upper);
        }
        if let Some(view) = view {
            options.set_snapshot(view);
        }
        self.db.raw_iterator_cf_opt(family, options)
    }
}

/// An error of RocksDB while reading.
pub(super) fn read_error(error: rocksdb::Error) -> StoreError {
    StoreError::Read(error.into_string())
}
