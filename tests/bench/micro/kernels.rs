//! The pieces of work that are measured by themselves: what one message costs in the codec, the router, a queue, the store's
//! records. `reading.rs` times them, `main.rs` runs them under callgrind.

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Arc;

use bytes::BytesMut;
use vmq_broker::mailbox::Mailbox;
use vmq_broker::message::Message;
use vmq_broker::queue::{AttachOutcome, Limits, Queue, StagedItem};
use vmq_broker::registry::SubscriberId;
use vmq_broker::router::shared::Policy;
use vmq_broker::router::{Deliveries, Publisher, Router, Subscription};
use vmq_broker::store::{EntryOp, QueueId, codec};
use vmq_config::QueueKind;
use vmq_mqtt::{Packet, QoS, Version};

/// A piece of work, prepared: each call does it once.
pub(crate) type Kernel = Box<dyn FnMut()>;

/// How a kernel is prepared.
pub(crate) type Prepare = fn() -> Kernel;

/// All of them, by name.
pub(crate) const KERNELS: [(&str, Prepare); 11] = [
    ("decode-qos0-v4", || decode(QoS::AtMostOnce, Version::V4)),
    ("decode-qos1-v5", || decode(QoS::AtLeastOnce, Version::V5)),
    ("encode-qos1-v5", encode),
    ("route-exact", || route("e/77/7700/value", 1)),
    ("route-plus", || route("p/77/7701/value", 1)),
    ("route-hash", || route("h/77/7702/a/b", 1)),
    ("route-none", || route("n/77/7702/a/b", 0)),
    ("route-fanout-100", fanout),
    ("queue-qos0", || queue(QoS::AtMostOnce)),
    ("queue-qos1", || queue(QoS::AtLeastOnce)),
    ("store-entry", entry),
];

const LIMITS: Limits = Limits {
    online: None,
    offline: None,
    override_online: false,
    kind: QueueKind::Fifo,
    sessions: None,
};

const BROKER: Publisher = Publisher {
    queue: None,
    upgrade_qos: false,
    shared_policy: Policy::PreferLocal,
};

const PAYLOAD: [u8; 64] = [b'x'; 64];

fn packet(qos: QoS, version: Version) -> BytesMut {
    let publish = vmq_mqtt::Publish {
        dup: false,
        qos,
        retain: false,
        topic: "site/77/device/7700/value".into(),
        packet_id: (qos != QoS::AtMostOnce).then(|| 77.try_into().expect("not 0")),
        properties: Default::default(),
        payload: bytes::Bytes::from_static(&PAYLOAD),
    };
    let mut out = BytesMut::new();
    vmq_mqtt::encode(&Packet::Publish(publish), version, &mut out);
    out
}

/// Splits one PUBLISH off a buffer and decodes it.
fn decode(qos: QoS, version: Version) -> Kernel {
    let bytes = packet(qos, version);
    let mut buffer = BytesMut::with_capacity(64 * 1024);
    Box::new(move || {
        buffer.extend_from_slice(&bytes);
        let frame = vmq_mqtt::next_frame(&mut buffer, 0)
            .expect("sound")
            .expect("whole");
        black_box(vmq_mqtt::decode(frame, Some(version)).expect("sound"));
    })
}

/// Appends one PUBLISH to a buffer.
fn encode() -> Kernel {
    let mut bytes = packet(QoS::AtLeastOnce, Version::V5);
    let frame = vmq_mqtt::next_frame(&mut bytes, 0)
        .expect("sound")
        .expect("whole");
    let packet = vmq_mqtt::decode(frame, Some(Version::V5)).expect("sound");
    let mut out = BytesMut::with_capacity(64 * 1024);
    Box::new(move || {
        if out.len() > 32 * 1024 {
            out.clear();
        }
        vmq_mqtt::encode(black_box(&packet), Version::V5, &mut out);
    })
}

