//! Who may come in, who may administer, and what the router does.

use super::row::*;

const REG_VIEWS: &[&str] = &["vmq_reg_trie", "vmq_reg_ordered_trie"];
const ONE_ROUTER: &str = "there is one router, without shards";

pub(super) static ROWS: &[Row] = &[
    row("allow_anonymous", FLAG, "Let every client in without asking an authentication plugin, even one that sends credentials.")
        .default("off").live(),
    row("topic_max_depth", INTEGER, "Greatest number of levels of a topic or filter; a deeper one ends the connection.")
        .default("10").range(1, 65_535),
    row("shared_subscription_policy",
        &[Type::Enum(&["prefer_local", "random", "local_only", "prefer_online_before_local"])],
        "Which member of a shared subscription gets a message: a local one if possible, any, only a local one, or an \
         online one before a local offline one.")
        .default("prefer_local").live(),
    row("shared_subscription_timeout_action", &[Type::Enum(&["ignore", "requeue"])],
        "What happens to a message when another node does not take it in time: nothing, or another member gets it.")
        .default("ignore").hidden().later(Feature::Cluster),
    row("subscriber_retain_mode", &[Type::Enum(&["immediate", "syncwait"])],
        "Deliver retained messages to a new subscription at once, or after the retained store is in step with the cluster.")
        .default("immediate").live().hidden(),
    row("expire_retain_cache", INTEGER,
        "Seconds between sweeps that remove expired retained messages; 0 = they go when somebody asks for them.")
        .default("0").range(0, TIME_MAX),
    row("default_reg_view", &[Type::Enum(REG_VIEWS)], "Name of the routing index; there is one.")
        .default("vmq_reg_trie").hidden().status(Status::Silent),
    row("reg_views", NAMES, "Names of the routing indexes to start; there is one.")
        .default("[vmq_reg_trie]").hidden().check(Check::KnownNames(REG_VIEWS, "Unknown routing index: "))
        .status(Status::Silent),
    row("fanout.shard_count", INTEGER, "Shards of the table that fans messages out on one node.")
        .default("1").hidden().status(Status::Ignored(ONE_ROUTER)),
    row("fanout.async_handoff", FLAG, "Publishers do not wait until a shard has delivered.")
        .default("off").hidden().status(Status::Ignored(ONE_ROUTER)),
    row("retain_persist_interval", INTEGER, "Milliseconds between writes of changed retained messages.")
        .default("1000").hidden().range(0, TIME_MAX)
        .status(Status::Ignored("retained messages are written with the message that sets them")),
    row("admin.socket.path", FILE, "The socket through which vmq-admin and the console talk to the broker.")
        .default("/run/vernemq/admin.sock"),
    row("admin.socket.mode", &[Type::FileMode], "Permission bits of that socket, in octal.")
        .default("0660").hidden(),
    row("admin.socket.group", TEXT, "Group whose members may use every admin command. '' = none.")
        .default("vernemq").hidden(),
    row("admin.socket.readonly_group", TEXT, "Group whose members may use the admin commands that only look.")
        .hidden(),
    row("trace.max_concurrent", INTEGER, "Traces that may run at the same time.")
        .default("8").live().hidden().range(0, 1024),
    row("overload.memory_high_watermark", &[Type::Percent, Type::Word("off")],
        "Refuse new clients while the broker uses more than this share of the memory it may use; off = never.")
        .default("off").live().range(1, 100),
    row("overload.shedding", FLAG, "Refuse and slow down new clients by load.")
        .default("off").live().hidden().later(Feature::LoadShedding),
];
