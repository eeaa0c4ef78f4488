//! How RocksDB is set up: the memory budget, the log, and what the shape of our data asks for.

use crate::store::keys;
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, LogLevel, Options,
    WriteBufferManager,
};

/// Below this the database does not work sensibly.
const MEMORY_BYTES_MIN: u64 = 16 * 1024 * 1024;
/// One column family's write buffer is never larger: boot has to replay what is in it.
const WRITE_BUFFER_BYTES_MAX: usize = 64 * 1024 * 1024;
const WRITE_BUFFER_BYTES_MIN: usize = 2 * 1024 * 1024;
/// Bounds the replay at boot, and how long a rarely written column family keeps old logs alive.
const WAL_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Open tables; more than this needs a store of some thirty gigabytes.
pub const OPEN_FILES_MAX: u16 = 512;
/// A queue that was drained leaves deletions behind. A table with so many of them among so many records in a row is
/// compacted early, else reading a queue would wade through them.
const DELETIONS_WINDOW: usize = 4096;
const DELETIONS_TRIGGER: usize = 2048;

/// The parts of the configuration that the database shares among its column families.
#[derive(Clone)]
pub(super) struct Tuning {
    cache: Cache,
    buffers: WriteBufferManager,
    write_buffer_bytes: usize,
}

impl Tuning {
    /// Divides a budget: 60 % for blocks of tables, 30 % for data not yet in tables, the rest for what RocksDB does
    /// not count (table indexes).
    pub(super) fn new(memory_bytes: u64) -> Self {
        let memory = usize::try_from(memory_bytes.max(MEMORY_BYTES_MIN)).unwrap_or(usize::MAX / 2);
        let buffers = memory / 10 * 3;
        Self {
            cache: Cache::new_lru_cache(memory / 10 * 6),
            buffers: WriteBufferManager::new_write_buffer_manager(buffers, false),
            write_buffer_bytes: (buffers / 2).clamp(WRITE_BUFFER_BYTES_MIN, WRITE_BUFFER_BYTES_MAX),
        }
    }

    /// Options of the database as a whole. Logs are not recycled: a recycled log cannot tell a torn tail from old data.
    pub(super) fn database(&self, recovery: DBRecoveryMode) -> Options {
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_wal_recovery_mode(recovery);
        options.set_write_buffer_manager(&self.buffers);
        options.set_max_total_wal_size(WAL_BYTES_MAX);
        options.set_max_open_files(i32::from(OPEN_FILES_MAX));
        options.set_max_background_jobs(2);
        options.set_bytes_per_sync(1024 * 1024);
        options.set_log_level(LogLevel::Warn);
        options.set_keep_log_file_num(2);
        options.set_max_log_file_size(1024 * 1024);
        options.set_stats_dump_period_sec(0);
        options.set_stats_persist_period_sec(0);
        self.tables(&mut options);
        options
    }

    /// Column families to open: ours, and those of the names given that we do not know (a newer format, refused later
    /// with a better text than RocksDB's).
    pub(super) fn column_families(&self, existing: &[String]) -> Vec<ColumnFamilyDescriptor> {
        let unknown = existing
            .iter()
            .map(String::as_str)
            .filter(|name| !keys::ALL.contains(name));
        let names = keys::ALL.into_iter().chain(unknown);
        names
            .map(|name| ColumnFamilyDescriptor::new(name, self.column_family()))
            .collect()
    }

    fn column_family(&self) -> Options {
        let mut options = Options::default();
        self.tables(&mut options);
        options
    }

    fn tables(&self, options: &mut Options) {
        let mut blocks = BlockBasedOptions::default();
        blocks.set_block_cache(&self.cache);
        blocks.set_block_size(16 * 1024);
        blocks.set_bloom_filter(10.0, false);
        blocks.set_format_version(6);
        options.set_block_based_table_factory(&blocks);
        options.set_compression_type(DBCompressionType::None);
        options.set_write_buffer_size(self.write_buffer_bytes);
        options.set_max_write_buffer_number(4);
        options.add_compact_on_deletion_collector_factory(DELETIONS_WINDOW, DELETIONS_TRIGGER, 0.5);
    }
}
