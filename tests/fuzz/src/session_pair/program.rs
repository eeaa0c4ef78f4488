//! The programs: which bytes make which client do what.

mod publishing;

use super::super::packets;
use super::super::pair::Rig;
use super::client::Client;
use super::model::Model;
use std::sync::Arc;
use vmq_broker::store::memory::MemoryStore;
use vmq_mqtt::{
    Connect, Packet, PacketId, Properties, QoS, ReasonCode, RetainHandling, SubscribeFilter,
    SubscribeOptions, Version, Will,
};

const OPERATIONS_MAX: usize = 96;

/// Times that clients answer before they count as never to stop: each operation may be eight messages to several filters,
/// of which the broker sends one at a time.
const ANSWERS_MAX: usize = 20_000;

/// Connections of one program; further CONNECTs are not made.
const LINKS_MAX: usize = 24;

const TOPICS: [&str; 8] = ["t", "a/b", "a/c", "$x/y", "no/x", "a/b/c", "/", "t/\u{e9}"];

const FILTERS: [&str; 16] = [
    "t",
    "a/b",
    "a/+",
    "a/#",
    "#",
    "+/b",
    "$share/g/t",
    "$share/g/a/+",
    "$share/h/#",
    "$x/#",
    "no/x",
    "a/#/b",
    "$share/g",
    "+",
    "/",
    "$share/g/a/b",
];

/// Two clients that may have several connections, and a name that the broker gives.
const CLIENT_IDS: [&str; 4] = ["a", "a", "b", ""];

/// A program that runs.
pub(super) struct Program<'a> {
    rig: &'a Rig,
    store: &'a Arc<MemoryStore>,
    pipe_bytes: usize,
    pub(super) model: Model,
    slots: [Option<Client>; 3],
    /// Connections whose client has begun another one.
    retired: Vec<Client>,
    links: usize,
    next_subscribe_id: u16,
    /// The store was told to fail at some time.
    pub(super) has_failed: bool,
}

/// The bytes of a program that are left.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// 0 behind the end.
    fn or_zero(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }
}

impl<'a> Program<'a> {
    pub(super) fn new(rig: &'a Rig, store: &'a Arc<MemoryStore>, pipe_bytes: usize, is_lax: bool) -> Self {
        Self {
            rig,
            store,
            pipe_bytes,
            model: Model::new(is_lax),
            slots: [None, None, None],
            retired: Vec::new(),
            links: 0,
            next_subscribe_id: 1,
            has_failed: false,
        }
    }

    /// Low nibble: the operation. Then the slot (2 bits), a bit for the operation, and whether others go on before
    /// everything is quiet.
    pub(super) async fn run(&mut self, operations: &[u8]) {
        let mut bytes = Bytes(operations);
        for _ in 0..OPERATIONS_MAX {
            let Some(operation) = bytes.next() else {
                break;
            };
            let slot = usize::from(operation >> 4 & 3) % 3;
            let extra = operation & 0x40 != 0;
            self.step(operation & 0x0F, slot, extra, &mut bytes).await;
            if operation & 0x80 == 0 {
                self.settle().await;
            }
            self.take();
        }
        self.settle().await;
    }

    async fn step(&mut self, operation: u8, slot: usize, extra: bool, bytes: &mut Bytes<'_>) {
        match operation {
            0 | 1 => self.connect(slot, extra, bytes),
            2 => self.subscribe(slot, extra, bytes),
            3 => self.unsubscribe(slot, bytes),
            4 => self.publish(slot, extra, bytes),
            5 => self.raw_ack(slot, extra, bytes),
            6 => self.acknowledge(slot, if extra { usize::MAX } else { 1 }),
            7 => self.garbage(slot, bytes),
            8 => self.disconnect(slot, extra, bytes),
            9 => self.drop_link(slot).await,
            10 => self.settle().await,
            11 => {
                for _ in 0..=bytes.or_zero() % 8 {
                    tokio::task::yield_now().await;
                }
            }
            12 => {
                if let Some(client) = &mut self.slots[slot] {
                    client.link.listening = extra;
                }
            }
            13 => self.odd(slot, bytes),
            14 => self.fail_store(extra),
            _ => self.burst(slot, bytes),
        }
    }

    pub(super) async fn finish(self) {
        let clients = self.slots.into_iter().flatten().chain(self.retired);
        self.rig
            .end_all(clients.map(|client| client.link).collect())
            .await;
    }

