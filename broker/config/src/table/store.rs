//! What is kept on disk, and the `leveldb.*` keys that tune it.

use super::row::*;

const ONE_ENGINE: &str = "there is one built-in store";
const ENGINES: &[Type] = &[Type::Enum(&["leveldb", "rocksdb", "leveled"])];
const NOT_TIERED: &str = "the store lives in one folder";
const NOT_EXPIRED: &str = "stored data has no global age";
const UNUSED: &str = "the store has no such option";

pub(super) static ROWS: &[Row] = &[
    row("platform_data_dir", DIRECTORY, "Base of the folders the broker writes to, for $(platform_data_dir) in other values. Logs are not under it.")
        .default("/var/lib/vernemq").hidden(),
    row("message_store.sync", &[Type::Enum(&["batch", "always", "never"])],
        "When stored messages reach the disk: in groups at most 100 ms apart, before they are acknowledged, or when the \
         system likes. With batch and never a power failure may lose the last moments, a crash of the broker never does.")
        .default("batch"),
    row("vmq_generic_msg_store.store_dir", DIRECTORY, "Folder of the store.")
        .default("$(platform_data_dir)/msgstore").hidden(),
    row("vmq_generic_msg_store.db_backend", ENGINES, "Name of the engine; there is one.")
        .default("leveldb").hidden().status(Status::Silent),
    row("vmq_generic_msg_store.nr_of_buckets", INTEGER, "Partitions; fixed when the store is created.")
        .default("12").hidden().range(1, 1024),
    row("message_store_plugin", TEXT, "Name of the store; there is one.")
        .default("vmq_generic_msg_store").hidden().status(Status::Ignored(ONE_ENGINE)),
    row("leveldb.maximum_memory.percent", INTEGER,
        "Share of memory the store may use. Unset or 70: 20 percent, at most 4 GB.")
        .default("70").range(1, 90),
    row("leveldb.maximum_memory", BYTES, "Memory the store may use; wins over the percentage.")
        .hidden().check(Check::RangeText(1 << 20, i64::MAX, "must be 1MB or more")),
    row("leveldb.limited_developer_mem", FLAG, "Use 64 MB.").default("off").hidden(),
    row("leveldb.sync_on_write", FLAG, "on = message_store.sync = always, unless that is set.").default("off").hidden(),
    row("leveldb.write_buffer_size_min", BYTES, "Smallest write buffer.").default("30MB").hidden().status(Status::Silent),
    row("leveldb.write_buffer_size_max", BYTES, "Size of a write buffer.")
        .default("60MB").hidden().check(Check::RangeText(1 << 16, 1 << 32, "must be between 64KB and 4GB")),
    row("leveldb.bloomfilter", FLAG, "Keep bloom filters in table files.").default("on").hidden(),
    row("leveldb.block.size", BYTES, "Block size of table files.")
        .default("4KB").hidden().check(Check::RangeText(512, 1 << 24, "must be between 512 bytes and 16MB")),
    row("leveldb.block.restart_interval", INTEGER, "Keys between two entries of a block's index.")
        .default("16").hidden().range(1, 1024),
    row("leveldb.verify_checksums", FLAG, "Verify checksums on reads.").default("on").hidden(),
    row("leveldb.compression", FLAG, "Compress table files.").default("on"),
    row("leveldb.compression.algorithm", &[Type::Enum(&["snappy", "lz4"])], "How; unset = lz4."),
    row("leveldb.data_root", DIRECTORY, "Folder of other LevelDB data.")
        .default("$(platform_data_dir)/leveldb").hidden().status(Status::Silent),
    row("leveldb.block_cache_threshold", BYTES, "Smallest block cache.").default("32MB").hidden().status(Status::Ignored(UNUSED)),
    row("leveldb.block.size_steps", INTEGER, "Steps of the block size.").default("16").hidden().status(Status::Ignored(UNUSED)),
    row("leveldb.verify_compaction", FLAG, "Verify checksums in compactions.").default("on").hidden().status(Status::Ignored(UNUSED)),
    row("leveldb.threads", INTEGER, "Worker threads.").default("71").hidden().status(Status::Ignored(UNUSED)),
    row("leveldb.fadvise_willneed", TRUE_FALSE, "Hint for the page cache.").default("false").hidden().status(Status::Ignored(UNUSED)),
    row("leveldb.compaction.trigger.tombstone_count", &[Type::Integer, Type::Word("off")], "Deleted entries that start a compaction.")
        .default("1000").hidden().status(Status::Ignored(UNUSED)),
    row("leveldb.cache_object_warming", TRUE_FALSE, "Remember open files.").default("true").hidden().status(Status::Ignored(UNUSED)),
    row("leveldb.tiered", &[Type::Enum(&["off", "1", "2", "3", "4", "5", "6"])], "First level on the slow folder.")
        .default("off").hidden().status(Status::Ignored(NOT_TIERED)),
    row("leveldb.tiered.path.fast", DIRECTORY, "Fast folder.").hidden().status(Status::Ignored(NOT_TIERED)),
    row("leveldb.tiered.path.slow", DIRECTORY, "Slow folder.").hidden().status(Status::Ignored(NOT_TIERED)),
    row("leveldb.expiration", FLAG, "Global age limit.").default("off").hidden().status(Status::Ignored(NOT_EXPIRED)),
    row("leveldb.expiration.retention_time", &[Type::Duration, Type::Word("unlimited")], "Age limit.")
        .default("unlimited").hidden().status(Status::Ignored(NOT_EXPIRED)),
    row("leveldb.expiration.mode", &[Type::Enum(&["whole_file", "normal"])], "What expires at once.")
        .default("whole_file").hidden().status(Status::Ignored(NOT_EXPIRED)),
];
