//! What stands in the shipped file, in which order, active or as an example (config.md 11, decisions.md 9).

/// A line of the plan.
pub(super) enum Entry {
    Heading(&'static str),
    /// `value: None` = the default of the table.
    Setting {
        key: String,
        value: Option<&'static str>,
        state: State,
    },
}

#[derive(Clone, Copy)]
pub(super) enum State {
    On,
    Off,
}

/// The plan in full.
pub(super) fn entries() -> Vec<Entry> {
    let mut entries = read(FIRST);
    for database in DATABASES {
        entries.extend(database.entries());
    }
    entries.extend(read(LAST));
    entries
}

/// A plan as text: `= title`, `+ key` active, `- key` as an example, each with a value if not the default's.
fn read(plan: &'static str) -> Vec<Entry> {
    let entry = |line: &'static str| {
        let (mark, rest) = line.split_at_checked(2)?;
        let (key, value) = match rest.split_once(' ') {
            Some((key, value)) => (key, Some(value)),
            None => (rest, None),
        };
        match mark {
            "= " => Some(Entry::Heading(rest)),
            "+ " => Some(Entry::Setting {
                key: key.to_owned(),
                value,
                state: State::On,
            }),
            "- " => Some(Entry::Setting {
                key: key.to_owned(),
                value,
                state: State::Off,
            }),
            _ => None,
        }
    };
    plan.lines().filter_map(entry).collect()
}

const FIRST: &str = "\
= access, netsplit behaviour
+ allow_anonymous
+ allow_register_during_netsplit
+ allow_publish_during_netsplit
+ allow_subscribe_during_netsplit
+ allow_unsubscribe_during_netsplit
+ coordinate_registrations
- overload.memory_high_watermark 90%
- admin.socket.path
= misc logging
+ logging.obfuscation_secret
+ logging.keepalive_as_warning
= session limits
- retry_interval
- max_client_id_size
- max_subscriptions_per_client
- persistent_client_expiration 1w
- max_last_will_delay
- max_keepalive
+ max_inflight_messages
= queue limits
+ max_online_messages
+ max_offline_messages
+ override_max_online_messages
= message size, QoS upgrade
+ max_message_size
+ upgrade_outgoing_qos
= listeners: sockets and limits
- listener.tcp.buffer_sizes 4096,16384,32768
- listener.tcp.active_n 1
+ listener.max_connection_lifetime
+ listener.max_connections
+ max_ws_frame_size
+ listener.nr_of_acceptors
- listener.connect_rate 1000
- listener.connect_rate_per_source 10
= listeners: addresses
+ listener.tcp.default 127.0.0.1:1883
- listener.ssl.name 127.0.0.1:8883
= listeners: protocol, cluster, http
- listener.tcp.allowed_protocol_versions
- listener.vmq.clustering 0.0.0.0:44053
+ listener.http.default 127.0.0.1:8888
= TLS files
- listener.ssl.cafile /etc/vernemq/cacerts.pem
- listener.https.cafile /etc/vernemq/cacerts.pem
- listener.ssl.certfile /etc/vernemq/cert.pem
- listener.https.certfile /etc/vernemq/cert.pem
- listener.ssl.keyfile /etc/vernemq/key.pem
- listener.vmqs.keyfile /etc/vernemq/key.pem
- listener.https.keyfile /etc/vernemq/key.pem
= TLS parameters
- listener.ssl.ciphers
- listener.vmqs.ciphers
- listener.https.ciphers
- listener.ssl.eccs [x25519, secp384r1]
- listener.vmqs.eccs [x25519, secp384r1]
- listener.https.eccs [x25519, secp384r1]
- listener.ssl.crlfile
- listener.ssl.require_certificate
- listener.vmqs.require_certificate
- listener.https.require_certificate
- listener.ssl.tls_version
- listener.vmqs.tls_version
- listener.https.tls_version
- listener.ssl.use_identity_as_username
= metadata for authentication
- listener.tcp.forward_connection_opts
- listener.ssl.forward_connection_opts
- listener.ws.forward_connection_opts
- listener.wss.forward_connection_opts
= TLS with pre-shared keys
- listener.ssl.psk_support
- listener.ssl.psk_identity_hint
- listener.ssl.pskfile
- listener.ssl.pskfile_separator
= $SYS, Prometheus, Graphite
+ systree_enabled
+ systree_interval
+ prometheus_namespace
+ graphite_enabled
+ graphite_host
+ graphite_port
+ graphite_interval
- graphite_prefix my-prefix
- graphite_api_key My-Api-Key
= shared subscriptions
+ shared_subscription_policy
= plugins
- plugins.name on
- plugins.mypluginname.path /path/to/myplugin
- plugins.mypluginname.priority 5
+ plugins.vmq_passwd
+ plugins.vmq_acl
+ plugins.vmq_diversity
+ plugins.vmq_webhooks
+ plugins.vmq_bridge
= topics, metadata, retained messages
+ topic_max_depth
+ metadata_plugin
- expire_retain_cache
= rules and passwords in files
+ vmq_acl.acl_file
+ vmq_acl.acl_reload_interval
- vmq_acl.revoke_on_reload
+ vmq_passwd.password_file
+ vmq_passwd.password_reload_interval
= Lua and databases
+ vmq_diversity.script_dir
";

