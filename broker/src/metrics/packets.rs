//! Which counter a packet belongs to: one addition for each packet that comes or goes.

use super::reasoned::CONNACK_4;
use super::{Counter, Metrics, Reasoned};
use vmq_mqtt::{Packet, ReasonCode, Version};

/// Where a packet is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Counter(Counter),
    Coded(Reasoned, ReasonCode),
}

impl Metrics {
    /// Counts a packet of a client.
    pub fn received(&self, packet: &Packet, version: Version) {
        self.count(place_of_received(packet, version));
    }

    /// Counts a packet that leaves.
    pub fn sent(&self, packet: &Packet, version: Version) {
        self.count(place_of_sent(packet, version));
    }

    fn count(&self, place: Option<Place>) {
        match place {
            Some(Place::Counter(counter)) => self.bump(counter),
            Some(Place::Coded(group, code)) => self.add_coded(group, code, 1),
            None => {}
        }
    }
}

/// `None` = a client never sends such a packet.
pub(super) fn place_of_received(packet: &Packet, version: Version) -> Option<Place> {
    use {Counter as C, Reasoned as R};
    let plain = |v4, v5| Place::Counter(C::for_version(version, v4, v5));
    Some(match packet {
        Packet::Connect(_) => plain(C::ConnectReceived4, C::ConnectReceived5),
        Packet::Publish(_) => plain(C::PublishReceived4, C::PublishReceived5),
        Packet::PubAck(ack) => coded(version, C::PubackReceived4, R::PubackReceived, ack.reason),
        Packet::PubRec(ack) => coded(version, C::PubrecReceived4, R::PubrecReceived, ack.reason),
        Packet::PubRel(ack) => coded(version, C::PubrelReceived4, R::PubrelReceived, ack.reason),
        Packet::PubComp(ack) => coded(version, C::PubcompReceived4, R::PubcompReceived, ack.reason),
        Packet::Subscribe(_) => plain(C::SubscribeReceived4, C::SubscribeReceived5),
        Packet::Unsubscribe(_) => plain(C::UnsubscribeReceived4, C::UnsubscribeReceived5),
        Packet::PingReq => plain(C::PingreqReceived4, C::PingreqReceived5),
        Packet::Disconnect(disconnect) => coded(
            version,
            C::DisconnectReceived4,
            R::DisconnectReceived,
            disconnect.reason,
        ),
        Packet::Auth(auth) => Place::Coded(R::AuthReceived, auth.reason),
        Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => return None,
    })
}

/// `None` = the broker never sends such a packet.
pub(super) fn place_of_sent(packet: &Packet, version: Version) -> Option<Place> {
    use {Counter as C, Reasoned as R};
    let plain = |v4, v5| Place::Counter(C::for_version(version, v4, v5));
    Some(match packet {
        Packet::ConnAck(ack) if version == Version::V5 => Place::Coded(R::ConnackSent5, ack.reason),
        // What stands on the wire: several reasons have one return code.
        Packet::ConnAck(ack) => Place::Coded(
            R::ConnackSent4,
            CONNACK_4
                .get(usize::from(ack.reason.connack_v3()))
                .copied()
                .unwrap_or(ReasonCode::NotAuthorized),
        ),
        Packet::Publish(_) => plain(C::PublishSent4, C::PublishSent5),
        Packet::PubAck(ack) => coded(version, C::PubackSent4, R::PubackSent, ack.reason),
        Packet::PubRec(ack) => coded(version, C::PubrecSent4, R::PubrecSent, ack.reason),
        Packet::PubRel(ack) => coded(version, C::PubrelSent4, R::PubrelSent, ack.reason),
        Packet::PubComp(ack) => coded(version, C::PubcompSent4, R::PubcompSent, ack.reason),
        Packet::SubAck(_) => plain(C::SubackSent4, C::SubackSent5),
        Packet::UnsubAck(_) => plain(C::UnsubackSent4, C::UnsubackSent5),
        Packet::PingResp => plain(C::PingrespSent4, C::PingrespSent5),
        Packet::Disconnect(disconnect) => Place::Coded(R::DisconnectSent, disconnect.reason),
        Packet::Auth(auth) => Place::Coded(R::AuthSent, auth.reason),
        Packet::Connect(_) | Packet::Subscribe(_) | Packet::Unsubscribe(_) | Packet::PingReq => return None,
    })
}

/// Only version 5 has codes.
fn coded(version: Version, v4: Counter, v5: Reasoned, code: ReasonCode) -> Place {
    match version {
        Version::V5 => Place::Coded(v5, code),
        _ => Place::Counter(v4),
    }
}
