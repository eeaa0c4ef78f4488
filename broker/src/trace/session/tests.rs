//! What a traced session says while nobody can be shown more.

use super::super::{Feed, Form, Payloads, Rate, Select, Show};
use super::*;
use crate::registry::SubscriberId;
use bytestring::ByteString;
use jiff::Timestamp;
use std::time::Duration;
use vmq_admin::command::trace::{TraceEvent, TraceEvents, TracePayload};
use vmq_mqtt::{Publish, QoS};

/// A session with a trace whose window takes `events_max` events.
fn traced(events: TraceEvents, topic: Option<&str>, events_max: u32) -> (Traced, Arc<Trace>) {
    let payloads = Payloads {
        form: TracePayload::Hidden,
        bytes_max: 0,
    };
    let rate = Rate {
        events_max,
        window: Duration::from_secs(3600),
        sample: true,
        total_max: None,
    };
    let trace = Arc::new(Trace {
        id: 1,
        select: Select {
            topic: topic.map(str::to_owned),
            ..Select::default()
        },
        show: Show {
            payloads,
            events,
            verbose: false,
        },
        existing: Vec::new(),
        started: Timestamp::now(),
        uid: 0,
        feed: Feed::new(rate, Form::Text, "first"),
    });
    let traced = Traced {
        subject: Subject {
            pid: 1,
            subscriber: SubscriberId::new("", "c"),
            username: None,
            peer: Arc::from("local"),
            listener: String::new(),
            tls_cn: None,
            version: Version::V4,
        },
        by_topic: topic.is_some(),
        traces: vec![Arc::clone(&trace)],
        asked: Asked::default(),
        flow: Flow::default(),
    };
    (traced, trace)
}

/// Three messages, one of them large, and a PINGRESP.
fn packets() -> BytesMut {
    let mut bytes = BytesMut::new();
    for (topic, size) in [("a", 1), ("b", 300), ("a", 0)] {
        let publish = Publish {
            dup: false,
            qos: QoS::AtMostOnce,
            retain: false,
            topic: ByteString::from(topic),
            packet_id: None,
            properties: None,
            payload: vec![b'x'; size].into(),
        };
        vmq_mqtt::encode(&Packet::Publish(publish), Version::V4, &mut bytes);
    }
    vmq_mqtt::encode(&Packet::PingResp, Version::V4, &mut bytes);
    bytes
}

/// Whether the window is full makes no difference to what is counted.
#[test]
fn what_is_left_out_is_counted_as_what_is_shown() {
    let publishes = TraceEvents::parse("publish").unwrap();
    for (events, topic, expected) in [
        (TraceEvents::ALL, None, 4),
        (publishes, None, 3),
        (publishes, Some("a"), 2),
        (TraceEvents::ALL, Some("#"), 3),
    ] {
        for events_max in [1000, 0] {
            let (traced, trace) = traced(events, topic, events_max);
            for round in 1..=3 {
                traced.sent(&packets(), None);
                assert_eq!(trace.feed.events(), round * expected, "{topic:?} {events_max}");
            }
            assert_eq!(trace.feed.is_full(), events_max == 0);
        }
    }
}

#[test]
fn the_first_byte_tells_the_kind() {
    let kinds: Vec<_> = first_bytes(&packets()).map(kind_of_byte).collect();
    let publish = TraceEvent::Publish;
    assert_eq!(kinds, [publish, publish, publish, TraceEvent::Ping]);
    assert_eq!(first_bytes(&[0x30, 0x05, 0x00]).count(), 0, "half a packet");
}
