//! The records a database keeps about itself, read and brought up to date when the store opens.

use super::boot;
use super::database::{Tables, read_error};
use crate::store::{StoreError, keys, unix_millis};
use rocksdb::{WriteBatch, WriteOptions};
use std::path::Path;

/// An empty record in every column family, in a table from the first opening on. Rebuilding a database without its
/// index knows only the column families that have a table; it would drop the others' part of the log.
const ANCHOR: &[u8] = b"";

/// What opening found out.
pub(super) struct Facts {
    /// Number of this opening, never used before.
    pub(super) opening: u64,
    /// Largest queue id ever stored.
    pub(super) last_queue: u64,
}

/// Checks the format, numbers the opening and writes both down.
pub(super) fn establish(tables: &Tables<'_>, dir: &Path) -> Result<Facts, StoreError> {
    check_format(tables, dir)?;
    // At least the time: a mended database may have lost its number, and references must not come twice.
    let opening = number(tables, keys::META_OPENING)?
        .saturating_add(1)
        .max(unix_millis());
    let last_queue = number(tables, keys::META_LAST_QUEUE)?.max(boot::last_session(tables)?);
    let mut batch = WriteBatch::default();
    batch.put_cf(tables.meta, keys::META_FORMAT, keys::FORMAT.to_be_bytes());
    batch.put_cf(tables.meta, keys::META_OPENING, opening.to_be_bytes());
    batch.put_cf(tables.meta, keys::META_LAST_QUEUE, last_queue.to_be_bytes());
    let mut options = WriteOptions::default();
    options.set_sync(true);
    tables
        .db
        .write_opt(batch, &options)
        .map_err(|error| StoreError::Write(error.into_string()))?;
    put_anchors(tables).map_err(read_error)?;
    Ok(Facts { opening, last_queue })
}

fn check_format(tables: &Tables<'_>, dir: &Path) -> Result<(), StoreError> {
    let Some(value) = tables
        .db
        .get_pinned_cf(tables.meta, keys::META_FORMAT)
        .map_err(read_error)?
    else {
        return Ok(());
    };
    let format = value.as_ref().try_into().map_or(u32::MAX, u32::from_be_bytes);
    if format > keys::FORMAT {
        let why = format!(
            "it has format {format}, this version knows up to {}; \
             install the version that wrote it or set vmq_generic_msg_store.store_dir to another folder",
            keys::FORMAT
        );
        return Err(open_error(dir, why));
    }
    Ok(())
}

fn number(tables: &Tables<'_>, key: &[u8]) -> Result<u64, StoreError> {
    let value = tables.db.get_pinned_cf(tables.meta, key).map_err(read_error)?;
    Ok(value.and_then(|value| keys::read_number(&value)).unwrap_or(0))
}

fn put_anchors(tables: &Tables<'_>) -> Result<(), rocksdb::Error> {
    for family in tables.all() {
        if tables.db.get_pinned_cf(family, ANCHOR)?.is_none() {
            tables.db.put_cf(family, ANCHOR, b"")?;
            tables.db.flush_cf(family)?;
        }
    }
    Ok(())
}

fn open_error(dir: &Path, why: String) -> StoreError {
    StoreError::Open {
        dir: dir.display().to_string(),
        why,
    }
}
