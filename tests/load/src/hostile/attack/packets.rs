//! Packets no decent client sends: CONNECT with a will or thousands of properties, SUBSCRIBE with many filters.

use crate::wire::{self, Version};

const USER_PROPERTY: u8 = 0x26;

/// What an attacker's CONNECT says.
#[derive(Clone, Debug)]
pub(super) struct Hello {
    pub(super) version: Version,
    pub(super) client_id: String,
    pub(super) clean: bool,
    pub(super) will: Option<Will>,
    pub(super) user_properties: usize,
}

/// A will of QoS 1, retained.
#[derive(Clone, Debug)]
pub(super) struct Will {
    pub(super) topic: String,
    pub(super) payload_bytes: usize,
}

impl Hello {
    /// Clean, without anything else.
    pub(super) fn new(version: Version, client_id: String) -> Hello {
        Hello {
            version,
            client_id,
            clean: true,
            will: None,
            user_properties: 0,
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let v5 = self.version == Version::V5;
        let mut body = Vec::with_capacity(64);
        wire::string(&mut body, "MQTT");
        body.push(if v5 { 5 } else { 4 });
        let will = if self.will.is_some() { 0x2c } else { 0 };
        body.push(will | if self.clean { 2 } else { 0 });
        // The longest the operator allows, and in order with any other broker.
        body.extend_from_slice(&600_u16.to_be_bytes());
        if v5 {
            let mut properties = vec![0x11, 0, 0, 0, if self.clean { 0 } else { 60 }];
            user_properties(&mut properties, self.user_properties);
            wire::varint(&mut body, properties.len());
            body.extend_from_slice(&properties);
        }
        wire::string(&mut body, &self.client_id);
        if let Some(will) = &self.will {
            if v5 {
                let mut properties = Vec::new();
                user_properties(&mut properties, self.user_properties);
                wire::varint(&mut body, properties.len());
                body.extend_from_slice(&properties);
            }
            wire::string(&mut body, &will.topic);
            wire::string(&mut body, &"w".repeat(will.payload_bytes));
        }
        wire::packet(out, 0x10, &body);
    }
}

/// Appends a PUBLISH of QoS 0.
pub(super) fn publish(
    out: &mut Vec<u8>,
    version: Version,
    topic: &str,
    retain: bool,
    properties: usize,
    payload_bytes: usize,
) {
    let mut body = Vec::with_capacity(topic.len() + payload_bytes + 16);
    wire::string(&mut body, topic);
    if version == Version::V5 {
        let mut block = Vec::new();
        user_properties(&mut block, properties);
        wire::varint(&mut body, block.len());
        body.extend_from_slice(&block);
    }
    body.resize(body.len() + payload_bytes, b'x');
    wire::packet(out, 0x30 | u8::from(retain), &body);
}

/// Appends a SUBSCRIBE for all of `filters`, QoS 0 or 1.
pub(super) fn subscribe(out: &mut Vec<u8>, version: Version, packet_id: u16, filters: &[String], qos: u8) {
    let mut body = Vec::with_capacity(64);
    body.extend_from_slice(&packet_id.max(1).to_be_bytes());
    if version == Version::V5 {
        body.push(0);
    }
    for filter in filters {
        wire::string(&mut body, filter);
        body.push(qos);
    }
    wire::packet(out, 0x82, &body);
}

fn user_properties(out: &mut Vec<u8>, count: usize) {
    for number in 0..count {
        out.push(USER_PROPERTY);
        wire::string(out, "k");
        wire::string(out, if number % 2 == 0 { "v" } else { "w" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;

    #[test]
    fn a_second_opinion_reads_them() {
        let mut hello = Hello::new(Version::V311, "c".into());
        hello.will = Some(Will {
            topic: "w".into(),
            payload_bytes: 3,
        });
        let mut out = Vec::new();
        hello.encode(&mut out);
        let packet = mqttbytes::v4::read(&mut BytesMut::from(&out[..]), 1000).unwrap();
        let mqttbytes::v4::Packet::Connect(connect) = packet else {
            panic!("{packet:?}")
        };
        let will = connect.last_will.unwrap();
        assert_eq!(
            (&*will.topic, &will.message[..], will.retain),
            ("w", &b"www"[..], true)
        );

        out.clear();
        subscribe(&mut out, Version::V311, 7, &["a".into(), "+/b".into()], 1);
        let packet = mqttbytes::v4::read(&mut BytesMut::from(&out[..]), 1000).unwrap();
        let mqttbytes::v4::Packet::Subscribe(subscribe) = packet else {
            panic!("{packet:?}")
        };
        assert_eq!(subscribe.filters[1].path, "+/b");
    }

    #[test]
    fn properties_of_version_5_are_counted() {
        let mut out = Vec::new();
        publish(&mut out, Version::V5, "t", true, 3, 2);
        let packet = mqttbytes::v5::read(&mut BytesMut::from(&out[..]), 1000).unwrap();
        let mqttbytes::v5::Packet::Publish(publish) = packet else {
            panic!("{packet:?}")
        };
        assert_eq!(publish.properties.unwrap().user_properties.len(), 3);
        assert_eq!(&publish.payload[..], b"xx");
    }
}