const LAST: &str = "\
= memcached, user scripts
- vmq_diversity.memcache.host
- vmq_diversity.memcache.port
- vmq_diversity.script1.file path/to/my/script.lua
= bcrypt
+ vmq_bcrypt.pool_size
+ vmq_bcrypt.nif_pool_size
+ vmq_bcrypt.nif_pool_max_overflow
+ vmq_bcrypt.default_log_rounds
+ vmq_bcrypt.mechanism
= webhooks
- vmq_webhooks.webhook1.hook auth_on_register
- vmq_webhooks.webhook1.endpoint http://localhost/myendpoints
- vmq_webhooks.tls_version
= bridges
- vmq_bridge.tcp.br0 127.0.0.1:1889
- vmq_bridge.tcp.br0.cleansession
- vmq_bridge.tcp.br0.client_id
- vmq_bridge.tcp.br0.mountpoint
- vmq_bridge.tcp.br0.keepalive_interval
- vmq_bridge.tcp.br0.persistent_queue
- vmq_bridge.tcp.br0.queue_dir /qdata/br0
- vmq_bridge.tcp.br0.username my_remote_user
- vmq_bridge.tcp.br0.password my_remote_password
- vmq_bridge.tcp.br0.segment_size 4KB
- vmq_bridge.tcp.br0.outgoing_batch_size
- vmq_bridge.tcp.br0.topic.1 topic
- vmq_bridge.tcp.br0.restart_timeout
- vmq_bridge.tcp.br0.try_private
- vmq_bridge.tcp.br0.mqtt_version
- vmq_bridge.tcp.br0.max_outgoing_buffered_messages
- vmq_bridge.tcp.br0.pubrel_queue_ratio 10%
- vmq_bridge.ssl.sbr0.cafile /etc/vernemq/cacerts.pem
- vmq_bridge.ssl.sbr0.certfile /etc/vernemq/cert.pem
- vmq_bridge.ssl.sbr0.keyfile /etc/vernemq/key.pem
- vmq_bridge.ssl.sbr0.insecure
- vmq_bridge.ssl.sbr0.tls_version
- vmq_bridge.ssl.sbr0.identity
- vmq_bridge.ssl.sbr0.psk
- vmq_bridge.ssl.sbr0.customize_hostname_check
= publishing over HTTP, web interface
- vmq_http_pub.mqtt_auth.mode
- vmq_http_pub.mqtt_auth.auth_plugin
- vmq_web_ui.admin.auth
- vmq_web_ui.admin.user_name
- vmq_web_ui.admin.user_pwd
- vmq_web_ui.mgmt_api.key
- vmq_web_ui.mgmt_api.port
- vmq_web_ui.mgmt_api.scheme
- vmq_web_ui.file_access.allow_read
- vmq_web_ui.file_access.allow_write
= console log
+ log.console
+ log.console.level
+ log.console.file
+ log.console.console.format
+ log.console.file.format
+ log.console.rotation.size
+ log.console.rotation.keep
+ log.console.rotation.compress_on_rotate
= error log
+ log.error
+ log.error.file
+ log.error.file.format
+ log.error.rotation.size
+ log.error.rotation.keep
+ log.error.rotation.compress_on_rotate
= crash log
+ log.crash
+ log.crash.file
+ log.crash.rotation.size
+ log.crash.rotation.keep
+ log.crash.rotation.compress_on_rotate
= sasl log
+ log.sasl
+ log.sasl.file
+ log.sasl.rotation.size 10MB
+ log.sasl.rotation.keep
+ log.sasl.rotation.compress_on_rotate
= syslog
+ log.syslog
+ log.syslog.format
+ log.syslog.facility
- log.syslog.app_name vernemq
- log.syslog.remote.host syslog.example.com
+ log.syslog.remote.port
+ log.syslog.remote.protocol
- log.syslog.remote.tls.cafile /etc/vernemq/cacerts.pem
= node identity
+ nodename
+ distributed_cookie
= threads, files, store
- erlang.schedulers.online 4
- erlang.schedulers.total 4
- erlang.max_ports
+ message_store.sync
- leveldb.maximum_memory.percent 20
- leveldb.compression
- leveldb.compression.algorithm lz4
";

