//! The catalogue: every counter's name, once.

use vmq_mqtt::{PacketType, Version};

macro_rules! counters {
    ($($variant:ident = $name:literal $labels:literal;)*) => {
        /// A counter. Labels are closed lists; client ids and topics are never labels.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(usize)]
        pub enum Counter { $($variant,)* }

        impl Counter {
            /// Every counter.
            pub const ALL: &'static [Counter] = &[$(Counter::$variant,)*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The name of the family.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// `label=value`, or empty.
            #[must_use]
            pub const fn labels(self) -> &'static str {
                match self { $(Self::$variant => $labels,)* }
            }
        }
    };
}

counters! {
    SocketOpen = "socket_open" "";
    SocketClose = "socket_close" "";
    SocketCloseTimeout = "socket_close_timeout" "";
    SocketError = "socket_error" "";
    BytesReceived = "bytes_received" "";
    BytesSent = "bytes_sent" "";
    ConnectReceived4 = "mqtt_connect_received" "mqtt_version=4";
    ConnectReceived5 = "mqtt_connect_received" "mqtt_version=5";
    PublishReceived4 = "mqtt_publish_received" "mqtt_version=4";
    PublishReceived5 = "mqtt_publish_received" "mqtt_version=5";
    PubackReceived4 = "mqtt_puback_received" "mqtt_version=4";
    PubackReceived5 = "mqtt_puback_received" "mqtt_version=5";
    PubrecReceived4 = "mqtt_pubrec_received" "mqtt_version=4";
    PubrecReceived5 = "mqtt_pubrec_received" "mqtt_version=5";
    PubrelReceived4 = "mqtt_pubrel_received" "mqtt_version=4";
    PubrelReceived5 = "mqtt_pubrel_received" "mqtt_version=5";
    PubcompReceived4 = "mqtt_pubcomp_received" "mqtt_version=4";
    PubcompReceived5 = "mqtt_pubcomp_received" "mqtt_version=5";
    SubscribeReceived4 = "mqtt_subscribe_received" "mqtt_version=4";
    SubscribeReceived5 = "mqtt_subscribe_received" "mqtt_version=5";
    UnsubscribeReceived4 = "mqtt_unsubscribe_received" "mqtt_version=4";
    UnsubscribeReceived5 = "mqtt_unsubscribe_received" "mqtt_version=5";
    PingreqReceived4 = "mqtt_pingreq_received" "mqtt_version=4";
    PingreqReceived5 = "mqtt_pingreq_received" "mqtt_version=5";
    DisconnectReceived4 = "mqtt_disconnect_received" "mqtt_version=4";
    DisconnectReceived5 = "mqtt_disconnect_received" "mqtt_version=5";
    AuthReceived = "mqtt_auth_received" "mqtt_version=5";
    ConnackSent4 = "mqtt_connack_sent" "mqtt_version=4";
    ConnackSent5 = "mqtt_connack_sent" "mqtt_version=5";
    PublishSent4 = "mqtt_publish_sent" "mqtt_version=4";
    PublishSent5 = "mqtt_publish_sent" "mqtt_version=5";
    PubackSent4 = "mqtt_puback_sent" "mqtt_version=4";
    PubackSent5 = "mqtt_puback_sent" "mqtt_version=5";
    PubrecSent4 = "mqtt_pubrec_sent" "mqtt_version=4";
    PubrecSent5 = "mqtt_pubrec_sent" "mqtt_version=5";
    PubrelSent4 = "mqtt_pubrel_sent" "mqtt_version=4";
    PubrelSent5 = "mqtt_pubrel_sent" "mqtt_version=5";
    PubcompSent4 = "mqtt_pubcomp_sent" "mqtt_version=4";
    PubcompSent5 = "mqtt_pubcomp_sent" "mqtt_version=5";
    SubackSent4 = "mqtt_suback_sent" "mqtt_version=4";
    SubackSent5 = "mqtt_suback_sent" "mqtt_version=5";
    UnsubackSent4 = "mqtt_unsuback_sent" "mqtt_version=4";
    UnsubackSent5 = "mqtt_unsuback_sent" "mqtt_version=5";
    PingrespSent4 = "mqtt_pingresp_sent" "mqtt_version=4";
    PingrespSent5 = "mqtt_pingresp_sent" "mqtt_version=5";
    DisconnectSent = "mqtt_disconnect_sent" "mqtt_version=5";
    AuthSent = "mqtt_auth_sent" "mqtt_version=5";
    PublishAuthError4 = "mqtt_publish_auth_error" "mqtt_version=4";
    PublishAuthError5 = "mqtt_publish_auth_error" "mqtt_version=5";
    SubscribeAuthError4 = "mqtt_subscribe_auth_error" "mqtt_version=4";
    SubscribeAuthError5 = "mqtt_subscribe_auth_error" "mqtt_version=5";
    InvalidMsgSize4 = "mqtt_invalid_msg_size_error" "mqtt_version=4";
    InvalidMsgSize5 = "mqtt_invalid_msg_size_error" "mqtt_version=5";
    PubackInvalid4 = "mqtt_puback_invalid_error" "mqtt_version=4";
    PubackInvalid5 = "mqtt_puback_invalid_error" "mqtt_version=5";
    PubrecInvalid = "mqtt_pubrec_invalid_error" "mqtt_version=4";
    PubcompInvalid4 = "mqtt_pubcomp_invalid_error" "mqtt_version=4";
    PubcompInvalid5 = "mqtt_pubcomp_invalid_error" "mqtt_version=5";
    KeepaliveExpired4 = "client_keepalive_expired" "mqtt_version=4";
    KeepaliveExpired5 = "client_keepalive_expired" "mqtt_version=5";
    QueueSetup = "queue_setup" "";
    QueueInitializedFromStorage = "queue_initialized_from_storage" "";
    QueueTeardown = "queue_teardown" "";
    QueueMessageIn = "queue_message_in" "";
    QueueMessageOut = "queue_message_out" "";
    QueueMessageDrop = "queue_message_drop" "";
    QueueMessageExpired = "queue_message_expired" "";
    QueueMessageUnhandled = "queue_message_unhandled" "";
    RouterMatchesLocal = "router_matches_local" "";
    DroppedTooLarge = "message_dropped" "reason=max_packet_size_exceeded";
    DroppedRevoked = "message_dropped" "reason=not_authorized";
    ClosedClientDisconnect = "connection_closed" "reason=client_disconnect";
    ClosedClientDisconnectWithWill = "connection_closed" "reason=client_disconnect_with_will";
    ClosedPeerClosed = "connection_closed" "reason=peer_closed";
    ClosedSocketError = "connection_closed" "reason=socket_error";
    ClosedSendTimeout = "connection_closed" "reason=send_timeout";
    ClosedConnectTimeout = "connection_closed" "reason=connect_timeout";
    ClosedKeepAlive = "connection_closed" "reason=keep_alive_timeout";
    ClosedTakenOver = "connection_closed" "reason=session_taken_over";
    ClosedAdministrative = "connection_closed" "reason=administrative_action";
    ClosedLifetime = "connection_closed" "reason=max_connection_lifetime";
    ClosedShutdown = "connection_closed" "reason=server_shutting_down";
    ClosedRefused = "connection_closed" "reason=refused";
    ClosedMalformed = "connection_closed" "reason=malformed_packet";
    ClosedViolation = "connection_closed" "reason=protocol_error";
    ClosedPublishNotAuthorized = "connection_closed" "reason=publish_not_authorized";
    ClosedNotConnect = "connection_closed" "reason=first_packet_not_connect";
    ClosedTransport = "connection_closed" "reason=transport_error";
    ClosedOverload = "connection_closed" "reason=overload";
    RefusedConnectRate = "connection_refused" "reason=connect_rate";
    RefusedConnectRatePerSource = "connection_refused" "reason=connect_rate_per_source";
    RefusedUntrustedProxy = "connection_refused" "reason=untrusted_proxy";
    RefusedProxyProtocol = "connection_refused" "reason=proxy_protocol_error";
    RefusedProxyTimeout = "connection_refused" "reason=proxy_protocol_timeout";
    RefusedTls = "connection_refused" "reason=tls_handshake_failed";
    RefusedWebSocket = "connection_refused" "reason=websocket_upgrade";
    RefusedWebSocketTimeout = "connection_refused" "reason=websocket_upgrade_timeout";
    TlsTimeout = "tls_handshake_failed" "reason=timeout";
    TlsPeerClosed = "tls_handshake_failed" "reason=peer_closed";
    TlsNotTls = "tls_handshake_failed" "reason=not_tls";
    TlsNoSharedVersion = "tls_handshake_failed" "reason=no_shared_version";
    TlsNoSharedCipher = "tls_handshake_failed" "reason=no_shared_cipher";
    TlsCertificateRequired = "tls_handshake_failed" "reason=certificate_required";
    TlsCertificateExpired = "tls_handshake_failed" "reason=certificate_expired";
    TlsCertificateRevoked = "tls_handshake_failed" "reason=certificate_revoked";
    TlsCertificateUntrusted = "tls_handshake_failed" "reason=certificate_untrusted";
    TlsCertificateInvalid = "tls_handshake_failed" "reason=certificate_invalid";
    TlsPeerAlert = "tls_handshake_failed" "reason=peer_alert";
    TlsOther = "tls_handshake_failed" "reason=other";
}

