//! What the clients publish, and what they repeat.

use super::super::super::packets;
use super::super::model::Outgoing;
use super::{Bytes, Program, TOPICS, qos};
use vmq_mqtt::{Packet, PacketId, Properties, QoS, ReasonCode, Version};

impl Program<'_> {
    pub(super) fn publish(&mut self, slot: usize, extra: bool, bytes: &mut Bytes<'_>) {
        let (what, id) = (bytes.or_zero(), bytes.or_zero());
        let topic = TOPICS[usize::from(what & 7)];
        self.send_publish(slot, topic, qos(what >> 3), u16::from(id % 8), what >> 5, extra);
    }

    /// `flags`: 1 = retain, 2 = an empty payload, 4 = by alias. A packet id that is in use repeats what it is used for.
    fn send_publish(&mut self, slot: usize, topic: &str, qos: QoS, id: u16, flags: u8, expires: bool) {
        let Some(client) = &mut self.slots[slot] else {
            return;
        };
        let id = PacketId::new(id % 8 + 1).expect("counted from 1");
        let has_id = qos != QoS::AtMostOnce;
        let (number, client_id) = (client.number, client.client_id.clone());
        if has_id
            && let Some(session) = self.model.session(&client_id, number)
            && let Some(outgoing) = session.outgoing.get(&id.get())
        {
            let again = if outgoing.is_released {
                Packet::PubRel(packets::ack(id, ReasonCode::Success))
            } else {
                let mut publish = outgoing.publish.clone();
                publish.dup = true;
                Packet::Publish(publish)
            };
            return client.send(&again);
        }
        let is_known = self.model.session(&client_id, number).is_some();
        let is_once = qos == QoS::AtMostOnce || (qos == QoS::ExactlyOnce && is_known);
        let payload = if flags & 2 == 0 {
            self.model.payload(topic, is_once)
        } else {
            Vec::new()
        };
        let mut publish = packets::publish(topic, qos, has_id.then_some(id), payload);
        publish.retain = flags & 1 != 0;
        if has_id && let Some(session) = self.model.session(&client_id, number) {
            let outgoing = Outgoing {
                publish: publish.clone(),
                is_released: false,
            };
            session.outgoing.insert(id.get(), outgoing);
        }
        if client.version() == Version::V5 {
            let mut properties = Properties {
                message_expiry_secs: expires.then_some(3600),
                ..Properties::default()
            };
            if flags & 4 != 0 {
                properties.topic_alias = Some(1);
                if client.alias_of.as_deref() == Some(topic) {
                    publish.topic = "".into();
                }
                client.alias_of = Some(topic.to_owned());
            }
            publish.properties = Some(Box::new(properties));
        }
        client.send(&Packet::Publish(publish));
    }

    pub(super) fn burst(&mut self, slot: usize, bytes: &mut Bytes<'_>) {
        let what = bytes.or_zero();
        let topic = TOPICS[usize::from(what & 7)];
        for id in 0..=u16::from(what >> 5) {
            self.send_publish(slot, topic, qos(what >> 3), id, 0, false);
        }
    }
}
