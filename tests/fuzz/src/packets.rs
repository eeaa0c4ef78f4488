//! Packets of the clients, well formed unless the name says otherwise.

use vmq_mqtt::{
    Ack, Connect, Disconnect, Level, Packet, PacketId, Properties, Publish, QoS, ReasonCode, Subscribe,
    SubscribeFilter, Unsubscribe, Version,
};

/// CONNECT of version 5 and nothing special.
pub fn connect(client_id: &str, clean_start: bool, expiry_secs: u32) -> Packet {
    let properties = Properties {
        session_expiry_secs: Some(expiry_secs),
        ..Properties::default()
    };
    Packet::Connect(Box::new(Connect {
        level: level(Version::V5),
        clean_start,
        keep_alive_secs: 0,
        client_id: client_id.into(),
        will: None,
        username: None,
        password: None,
        properties: Some(Box::new(properties)),
    }))
}

/// The protocol level of a version, no bridge.
pub fn level(version: Version) -> Level {
    Level {
        version,
        bridge: false,
    }
}

/// DISCONNECT.
pub fn disconnect(reason: ReasonCode, expiry_secs: Option<u32>) -> Packet {
    let properties = expiry_secs.map(|secs| {
        Box::new(Properties {
            session_expiry_secs: Some(secs),
            ..Properties::default()
        })
    });
    Packet::Disconnect(Disconnect { reason, properties })
}

/// SUBSCRIBE to some filters.
pub fn subscribe(packet_id: PacketId, filters: Vec<SubscribeFilter>, id: Option<u32>) -> Packet {
    let properties = id.map(|id| {
        Box::new(Properties {
            subscription_ids: vec![id],
            ..Properties::default()
        })
    });
    Packet::Subscribe(Subscribe {
        packet_id,
        properties,
        filters,
    })
}

/// UNSUBSCRIBE from one filter.
pub fn unsubscribe(packet_id: PacketId, filter: &str) -> Packet {
    Packet::Unsubscribe(Unsubscribe {
        packet_id,
        properties: None,
        filters: vec![filter.into()],
    })
}

/// PUBLISH.
pub fn publish(topic: &str, qos: QoS, packet_id: Option<PacketId>, payload: Vec<u8>) -> Publish {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: topic.into(),
        packet_id,
        properties: None,
        payload: payload.into(),
    }
}

/// The body of PUBACK, PUBREC, PUBREL and PUBCOMP.
pub fn ack(packet_id: PacketId, reason: ReasonCode) -> Ack {
    Ack {
        packet_id,
        reason,
        properties: None,
    }
}

/// What a good client says to a packet of the broker, if anything.
pub fn answer(packet: &Packet) -> Option<Packet> {
    let plain = |id: PacketId| ack(id, ReasonCode::Success);
    match packet {
        Packet::Publish(Publish {
            qos,
            packet_id: Some(id),
            ..
        }) => Some(match qos {
            QoS::ExactlyOnce => Packet::PubRec(plain(*id)),
            _ => Packet::PubAck(plain(*id)),
        }),
        Packet::PubRec(ack) if !ack.reason.is_error() => Some(Packet::PubRel(plain(ack.packet_id))),
        Packet::PubRel(ack) => Some(Packet::PubComp(plain(ack.packet_id))),
        _ => None,
    }
}

/// Packets that are well formed and yet wrong, useless or odd from a client.
pub fn odd(number: u8, version: Version) -> Vec<u8> {
    let id = PacketId::MIN;
    let wild = publish("a/+", QoS::AtMostOnce, None, Vec::new());
    let mut deep = publish("", QoS::AtMostOnce, None, Vec::new());
    deep.topic = "/".repeat(2000).into();
    let mut bytes = bytes::BytesMut::new();
    let packet = match number % 12 {
        0 => connect("a", false, 0),
        1 => Packet::PingReq,
        2 => Packet::PingResp,
        3 => Packet::Publish(wild),
        4 => Packet::Publish(publish("", QoS::AtMostOnce, None, Vec::new())),
        5 => Packet::Publish(deep),
        6 => Packet::Publish(publish("$SYS/x", QoS::AtLeastOnce, Some(id), Vec::new())),
        7 => Packet::PubComp(ack(PacketId::MAX, ReasonCode::PacketIdNotFound)),
        8 => Packet::PubRec(ack(PacketId::MAX, ReasonCode::Success)),
        9 if version == Version::V5 => return b"\xF0\x00".to_vec(),
        10 => return b"\x00".to_vec(),
        11 => return b"\x30\xFF\xFF\xFF\x7F".to_vec(),
        _ => Packet::UnsubAck(vmq_mqtt::SubAck {
            packet_id: id,
            properties: None,
            reasons: vec![ReasonCode::Success],
        }),
    };
    vmq_mqtt::encode(&packet, version, &mut bytes);
    bytes.to_vec()
}
