//! The store: folder, sync policy, memory, and what `leveldb.*` still tunes.

use super::memory;
use crate::resolve::Resolved;
use crate::sections::{StoreCompression, StoreConfig, StoreTuning, SyncPolicy};

/// The most that is taken without being asked for.
const DEFAULT_BYTES_MAX: u64 = 4 << 30;
const DEFAULT_PERCENT: u64 = 20;
/// The percentage of old shipped files, sized for a machine that does nothing else: it counts as unset.
const OLD_SHIPPED_PERCENT: u64 = 70;
const DEVELOPER_BYTES: u64 = 64 << 20;

pub(super) fn build(resolved: &Resolved) -> StoreConfig {
    StoreConfig {
        dir: resolved.path("vmq_generic_msg_store.store_dir"),
        sync: match resolved.word("message_store.sync") {
            "always" => SyncPolicy::Always,
            "never" => SyncPolicy::Never,
            _ if resolved.flag("leveldb.sync_on_write") && !resolved.is_set("message_store.sync") => {
                SyncPolicy::Always
            }
            _ => SyncPolicy::Batch,
        },
        memory_bytes: memory_bytes(resolved),
    }
}

fn memory_bytes(resolved: &Resolved) -> u64 {
    if let Some(bytes) = resolved.bytes("leveldb.maximum_memory") {
        return bytes;
    }
    if resolved.flag("leveldb.limited_developer_mem") {
        return DEVELOPER_BYTES;
    }
    let available = memory::available_bytes();
    match resolved.count::<u64>("leveldb.maximum_memory.percent") {
        OLD_SHIPPED_PERCENT => (available / 100 * DEFAULT_PERCENT).min(DEFAULT_BYTES_MAX),
        percent => available / 100 * percent,
    }
}

pub(super) fn tuning(resolved: &Resolved) -> StoreTuning {
    StoreTuning {
        write_buffer_bytes: resolved
            .bytes("leveldb.write_buffer_size_max")
            .unwrap_or(60 << 20),
        bloom_filter: resolved.flag("leveldb.bloomfilter"),
        block_bytes: resolved.bytes("leveldb.block.size").unwrap_or(4096),
        block_restart_interval: resolved.count("leveldb.block.restart_interval"),
        verify_checksums: resolved.flag("leveldb.verify_checksums"),
        compression: match resolved.word("leveldb.compression.algorithm") {
            _ if !resolved.flag("leveldb.compression") => StoreCompression::None,
            "snappy" => StoreCompression::Snappy,
            _ => StoreCompression::Lz4,
        },
        buckets: resolved.count("vmq_generic_msg_store.nr_of_buckets"),
    }
}
