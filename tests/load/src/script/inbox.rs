//! What a client makes of the packets that come to it: answers, checks, latencies, and what it forwards. No I/O.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Result, bail, ensure};

use super::lanes::{Arrival, Lanes};
use crate::inflight::{Inflight, Step};
use crate::measure::{Batch, Counter, Latency};
use crate::stamp::{STAMP_BYTES, Stamp, now_nanos};
use crate::wire::scan::{Packet, Publish};
use crate::wire::{self, Ack, Head, Qos, Version};

/// The stream of messages whose order nobody can check: their topics are drawn anew each time.
pub(super) const UNCHECKED: u32 = u32::MAX;

/// Messages that wait to be forwarded; more of them is a broker that sends but does not acknowledge.
const BACKLOG_MAX: usize = 10_000;

/// A SUBSCRIBE or UNSUBSCRIBE without its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Awaited {
    pub(super) packet_id: u16,
    pub(super) since: u64,
}

#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) version: Version,
    pub(super) inflight: Inflight,
    /// Bytes of publishes without their last ack, to send them again; kept only where a broken connection is made anew.
    pub(super) unacked: Option<BTreeMap<u16, Vec<u8>>>,
    pub(super) awaited: Option<Awaited>,
    pub(super) forward: Option<(String, Qos)>,
    backlog: VecDeque<(Vec<u8>, Vec<u8>)>,
    pub(super) lanes: Lanes,
    /// Others get a part of the messages: gaps are no loss.
    pub(super) shares: bool,
    pub(super) batch: Batch,
    /// Acks of this read that go out with its end, and how many.
    owed: [(Latency, u64); 4],
    /// One look at the clock for each read.
    now: u64,
}

/// Nothing is owed yet.
const NOTHING_OWED: [(Latency, u64); 4] = [
    (Latency::OwnPuback, 0),
    (Latency::OwnPubrec, 0),
    (Latency::OwnPubrel, 0),
    (Latency::OwnPubcomp, 0),
];

impl Inbox {
    pub(super) fn new() -> Inbox {
        Inbox {
            version: Version::V311,
            inflight: Inflight::new(false, 1),
            unacked: None,
            awaited: None,
            forward: None,
            backlog: VecDeque::new(),
            lanes: Lanes::default(),
            shares: false,
            batch: Batch::default(),
            owed: NOTHING_OWED,
            now: 0,
        }
    }

    /// What was read is handled, and its acks are written; the next read has its own time.
    pub(super) fn end_read(&mut self) {
        if self.owed != NOTHING_OWED {
            let took = now_nanos().saturating_sub(self.now);
            for (latency, count) in std::mem::replace(&mut self.owed, NOTHING_OWED) {
                self.batch.time_all(latency, took, count);
            }
        }
        self.now = 0;
    }

    /// An ack goes out with the end of this read.
    fn owe(&mut self, latency: Latency) {
        self.now();
        for (owed, count) in &mut self.owed {
            *count += u64::from(*owed == latency);
        }
    }

    fn now(&mut self) -> u64 {
        if self.now == 0 {
            self.now = now_nanos();
        }
        self.now
    }

    pub(super) fn on_packet(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<()> {
        match packet {
            Packet::Publish(publish) => self.on_publish(publish, out),
            Packet::Ack {
                ack: Ack::Pubrel,
                packet_id,
                ..
            } => {
                wire::ack(out, Ack::Pubcomp, *packet_id);
                self.owe(Latency::OwnPubcomp);
                Ok(())
            }
            Packet::Ack {
                ack,
                packet_id,
                reason,
            } => self.on_ack(*ack, *packet_id, *reason, out),
            Packet::Suback { packet_id, reason } => {
                self.batch.count(Counter::Subacks, 1);
                self.batch
                    .count(Counter::SubackErrors, u64::from(*reason >= 0x80));
                self.answered(*packet_id, Latency::Suback)
            }
            Packet::Unsuback { packet_id } => {
                self.batch.count(Counter::Unsubacks, 1);
                self.answered(*packet_id, Latency::Unsuback)
            }
            Packet::Pingresp => Ok(()),
            Packet::Disconnect { reason } => bail!("broker sent a DISCONNECT with reason {reason:#x}"),
            Packet::Connack { .. } => bail!("broker sent a second CONNACK"),
        }
    }

    fn answered(&mut self, packet_id: u16, latency: Latency) -> Result<()> {
        let awaited = self.awaited.take_if(|awaited| awaited.packet_id == packet_id);
        let Some(awaited) = awaited else {
            bail!("broker answered packet {packet_id}, which awaits nothing");
        };
        let took = self.now().saturating_sub(awaited.since);
        self.batch.time(latency, took);
        Ok(())
    }

    fn on_publish(&mut self, publish: &Publish<'_>, out: &mut Vec<u8>) -> Result<()> {
        self.batch.count(Counter::Consumed, 1);
        // What a broker has retained is old, and of whatever stream.
        if !publish.retain
            && let Some(stamp) = Stamp::read(publish.payload)
        {
            self.check(stamp, publish.qos);
        }
        match publish.qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => {
                wire::ack(out, Ack::Puback, publish.packet_id);
                self.owe(Latency::OwnPuback);
            }
            Qos::ExactlyOnce => {
                wire::ack(out, Ack::Pubrec, publish.packet_id);
                self.owe(Latency::OwnPubrec);
            }
        }
        if let Some((prefix, _)) = &self.forward {
            ensure!(
                self.backlog.len() < BACKLOG_MAX,
                "{BACKLOG_MAX} messages wait to be forwarded"
            );
            let last = publish
                .topic
                .rsplit(|byte| *byte == b'/')
                .next()
                .unwrap_or_default();
            let topic = [prefix.as_bytes(), last].concat();
            self.backlog.push_back((topic, publish.payload.to_vec()));
            self.forward_backlog(out);
        }
        Ok(())
    }

