//! The node's name, and what it will need among others.

use super::row::*;

const ONE_METADATA_STORE: &str = "there is one built-in metadata store";
const REPLICATION: Status = Status::Ignored("replication works without it");

pub(super) static ROWS: &[Row] = &[
    row(
        "nodename",
        &[Type::NodeName],
        "Name of the node, name@host, in tables, $SYS topics and the cluster.",
    )
    .default("VerneMQ@127.0.0.1"),
    row(
        "distributed_cookie",
        TEXT,
        "Secret that all nodes of a cluster share. Change it before there is a cluster.",
    )
    .default("vmq")
    .secret(),
    row(
        "allow_register_during_netsplit",
        FLAG,
        "Let clients connect while a node of the cluster is unreachable.",
    )
    .default("off")
    .live()
    .later(Feature::Cluster),
    row(
        "allow_publish_during_netsplit",
        FLAG,
        "Let clients publish while a node is unreachable.",
    )
    .default("off")
    .live()
    .later(Feature::Cluster),
    row(
        "allow_subscribe_during_netsplit",
        FLAG,
        "Let clients subscribe while a node is unreachable.",
    )
    .default("off")
    .live()
    .later(Feature::Cluster),
    row(
        "allow_unsubscribe_during_netsplit",
        FLAG,
        "Let clients unsubscribe while a node is unreachable.",
    )
    .default("off")
    .live()
    .later(Feature::Cluster),
    row(
        "coordinate_registrations",
        FLAG,
        "One connection attempt of a client id at a time in the whole cluster.",
    )
    .default("on")
    .live(),
    row(
        "netsplit_mode",
        &[Type::Enum(&["strict", "majority"])],
        "Whether a missing node makes the cluster unready, or only a missing majority.",
    )
    .default("strict")
    .hidden()
    .later(Feature::Cluster),
    row(
        "cluster.advertise_address",
        HOST_PORT,
        "Where other nodes reach this one; unset = by its listener or its name.",
    )
    .hidden()
    .later(Feature::Cluster),
    row(
        "outgoing_clustering_buffer_size",
        INTEGER,
        "Bytes kept for a node that is unreachable before messages are dropped.",
    )
    .default("67108864")
    .hidden()
    .range(0, COUNT_MAX)
    .later(Feature::Cluster),
    row(
        "incoming_clustering_buffer_size",
        INTEGER,
        "Bytes of one frame from another node; more end the link.",
    )
    .default("67108864")
    .hidden()
    .range(0, COUNT_MAX)
    .later(Feature::Cluster),
    row(
        "outgoing_clustering_flush_threshold",
        INTEGER,
        "Bytes gathered before they are sent to another node.",
    )
    .default("65536")
    .hidden()
    .range(0, COUNT_MAX)
    .later(Feature::Cluster),
    row(
        "outgoing_cluster_handshake_ack_timeout",
        INTEGER,
        "Milliseconds to wait for another node's answer to a handshake.",
    )
    .default("250")
    .hidden()
    .range(0, TIME_MAX)
    .later(Feature::Cluster),
    row(
        "outgoing_connect_timeout",
        INTEGER,
        "Milliseconds to connect to another node.",
    )
    .default("10000")
    .hidden()
    .range(1, TIME_MAX)
    .later(Feature::Cluster),
    row(
        "outgoing_connect_options",
        &[Type::SocketOptions],
        "Socket options of links to other nodes, in Erlang's notation.",
    )
    .default("[{keepalive, true}, {send_timeout, 0}]")
    .hidden()
    .later(Feature::Cluster),
    row(
        "remote_enqueue_timeout",
        INTEGER_OR_INFINITY,
        "Milliseconds to wait until another node has queued a message.",
    )
    .default("5000")
    .live()
    .hidden()
    .range(0, TIME_MAX)
    .later(Feature::Cluster),
    row(
        "cluster_ready_rpc_timeout",
        INTEGER,
        "Milliseconds for asking all nodes whether they are ready.",
    )
    .default("5000")
    .live()
    .hidden()
    .range(1, TIME_MAX)
    .later(Feature::Cluster),
    row(
        "metadata_plugin",
        &[Type::Enum(&["vmq_plumtree", "vmq_swc"])],
        "Name of the metadata store; there is one.",
    )
    .default("vmq_swc")
    .status(Status::Ignored(ONE_METADATA_STORE)),
    row(
        "plumtree.directory",
        DIRECTORY,
        "Folder of another metadata store.",
    )
    .default("$(platform_data_dir)/meta")
    .hidden()
    .status(Status::Ignored(ONE_METADATA_STORE)),
    row(
        "plumtree.outstanding_limit",
        INTEGER,
        "Limit of another metadata store.",
    )
    .default("250000")
    .hidden()
    .status(Status::Ignored(ONE_METADATA_STORE)),
    row(
        "plumtree.drop_i_have_threshold",
        INTEGER,
        "Limit of another metadata store.",
    )
    .default("1000000")
    .hidden()
    .status(Status::Ignored(ONE_METADATA_STORE)),
    row("vmq_swc.directory", DIRECTORY, "Folder of the metadata store.")
        .default("$(platform_data_dir)/swc_meta")
        .hidden()
        .later(Feature::Cluster),
    row(
        "vmq_swc.dkm_directory",
        DIRECTORY,
        "Folder of an index of the original's metadata store.",
    )
    .default("$(platform_data_dir)/swc_dkm")
    .hidden()
    .status(REPLICATION),
    row(
        "vmq_swc.db_backend",
        &[Type::Enum(&["leveldb", "rocksdb", "leveled"])],
        "Name of the engine; there is one.",
    )
    .default("leveldb")
    .hidden()
    .status(Status::Silent),
    row(
        "vmq_swc.swc_groups",
        INTEGER,
        "Groups in which metadata is replicated.",
    )
    .default("10")
    .hidden()
    .check(Check::RangeText(1, 100, "Set to a value between 1 and 100"))
    .status(REPLICATION),
    row(
        "vmq_swc.sync_interval",
        INTEGER,
        "Milliseconds between comparisons with another node.",
    )
    .default("5000")
    .hidden()
    .range(1, TIME_MAX)
    .later(Feature::Cluster),
    row(
        "vmq_swc.sync_interval.leeway",
        INTEGER,
        "Random milliseconds added to it.",
    )
    .default("2500")
    .hidden()
    .range(0, TIME_MAX)
    .later(Feature::Cluster),
    row(
        "vmq_swc.sync_timeout",
        INTEGER,
        "Milliseconds for one step of a comparison.",
    )
    .default("60000")
    .hidden()
    .range(1, TIME_MAX)
    .later(Feature::Cluster),
    row(
        "vmq_swc.exchange_batch_size",
        INTEGER,
        "Entries exchanged at one go.",
    )
    .default("100")
    .hidden()
    .range(1, COUNT_MAX)
    .later(Feature::Cluster),
    row(
        "vmq_swc.prevent_nonempty_join",
        FLAG,
        "A node that already has data of its own may not join.",
    )
    .default("on")
    .hidden()
    .later(Feature::Cluster),
    row(
        "vmq_swc.gc_interval",
        INTEGER,
        "Milliseconds between clean-ups of the index.",
    )
    .default("15000")
    .hidden()
    .status(REPLICATION),
    row("vmq_swc.periodic_gc", FLAG, "Run these clean-ups.")
        .default("on")
        .hidden()
        .status(REPLICATION),
    row(
        "vmq_swc.fast_call_timeout",
        INTEGER,
        "Milliseconds for short calls.",
    )
    .default("5000")
    .hidden()
    .status(REPLICATION),
    row("vmq_swc.enable_broadcast", FLAG, "Push changes at once.")
        .default("on")
        .hidden()
        .status(REPLICATION),
    row(
        "vmq_swc.init_sync_procedure",
        FLAG,
        "Another first exchange with an empty node.",
    )
    .default("off")
    .hidden()
    .status(REPLICATION),
];
