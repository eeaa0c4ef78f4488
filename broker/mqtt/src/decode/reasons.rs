//! Reason codes a packet may carry. An unknown code, or one of another packet, is a protocol error.

use super::reader::Reader;
use crate::{DecodeError, ReasonCode};

use ReasonCode::*;

/// PUBACK and PUBREC [MQTT-3.4.2-1].
pub const PUBACK: &[ReasonCode] = &[
    Success,
    NoMatchingSubscribers,
    UnspecifiedError,
    ImplementationSpecificError,
    NotAuthorized,
    TopicNameInvalid,
    PacketIdInUse,
    QuotaExceeded,
    PayloadFormatInvalid,
];

/// PUBREL and PUBCOMP [MQTT-3.6.2-1].
pub const PUBREL: &[ReasonCode] = &[Success, PacketIdNotFound];

/// CONNACK [MQTT-3.2.2-8].
pub const CONNACK: &[ReasonCode] = &[
    Success,
    UnspecifiedError,
    MalformedPacket,
    ProtocolError,
    ImplementationSpecificError,
    UnsupportedProtocolVersion,
    ClientIdNotValid,
    BadUsernameOrPassword,
    NotAuthorized,
    ServerUnavailable,
    ServerBusy,
    Banned,
    BadAuthenticationMethod,
    TopicNameInvalid,
    PacketTooLarge,
    QuotaExceeded,
    PayloadFormatInvalid,
    RetainNotSupported,
    QosNotSupported,
    UseAnotherServer,
    ServerMoved,
    ConnectionRateExceeded,
];

/// SUBACK [MQTT-3.9.3-2]. 0x85 is not in the standard's table; a subscribe hook may name it.
pub(super) const SUBACK: &[ReasonCode] = &[
    Success,
    GrantedQoS1,
    GrantedQoS2,
    UnspecifiedError,
    ImplementationSpecificError,
    ClientIdNotValid,
    NotAuthorized,
    TopicFilterInvalid,
    PacketIdInUse,
    QuotaExceeded,
    SharedSubscriptionsNotSupported,
    SubscriptionIdsNotSupported,
    WildcardSubscriptionsNotSupported,
];

/// SUBACK of 3.1 and 3.1.1.
pub(super) const SUBACK_V3: &[ReasonCode] = &[Success, GrantedQoS1, GrantedQoS2, UnspecifiedError];

/// UNSUBACK [MQTT-3.11.3-2].
pub(super) const UNSUBACK: &[ReasonCode] = &[
    Success,
    NoSubscriptionExisted,
    UnspecifiedError,
    ImplementationSpecificError,
    NotAuthorized,
    TopicFilterInvalid,
    PacketIdInUse,
];

/// DISCONNECT, both directions [MQTT-3.14.2-1]; 0x8C is in the standard's table 2-6 only.
pub(super) const DISCONNECT: &[ReasonCode] = &[
    Success,
    DisconnectWithWill,
    UnspecifiedError,
    MalformedPacket,
    ProtocolError,
    ImplementationSpecificError,
    NotAuthorized,
    ServerBusy,
    ServerShuttingDown,
    BadAuthenticationMethod,
    KeepAliveTimeout,
    SessionTakenOver,
    TopicFilterInvalid,
    TopicNameInvalid,
    ReceiveMaximumExceeded,
    TopicAliasInvalid,
    PacketTooLarge,
    MessageRateTooHigh,
    QuotaExceeded,
    AdministrativeAction,
    PayloadFormatInvalid,
    RetainNotSupported,
    QosNotSupported,
    UseAnotherServer,
    ServerMoved,
    SharedSubscriptionsNotSupported,
    ConnectionRateExceeded,
    MaxConnectTime,
    SubscriptionIdsNotSupported,
    WildcardSubscriptionsNotSupported,
];

/// AUTH [MQTT-3.15.2-1].
pub const AUTH: &[ReasonCode] = &[Success, ContinueAuthentication, ReAuthenticate];

/// Reads a reason code that must be one of `allowed`.
pub(super) fn read(reader: &mut Reader<'_>, allowed: &[ReasonCode]) -> Result<ReasonCode, DecodeError> {
    ReasonCode::from_u8(reader.u8()?)
        .filter(|code| allowed.contains(code))
        .ok_or(DecodeError::protocol("reason_code_not_allowed"))
}
