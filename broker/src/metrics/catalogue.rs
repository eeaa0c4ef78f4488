//! The catalogue: every counter with its family and its label. Those whose label is a reason code of the standard are in
//! `reasoned`.

use super::families::*;
use vmq_mqtt::Version;

macro_rules! counters {
    ($($variant:ident = $family:ident $label:literal;)*) => {
        /// A counter. Labels are closed lists; client ids and topics are never labels.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(usize)]
        pub enum Counter { $($variant,)* }

        impl Counter {
            /// Every counter.
            pub const ALL: &'static [Counter] = &[$(Counter::$variant,)*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The metric it is a part of.
            #[must_use]
            pub const fn family(self) -> Family {
                match self { $(Self::$variant => $family,)* }
            }

            /// `label=value`, or empty.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }
    };
}

counters! {
    SocketOpen = SOCKET_OPEN "";
    SocketClose = SOCKET_CLOSE "";
    SocketCloseTimeout = SOCKET_CLOSE_TIMEOUT "";
    SocketError = SOCKET_ERROR "";
    BytesReceived = BYTES_RECEIVED "";
    BytesSent = BYTES_SENT "";
    ConnectReceived4 = MQTT_CONNECT_RECEIVED "mqtt_version=4";
    ConnectReceived5 = MQTT_CONNECT_RECEIVED "mqtt_version=5";
    PublishReceived4 = MQTT_PUBLISH_RECEIVED "mqtt_version=4";
    PublishReceived5 = MQTT_PUBLISH_RECEIVED "mqtt_version=5";
    PubackReceived4 = MQTT_PUBACK_RECEIVED "mqtt_version=4";
    PubrecReceived4 = MQTT_PUBREC_RECEIVED "mqtt_version=4";
    PubrelReceived4 = MQTT_PUBREL_RECEIVED "mqtt_version=4";
    PubcompReceived4 = MQTT_PUBCOMP_RECEIVED "mqtt_version=4";
    SubscribeReceived4 = MQTT_SUBSCRIBE_RECEIVED "mqtt_version=4";
    SubscribeReceived5 = MQTT_SUBSCRIBE_RECEIVED "mqtt_version=5";
    UnsubscribeReceived4 = MQTT_UNSUBSCRIBE_RECEIVED "mqtt_version=4";
    UnsubscribeReceived5 = MQTT_UNSUBSCRIBE_RECEIVED "mqtt_version=5";
    PingreqReceived4 = MQTT_PINGREQ_RECEIVED "mqtt_version=4";
    PingreqReceived5 = MQTT_PINGREQ_RECEIVED "mqtt_version=5";
    DisconnectReceived4 = MQTT_DISCONNECT_RECEIVED "mqtt_version=4";
    PublishSent4 = MQTT_PUBLISH_SENT "mqtt_version=4";
    PublishSent5 = MQTT_PUBLISH_SENT "mqtt_version=5";
    PubackSent4 = MQTT_PUBACK_SENT "mqtt_version=4";
    PubrecSent4 = MQTT_PUBREC_SENT "mqtt_version=4";
    PubrelSent4 = MQTT_PUBREL_SENT "mqtt_version=4";
    PubcompSent4 = MQTT_PUBCOMP_SENT "mqtt_version=4";
    SubackSent4 = MQTT_SUBACK_SENT "mqtt_version=4";
    SubackSent5 = MQTT_SUBACK_SENT "mqtt_version=5";
    UnsubackSent4 = MQTT_UNSUBACK_SENT "mqtt_version=4";
    UnsubackSent5 = MQTT_UNSUBACK_SENT "mqtt_version=5";
    PingrespSent4 = MQTT_PINGRESP_SENT "mqtt_version=4";
    PingrespSent5 = MQTT_PINGRESP_SENT "mqtt_version=5";
    PublishAuthError4 = MQTT_PUBLISH_AUTH_ERROR "mqtt_version=4";
    PublishAuthError5 = MQTT_PUBLISH_AUTH_ERROR "mqtt_version=5";
    SubscribeAuthError4 = MQTT_SUBSCRIBE_AUTH_ERROR "mqtt_version=4";
    SubscribeAuthError5 = MQTT_SUBSCRIBE_AUTH_ERROR "mqtt_version=5";
    InvalidMsgSize4 = MQTT_INVALID_MSG_SIZE_ERROR "mqtt_version=4";
    InvalidMsgSize5 = MQTT_INVALID_MSG_SIZE_ERROR "mqtt_version=5";
    PubackInvalid4 = MQTT_PUBACK_INVALID_ERROR "mqtt_version=4";
    PubackInvalid5 = MQTT_PUBACK_INVALID_ERROR "mqtt_version=5";
    PubrecInvalid = MQTT_PUBREC_INVALID_ERROR "mqtt_version=4";
    PubcompInvalid4 = MQTT_PUBCOMP_INVALID_ERROR "mqtt_version=4";
    PubcompInvalid5 = MQTT_PUBCOMP_INVALID_ERROR "mqtt_version=5";
    PublishError4 = MQTT_PUBLISH_ERROR "mqtt_version=4";
    PublishError5 = MQTT_PUBLISH_ERROR "mqtt_version=5";
    SubscribeError4 = MQTT_SUBSCRIBE_ERROR "mqtt_version=4";
    SubscribeError5 = MQTT_SUBSCRIBE_ERROR "mqtt_version=5";
    UnsubscribeError4 = MQTT_UNSUBSCRIBE_ERROR "mqtt_version=4";
    UnsubscribeError5 = MQTT_UNSUBSCRIBE_ERROR "mqtt_version=5";
    KeepaliveExpired4 = CLIENT_KEEPALIVE_EXPIRED "mqtt_version=4";
    KeepaliveExpired5 = CLIENT_KEEPALIVE_EXPIRED "mqtt_version=5";
    QueueSetup = QUEUE_SETUP "";
    QueueInitializedFromStorage = QUEUE_INITIALIZED_FROM_STORAGE "";
    QueueTeardown = QUEUE_TEARDOWN "";
    QueueMessageIn = QUEUE_MESSAGE_IN "";
    QueueMessageOut = QUEUE_MESSAGE_OUT "";
    QueueMessageDrop = QUEUE_MESSAGE_DROP "";
    QueueMessageExpired = QUEUE_MESSAGE_EXPIRED "";
    QueueMessageUnhandled = QUEUE_MESSAGE_UNHANDLED "";
    RouterMatchesLocal = ROUTER_MATCHES_LOCAL "";
    RouterMatchesRemote = ROUTER_MATCHES_REMOTE "";
    ClusterBytesReceived = CLUSTER_BYTES_RECEIVED "";
    ClusterBytesSent = CLUSTER_BYTES_SENT "";
    ClusterBytesDropped = CLUSTER_BYTES_DROPPED "";
    NetsplitDetected = NETSPLIT_DETECTED "";
    NetsplitResolved = NETSPLIT_RESOLVED "";
    ConnackAcceptedSent = MQTT_CONNACK_ACCEPTED_SENT "mqtt_version=4";
    ConnackUnacceptableProtocolSent = MQTT_CONNACK_UNACCEPTABLE_PROTOCOL_SENT "mqtt_version=4";
    ConnackIdentifierRejectedSent = MQTT_CONNACK_IDENTIFIER_REJECTED_SENT "mqtt_version=4";
    ConnackServerUnavailableSent = MQTT_CONNACK_SERVER_UNAVAILABLE_SENT "mqtt_version=4";
    ConnackBadCredentialsSent = MQTT_CONNACK_BAD_CREDENTIALS_SENT "mqtt_version=4";
    ConnackNotAuthorizedSent = MQTT_CONNACK_NOT_AUTHORIZED_SENT "mqtt_version=4";
    ClientExpired = CLIENT_EXPIRED "";
    DroppedQueueFull = MESSAGE_DROPPED "reason=queue_full";
    DroppedExpired = MESSAGE_DROPPED "reason=expired";
    DroppedTooLarge = MESSAGE_DROPPED "reason=max_packet_size_exceeded";
    DroppedRevoked = MESSAGE_DROPPED "reason=not_authorized";
    ConnectProtocolVersion = CONNECT_REFUSED "reason=unsupported_protocol_version";
    ConnectClientId = CONNECT_REFUSED "reason=client_identifier_not_valid";
    ConnectReservedTopic = CONNECT_REFUSED "reason=reserved_topic";
    ConnectOverload = CONNECT_REFUSED "reason=overload";
    ConnectInvalidCredentials = CONNECT_REFUSED "reason=invalid_credentials";
    ConnectNotAuthorized = CONNECT_REFUSED "reason=not_authorized";
    ConnectChainExhausted = CONNECT_REFUSED "reason=plugin_chain_exhausted";
    ConnectNoHook = CONNECT_REFUSED "reason=no_matching_hook_found";
    ConnectHookTimeout = CONNECT_REFUSED "reason=hook_timeout";
    ConnectProtocolError = CONNECT_REFUSED "reason=protocol_error";
    ConnectNotRegistered = CONNECT_REFUSED "reason=register_subscriber_retry_exhausted";
    ConnectOther = CONNECT_REFUSED "reason=other";
    PublishReservedTopic = PUBLISH_REFUSED "reason=reserved_topic";
    PublishNotAuthorized = PUBLISH_REFUSED "reason=not_authorized";
    PublishChainExhausted = PUBLISH_REFUSED "reason=plugin_chain_exhausted";
    PublishNoHook = PUBLISH_REFUSED "reason=no_matching_hook_found";
    PublishHookTimeout = PUBLISH_REFUSED "reason=hook_timeout";
    PublishOther = PUBLISH_REFUSED "reason=other";
    SubscribeTooMany = SUBSCRIBE_REFUSED "reason=max_subscriptions_per_client";
    SubscribeNotAuthorized = SUBSCRIBE_REFUSED "reason=not_authorized";
    SubscribeChainExhausted = SUBSCRIBE_REFUSED "reason=plugin_chain_exhausted";
    SubscribeNoHook = SUBSCRIBE_REFUSED "reason=no_matching_hook_found";
    SubscribeHookTimeout = SUBSCRIBE_REFUSED "reason=hook_timeout";
    SubscribeOther = SUBSCRIBE_REFUSED "reason=other";
    SessionExpired = SESSION_ENDED "reason=session_expired";
    SessionAdministrative = SESSION_ENDED "reason=administrative_action";
    ClosedClientDisconnect = CONNECTION_CLOSED "reason=client_disconnect";
    ClosedClientDisconnectWithWill = CONNECTION_CLOSED "reason=client_disconnect_with_will";
    ClosedPeerClosed = CONNECTION_CLOSED "reason=peer_closed";
    ClosedSocketError = CONNECTION_CLOSED "reason=socket_error";
    ClosedSendTimeout = CONNECTION_CLOSED "reason=send_timeout";
    ClosedConnectTimeout = CONNECTION_CLOSED "reason=connect_timeout";
    ClosedKeepAlive = CONNECTION_CLOSED "reason=keep_alive_timeout";
    ClosedTakenOver = CONNECTION_CLOSED "reason=session_taken_over";
    ClosedAdministrative = CONNECTION_CLOSED "reason=administrative_action";
    ClosedLifetime = CONNECTION_CLOSED "reason=max_connection_lifetime";
    ClosedShutdown = CONNECTION_CLOSED "reason=server_shutting_down";
    ClosedRefused = CONNECTION_CLOSED "reason=refused";
    ClosedMalformed = CONNECTION_CLOSED "reason=malformed_packet";
    ClosedViolation = CONNECTION_CLOSED "reason=protocol_error";
    ClosedPublishNotAuthorized = CONNECTION_CLOSED "reason=publish_not_authorized";
    ClosedNotConnect = CONNECTION_CLOSED "reason=first_packet_not_connect";
    ClosedTransport = CONNECTION_CLOSED "reason=transport_error";
    ClosedOverload = CONNECTION_CLOSED "reason=overload";
    RefusedConnectRate = CONNECTION_REFUSED "reason=connect_rate";
    RefusedConnectRatePerSource = CONNECTION_REFUSED "reason=connect_rate_per_source";
    RefusedUntrustedProxy = CONNECTION_REFUSED "reason=untrusted_proxy";
    RefusedProxyProtocol = CONNECTION_REFUSED "reason=proxy_protocol_error";
    RefusedProxyTimeout = CONNECTION_REFUSED "reason=proxy_protocol_timeout";
    RefusedTls = CONNECTION_REFUSED "reason=tls_handshake_failed";
    RefusedWebSocket = CONNECTION_REFUSED "reason=websocket_upgrade";
    RefusedWebSocketTimeout = CONNECTION_REFUSED "reason=websocket_upgrade_timeout";
    TlsTimeout = TLS_HANDSHAKE_FAILED "reason=timeout";
    TlsPeerClosed = TLS_HANDSHAKE_FAILED "reason=peer_closed";
    TlsNotTls = TLS_HANDSHAKE_FAILED "reason=not_tls";
    TlsNoSharedVersion = TLS_HANDSHAKE_FAILED "reason=no_shared_version";
    TlsNoSharedCipher = TLS_HANDSHAKE_FAILED "reason=no_shared_cipher";
    TlsCertificateRequired = TLS_HANDSHAKE_FAILED "reason=certificate_required";
    TlsCertificateExpired = TLS_HANDSHAKE_FAILED "reason=certificate_expired";
    TlsCertificateRevoked = TLS_HANDSHAKE_FAILED "reason=certificate_revoked";
    TlsCertificateUntrusted = TLS_HANDSHAKE_FAILED "reason=certificate_untrusted";
    TlsCertificateInvalid = TLS_HANDSHAKE_FAILED "reason=certificate_invalid";
    TlsPeerAlert = TLS_HANDSHAKE_FAILED "reason=peer_alert";
    TlsOther = TLS_HANDSHAKE_FAILED "reason=other";
}

impl Counter {
    /// The one of two counters that belongs to a version.
    #[must_use]
    pub const fn for_version(version: Version, v4: Self, v5: Self) -> Self {
        if matches!(version, Version::V5) { v5 } else { v4 }
    }

    /// Whether `metrics reset` sets it to 0 (monitoring.md 1.4).
    #[must_use]
    pub const fn is_reset(self) -> bool {
        !matches!(self, Self::NetsplitDetected | Self::NetsplitResolved)
    }
}
