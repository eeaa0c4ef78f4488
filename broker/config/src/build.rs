//! From typed settings to the sections that the broker's parts receive.
//!
//! Every section is made here or in a file below; faults of settings that do not fit together are added to those of
//! `resolve`.

use std::time::Duration;

use crate::resolve::Resolved;
use crate::sections::*;
use crate::table::Feature;
use crate::value::Value;

mod listener;
mod log;
mod memory;
mod metrics;
mod plugin;
mod store;
mod tcp;

/// Fills every section, noting what is wrong in `resolved`.
pub(crate) fn build(resolved: &mut Resolved) -> Config {
    spread_trade_consistency(resolved);
    let plugins = plugin::build(resolved);
    let mut config = Config {
        node: NodeConfig {
            name: resolved.text("nodename").unwrap_or_default().to_owned(),
            data_dir: resolved.path("platform_data_dir"),
        },
        auth: AuthConfig {
            allow_anonymous: resolved.flag("allow_anonymous"),
        },
        session: session(resolved),
        queue: queue(resolved),
        retain: RetainConfig {
            expire_interval: some_time(resolved.seconds("expire_retain_cache")),
        },
        store: store::build(resolved),
        listeners: listener::build(resolved, &plugins),
        log: log::build(resolved),
        acl: FileSource {
            file: resolved.path("vmq_acl.acl_file"),
            reload_interval: reload_interval(resolved, "vmq_acl.acl_reload_interval"),
            revoke_on_reload: resolved.flag("vmq_acl.revoke_on_reload"),
        },
        passwd: FileSource {
            file: resolved.path("vmq_passwd.password_file"),
            reload_interval: reload_interval(resolved, "vmq_passwd.password_reload_interval"),
            revoke_on_reload: false,
        },
        plugins,
        admin: admin(resolved),
        systree: metrics::systree(resolved),
        prometheus_namespace: metrics::prometheus_namespace(resolved),
        graphite: metrics::graphite(resolved),
        tcp: tcp::build(resolved),
        crl_refresh_interval: some_time(resolved.millis("crl_refresh_interval")),
        worker_threads: worker_threads(resolved),
        not_available_yet: Vec::new(),
        store_tuning: store::tuning(resolved),
        cluster: ClusterConfig {
            cookie: Secret::new(resolved.text("distributed_cookie").unwrap_or_default()),
        },
        overload: overload(resolved),
        history: HistoryConfig {
            clients_max: resolved.count("history.max_clients"),
            events_per_client: resolved.count("history.events_per_client"),
            memory_bytes: resolved.bytes("history.max_memory").unwrap_or(0),
            events: resolved.count("history.events"),
        },
        traces_max: resolved.count("trace.max_concurrent"),
        http_api: http_api(resolved),
        open_files_max: resolved.count("erlang.max_ports"),
    };
    check_cookie(resolved, &config);
    check_distribution_ports(resolved);
    check_webhooks(resolved);
    config.not_available_yet = resolved
        .missing
        .iter()
        .map(|(feature, key)| format!("{} ({key})", feature.title()))
        .collect();
    config
}

/// What files hold that settings name: done when the configuration is read, not when a setting changes.
pub(crate) fn check_files(resolved: &mut Resolved, config: &Config) {
    listener::check_files(resolved, config);
}

fn session(resolved: &Resolved) -> SessionConfig {
    SessionConfig {
        retry_interval: resolved.seconds("retry_interval"),
        max_client_id_bytes: resolved.count("max_client_id_size"),
        max_subscriptions_per_client: resolved.count("max_subscriptions_per_client"),
        // A session that expires at once is a session that nobody can have wanted to keep: 0 means never.
        persistent_client_expiration: resolved
            .duration("persistent_client_expiration")
            .and_then(some_time),
        max_last_will_delay: resolved.duration("max_last_will_delay"),
        max_inflight_messages: resolved.count("max_inflight_messages"),
        max_message_rate: resolved.count("max_message_rate"),
        max_message_size: resolved.count::<u32>("max_message_size").min(268_435_455),
        upgrade_outgoing_qos: resolved.flag("upgrade_outgoing_qos"),
        topic_max_depth: resolved.count("topic_max_depth"),
        topic_alias_max_client: resolved.count("topic_alias_max_client"),
        topic_alias_max_broker: resolved.count("topic_alias_max_broker"),
        receive_max_client: resolved.count("receive_max_client"),
        receive_max_broker: resolved.count("receive_max_broker"),
        connect_timeout: resolved.millis("mqtt_connect_timeout"),
        suppress_lwt_on_session_takeover: resolved.flag("suppress_lwt_on_session_takeover"),
        shared_subscription_policy: match resolved.word("shared_subscription_policy") {
            "random" => SharedPolicy::Random,
            "local_only" => SharedPolicy::LocalOnly,
            "prefer_online_before_local" => SharedPolicy::PreferOnlineBeforeLocal,
            _ => SharedPolicy::PreferLocal,
        },
        disconnect_on_unauthorized_publish_v3: resolved.flag("disconnect_on_unauthorized_publish_v3"),
        keepalive_as_warning: resolved.flag("logging.keepalive_as_warning"),
        max_keepalive_secs: resolved.count("max_keepalive"),
        allow_multiple_sessions: resolved.flag("allow_multiple_sessions"),
        queue_deliver_mode: match resolved.word("queue_deliver_mode") {
            "balance" => DeliverMode::Balance,
            _ => DeliverMode::Fanout,
        },
        coordinate_registrations: resolved.flag("coordinate_registrations"),
        retain_mode: match resolved.word("subscriber_retain_mode") {
            "syncwait" => RetainMode::Syncwait,
            _ => RetainMode::Immediate,
        },
        m5_max_packet_size: resolved.count("m5_max_packet_size"),
        m5_request_problem_information: resolved.flag("m5_request_problem_information"),
    }
}