    async fn settle(&mut self) {
        // Answers make work again; a client that answers comes to rest when the broker does.
        for _ in 0..ANSWERS_MAX {
            let slots = self.slots.iter_mut().flatten();
            let mut links: Vec<_> = slots
                .chain(&mut self.retired)
                .map(|client| &mut client.link)
                .collect();
            self.rig.settle(&mut links).await;
            if !self.take() {
                return;
            }
        }
        panic!("broker and clients never stop talking");
    }

    /// `true` = clients have answered.
    fn take(&mut self) -> bool {
        let mut has_answered = false;
        let slots = self.slots.iter_mut().flatten();
        for client in slots.chain(&mut self.retired) {
            has_answered |= client.take(&mut self.model);
        }
        has_answered
    }

    fn connect(&mut self, slot: usize, extra: bool, bytes: &mut Bytes<'_>) {
        if self.links >= LINKS_MAX {
            return;
        }
        self.links += 1;
        let (flags, more) = (bytes.or_zero(), bytes.or_zero());
        let version = [Version::V3, Version::V4, Version::V5, Version::V5][usize::from(flags & 3)];
        let id = CLIENT_IDS[usize::from(flags >> 3 & 3)];
        let mut client = Client::new(self.rig.open(self.pipe_bytes), version, flags & 0x40 != 0);
        client.clean_start = flags & 4 != 0;
        client.link.listening = flags & 0x80 == 0;
        if !id.is_empty() {
            client.client_id = id.to_owned();
        }
        let properties = if version == Version::V5 {
            Some(Box::new(connect_properties(more, &mut client)))
        } else {
            None
        };
        let will = (flags & 0x20 != 0).then(|| self.will(bytes.or_zero(), version));
        let mut level = packets::level(version);
        level.bridge = extra && version != Version::V5;
        let packet = Packet::Connect(Box::new(Connect {
            level,
            clean_start: client.clean_start,
            keep_alive_secs: 0,
            client_id: id.into(),
            will,
            username: None,
            password: None,
            properties,
        }));
        client.send(&packet);
        self.model.opened(&client.client_id, client.number);
        self.retired.extend(self.slots[slot].replace(client));
    }

    fn will(&mut self, byte: u8, version: Version) -> Will {
        let topic = TOPICS[usize::from(byte >> 5)];
        let delay = [0, 1, 3600, u32::MAX][usize::from(byte >> 3 & 3)];
        let properties = (version == Version::V5).then(|| {
            Box::new(Properties {
                will_delay_secs: Some(delay),
                ..Properties::default()
            })
        });
        Will {
            topic: topic.into(),
            payload: self.model.payload(topic, true).into(),
            qos: qos(byte),
            retain: byte & 4 != 0,
            properties,
        }
    }

    fn subscribe(&mut self, slot: usize, extra: bool, bytes: &mut Bytes<'_>) {
        let Some(client) = &mut self.slots[slot] else {
            return;
        };
        let mut filters = Vec::new();
        for _ in 0..=usize::from(extra) {
            let (which, how) = (bytes.or_zero(), bytes.or_zero());
            let filter = FILTERS[usize::from(which & 0x0F)];
            match self.model.session(&client.client_id, client.number) {
                Some(session) => session.asked_for(filter),
                None => self.model.asked_early(&client.client_id, filter),
            }
            let is_v5 = client.version() == Version::V5;
            let handling = [
                RetainHandling::Send,
                RetainHandling::SendIfNew,
                RetainHandling::Never,
            ];
            let options = SubscribeOptions {
                qos: qos(which >> 4),
                no_local: is_v5 && how & 1 != 0,
                retain_as_published: is_v5 && how & 2 != 0,
                retain_handling: handling[usize::from(if is_v5 { how >> 2 & 3 } else { 0 }) % 3],
            };
            filters.push(SubscribeFilter {
                filter: filter.into(),
                options,
            });
        }
        let id = self.next_subscribe_id;
        self.next_subscribe_id += 1;
        let with_id = (client.version() == Version::V5 && id.is_multiple_of(2)).then_some(u32::from(id));
        client.unanswered.push_back((id, filters.len(), true));
        let id = PacketId::new(id).expect("counted from 1");
        client.send(&packets::subscribe(id, filters, with_id));
    }

