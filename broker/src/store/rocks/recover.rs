//! Opening the database whatever state it is in.
//!
//! What was acknowledged must be there after a kill, so a log that ends in the middle of a record (the crash cut off
//! a write nobody was told of) is fine, and anything else is damage. That is `TolerateCorruptedTailRecords`:
//! `PointInTime` would drop everything behind a damaged record as silently as a torn tail.
//!
//! Damage never keeps the broker from starting. In this order: replay up to the damaged record, rebuild the database
//! from its tables, begin with an empty one. The damaged files go to `lost/`, each step is an error in the log.

use super::options::Tuning;
use super::wal;
use crate::store::{StoreError, unix_millis};
use rocksdb::{DB, DBRecoveryMode, ErrorKind};
use rustix::fs::Mode;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The database lies in a folder of its own, so that `lost/` beside it survives a new start.
const DATABASE: &str = "rocks";
const LOST: &str = "lost";
const DIR_MODE: u32 = 0o750;

/// Opens or creates the database below `dir`.
pub(super) fn open(dir: &Path, memory_bytes: u64) -> Result<DB, StoreError> {
    prepare(dir).map_err(|error| open_error(dir, error.to_string()))?;
    refuse_foreign(dir)?;
    let place = Place {
        dir,
        database: dir.join(DATABASE),
        tuning: Tuning::new(memory_bytes),
    };
    place.report_torn_tail();
    if place.index_is_missing() {
        return place.mend("the file CURRENT is missing");
    }
    match place.try_open(DBRecoveryMode::TolerateCorruptedTailRecords) {
        Err(error) if is_damage(&error) => place.mend(&error.into_string()),
        Err(error) => Err(open_error(dir, explain(error.into_string()))),
        Ok(db) => Ok(db),
    }
}

/// Opens again after `failure` stopped the database; one that names damage is mended first.
pub(super) fn reopen(dir: &Path, memory_bytes: u64, failure: &str) -> Result<DB, StoreError> {
    if failure.contains("Corruption") {
        let place = Place {
            dir,
            database: dir.join(DATABASE),
            tuning: Tuning::new(memory_bytes),
        };
        return place.mend(failure);
    }
    open(dir, memory_bytes)
}

/// Bytes of the logs of the database below `dir`.
pub(super) fn log_bytes(dir: &Path) -> u64 {
    let logs = wal::log_files(&dir.join(DATABASE)).unwrap_or_default();
    logs.iter()
        .filter_map(|log| fs::metadata(log).ok())
        .map(|log| log.len())
        .sum()
}

fn prepare(dir: &Path) -> io::Result<()> {
    // Process-wide, and only ever tighter: RocksDB creates files with the mode the umask leaves (0640).
    let before = rustix::process::umask(Mode::from_bits_truncate(0o027));
    rustix::process::umask(before | Mode::from_bits_truncate(0o027));
    let database = dir.join(DATABASE);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(DIR_MODE)
        .create(&database)?;
    for path in [dir, &database] {
        // A folder of somebody else that we may use is not ours to change.
        if let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(DIR_MODE)) {
            tracing::warn!(dir = %path.display(), %error, "cannot restrict the message store's folder to its owner and group");
        }
    }
    Ok(())
}

/// A message store of VerneMQ cannot be read; writing beside it would hide that.
fn refuse_foreign(dir: &Path) -> Result<(), StoreError> {
    let foreign = [dir.join("CURRENT"), dir.join("1").join("CURRENT")];
    if foreign.iter().any(|path| path.exists()) {
        let why = "it holds LevelDB files of VerneMQ, which cannot be read; \
                   move them away or set vmq_generic_msg_store.store_dir to another folder";
        return Err(open_error(dir, why.to_owned()));
    }
    Ok(())
}

fn open_error(dir: &Path, why: String) -> StoreError {
    StoreError::Open {
        dir: dir.display().to_string(),
        why,
    }
}

fn explain(why: String) -> String {
    if why.contains("/LOCK") {
        return format!(
            "another process uses it ({why}); stop that one or set vmq_generic_msg_store.store_dir to another folder"
        );
    }
    why
}

/// Whether the files are at fault, not the disk or the rights.
fn is_damage(error: &rocksdb::Error) -> bool {
    match error.kind() {
        ErrorKind::Corruption | ErrorKind::NotFound => true,
        ErrorKind::IOError => {
            let text = error.as_ref();
            !text.contains("/LOCK") && text.contains("No such file")
        }
        _ => false,
    }
}

/// A database that is being opened.
struct Place<'a> {
    dir: &'a Path,
    database: PathBuf,
    tuning: Tuning,
}

