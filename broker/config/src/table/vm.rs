//! Keys of the Erlang VM: a few have a counterpart, the rest are accepted.

use super::row::*;

const NO_VM: &str = "there is no Erlang VM";
const IGNORED: Status = Status::Ignored(NO_VM);

pub(super) static ROWS: &[Row] = &[
    row(
        "erlang.schedulers.online",
        INTEGER,
        "Worker threads; 0 or unset = one for each core.",
    )
    .check(Check::RangeText(-1024, 1024, "has a maximum value of 1024")),
    row(
        "erlang.schedulers.total",
        INTEGER,
        "Worker threads, when erlang.schedulers.online is unset.",
    )
    .check(Check::RangeText(-1024, 1024, "has a maximum value of 1024")),
    row(
        "erlang.max_ports",
        INTEGER,
        "Open files and sockets to ask the system for; its hard limit still holds.",
    )
    .default("262144")
    .check(Check::RangeText(1024, 134_217_727, "must be 1024 to 134217727")),
    row(
        "erlang.smp",
        &[Type::Enum(&["enable", "auto", "disable"])],
        "Mode of the VM.",
    )
    .default("enable")
    .hidden()
    .status(IGNORED),
    row("erlang.W", &[Type::Enum(&["w", "e", "i"])], "Warnings of the VM.")
        .default("w")
        .hidden()
        .status(IGNORED),
    row("erlang.K", FLAG, "Polling of the VM.")
        .default("on")
        .hidden()
        .status(IGNORED),
    row("erlang.async_threads", INTEGER, "Threads of the VM.")
        .default("64")
        .check(Check::RangeText(0, 1024, "must be 0 to 1024"))
        .status(IGNORED),
    row(
        "erlang.async_threads.stack_size",
        BYTES,
        "Stack of these threads.",
    )
    .hidden()
    .status(IGNORED),
    row("erlang.fullsweep_after", INTEGER, "Garbage collection of the VM.")
        .default("0")
        .hidden()
        .check(Check::RangeText(0, i64::MAX, "must be a positive integer"))
        .status(IGNORED),
    row("erlang.crash_dump", FILE, "Crash dump of the VM.")
        .default("/var/log/vernemq/erl_crash.dump")
        .hidden()
        .status(Status::Ignored("panics go to the error and crash logs")),
    row("erlang.max_ets_tables", INTEGER, "Tables of the VM.")
        .default("256000")
        .hidden()
        .status(IGNORED),
    row("erlang.process_limit", INTEGER, "Processes of the VM.")
        .default("256000")
        .hidden()
        .status(IGNORED),
    row(
        "erlang.distribution_buffer_size",
        BYTES,
        "Bytes kept for another node on the control channel.",
    )
    .hidden()
    .check(Check::RangeText(
        1024,
        2_097_151 * 1024,
        "must be between 1KB and 2097151KB",
    ))
    .later(Feature::Cluster),
    row(
        "erlang.schedulers.force_wakeup_interval",
        INTEGER,
        "Schedulers of the VM.",
    )
    .status(IGNORED),
    row(
        "erlang.schedulers.compaction_of_load",
        TRUE_FALSE,
        "Schedulers of the VM.",
    )
    .status(IGNORED),
    row(
        "erlang.schedulers.utilization_balancing",
        TRUE_FALSE,
        "Schedulers of the VM.",
    )
    .status(IGNORED),
    row(
        "erlang.distribution.port_range.minimum",
        INTEGER,
        "Lowest port of the cluster's control channel.",
    )
    .hidden()
    .range(1, 65_535)
    .later(Feature::Cluster),
    row(
        "erlang.distribution.port_range.maximum",
        INTEGER,
        "Highest port of the cluster's control channel.",
    )
    .hidden()
    .range(1, 65_535)
    .later(Feature::Cluster),
    row(
        "erlang.distribution.interface",
        &[Type::Ip],
        "Address of the cluster's control channel.",
    )
    .hidden()
    .later(Feature::Cluster),
    row(
        "erlang.distribution.net_ticktime",
        INTEGER,
        "Seconds after which a silent node counts as down, give or take a quarter.",
    )
    .hidden()
    .range(1, TIME_MAX)
    .later(Feature::Cluster),
    row(
        "runtime_health.thresholds.busy_processes",
        INTEGER,
        "Monitor of the VM.",
    )
    .default("30")
    .hidden()
    .status(Status::Silent),
    row(
        "runtime_health.thresholds.busy_ports",
        INTEGER,
        "Monitor of the VM.",
    )
    .default("2")
    .hidden()
    .status(Status::Silent),
    row(
        "runtime_health.triggers.process.garbage_collection",
        &[Type::Duration, Type::Word("off")],
        "Monitor of the VM.",
    )
    .default("off")
    .hidden()
    .status(Status::Silent),
    row(
        "runtime_health.triggers.process.long_schedule",
        &[Type::Duration, Type::Word("off")],
        "Monitor of the VM.",
    )
    .default("off")
    .hidden()
    .status(Status::Silent),
    row(
        "runtime_health.triggers.process.heap_size",
        &[Type::ByteSize, Type::Word("off")],
        "Monitor of the VM.",
    )
    .default("160444000")
    .hidden()
    .status(Status::Silent),
    row("runtime_health.triggers.port", FLAG, "Monitor of the VM.")
        .default("on")
        .hidden()
        .status(Status::Silent),
    row(
        "runtime_health.triggers.distribution_port",
        FLAG,
        "Monitor of the VM.",
    )
    .default("on")
    .hidden()
    .status(Status::Silent),
    row("setup.log_dir", DIRECTORY, "Folder of the VM's start helper.")
        .default("/var/log/vernemq/")
        .hidden()
        .status(Status::Silent),
    row("setup.data_dir", DIRECTORY, "Folder of the VM's start helper.")
        .default("$(platform_data_dir)/")
        .hidden()
        .status(Status::Silent),
    row("wait_for_proc", TEXT, "Process of the VM.")
        .default("vmq_server_sup")
        .hidden()
        .status(Status::Silent),
    row(
        "default_schema_dir",
        &[Type::Directory, Type::Word("off")],
        "Folder of schema files.",
    )
    .default("off")
    .hidden()
    .status(Status::Silent),
];
