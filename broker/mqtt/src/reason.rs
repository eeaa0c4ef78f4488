//! Reason codes of version 5, and what 3.1 and 3.1.1 say in their place.

macro_rules! reason_codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        /// A reason code [MQTT5 2.4]. 0x00 is also "normal disconnection" and "granted QoS 0".
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum ReasonCode { $($(#[$doc])* $name = $value,)* }

        impl ReasonCode {
            /// Every code, ascending.
            pub const ALL: &'static [ReasonCode] = &[$(ReasonCode::$name,)*];

            /// The code of a byte, if the standard knows it.
            #[must_use]
            pub const fn from_u8(value: u8) -> Option<Self> {
                match value { $($value => Some(Self::$name),)* _ => None }
            }

            /// The snake_case word used as log field and metric label.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

reason_codes! {
    Success = 0x00, "success";
    GrantedQoS1 = 0x01, "granted_qos_1";
    GrantedQoS2 = 0x02, "granted_qos_2";
    DisconnectWithWill = 0x04, "disconnect_with_will_msg";
    NoMatchingSubscribers = 0x10, "no_matching_subscribers";
    NoSubscriptionExisted = 0x11, "no_subscription_existed";
    ContinueAuthentication = 0x18, "continue_authentication";
    ReAuthenticate = 0x19, "reauthenticate";
    UnspecifiedError = 0x80, "unspecified_error";
    MalformedPacket = 0x81, "malformed_packet";
    ProtocolError = 0x82, "protocol_error";
    ImplementationSpecificError = 0x83, "impl_specific_error";
    UnsupportedProtocolVersion = 0x84, "unsupported_protocol_version";
    ClientIdNotValid = 0x85, "client_identifier_not_valid";
    BadUsernameOrPassword = 0x86, "bad_username_or_password";
    NotAuthorized = 0x87, "not_authorized";
    ServerUnavailable = 0x88, "server_unavailable";
    ServerBusy = 0x89, "server_busy";
    Banned = 0x8A, "banned";
    ServerShuttingDown = 0x8B, "server_shutting_down";
    BadAuthenticationMethod = 0x8C, "bad_authentication_method";
    KeepAliveTimeout = 0x8D, "keep_alive_timeout";
    SessionTakenOver = 0x8E, "session_taken_over";
    TopicFilterInvalid = 0x8F, "topic_filter_invalid";
    TopicNameInvalid = 0x90, "topic_name_invalid";
    PacketIdInUse = 0x91, "packet_id_in_use";
    PacketIdNotFound = 0x92, "packet_id_not_found";
    ReceiveMaximumExceeded = 0x93, "receive_max_exceeded";
    TopicAliasInvalid = 0x94, "topic_alias_invalid";
    PacketTooLarge = 0x95, "packet_too_large";
    MessageRateTooHigh = 0x96, "message_rate_too_high";
    QuotaExceeded = 0x97, "quota_exceeded";
    AdministrativeAction = 0x98, "administrative_action";
    PayloadFormatInvalid = 0x99, "payload_format_invalid";
    RetainNotSupported = 0x9A, "retain_not_supported";
    QosNotSupported = 0x9B, "qos_not_supported";
    UseAnotherServer = 0x9C, "use_another_server";
    ServerMoved = 0x9D, "server_moved";
    SharedSubscriptionsNotSupported = 0x9E, "shared_subs_not_supported";
    ConnectionRateExceeded = 0x9F, "connection_rate_exceeded";
    MaxConnectTime = 0xA0, "max_connect_time";
    SubscriptionIdsNotSupported = 0xA1, "subscription_ids_not_supported";
    WildcardSubscriptionsNotSupported = 0xA2, "wildcard_subs_not_supported";
}

impl ReasonCode {
    /// The byte on the wire of version 5.
    #[must_use]
    pub const fn as_u8(self) -> u8 {
        self as u8
    }

    /// 0x80 and above mean that the operation failed.
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.as_u8() >= 0x80
    }

    /// The CONNACK return code (0-5) that 3.1 and 3.1.1 use for this reason.
    #[must_use]
    pub const fn connack_v3(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::UnsupportedProtocolVersion => 1,
            Self::ClientIdNotValid => 2,
            Self::ServerUnavailable
            | Self::ServerBusy
            | Self::ServerShuttingDown
            | Self::UseAnotherServer
            | Self::ServerMoved
            | Self::ConnectionRateExceeded
            | Self::QuotaExceeded => 3,
            Self::BadUsernameOrPassword => 4,
            _ => 5,
        }
    }
}
