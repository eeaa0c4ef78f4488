//! Counters of packets that carry a code of the standard: one series for each code that the packet may carry, in the order
//! of monitoring.md 1.6. A code that is not listed counts as the nearest one that is.

use super::families::*;
use vmq_mqtt::ReasonCode::{self, *};
use vmq_mqtt::decode::reasons::{AUTH, CONNACK, PUBACK, PUBREL};

macro_rules! reasoned {
    ($($variant:ident = $family:ident $version:literal $label:literal $codes:ident;)*) => {
        /// A group of counters, one for each code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(usize)]
        pub enum Reasoned { $($variant,)* }

        impl Reasoned {
            /// Every group.
            pub const ALL: &'static [Reasoned] = &[$(Reasoned::$variant,)*];

            /// The metric it is a part of.
            #[must_use]
            pub const fn family(self) -> Family {
                match self { $(Self::$variant => $family,)* }
            }

            /// The label `mqtt_version`.
            #[must_use]
            pub const fn version(self) -> &'static str {
                match self { $(Self::$variant => $version,)* }
            }

            /// The name of the label with the code.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// The codes that have a series.
            #[must_use]
            pub const fn codes(self) -> &'static [ReasonCode] {
                match self { $(Self::$variant => $codes,)* }
            }
        }
    };
}

reasoned! {
    PubackReceived = MQTT_PUBACK_RECEIVED "5" "reason_code" PUBACK;
    PubrecReceived = MQTT_PUBREC_RECEIVED "5" "reason_code" PUBACK;
    PubrelReceived = MQTT_PUBREL_RECEIVED "5" "reason_code" PUBREL;
    PubcompReceived = MQTT_PUBCOMP_RECEIVED "5" "reason_code" PUBREL;
    DisconnectReceived = MQTT_DISCONNECT_RECEIVED "5" "reason_code" DISCONNECT_RECEIVED;
    AuthReceived = MQTT_AUTH_RECEIVED "5" "reason_code" AUTH;
    ConnackSent4 = MQTT_CONNACK_SENT "4" "return_code" CONNACK_4;
    ConnackSent5 = MQTT_CONNACK_SENT "5" "reason_code" CONNACK;
    PubackSent = MQTT_PUBACK_SENT "5" "reason_code" PUBACK;
    PubrecSent = MQTT_PUBREC_SENT "5" "reason_code" PUBACK;
    PubrelSent = MQTT_PUBREL_SENT "5" "reason_code" PUBREL;
    PubcompSent = MQTT_PUBCOMP_SENT "5" "reason_code" PUBREL;
    DisconnectSent = MQTT_DISCONNECT_SENT "5" "reason_code" DISCONNECT_SENT;
    AuthSent = MQTT_AUTH_SENT "5" "reason_code" AUTH;
}

impl Reasoned {
    /// How many series all groups have.
    pub const SERIES: usize = Self::first_of(Self::ALL.len());

    /// The number of a series among those of all groups.
    #[must_use]
    pub fn series(self, code: ReasonCode) -> usize {
        FIRST[self as usize] + self.position(code)
    }

    /// How a code is called in the label.
    #[must_use]
    pub const fn word(self, code: ReasonCode) -> &'static str {
        match (self, code) {
            // 0 in a DISCONNECT has a name of its own.
            (Self::DisconnectReceived | Self::DisconnectSent, Success) => "normal_disconnect",
            _ => code.name(),
        }
    }

    fn position(self, code: ReasonCode) -> usize {
        let codes = self.codes();
        // Success stands first and is by far the most frequent.
        let place_of = |code| codes.iter().position(|listed| *listed == code);
        place_of(code)
            .or_else(|| place_of(UnspecifiedError))
            .unwrap_or(codes.len() - 1)
    }

    /// The number of the first series of the group with this number.
    const fn first_of(group: usize) -> usize {
        let (mut series, mut at) = (0, 0);
        while at < group {
            series += Self::ALL[at].codes().len();
            at += 1;
        }
        series
    }
}

/// The number of the first series of each group.
const FIRST: [usize; Reasoned::ALL.len()] = {
    let mut first = [0; Reasoned::ALL.len()];
    let mut at = 0;
    while at < first.len() {
        first[at] = Reasoned::first_of(at);
        at += 1;
    }
    first
};

/// The return codes of 3.1 and 3.1.1, by their number.
pub(super) const CONNACK_4: &[ReasonCode] = &[
    Success,
    UnsupportedProtocolVersion,
    ClientIdNotValid,
    ServerUnavailable,
    BadUsernameOrPassword,
    NotAuthorized,
];

const DISCONNECT_RECEIVED: &[ReasonCode] = &[
    Success,
    DisconnectWithWill,
    UnspecifiedError,
    MalformedPacket,
    ProtocolError,
    ImplementationSpecificError,
    TopicNameInvalid,
    ReceiveMaximumExceeded,
    TopicAliasInvalid,
    PacketTooLarge,
    MessageRateTooHigh,
    QuotaExceeded,
    AdministrativeAction,
    PayloadFormatInvalid,
];

const DISCONNECT_SENT: &[ReasonCode] = &[
    Success,
    UnspecifiedError,
    MalformedPacket,
    ProtocolError,
    ImplementationSpecificError,
    NotAuthorized,
    ServerBusy,
    ServerShuttingDown,
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
