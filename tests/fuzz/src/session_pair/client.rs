//! One connection of a client: what it may expect of a broker by the packets alone, and its answers.

use super::super::packets;
use super::super::pair::Link;
use super::model::Model;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use vmq_mqtt::encode::encoded_size;
use vmq_mqtt::{Ack, ConnAck, Packet, Publish, QoS, ReasonCode, Version};

/// A connection.
pub(super) struct Client {
    pub(super) link: Link,
    pub(super) number: u64,
    /// `None` = bytes were sent that perhaps are a CONNECT.
    version: Option<Version>,
    possible: [(Version, bool); 3],
    pub(super) client_id: String,
    pub(super) clean_start: bool,
    pub(super) receive_max: usize,
    pub(super) packet_bytes_max: usize,
    pub(super) alias_max: u16,
    is_answering: bool,
    has_connack: bool,
    has_ended: bool,
    aliases: BTreeMap<u16, String>,
    /// Ids in use by the broker; `true` = their PUBLISH came over this connection.
    in_flight: BTreeMap<u16, bool>,
    /// Ids of PUBRECs that answer nothing, with their number: a PUBREL for one of them takes no id.
    stray: BTreeMap<u16, usize>,
    /// Acknowledgements that are due.
    due: VecDeque<Packet>,
    /// Id and number of filters of each SUBSCRIBE (`true`) and UNSUBSCRIBE without its answer.
    pub(super) unanswered: VecDeque<(u16, usize, bool)>,
    /// The topic of the one alias the client uses.
    pub(super) alias_of: Option<String>,
}