/// The settings of one database in the file.
struct Database {
    heading: &'static str,
    name: &'static str,
    /// After the host and port.
    login: &'static [&'static str],
    has_tls: bool,
    has_hash: bool,
}

const SQL_LOGIN: &[&str] = &["user", "password", "database"];
const DATABASES: &[Database] = &[
    Database {
        heading: "PostgreSQL",
        name: "postgres",
        login: SQL_LOGIN,
        has_tls: true,
        has_hash: true,
    },
    Database {
        heading: "CockroachDB",
        name: "cockroachdb",
        login: SQL_LOGIN,
        has_tls: true,
        has_hash: true,
    },
    Database {
        heading: "MySQL",
        name: "mysql",
        login: SQL_LOGIN,
        has_tls: false,
        has_hash: true,
    },
    Database {
        heading: "MySQL 8, MariaDB",
        name: "mysql2",
        login: SQL_LOGIN,
        has_tls: true,
        has_hash: true,
    },
    Database {
        heading: "MongoDB",
        name: "mongodb",
        login: &["login", "password", "auth_source", "database"],
        has_tls: true,
        has_hash: false,
    },
    Database {
        heading: "Redis",
        name: "redis",
        login: &["password", "user", "database"],
        has_tls: false,
        has_hash: false,
    },
];

impl Database {
    fn entries(&self) -> Vec<Entry> {
        let name = self.name;
        let key = |option: &str| format!("vmq_diversity.{name}.{option}");
        let on = |key: String| Entry::Setting {
            key,
            value: None,
            state: State::On,
        };
        let off = |key: String| Entry::Setting {
            key,
            value: None,
            state: State::Off,
        };
        let file = |option, value| Entry::Setting {
            key: key(option),
            value: Some(value),
            state: State::Off,
        };
        let mut entries = vec![
            Entry::Heading(self.heading),
            on(format!("vmq_diversity.auth_{name}.enabled")),
        ];
        entries.extend(
            ["host", "port"]
                .iter()
                .chain(self.login)
                .map(|option| off(key(option))),
        );
        if self.has_tls {
            entries.push(on(key("ssl")));
            entries.push(file("cafile", "/etc/vernemq/cafile.pem"));
            entries.push(file("certfile", "/etc/vernemq/cert.pem"));
            entries.push(file("keyfile", "/etc/vernemq/keyfile.pem"));
            entries.push(off(key("ssl.customize_hostname_check")));
            entries.push(on(key("ssl.verify")));
            entries.push(on(key("ssl.use_system_cas")));
        }
        if self.has_hash {
            entries.push(on(key("password_hash_method")));
        }
        entries
    }
}