    fn unsubscribe(&mut self, slot: usize, bytes: &mut Bytes<'_>) {
        let Some(client) = &mut self.slots[slot] else {
            return;
        };
        let id = self.next_subscribe_id;
        self.next_subscribe_id += 1;
        client.unanswered.push_back((id, 1, false));
        let id = PacketId::new(id).expect("counted from 1");
        let filter = FILTERS[usize::from(bytes.or_zero() & 0x0F)];
        client.send(&packets::unsubscribe(id, filter));
    }

    /// Any acknowledgement of any id.
    fn raw_ack(&mut self, slot: usize, extra: bool, bytes: &mut Bytes<'_>) {
        let (kind, id) = (bytes.or_zero(), bytes.or_zero());
        let Some(client) = &mut self.slots[slot] else {
            return;
        };
        let id = PacketId::new(u16::from(id % 16) + 1).expect("counted from 1");
        let reason = |code| if extra { code } else { ReasonCode::Success };
        let packet = match kind % 4 {
            0 => Packet::PubAck(packets::ack(id, reason(ReasonCode::NotAuthorized))),
            1 => Packet::PubRec(packets::ack(id, reason(ReasonCode::NotAuthorized))),
            2 => Packet::PubRel(packets::ack(id, reason(ReasonCode::PacketIdNotFound))),
            _ => Packet::PubComp(packets::ack(id, reason(ReasonCode::PacketIdNotFound))),
        };
        client.send_ack(&packet, &mut self.model);
    }

    fn acknowledge(&mut self, slot: usize, limit: usize) {
        if let Some(client) = &mut self.slots[slot] {
            client.acknowledge(limit, &mut self.model);
        }
    }

    /// Bytes as they stand, on a connection of their own unless there is one.
    fn garbage(&mut self, slot: usize, bytes: &mut Bytes<'_>) {
        let length = usize::from(bytes.or_zero());
        let garbage = bytes.take(length);
        self.model.is_lax = true;
        if self.slots[slot].is_none() && self.links < LINKS_MAX {
            self.links += 1;
            self.slots[slot] = Some(Client::unknown(self.rig.open(self.pipe_bytes)));
        }
        if let Some(client) = &mut self.slots[slot] {
            client.link.send_bytes(&garbage);
        }
    }

    fn disconnect(&mut self, slot: usize, extra: bool, bytes: &mut Bytes<'_>) {
        let expiry = [None, Some(0), Some(3600), Some(u32::MAX)][usize::from(bytes.or_zero() & 3)];
        let Some(client) = &mut self.slots[slot] else {
            return;
        };
        let is_v5 = client.version() == Version::V5;
        let reason = if extra && is_v5 {
            ReasonCode::DisconnectWithWill
        } else {
            ReasonCode::Success
        };
        client.send(&packets::disconnect(reason, expiry.filter(|_| is_v5)));
    }

    async fn drop_link(&mut self, slot: usize) {
        if let Some(client) = self.slots[slot].take() {
            self.rig.end(client.link).await;
        }
    }

    fn odd(&mut self, slot: usize, bytes: &mut Bytes<'_>) {
        let number = bytes.or_zero();
        if let Some(client) = &mut self.slots[slot] {
            let bytes = packets::odd(number, client.version());
            client.link.send_bytes(&bytes);
        }
    }

    /// A full disk, or the end of it. Exchanges that were not stored may be repeated.
    fn fail_store(&mut self, is_failing: bool) {
        self.store.set_failing(is_failing);
        self.has_failed |= is_failing;
        self.model.is_lax |= is_failing;
    }
}

/// QoS of the lowest bits.
fn qos(bits: u8) -> QoS {
    QoS::from_u8(bits & 3).unwrap_or(QoS::ExactlyOnce)
}

fn connect_properties(bits: u8, client: &mut Client) -> Properties {
    let receive_maximum = [None, Some(1), Some(2), Some(5)][usize::from(bits >> 2 & 3)];
    let maximum_packet_size = [None, Some(64), Some(200), None][usize::from(bits >> 4 & 3)];
    client.receive_max = receive_maximum.map_or(usize::MAX, usize::from);
    client.packet_bytes_max = maximum_packet_size.map_or(usize::MAX, |max: u32| max as usize);
    client.alias_max = if bits & 0x40 != 0 { 2 } else { 0 };
    Properties {
        session_expiry_secs: Some([0, 3600, u32::MAX, 1_000_000][usize::from(bits & 3)]),
        receive_maximum,
        maximum_packet_size,
        topic_alias_maximum: Some(client.alias_max),
        request_problem_information: Some(bits & 0x80 == 0),
        ..Properties::default()
    }
}
