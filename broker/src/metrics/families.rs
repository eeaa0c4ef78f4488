//! Families: every metric's name, kind and description, written once (monitoring.md 1.6). Counters, gauges and
//! histograms take them from here; what is not here has no name that a face could print.

/// A metric, whatever its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    pub kind: Kind,
    pub name: &'static str,
    /// One line without backslash, for `metrics show -d` and `# HELP`.
    pub description: &'static str,
}

/// What the values of a metric mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, but for `metrics reset` and a restart.
    Counter,
    /// How it is at the moment.
    Gauge,
    /// Durations, counted by size.
    Histogram,
}

impl Kind {
    /// As every output writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

macro_rules! families {
    ($($family:ident = $kind:ident $name:literal $description:literal;)*) => {
        $(
            pub const $family: Family =
                Family { kind: Kind::$kind, name: $name, description: $description };
        )*

        /// Every family with a fixed name.
        pub const ALL: &[Family] = &[$($family,)*];
    };
}

families! {
    SOCKET_OPEN = Counter "socket_open" "MQTT transport connections accepted (TCP, TLS, WS, WSS).";
    SOCKET_CLOSE = Counter "socket_close" "MQTT transport connections closed, any cause.";
    SOCKET_CLOSE_TIMEOUT = Counter "socket_close_timeout"
        "Connections closed by the broker because no complete CONNECT arrived within mqtt_connect_timeout.";
    SOCKET_ERROR = Counter "socket_error"
        "Transport errors reported by the OS/TLS layer on an MQTT TCP/TLS connection (not orderly closes).";
    BYTES_RECEIVED = Counter "bytes_received"
        "Bytes read from MQTT clients (TCP/TLS payload bytes; for WS the binary frame payload bytes).";
    BYTES_SENT = Counter "bytes_sent"
        "Bytes written to MQTT clients (MQTT bytes; counted when handed to the socket).";
    MQTT_CONNECT_RECEIVED = Counter "mqtt_connect_received" "CONNECT packets parsed.";
    MQTT_PUBLISH_RECEIVED = Counter "mqtt_publish_received" "PUBLISH packets received from clients.";
    MQTT_PUBACK_RECEIVED = Counter "mqtt_puback_received" "PUBACK packets received.";
    MQTT_PUBREC_RECEIVED = Counter "mqtt_pubrec_received" "PUBREC packets received.";
    MQTT_PUBREL_RECEIVED = Counter "mqtt_pubrel_received" "PUBREL packets received.";
    MQTT_PUBCOMP_RECEIVED = Counter "mqtt_pubcomp_received" "PUBCOMP packets received.";
    MQTT_SUBSCRIBE_RECEIVED = Counter "mqtt_subscribe_received" "SUBSCRIBE packets received.";
    MQTT_UNSUBSCRIBE_RECEIVED = Counter "mqtt_unsubscribe_received" "UNSUBSCRIBE packets received.";
    MQTT_PINGREQ_RECEIVED = Counter "mqtt_pingreq_received" "PINGREQ packets received.";
    MQTT_DISCONNECT_RECEIVED = Counter "mqtt_disconnect_received" "DISCONNECT packets received.";
    MQTT_AUTH_RECEIVED = Counter "mqtt_auth_received" "AUTH packets received (MQTT 5 only).";
    MQTT_CONNACK_SENT = Counter "mqtt_connack_sent" "CONNACK packets sent, per result.";
    MQTT_PUBLISH_SENT = Counter "mqtt_publish_sent" "PUBLISH packets sent to clients, including retries.";
    MQTT_PUBACK_SENT = Counter "mqtt_puback_sent" "PUBACK packets sent.";
    MQTT_PUBREC_SENT = Counter "mqtt_pubrec_sent" "PUBREC packets sent.";
    MQTT_PUBREL_SENT = Counter "mqtt_pubrel_sent" "PUBREL packets sent, including retries.";
    MQTT_PUBCOMP_SENT = Counter "mqtt_pubcomp_sent" "PUBCOMP packets sent.";
    MQTT_SUBACK_SENT = Counter "mqtt_suback_sent" "SUBACK packets sent after a processed SUBSCRIBE.";
    MQTT_UNSUBACK_SENT = Counter "mqtt_unsuback_sent" "UNSUBACK packets sent.";
    MQTT_PINGRESP_SENT = Counter "mqtt_pingresp_sent" "PINGRESP packets sent.";
    MQTT_DISCONNECT_SENT = Counter "mqtt_disconnect_sent"
        "DISCONNECT packets sent by the broker (MQTT 5 only).";
    MQTT_AUTH_SENT = Counter "mqtt_auth_sent" "AUTH packets sent (MQTT 5 only).";
    MQTT_PUBLISH_AUTH_ERROR = Counter "mqtt_publish_auth_error"
        "PUBLISH rejected by auth_on_publish / authorization.";
    MQTT_SUBSCRIBE_AUTH_ERROR = Counter "mqtt_subscribe_auth_error"
        "SUBSCRIBE rejected by auth_on_subscribe / authorization.";
    MQTT_INVALID_MSG_SIZE_ERROR = Counter "mqtt_invalid_msg_size_error"
        "Packets larger than max_message_size (connection is closed).";
    MQTT_PUBACK_INVALID_ERROR = Counter "mqtt_puback_invalid_error"
        "PUBACK for a packet id that is not in flight.";
    MQTT_PUBREC_INVALID_ERROR = Counter "mqtt_pubrec_invalid_error"
        "PUBREC for an unknown packet id (v3/4 only; the session is ended).";
    MQTT_PUBCOMP_INVALID_ERROR = Counter "mqtt_pubcomp_invalid_error"
        "PUBCOMP without a matching PUBREL (the session is ended).";
    MQTT_PUBLISH_ERROR = Counter "mqtt_publish_error"
        "PUBLISH not routed because the cluster is not ready (netsplit) or another internal error.";
    MQTT_SUBSCRIBE_ERROR = Counter "mqtt_subscribe_error"
        "SUBSCRIBE failed because the cluster is not ready (netsplit) or another internal error.";
    MQTT_UNSUBSCRIBE_ERROR = Counter "mqtt_unsubscribe_error"
        "UNSUBSCRIBE failed because the cluster is not ready (netsplit) or another internal error.";
    CLIENT_KEEPALIVE_EXPIRED = Counter "client_keepalive_expired"
        "Sessions ended because nothing was received within 1.5 x keep-alive.";
    MQTT_CONNACK_ACCEPTED_SENT = Counter "mqtt_connack_accepted_sent" "Not in use (deprecated)";
    MQTT_CONNACK_UNACCEPTABLE_PROTOCOL_SENT = Counter "mqtt_connack_unacceptable_protocol_sent"
        "Not in use (deprecated)";
    MQTT_CONNACK_IDENTIFIER_REJECTED_SENT = Counter "mqtt_connack_identifier_rejected_sent"
        "Not in use (deprecated)";
    MQTT_CONNACK_SERVER_UNAVAILABLE_SENT = Counter "mqtt_connack_server_unavailable_sent"
        "Not in use (deprecated)";
    MQTT_CONNACK_BAD_CREDENTIALS_SENT = Counter "mqtt_connack_bad_credentials_sent" "Not in use (deprecated)";
    MQTT_CONNACK_NOT_AUTHORIZED_SENT = Counter "mqtt_connack_not_authorized_sent" "Not in use (deprecated)";
    CLIENT_EXPIRED = Counter "client_expired" "Not in use (deprecated)";
    QUEUE_SETUP = Counter "queue_setup" "Client queues created (one queue per subscriber id).";
    QUEUE_INITIALIZED_FROM_STORAGE = Counter "queue_initialized_from_storage"
        "Queues whose offline messages were (re)loaded from the message store.";
    QUEUE_TEARDOWN = Counter "queue_teardown" "Client queues terminated.";
    QUEUE_MESSAGE_DROP = Counter "queue_message_drop"
        "Messages dropped because a queue was full (fifo: newest dropped, lifo: oldest dropped).";
    QUEUE_MESSAGE_EXPIRED = Counter "queue_message_expired"
        "Messages whose MQTT 5 message expiry elapsed before delivery.";
    QUEUE_MESSAGE_UNHANDLED = Counter "queue_message_unhandled"
        "Messages discarded undelivered: queue cleaned up, or QoS 0 for an offline session.";
    QUEUE_MESSAGE_IN = Counter "queue_message_in" "Messages enqueued into client queues.";
    QUEUE_MESSAGE_OUT = Counter "queue_message_out"
        "Messages taken out of client queues (delivered to the session, or drained to a remote node).";
    CLUSTER_BYTES_RECEIVED = Counter "cluster_bytes_received"
        "Bytes received on the inter-node MQTT data channel (flushed about once per second).";
    CLUSTER_BYTES_SENT = Counter "cluster_bytes_sent"
        "Bytes sent on the inter-node MQTT data channel (flushed about once per second).";
    CLUSTER_BYTES_DROPPED = Counter "cluster_bytes_dropped"
        "Bytes dropped because the outgoing buffer for a peer (outgoing_clustering_buffer_size) was full.";
    NETSPLIT_DETECTED = Counter "netsplit_detected"
        "Transitions all-nodes-reachable -> at least one node unreachable, seen by this node.";
    NETSPLIT_RESOLVED = Counter "netsplit_resolved" "Transitions back to all-nodes-reachable.";
    ROUTER_MATCHES_LOCAL = Counter "router_matches_local" "Local subscriptions matched by routed publishes.";
    ROUTER_MATCHES_REMOTE = Counter "router_matches_remote"
        "Remote (other node) subscriptions matched by routed publishes.";
    SYSTEM_CONTEXT_SWITCHES = Counter "system_context_switches"
        "Context switches of the process, voluntary and involuntary.";
    SYSTEM_EXACT_REDUCTIONS = Counter "system_exact_reductions" "The same as system_reductions.";
    SYSTEM_REDUCTIONS = Counter "system_reductions"
        "How often worker threads ran out of work and went to sleep.";
    SYSTEM_GC_COUNT = Counter "system_gc_count" "Garbage collections; there is no garbage collector.";
    SYSTEM_WORDS_RECLAIMED_BY_GC = Counter "system_words_reclaimed_by_gc"
        "Words reclaimed by garbage collection; there is no garbage collector.";
    SYSTEM_IO_IN = Counter "system_io_in" "Bytes read by the process, from sockets and files.";
    SYSTEM_IO_OUT = Counter "system_io_out" "Bytes written by the process, to sockets and files.";
    SYSTEM_RUNTIME = Counter "system_runtime" "CPU time of the process in milliseconds, user and system.";
    SYSTEM_WALLCLOCK = Counter "system_wallclock" "Milliseconds since the start of the broker.";
    QUEUE_MESSAGES_ONLINE = Gauge "queue_messages_online"
        "Messages that wait for clients which are connected; looked at in turns, every few seconds.";
    QUEUE_MESSAGES_OFFLINE = Gauge "queue_messages_offline"
        "Messages that wait for clients which are not connected; looked at in turns, every few seconds.";
    QUEUE_MESSAGES_INFLIGHT = Gauge "queue_messages_inflight"
        "Messages sent to connected clients that are not acknowledged; looked at in turns, every few seconds.";
    STORE_MEMORY = Gauge "store_memory" "Bytes of memory that the message store uses for caches and buffers.";
    STORE_FAILING = Gauge "store_failing" "1 while the message store cannot write, else 0.";
    DISK_FREE = Gauge "disk_free" "Bytes free for the broker on the disk of the data directory.";
    DISK_SIZE = Gauge "disk_size" "Bytes of the disk of the data directory.";
    OPEN_FILES = Gauge "open_files" "Open files of the process, connections included.";
    OPEN_FILES_LIMIT = Gauge "open_files_limit" "Files that the process may have open.";
    SYSTEM_MEMORY_LIMIT = Gauge "system_memory_limit"
        "Bytes that the process may use: the memory of the machine, or the limit of its control group.";
    OVERLOAD_ACTIVE = Gauge "overload_active"
        "1 while new clients are refused because of overload.memory_high_watermark, else 0.";
    QUEUE_PROCESSES = Gauge "queue_processes" "Client queues currently alive (online + offline sessions).";
    ROUTER_SUBSCRIPTIONS = Gauge "router_subscriptions"
        "Subscriptions in the routing table, local and remote.";
    ROUTER_MEMORY = Gauge "router_memory" "Bytes used by the routing table (trie + subscriber tables).";
    RETAIN_MESSAGES = Gauge "retain_messages" "Retained messages currently held.";
    RETAIN_MEMORY = Gauge "retain_memory" "Bytes used by the retained message cache.";
    ACTIVE_MQTT_CONNECTIONS = Gauge "active_mqtt_connections"
        "Open connections on mqtt + mqtts listeners (unix-socket listeners count as mqtt).";
    ACTIVE_MQTTWS_CONNECTIONS = Gauge "active_mqttws_connections"
        "Open connections on mqttws + mqttwss listeners.";
    TOTAL_ACTIVE_CONNECTIONS = Gauge "total_active_connections" "Open connections on all MQTT listeners.";
    SYSTEM_RUN_QUEUE = Gauge "system_run_queue" "Tasks that wait for a worker thread.";
    SYSTEM_PROCESS_COUNT = Gauge "system_process_count" "Tasks that are alive.";
    SYSTEM_UTILIZATION = Gauge "system_utilization"
        "Busy time of the worker threads in percent, mean of ten seconds.";
    VM_MEMORY_TOTAL = Gauge "vm_memory_total" "Resident memory of the process in bytes.";
    VM_MEMORY_PROCESSES = Gauge "vm_memory_processes"
        "Resident memory without a file behind it (heap, stacks) in bytes.";
    VM_MEMORY_PROCESSES_USED = Gauge "vm_memory_processes_used" "The same as vm_memory_processes.";
    VM_MEMORY_SYSTEM = Gauge "vm_memory_system" "Resident memory beyond vm_memory_processes in bytes.";
    VM_MEMORY_ATOM = Gauge "vm_memory_atom" "Bytes for atoms; there are none.";
    VM_MEMORY_ATOM_USED = Gauge "vm_memory_atom_used" "Bytes used by atoms; there are none.";
    VM_MEMORY_BINARY = Gauge "vm_memory_binary" "Bytes of retained messages.";
    VM_MEMORY_CODE = Gauge "vm_memory_code" "Bytes of program code, libraries included.";
    VM_MEMORY_ETS = Gauge "vm_memory_ets"
        "Bytes of the tables of subscriptions, retained messages and sessions.";
    // Ours: why, as a label (decisions.md 33).
    CONNECTION_CLOSED = Counter "connection_closed" "MQTT connections that ended, by reason.";
    CONNECTION_REFUSED = Counter "connection_refused"
        "Connections that ended before a client spoke MQTT, by reason.";
    MESSAGE_DROPPED = Counter "message_dropped"
        "Messages that a client could not or must not be sent, by reason.";
    CONNECT_REFUSED = Counter "connect_refused" "CONNECT packets that were refused, by reason.";
    PUBLISH_REFUSED = Counter "publish_refused" "PUBLISH packets that were refused, by reason.";
    SUBSCRIBE_REFUSED = Counter "subscribe_refused"
        "SUBSCRIBE packets, or filters of one, that were refused, by reason.";
    SESSION_ENDED = Counter "session_ended"
        "Sessions that an operator or their expiry has ended, by reason.";
    PUBLISH_DELIVER_MICROSECONDS = Histogram "publish_deliver_microseconds"
        "Time from the arrival of a PUBLISH to its way out to a subscriber that is online, in microseconds.";
    HOOK_MICROSECONDS = Histogram "hook_microseconds"
        "Time that a client waited for hooks which did not answer at once, in microseconds.";
    STORE_COMMIT_MICROSECONDS = Histogram "store_commit_microseconds"
        "Time that the message store took to write a group of changes, in microseconds.";
    TLS_HANDSHAKE_FAILED = Counter "tls_handshake_failed" "TLS handshakes that failed, by reason.";
}