impl Counter {
    /// The counter of a received packet; `None` for packets a client never sends.
    #[must_use]
    pub const fn received(kind: PacketType, version: Version) -> Option<Self> {
        let v5 = matches!(version, Version::V5);
        Some(match kind {
            PacketType::Connect => pick(v5, Self::ConnectReceived4, Self::ConnectReceived5),
            PacketType::Publish => pick(v5, Self::PublishReceived4, Self::PublishReceived5),
            PacketType::PubAck => pick(v5, Self::PubackReceived4, Self::PubackReceived5),
            PacketType::PubRec => pick(v5, Self::PubrecReceived4, Self::PubrecReceived5),
            PacketType::PubRel => pick(v5, Self::PubrelReceived4, Self::PubrelReceived5),
            PacketType::PubComp => pick(v5, Self::PubcompReceived4, Self::PubcompReceived5),
            PacketType::Subscribe => pick(v5, Self::SubscribeReceived4, Self::SubscribeReceived5),
            PacketType::Unsubscribe => pick(v5, Self::UnsubscribeReceived4, Self::UnsubscribeReceived5),
            PacketType::PingReq => pick(v5, Self::PingreqReceived4, Self::PingreqReceived5),
            PacketType::Disconnect => pick(v5, Self::DisconnectReceived4, Self::DisconnectReceived5),
            PacketType::Auth => Self::AuthReceived,
            PacketType::ConnAck | PacketType::SubAck | PacketType::UnsubAck | PacketType::PingResp => {
                return None;
            }
        })
    }