impl Place<'_> {
    fn try_open(&self, recovery: DBRecoveryMode) -> Result<DB, rocksdb::Error> {
        let options = self.tuning.database(recovery);
        // Fails for a new or damaged database; opening that tells more.
        let existing = DB::list_cf(&options, &self.database).unwrap_or_default();
        DB::open_cf_descriptors(&options, &self.database, self.tuning.column_families(&existing))
    }

    fn report_torn_tail(&self) {
        let newest = wal::log_files(&self.database)
            .ok()
            .and_then(|mut files| files.pop());
        let Some(newest) = newest else { return };
        if let Ok(Some(torn)) = wal::torn_tail(&newest) {
            let (records, bytes, file) = (torn.records, torn.bytes, newest.display());
            tracing::warn!(records, bytes, %file, "discarded torn records at the end of the message store's log");
        }
    }

    /// Without its index RocksDB would take the folder for a new one and delete the tables in it.
    fn index_is_missing(&self) -> bool {
        let has_files = || {
            let entries = fs::read_dir(&self.database).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name()).any(|name| {
                let name = name.to_string_lossy();
                name.ends_with(".sst") || name.starts_with("MANIFEST-")
            })
        };
        !self.database.join("CURRENT").exists() && has_files()
    }

    /// Gets a working database out of a damaged one.
    fn mend(&self, why: &str) -> Result<DB, StoreError> {
        let lost = self.dir.join(LOST).join(unix_millis().to_string());
        tracing::error!(dir = %self.dir.display(), lost = %lost.display(), why, "message store is damaged");
        self.quarantine(why, &lost).map_err(|error| {
            open_error(
                self.dir,
                format!("it is damaged and the damaged files cannot be put aside: {error}"),
            )
        })?;
        match self.try_open(DBRecoveryMode::PointInTime) {
            Ok(db) => {
                tracing::error!("message store opened with what was written before the damage");
                return Ok(db);
            }
            Err(error) if is_damage(&error) => {}
            Err(error) => return Err(open_error(self.dir, explain(error.into_string()))),
        }
        match self.rebuild(&lost) {
            Ok(db) => {
                tracing::error!("message store rebuilt from the tables that can be read");
                return Ok(db);
            }
            Err(error) => tracing::error!(%error, "message store cannot be rebuilt"),
        }
        self.start_empty(&lost)
    }

    /// Moves the table named in the error, and copies the logs (they may be fine up to the damage).
    fn quarantine(&self, why: &str, lost: &Path) -> io::Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(DIR_MODE)
            .create(lost)?;
        for log in wal::log_files(&self.database)? {
            if let Some(name) = log.file_name() {
                fs::copy(&log, lost.join(name))?;
            }
        }
        if let Some(name) = table_named(why) {
            let table = self.database.join(&name);
            if table.exists() {
                tracing::error!(table = name, "damaged table put aside");
                fs::rename(table, lost.join(name))?;
            }
        }
        Ok(())
    }

    fn rebuild(&self, lost: &Path) -> Result<DB, rocksdb::Error> {
        DB::repair(
            &self.tuning.database(DBRecoveryMode::SkipAnyCorruptedRecord),
            &self.database,
        )?;
        // Repairing archives what it has no use for.
        let archive = self.database.join(LOST);
        if archive.exists()
            && let Err(error) = fs::rename(&archive, lost.join("archive"))
        {
            tracing::error!(%error, archive = %archive.display(), "cannot move archived files");
        }
        self.try_open(DBRecoveryMode::PointInTime)
    }

    fn start_empty(&self, lost: &Path) -> Result<DB, StoreError> {
        let aside = lost.join(DATABASE);
        fs::rename(&self.database, &aside).map_err(|error| open_error(self.dir, error.to_string()))?;
        prepare(self.dir).map_err(|error| open_error(self.dir, error.to_string()))?;
        tracing::error!(aside = %aside.display(), "message store put aside whole; starting with an empty one");
        self.try_open(DBRecoveryMode::TolerateCorruptedTailRecords)
            .map_err(|error| open_error(self.dir, error.into_string()))
    }
}

/// Name of the table file an error speaks of.
fn table_named(why: &str) -> Option<String> {
    let end = why.find(".sst")?;
    let name = why[..end].rsplit('/').next()?;
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("{name}.sst"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_recognised_in_errors() {
        let text =
            "Corruption: block checksum mismatch: stored = 1, computed = 2 in /a/b/000123.sst offset 0";
        assert_eq!(table_named(text).as_deref(), Some("000123.sst"));
        assert_eq!(table_named("Corruption: bad record in log file"), None);
        assert_eq!(table_named("/a/../evil.sst"), None);
    }
}