/// As sessions have it. The text of a literal `""` lies nowhere, and where it does not lie some processors take long to compare nothing.
pub(crate) fn mountpoint() -> Arc<str> {
    Arc::from("")
}

pub(crate) fn queue_of(number: u64) -> Arc<Queue> {
    let subscriber = SubscriberId::new("", &format!("client-{number}"));
    Arc::new(Queue::new(QueueId(number), subscriber, LIMITS))
}

/// The filter of subscription `number`: a third each exact, with `+`, with `#`. Every one matches one topic of its own.
pub(crate) fn filter(number: usize) -> String {
    let place = format!("{}/{number}", number / 100);
    match number % 3 {
        0 => format!("e/{place}/value"),
        1 => format!("p/{place}/+"),
        _ => format!("h/{place}/#"),
    }
}

/// Matches one message among 10,000 subscriptions.
fn route(topic: &str, matches: u64) -> Kernel {
    let router = Router::default();
    let queues: Vec<_> = (1..=100).map(queue_of).collect();
    // The filters the topics above belong to are of their own: whatever the thirds make of their numbers.
    for filter in (0..10_000)
        .map(filter)
        .chain(["e/77/7700/value", "p/77/7701/+", "h/77/7702/#"].map(str::to_owned))
    {
        let owner = &queues[filter.len() % queues.len()];
        router.subscribe(owner, &filter, Subscription::default());
    }
    let messages = [Arc::new(Message::new(topic, &PAYLOAD, QoS::AtMostOnce, false))];
    let (mountpoint, mut out) = (mountpoint(), Deliveries::default());
    Box::new(move || {
        let matched = router.route(&mountpoint, black_box(&messages), BROKER, &mut out);
        assert_eq!(matched, matches);
        black_box(out.take());
    })
}

/// One message to a hundred subscribers of its topic.
fn fanout() -> Kernel {
    let router = Router::default();
    for queue in (1..=100).map(queue_of) {
        router.subscribe(&queue, "news", Subscription::default());
    }
    let messages = [Arc::new(Message::new("news", &PAYLOAD, QoS::AtMostOnce, false))];
    let (mountpoint, mut out) = (mountpoint(), Deliveries::default());
    Box::new(move || {
        assert_eq!(
            router.route(&mountpoint, black_box(&messages), BROKER, &mut out),
            100
        );
        black_box(out.take());
    })
}

/// One message into the queue of a session that is there, and out of it.
fn queue(qos: QoS) -> Kernel {
    let queue = queue_of(1);
    let mailbox = Arc::new(Mailbox::new());
    assert!(matches!(
        queue.attach(&mailbox, LIMITS),
        AttachOutcome::Attached(_)
    ));
    queue.set_persistent(qos != QoS::AtMostOnce);
    let connection = mailbox.connection;
    let item = StagedItem {
        message_index: 0,
        delivery: vmq_broker::queue::Delivery {
            message: Arc::new(Message::new("a/b", &PAYLOAD, qos, false)),
            seq: 0,
            subscription_id: 0,
            qos,
            retain: false,
        },
    };
    let mut taken = VecDeque::new();
    Box::new(move || {
        let staged = queue.stage(vec![item.clone()]);
        black_box(queue.release(&staged));
        queue.take(connection, 10, &mut taken);
        assert_eq!(taken.len(), 1);
        taken.clear();
    })
}

/// One entry of a queue to its record on disk and back.
fn entry() -> Kernel {
    let message = Message::new("site/77/device/7700/value", &PAYLOAD, QoS::AtLeastOnce, false);
    let op = EntryOp {
        queue: QueueId(1),
        seq: 1,
        qos: QoS::AtLeastOnce,
        retain: false,
        subscription_id: 0,
    };
    let mut out = Vec::with_capacity(256);
    Box::new(move || {
        out.clear();
        codec::encode_inline_entry(codec::Delivery::of_op(&op), black_box(&message), &mut out);
        black_box(codec::decode_entry(&out).expect("just written"));
    })
}