    /// The counter of a sent packet; `None` for packets the broker never sends.
    #[must_use]
    pub const fn sent(kind: PacketType, version: Version) -> Option<Self> {
        let v5 = matches!(version, Version::V5);
        Some(match kind {
            PacketType::ConnAck => pick(v5, Self::ConnackSent4, Self::ConnackSent5),
            PacketType::Publish => pick(v5, Self::PublishSent4, Self::PublishSent5),
            PacketType::PubAck => pick(v5, Self::PubackSent4, Self::PubackSent5),
            PacketType::PubRec => pick(v5, Self::PubrecSent4, Self::PubrecSent5),
            PacketType::PubRel => pick(v5, Self::PubrelSent4, Self::PubrelSent5),
            PacketType::PubComp => pick(v5, Self::PubcompSent4, Self::PubcompSent5),
            PacketType::SubAck => pick(v5, Self::SubackSent4, Self::SubackSent5),
            PacketType::UnsubAck => pick(v5, Self::UnsubackSent4, Self::UnsubackSent5),
            PacketType::PingResp => pick(v5, Self::PingrespSent4, Self::PingrespSent5),
            PacketType::Disconnect => Self::DisconnectSent,
            PacketType::Auth => Self::AuthSent,
            PacketType::Connect | PacketType::Subscribe | PacketType::Unsubscribe | PacketType::PingReq => {
                return None;
            }
        })
    }

    /// The one of two counters that belongs to a version.
    #[must_use]
    pub const fn for_version(version: Version, v4: Self, v5: Self) -> Self {
        pick(matches!(version, Version::V5), v4, v5)
    }
}

const fn pick(v5: bool, four: Counter, five: Counter) -> Counter {
    if v5 { five } else { four }
}