fn http_api(resolved: &mut Resolved) -> HttpApiConfig {
    let allow_origin = resolved
        .text("http_mgmt.allow_origin")
        .unwrap_or_default()
        .to_owned();
    // It becomes a header as it stands.
    if !allow_origin.bytes().all(|byte| byte.is_ascii_graphic()) {
        let text = "not an origin; such as https://x.example, or * for any";
        resolved.refuse("http_mgmt.allow_origin", text);
    }
    HttpApiConfig {
        get_mutations: resolved.flag("http_mgmt.get_mutations"),
        allow_origin,
        key_bytes_min: resolved.count("min_apikey_length"),
        key_days_max: resolved
            .integer("max_apikey_expiry_days")
            .and_then(|days| u32::try_from(days).ok()),
    }
}

fn queue(resolved: &Resolved) -> QueueConfig {
    // -1 = no limit, the only negative number that the table lets through.
    let limit = |key| {
        resolved
            .integer(key)
            .and_then(|number| usize::try_from(number).ok())
    };
    QueueConfig {
        max_online_messages: limit("max_online_messages"),
        max_offline_messages: limit("max_offline_messages"),
        override_max_online_messages: resolved.flag("override_max_online_messages"),
        kind: match resolved.word("queue_type") {
            "lifo" => QueueKind::Lifo,
            _ => QueueKind::Fifo,
        },
    }
}

fn admin(resolved: &Resolved) -> AdminConfig {
    AdminConfig {
        socket_path: resolved.path("admin.socket.path"),
        socket_mode: match resolved.get("admin.socket.mode") {
            Some(Value::Mode(mode)) => *mode,
            _ => 0o660,
        },
        socket_group: resolved.text("admin.socket.group").map(str::to_owned),
        readonly_group: resolved.text("admin.socket.readonly_group").map(str::to_owned),
    }
}

fn overload(resolved: &Resolved) -> OverloadConfig {
    OverloadConfig {
        memory_high_watermark_percent: match resolved.get("overload.memory_high_watermark") {
            Some(Value::Percent(percent)) => Some(*percent),
            _ => None,
        },
        shedding: resolved.flag("overload.shedding"),
    }
}

fn worker_threads(resolved: &Resolved) -> usize {
    let asked = resolved
        .integer("erlang.schedulers.online")
        .or(resolved.integer("erlang.schedulers.total"));
    asked.and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// Seconds; a negative number counts as its absolute value, as in the original.
fn reload_interval(resolved: &Resolved, key: &str) -> Option<Duration> {
    some_time(Duration::from_secs(
        resolved.integer(key).unwrap_or(0).unsigned_abs(),
    ))
}

fn some_time(time: Duration) -> Option<Duration> {
    (!time.is_zero()).then_some(time)
}

/// The one switch of old versions stands for four, unless they are set.
fn spread_trade_consistency(resolved: &mut Resolved) {
    let Some(old) = resolved.settings.get("trade_consistency").cloned() else {
        return;
    };
    if old.value != Value::Flag(true) {
        return;
    }
    for action in ["register", "publish", "subscribe", "unsubscribe"] {
        let key = format!("allow_{action}_during_netsplit");
        if !resolved.is_set(&key)
            && let Some(setting) = resolved.settings.get_mut(&key)
        {
            setting.text = "on".to_owned();
            setting.value = Value::Flag(true);
            setting.origin = old.origin.clone();
        }
    }
    resolved
        .missing
        .entry(Feature::Cluster)
        .or_insert_with(|| "trade_consistency".to_owned());
}

/// The secret that everybody knows matters once other nodes can reach this one.
fn check_cookie(resolved: &mut Resolved, config: &Config) {
    let is_reachable = config
        .listeners
        .iter()
        .any(|l| matches!(l.kind, ListenerKind::Vmq | ListenerKind::Vmqs));
    if is_reachable && config.cluster.cookie.expose() == "vmq" {
        let text =
            "distributed_cookie has its well-known default: set another one before this node joins a cluster";
        resolved.notice("distributed_cookie", text.to_owned());
    }
}

fn check_distribution_ports(resolved: &mut Resolved) {
    let [min, max] = ["minimum", "maximum"].map(|end| format!("erlang.distribution.port_range.{end}"));
    match (resolved.integer(&min), resolved.integer(&max)) {
        (None, Some(_)) => {
            resolved.notice(
                &max,
                format!("config: {max} has no effect here ({min} is not set)"),
            );
        }
        (Some(low), Some(high)) if low > high => {
            resolved.refuse(&max, &format!("{max} must not be less than {min}"));
        }
        _ => {}
    }
}

/// A webhook needs both halves.
fn check_webhooks(resolved: &mut Resolved) {
    let names: std::collections::BTreeSet<String> = resolved
        .settings
        .values()
        .filter(|setting| setting.row.key.starts_with("vmq_webhooks.$name"))
        .filter_map(|setting| setting.name.clone())
        .collect();
    for name in names {
        let [hook, endpoint] =
            ["hook", "endpoint"].map(|half| format!("vmq_webhooks.{}.{half}", crate::key::escape(&name)));
        for (missing, other) in [(&hook, &endpoint), (&endpoint, &hook)] {
            if !resolved.is_set(missing) {
                let key = if resolved.is_set(other) { other } else { missing };
                resolved.refuse(key, &format!("{missing} is not defined"));
            }
        }
    }
}