impl Client {
    /// `is_answering`: acknowledges at once.
    pub(super) fn new(link: Link, version: Version, is_answering: bool) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            link,
            number,
            version: Some(version),
            possible: [(Version::V3, true), (Version::V4, true), (Version::V5, true)],
            client_id: format!("#{number}"),
            clean_start: false,
            receive_max: usize::from(u16::MAX),
            packet_bytes_max: usize::MAX,
            alias_max: 0,
            is_answering,
            has_connack: false,
            has_ended: false,
            aliases: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            stray: BTreeMap::new(),
            due: VecDeque::new(),
            unanswered: VecDeque::new(),
            alias_of: None,
        }
    }

    /// A connection that sends bytes only.
    pub(super) fn unknown(link: Link) -> Self {
        Self {
            version: None,
            ..Self::new(link, Version::V5, false)
        }
    }

    pub(super) fn version(&self) -> Version {
        self.version.unwrap_or(Version::V5)
    }

    pub(super) fn send(&mut self, packet: &Packet) {
        let version = self.version();
        self.link.send(packet, version);
    }

    /// Sends an acknowledgement and keeps the books.
    pub(super) fn send_ack(&mut self, packet: &Packet, model: &mut Model) {
        let (number, id) = (self.number, self.client_id.clone());
        let session = model.session(&id, number);
        if let Packet::PubRec(ack) = packet
            && !self.in_flight.contains_key(&ack.packet_id.get())
        {
            *self.stray.entry(ack.packet_id.get()).or_default() += 1;
        }
        match packet {
            Packet::PubAck(ack) | Packet::PubComp(ack) => {
                self.in_flight.remove(&ack.packet_id.get());
            }
            Packet::PubRec(ack) if ack.reason.is_error() && self.version() == Version::V5 => {
                self.in_flight.remove(&ack.packet_id.get());
                if let Some(session) = session {
                    session.refused(ack.packet_id.get());
                }
            }
            Packet::PubRel(ack) => {
                if let Some(session) = session
                    && let Some(outgoing) = session.outgoing.get_mut(&ack.packet_id.get())
                {
                    outgoing.is_released = true;
                }
            }
            _ => {}
        }
        self.send(packet);
    }

    /// Sends up to `limit` acknowledgements that are due.
    pub(super) fn acknowledge(&mut self, limit: usize, model: &mut Model) {
        for _ in 0..limit {
            let Some(packet) = self.due.pop_front() else {
                return;
            };
            self.send_ack(&packet, model);
        }
    }

    /// Reads and answers without any books. Returns the number of answers.
    pub(super) fn acknowledge_all(&mut self) -> usize {
        let version = self.version();
        let answers: Vec<Packet> = self
            .link
            .packets(version)
            .iter()
            .filter_map(packets::answer)
            .collect();
        for answer in &answers {
            self.send(answer);
        }
        answers.len()
    }

    /// Takes what has come. `true` = answers have left, so more may come.
    pub(super) fn take(&mut self, model: &mut Model) -> bool {
        let Some(version) = self.version else {
            self.link.check_unknown(&mut self.possible);
            return false;
        };
        for packet in self.link.packets(version) {
            self.check(&packet, version, model);
            if let Some(answer) = packets::answer(&packet) {
                self.due.push_back(answer);
            }
        }
        let is_answering = self.is_answering && !self.due.is_empty();
        if is_answering {
            self.acknowledge(usize::MAX, model);
        }
        is_answering
    }

    fn check(&mut self, packet: &Packet, version: Version, model: &mut Model) {
        if let Packet::ConnAck(connack) = packet {
            return self.connack(connack, model);
        }
        if model.is_lax {
            return;
        }
        assert!(self.has_connack, "before CONNACK: {packet:?}");
        assert!(!self.has_ended, "behind DISCONNECT: {packet:?}");
        assert!(
            encoded_size(packet, version) <= self.packet_bytes_max,
            "too large: {packet:?}"
        );
        match packet {
            Packet::Publish(publish) => self.publish(publish, version, model),
            Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubComp(ack) => {
                self.acknowledged(packet, ack, model);
            }
            Packet::PubRel(ack) => {
                let id = ack.packet_id.get();
                match self.stray.get_mut(&id) {
                    Some(count) if *count > 0 => *count -= 1,
                    _ => {
                        self.in_flight.entry(id).or_insert(false);
                    }
                }
                if let Some(session) = model.session(&self.client_id, self.number) {
                    session.released(ack.packet_id.get());
                }
            }
            Packet::SubAck(ack) => self.answered(ack.packet_id.get(), ack.reasons.len(), true),
            Packet::UnsubAck(ack) => self.answered(ack.packet_id.get(), ack.reasons.len(), false),
            Packet::PingResp => {}
            Packet::Disconnect(_) => {
                assert_eq!(version, Version::V5, "only version 5 is told why");
                self.has_ended = true;
            }
            other => panic!("not from a broker: {other:?}"),
        }
    }

    fn connack(&mut self, connack: &ConnAck, model: &mut Model) {
        assert!(!self.has_connack, "two CONNACKs");
        self.has_connack = true;
        if connack.reason != ReasonCode::Success {
            assert!(!connack.session_present);
            return;
        }
        assert!(
            !(connack.session_present && self.clean_start),
            "a clean start finds a session"
        );
        model.connected(&self.client_id, self.number, connack.session_present);
    }

    fn publish(&mut self, publish: &Publish, version: Version, model: &mut Model) {
        let topic = self.topic(publish, version);
        if let Some(id) = publish.packet_id {
            let before = self.in_flight.insert(id.get(), true);
            assert!(before.is_none(), "packet id {id} is in flight twice: {publish:?}");
            if version == Version::V5 {
                let count = self.in_flight.values().filter(|is_here| **is_here).count();
                assert!(count <= self.receive_max, "{count} messages in flight");
            }
        }
        assert!(!(publish.dup && publish.qos == QoS::AtMostOnce));
        model.delivered(&self.client_id, self.number, &topic, publish);
    }

    /// The topic of a PUBLISH, which may be an alias.
    fn topic(&mut self, publish: &Publish, version: Version) -> String {
        let properties = publish.properties.as_deref();
        let alias = properties.and_then(|properties| properties.topic_alias);
        if let Some(alias) = alias {
            assert!(version == Version::V5 && (1..=self.alias_max).contains(&alias));
            if publish.topic.is_empty() {
                return self.aliases.get(&alias).expect("an alias that was given").clone();
            }
            self.aliases.insert(alias, publish.topic.to_string());
        }
        assert!(!publish.topic.is_empty());
        publish.topic.to_string()
    }

    fn acknowledged(&self, packet: &Packet, ack: &Ack, model: &mut Model) {
        let Some(session) = model.session(&self.client_id, self.number) else {
            return;
        };
        let id = ack.packet_id.get();
        let Some(outgoing) = session.outgoing.get(&id) else {
            return;
        };
        let is_done = match packet {
            Packet::PubAck(_) => outgoing.publish.qos == QoS::AtLeastOnce,
            Packet::PubRec(_) => outgoing.publish.qos == QoS::ExactlyOnce && ack.reason.is_error(),
            _ => outgoing.publish.qos == QoS::ExactlyOnce,
        };
        if is_done {
            session.outgoing.remove(&id);
        }
    }

    fn answered(&mut self, id: u16, reasons: usize, is_subscribe: bool) {
        let (expected, filters, was_subscribe) = self.unanswered.pop_front().expect("nothing was asked");
        assert_eq!((id, is_subscribe), (expected, was_subscribe), "answers in order");
        if is_subscribe || self.version() == Version::V5 {
            assert_eq!(reasons, filters);
        }
    }
}