    fn check(&mut self, stamp: Stamp, qos: Qos) {
        if stamp.sent_nanos != 0 {
            let took = self.now().saturating_sub(stamp.sent_nanos);
            self.batch.time(Latency::PubToSub, took);
            match qos {
                Qos::AtMostOnce => {}
                Qos::AtLeastOnce => self.batch.time(Latency::PubToSub1, took),
                Qos::ExactlyOnce => self.batch.time(Latency::PubToSub2, took),
            }
        }
        if stamp.publisher == UNCHECKED {
            return;
        }
        match self.lanes.arrive(stamp.publisher, stamp.sequence) {
            Arrival::Next { .. } if self.shares => {}
            Arrival::Next { missing } => self.batch.count(Counter::Loss, missing),
            Arrival::Late => {
                if !self.shares {
                    self.batch.found();
                }
                self.batch.count(Counter::OutOfOrder, 1);
            }
            Arrival::Duplicate => self.batch.count(Counter::Duplicates, 1),
        }
    }

    /// Forwards what waits, as far as there is room for exchanges.
    pub(super) fn forward_backlog(&mut self, out: &mut Vec<u8>) {
        let Some((_, qos)) = self.forward else { return };
        while qos == Qos::AtMostOnce || self.inflight.room() > 0 {
            let Some((topic, payload)) = self.backlog.pop_front() else {
                return;
            };
            if self.publish(out, &topic, qos, false, [&payload, &[]]).is_none() {
                self.backlog.push_front((topic, payload));
                return;
            }
            self.batch.count(Counter::Forwarded, 1);
        }
    }

    /// Appends a PUBLISH and opens its exchange; `None`: the exchange has no room now.
    pub(super) fn publish(
        &mut self,
        out: &mut Vec<u8>,
        topic: &[u8],
        qos: Qos,
        retain: bool,
        payload: [&[u8]; 2],
    ) -> Option<()> {
        let packet_id = match qos {
            Qos::AtMostOnce => 0,
            _ => self.inflight.open_as(qos == Qos::ExactlyOnce, now_nanos())?,
        };
        let start = out.len();
        let head = Head {
            version: self.version,
            topic,
            qos,
            retain,
            packet_id,
        };
        wire::publish(out, &head, payload);
        if packet_id != 0 {
            self.batch.count(Counter::AckedSent, 1);
            if let Some(counter) = Counter::sent_with(qos) {
                self.batch.count(counter, 1);
            }
            if let Some(unacked) = &mut self.unacked {
                unacked.insert(packet_id, out[start..].to_vec());
            }
        }
        Some(())
    }

    fn on_ack(&mut self, ack: Ack, packet_id: u16, reason: u8, out: &mut Vec<u8>) -> Result<()> {
        let refused = reason >= 0x80;
        self.batch.count(Counter::Refused, u64::from(refused));
        self.batch.count(
            match ack {
                Ack::Puback => Counter::Pubacks,
                Ack::Pubcomp => Counter::Pubcomps,
                _ => Counter::Pubrecs,
            },
            1,
        );
        let now = self.now();
        match self
            .inflight
            .on_ack(ack, packet_id, refused && ack == Ack::Pubrec)
        {
            Ok(Step::Release { sent_nanos }) => {
                self.batch.time(Latency::Pubrec, now.saturating_sub(sent_nanos));
                self.inflight.released(packet_id, now);
                let start = out.len();
                wire::ack(out, Ack::Pubrel, packet_id);
                self.owe(Latency::OwnPubrel);
                if let Some(unacked) = &mut self.unacked {
                    unacked.insert(packet_id, out[start..].to_vec());
                }
            }
            Ok(Step::Done {
                sent_nanos,
                half_nanos,
            }) => {
                let (latency, since) = match ack {
                    Ack::Puback => (Latency::Puback, sent_nanos),
                    Ack::Pubrec => (Latency::Pubrec, sent_nanos),
                    _ => (Latency::Pubcomp, half_nanos),
                };
                self.batch.time(latency, now.saturating_sub(since));
                self.batch.time(Latency::Exchange, now.saturating_sub(sent_nanos));
                self.batch.count(Counter::AckedDone, 1);
                if let Some(unacked) = &mut self.unacked {
                    unacked.remove(&packet_id);
                }
            }
            // After a new connection an ack may come twice.
            Err(_) if self.unacked.is_some() => {}
            Err(unexpected) => bail!("broker sent an ack nobody waits for: {unexpected:?}"),
        }
        Ok(())
    }

    /// Appends everything without its last ack once more, publishes marked as repeated [MQTT-4.4.0-1].
    pub(super) fn repeat_unacked(&self, out: &mut Vec<u8>) {
        for bytes in self.unacked.iter().flat_map(BTreeMap::values) {
            let start = out.len();
            out.extend_from_slice(bytes);
            if bytes.first().is_some_and(|first| first >> 4 == 3) {
                out[start] |= 8;
            }
        }
    }

    /// Nothing is left to be acknowledged or forwarded.
    pub(super) fn is_settled(&self) -> bool {
        self.inflight.is_empty() && self.backlog.is_empty()
    }

    /// The payload of a publish: its stamp, if there is room for one, and where the filling begins.
    pub(super) fn stamp_bytes(stamp: Stamp) -> [u8; STAMP_BYTES] {
        let mut bytes = [0; STAMP_BYTES];
        stamp.write(&mut bytes);
        bytes
    }
}
