//! Bytes by hand: what each rule accepts and refuses. Numbers in comments are rows of mqtt.md 20.

use super::*;
use crate::error::RefusedLevel;
use crate::{Connect, Publish, QoS, RetainHandling};

const MALFORMED: ReasonCode = ReasonCode::MalformedPacket;
const PROTOCOL: ReasonCode = ReasonCode::ProtocolError;

fn frame(first_byte: u8, body: &[u8]) -> Frame {
    Frame {
        first_byte,
        body: Bytes::copy_from_slice(body),
    }
}

fn v4(first_byte: u8, body: &[u8]) -> Result<Packet, ReasonCode> {
    decode(frame(first_byte, body), Some(Version::V4)).map_err(|error| error.reason)
}

fn v5(first_byte: u8, body: &[u8]) -> Result<Packet, ReasonCode> {
    decode(frame(first_byte, body), Some(Version::V5)).map_err(|error| error.reason)
}

fn connect(body: &[u8]) -> Result<Connect, DecodeError> {
    match decode(frame(0x10, body), None)? {
        Packet::Connect(connect) => Ok(*connect),
        other => panic!("{other:?}"),
    }
}

/// Reading an acknowledgement in place and splitting it off give the same packet, and the same rest.
#[test]
fn an_ack_read_in_place_is_the_one_that_would_be_split_off() {
    let mut taken = 0;
    for first_byte in 0..=u8::MAX {
        for rest in [
            &[2, 0, 7, 0xC0][..],
            &[2, 1, 0, 0xC0, 0],
            &[2, 0, 0, 0],
            &[3, 0, 7, 0],
            &[2, 0],
            &[0],
            &[],
        ] {
            let mut buffer = BytesMut::from(&[&[first_byte], rest].concat()[..]);
            let mut other = buffer.clone();
            let Some(packet) = next_ack(&mut buffer) else {
                assert_eq!(buffer, other);
                continue;
            };
            taken += 1;
            let frame = next_frame(&mut other, 2).unwrap().unwrap();
            assert_eq!(buffer, other);
            for version in [Version::V3, Version::V4, Version::V5] {
                assert_eq!(decode(frame.clone(), Some(version)).as_ref(), Ok(&packet));
            }
        }
    }
    assert_eq!(taken, 8, "four kinds, two packet ids");
}

/// A version 5 PUBLISH body with this property block.
fn publish_with(block: &[u8]) -> Vec<u8> {
    let mut body = b"\x00\x01a".to_vec();
    body.push(u8::try_from(block.len()).unwrap());
    body.extend_from_slice(block);
    body
}

fn published(packet: Result<Packet, ReasonCode>) -> Publish {
    match packet {
        Ok(Packet::Publish(publish)) => publish,
        other => panic!("{other:?}"),
    }
}

mod frames {
    use super::*;

    fn split(bytes: &[u8], size_max: u32) -> Result<Option<Frame>, &'static str> {
        next_frame(&mut BytesMut::from(bytes), size_max).map_err(|error| error.what)
    }

    #[test]
    fn incomplete_packets_wait_and_nothing_is_consumed() {
        let whole = b"\x30\x80\x01";
        for cut in 0..=whole.len() {
            let mut buffer = BytesMut::from(&whole[..cut]);
            let capacity = buffer.capacity();
            assert_eq!(next_frame(&mut buffer, 0), Ok(None));
            assert_eq!(&buffer[..], &whole[..cut]);
            assert_eq!(buffer.capacity(), capacity);
        }
    }

    #[test]
    fn a_huge_announcement_allocates_nothing() {
        let mut buffer = BytesMut::with_capacity(64);
        buffer.extend_from_slice(&[0x10, 0xFF, 0xFF, 0xFF, 0x7F, 0, 4]);
        assert_eq!(next_frame(&mut buffer, 0), Ok(None));
        assert_eq!(buffer.capacity(), 64);
    }

    #[test]
    fn bad_lengths_are_refused() {
        // 9: five bytes; non-minimal forms.
        for bytes in [
            &[0x30, 0xFF, 0xFF, 0xFF, 0xFF][..],
            &[0x30, 0x80, 0x80, 0x80, 0x80, 0x01],
            &[0x30, 0x80, 0x00],
        ] {
            assert_eq!(split(bytes, 0), Err("cant_parse_fixed_header"), "{bytes:02x?}");
        }
    }

    #[test]
    fn the_bound_is_per_packet() {
        // 78: a longer packet is refused before it arrives, many small ones are fine.
        let error = next_frame(&mut BytesMut::from(&[0x30, 11][..]), 10).unwrap_err();
        assert_eq!(error.reason, ReasonCode::PacketTooLarge);
        assert_eq!(error.what, "packet_exceeds_max_size");
        let mut buffer = BytesMut::from(&b"\x30\x0A0123456789".repeat(100)[..]);
        for _ in 0..100 {
            assert_eq!(next_frame(&mut buffer, 10).unwrap().unwrap().body.len(), 10);
        }
        assert_eq!(next_frame(&mut buffer, 10), Ok(None));
    }

    #[test]
    fn bodies_share_the_read_buffer() {
        let mut buffer = BytesMut::from(&b"\x30\x04\x00\x01ax\xC0\x00\x30"[..]);
        let start = buffer.as_ptr() as usize;
        let first = next_frame(&mut buffer, 0).unwrap().unwrap();
        assert_eq!(first.body.as_ptr() as usize, start + 2);
        let publish = published(v4(first.first_byte, &first.body));
        assert_eq!((&publish.topic[..], &publish.payload[..]), ("a", &b"x"[..]));
        assert_eq!(next_frame(&mut buffer, 0).unwrap().unwrap().first_byte, 0xC0);
        assert_eq!(next_frame(&mut buffer, 0), Ok(None));
    }
}

#[test]
fn only_connect_comes_first() {
    for first_byte in [0x00, 0x20, 0x30, 0xC0, 0xE0, 0xF0] {
        assert!(decode(frame(first_byte, b""), None).is_err(), "{first_byte:02x}");
    }
    assert!(decode(frame(0x11, b"\x00\x04MQTT\x04\x02\x00\x00\x00\x00"), None).is_err());
}

#[test]
fn a_second_connect_is_never_answered_like_a_first_one() {
    assert!(matches!(
        v5(0x10, b"\x00\x04MQTT\x04\x02\x00\x00\x00\x00"),
        Ok(Packet::Connect(_))
    ));
    let error = decode(
        frame(0x10, b"\x00\x04MQTT\x09\x02\x00\x00\x00\x00"),
        Some(Version::V5),
    )
    .unwrap_err();
    assert_eq!((error.reason, error.refused_level), (PROTOCOL, None));
}

#[test]
fn protocol_names_and_levels() {
    let level = |name: &str, level: u8| {
        let mut body = vec![0, u8::try_from(name.len()).unwrap()];
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(&[level, 0x02, 0, 0]);
        if level == 5 {
            body.push(0);
        }
        body.extend_from_slice(&[0, 0]);
        connect(&body)
    };
    for (name, byte, version, bridge) in [
        ("MQIsdp", 3, Version::V3, false),
        ("MQIsdp", 131, Version::V3, true),
        ("MQTT", 4, Version::V4, false),
        ("MQTT", 132, Version::V4, true),
        ("MQTT", 131, Version::V3, true),
        ("MQTT", 5, Version::V5, false),
    ] {
        let connect = level(name, byte).unwrap();
        assert_eq!(
            (connect.level.version, connect.level.bridge),
            (version, bridge),
            "{name} {byte}"
        );
        assert_eq!(connect.level.byte(), byte);
    }
    for (name, byte, format) in [
        ("MQIsdp", 4, RefusedLevel::V3Format),
        ("MQIsdp", 5, RefusedLevel::V3Format),
        ("MQIsdp", 132, RefusedLevel::V3Format),
        ("MQTT", 0, RefusedLevel::V3Format),
        ("MQTT", 3, RefusedLevel::V3Format),
        ("MQTT", 6, RefusedLevel::V5Format),
        ("MQTT", 133, RefusedLevel::V5Format),
        ("MQTT", 255, RefusedLevel::V5Format),
    ] {
        let error = level(name, byte).unwrap_err();
        assert_eq!(error.refused_level, Some(format), "{name} {byte}");
        assert_eq!(error.reason, ReasonCode::UnsupportedProtocolVersion);
    }
    for name in ["mqtt", "MQTTX", "", "HTTP"] {
        let error = level(name, 4).unwrap_err();
        assert_eq!(
            (error.what, error.refused_level),
            ("unknown_protocol_name", None),
            "{name}"
        );
    }
}

#[test]
fn connect_flags_and_fields() {
    let body = |level: u8, flags: u8, rest: &[u8]| {
        let mut body = b"\x00\x04MQTT".to_vec();
        body.extend_from_slice(&[level, flags, 0, 60]);
        body.extend_from_slice(rest);
        connect(&body).map_err(|error| error.what)
    };
    let full = body(4, 0xEE, b"\x00\x01c\x00\x01t\x00\x00\x00\x01u\x00\x01p").unwrap();
    let will = full.will.unwrap();
    assert_eq!(
        (&will.topic[..], will.payload.len(), will.qos, will.retain),
        ("t", 0, QoS::AtLeastOnce, true)
    );
    assert_eq!(full.username.as_deref(), Some("u"));
    assert_eq!(full.password.as_deref(), Some(&b"p"[..]));
    assert_eq!((full.keep_alive_secs, full.clean_start), (60, true));

    for (level, flags, rest, what) in [
        (4, 0x03, &b"\x00\x01c"[..], "reserved_connect_flag"),
        (4, 0x0A, b"\x00\x01c", "will_flags_without_will"),
        (4, 0x22, b"\x00\x01c", "will_flags_without_will"),
        (4, 0x1E, b"\x00\x01c\x00\x01t\x00\x00", "will_qos_3"),
        (4, 0x06, b"\x00\x01c\x00\x00\x00\x00", "will_topic_empty"),
        (4, 0x06, b"\x00\x01c\x00\x01t", "field_ends_early"),
        (4, 0x06, b"\x00\x01c", "field_ends_early"),
        (4, 0x42, b"\x00\x01c\x00\x01p", "password_without_username"),
        (132, 0x42, b"\x00\x01c\x00\x01p", "password_without_username"),
        (4, 0x82, b"\x00\x01c", "field_ends_early"),
        (4, 0x82, b"\x00\x01c\x00\x01\x00", "string_contains_nul"),
        (4, 0x82, b"\x00\x01c\x00\x01\xFF", "string_not_utf8"),
        (4, 0x02, b"", "field_ends_early"),
        (4, 0x02, b"\x00\x03\xED\xA0\x80", "string_not_utf8"),
        (4, 0x02, b"\x00\x01c\x00", "bytes_after_last_field"),
        (5, 0x02, b"\x00\x00\x01c!", "bytes_after_last_field"),
    ] {
        assert_eq!(
            body(level, flags, rest).unwrap_err(),
            what,
            "{level} {flags:02x} {rest:02x?}"
        );
    }
    // New in version 5: a password alone.
    assert!(
        body(5, 0x42, b"\x00\x00\x01c\x00\x01p")
            .unwrap()
            .password
            .is_some()
    );
}

#[test]
fn connect_properties() {
    let body = |block: &[u8]| {
        let mut body = b"\x00\x04MQTT\x05\x02\x00\x00".to_vec();
        body.push(u8::try_from(block.len()).unwrap());
        body.extend_from_slice(block);
        body.extend_from_slice(b"\x00\x00");
        connect(&body).map_err(|error| error.reason)
    };
    let full = body(b"\x11\0\0\0\x07\x15\0\x01m\x16\0\x01d\x17\0\x19\x01\x21\0\x02\x22\0\x03\x26\0\x01k\0\x01v\x27\0\0\x01\0");
    let properties = full.unwrap().properties.unwrap();
    assert_eq!(properties.session_expiry_secs, Some(7));
    assert_eq!(properties.request_problem_information, Some(false));
    assert_eq!(properties.maximum_packet_size, Some(256));
    for (block, reason) in [
        // 37, 38
        (&b"\x11\0\0\0\x07\x11\0\0\0\x07"[..], PROTOCOL),
        (b"\x21\0\0", PROTOCOL),
        (b"\x27\0\0\0\0", PROTOCOL),
        (b"\x17\x02", PROTOCOL),
        (b"\x16\0\x01d", PROTOCOL),
        (b"\x18\0\0\0\x01", MALFORMED),
        (b"\x2B\0", MALFORMED),
        (b"\x91\0", MALFORMED),
        (b"\x11\0\0\0", MALFORMED),
        (b"\x26\0\x01k\0\x02v", MALFORMED),
    ] {
        assert_eq!(body(block).unwrap_err(), reason, "{block:02x?}");
    }
    // Will properties, and a will delay only there.
    let with_will = b"\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x00\x07\x18\0\0\0\x05\x01\x01\0\x01t\0\0";
    let will = connect(with_will).unwrap().will.unwrap();
    assert_eq!(will.properties.unwrap().will_delay_secs, Some(5));
    let foreign = b"\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x00\x05\x11\0\0\0\x05\0\x01t\0\0";
    assert_eq!(connect(foreign).unwrap_err().reason, MALFORMED);
}

#[test]
fn reserved_header_flags() {
    // 5: and every other packet with fixed flags.
    for first_byte in [
        0x80, 0x60, 0xE1, 0xC1, 0xD8, 0x41, 0x52, 0x72, 0xA0, 0x83, 0x6A, 0x91, 0xB4, 0x22, 0x12,
    ] {
        let body = b"\x00\x01\x00\x01a\x00";
        assert_eq!(v4(first_byte, body), Err(MALFORMED), "{first_byte:02x}");
        assert_eq!(v5(first_byte, body), Err(MALFORMED), "{first_byte:02x}");
    }
    assert_eq!(v5(0xF1, b""), Err(MALFORMED));
    // 11: types nobody has.
    assert_eq!(v4(0x00, b""), Err(MALFORMED));
    assert_eq!(v5(0x00, b""), Err(MALFORMED));
    assert_eq!(v4(0xF0, b""), Err(MALFORMED));
    // MQTT 3.1 repeats these with DUP.
    assert!(decode(frame(0x6A, b"\x00\x01"), Some(Version::V3)).is_ok());
    assert!(decode(frame(0x8A, b"\x00\x01\x00\x01a\x00"), Some(Version::V3)).is_ok());
    assert!(decode(frame(0x4A, b"\x00\x01"), Some(Version::V3)).is_err());
}

#[test]
fn publish_rules() {
    assert_eq!(v4(0x36, b"\x00\x01a\x00\x01"), Err(MALFORMED)); // 51
    assert_eq!(v5(0x36, b"\x00\x01a\x00\x01\x00"), Err(MALFORMED));
    assert_eq!(v5(0x32, b"\x00\x01a\x00\x00\x00"), Err(PROTOCOL)); // 6
    assert!(v4(0x32, b"\x00\x01a\x00\x00").is_err());
    assert_eq!(v4(0x30, b"\x00\x00"), Err(MALFORMED)); // 55
    assert_eq!(v5(0x30, b"\x00\x00\x00"), Err(PROTOCOL));
    assert_eq!(v5(0x30, b"\x00\x03\xED\xA0\x80\x00"), Err(MALFORMED)); // 1
    assert_eq!(v5(0x30, b"\x00\x02a\x00\x00"), Err(MALFORMED)); // 2
    assert_eq!(v5(0x30, b"\x00\x01a\x80\x00"), Err(MALFORMED)); // 4
    assert_eq!(v5(0x30, b"\x00\x01a"), Err(MALFORMED));
    assert_eq!(v4(0x30, b"\x00"), Err(MALFORMED));
    assert_eq!(v4(0x32, b"\x00\x01a\x00"), Err(MALFORMED));
    // 52: DUP with QoS 0 is tolerated. 3: a byte order mark is kept.
    let publish = published(v4(0x39, b"\x00\x04\xEF\xBB\xBFapay"));
    assert_eq!(
        (publish.dup, publish.retain, publish.packet_id),
        (true, true, None)
    );
    assert_eq!(&publish.topic[..], "\u{feff}a");
    assert_eq!(&publish.payload[..], b"pay");
}

#[test]
fn publish_properties() {
    let all = b"\x01\x01\x02\0\0\0\x09\x03\0\x01c\x08\0\x01r\x09\0\x02\0\xFF\x23\0\x07\x26\0\0\0\0\x26\0\x01k\0\x01v";
    let properties = published(v5(0x30, &publish_with(all))).properties.unwrap();
    assert_eq!(properties.message_expiry_secs, Some(9));
    assert_eq!(properties.correlation_data.as_deref(), Some(&[0, 0xFF][..]));
    assert_eq!(
        properties.user_properties.iter().collect::<Vec<_>>(),
        [("", ""), ("k", "v")]
    );
    // Left to the session, which has other answers.
    assert_eq!(
        published(v5(0x30, &publish_with(b"\x23\0\0")))
            .properties
            .unwrap()
            .topic_alias,
        Some(0)
    );
    let ids = published(v5(0x30, &publish_with(b"\x0B\x01\x0B\x80\x01")))
        .properties
        .unwrap();
    assert_eq!(ids.subscription_ids, [1, 128]);
    assert_eq!(&published(v5(0x30, b"\x00\x00\x03\x23\x00\x01")).topic[..], "");
    for (block, reason) in [
        // 154
        (&b"\x11\0\0\0\x01"[..], MALFORMED),
        (b"\x01\x01\x01\x01", PROTOCOL),
        (b"\x23\0\x01\x23\0\x01", PROTOCOL),
        (b"\x01\x02", PROTOCOL),
        (b"\x0B\0", PROTOCOL),
        (b"\x0B\x80\0", MALFORMED),
        (b"\x0B\xFF\xFF\xFF\xFF\x01", MALFORMED),
        // 142
        (b"\x08\0\x01+", MALFORMED),
        (b"\x08\0\0", MALFORMED),
        (b"\x03\0\x01\xFF", MALFORMED),
        (b"\x26\0\x01\0\0\0", MALFORMED),
        (b"\0", MALFORMED),
    ] {
        assert_eq!(v5(0x30, &publish_with(block)), Err(reason), "{block:02x?}");
    }
    // A property must not reach over the end of its block.
    assert_eq!(v5(0x30, b"\x00\x01a\x04\x03\x00\x05c123456"), Err(MALFORMED));
    assert_eq!(v5(0x30, b"\x00\x01a\x7F"), Err(MALFORMED));
}

#[test]
fn user_properties_are_bounded_and_linear() {
    let body = |count: usize| {
        let block = b"\x26\0\0\0\0".repeat(count);
        let (len, len_size) = varint::write(u32::try_from(block.len()).unwrap());
        let mut body = b"\x00\x01a".to_vec();
        body.extend_from_slice(&len[..len_size]);
        body.extend_from_slice(&block);
        body
    };
    assert!(v5(0x30, &body(10_000)).is_ok());
    assert_eq!(v5(0x30, &body(10_001)), Err(ReasonCode::PacketTooLarge));
}

#[test]
fn ack_forms() {
    let ack = |packet| match packet {
        Ok(Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack)) => ack,
        other => panic!("{other:?}"),
    };
    assert_eq!(ack(v5(0x40, b"\x00\x09")).reason, ReasonCode::Success);
    assert_eq!(ack(v5(0x50, b"\x00\x09\x87")).reason, ReasonCode::NotAuthorized);
    assert_eq!(
        ack(v5(0x62, b"\x00\x09\x92\x00")).reason,
        ReasonCode::PacketIdNotFound
    );
    let with_text = ack(v5(0x70, b"\x00\x09\x00\x04\x1F\x00\x01x"));
    assert_eq!(with_text.properties.unwrap().reason_string.as_deref(), Some("x"));
    assert_eq!(ack(v4(0x40, b"\x00\x09")).packet_id.get(), 9);
    assert_eq!(v4(0x40, b"\x00\x09\x00"), Err(MALFORMED));
    assert_eq!(v4(0x40, b"\x00"), Err(MALFORMED));
    assert_eq!(v5(0x40, b"\x00\x00"), Err(PROTOCOL));
    for (first_byte, code) in [
        (0x40, 0x01),
        (0x40, 0x92),
        (0x50, 0xFF),
        (0x62, 0x10),
        (0x70, 0x80),
    ] {
        assert_eq!(
            v5(first_byte, &[0, 9, code]),
            Err(PROTOCOL),
            "{first_byte:02x} {code:02x}"
        );
    }
    assert_eq!(v5(0x40, b"\x00\x09\x00\x05\x1F\x00\x01x"), Err(MALFORMED));
    assert_eq!(v5(0x40, b"\x00\x09\x00\x00\x00"), Err(MALFORMED));
}

#[test]
fn subscribe_rules() {
    let Ok(Packet::Subscribe(subscribe)) = v5(0x82, b"\x00\x01\x02\x0B\x05\x00\x01#\x2D\x00\x00\x02") else {
        panic!()
    };
    let options = subscribe.filters[0].options;
    assert_eq!(
        (options.qos, options.no_local, options.retain_as_published),
        (QoS::AtLeastOnce, true, true)
    );
    assert_eq!(options.retain_handling, RetainHandling::Never);
    assert_eq!(subscribe.filters.len(), 2);
    assert_eq!(subscribe.properties.unwrap().subscription_ids, [5]);
    assert!(v4(0x82, b"\x00\x01\x00\x01a\x02").is_ok());
    for (body, reason) in [
        (&b"\x00\x01\x00"[..], PROTOCOL),          // 93
        (b"\x00\x00\x00\x00\x01a\x00", PROTOCOL),  // 6
        (b"\x00\x01\x00\x00\x01a\x40", MALFORMED), // 94
        (b"\x00\x01\x00\x00\x01a\x80", MALFORMED),
        (b"\x00\x01\x00\x00\x01a\x30", PROTOCOL),
        (b"\x00\x01\x00\x00\x01a\x03", PROTOCOL),
        (b"\x00\x01\x00\x00\x01a", MALFORMED),
        (b"\x00\x01\x00\x00\x02a\x00\x00", MALFORMED),
        (b"\x00\x01\x02\x0B\x00\x00\x01a\x00", PROTOCOL), // 112
        (b"\x00\x01\x04\x0B\x01\x0B\x02\x00\x01a\x00", PROTOCOL),
        (b"\x00\x01\x04\x1F\x00\x01x\x00\x01a\x00", MALFORMED),
        (b"\x00", MALFORMED),
    ] {
        assert_eq!(v5(0x82, body), Err(reason), "{body:02x?}");
    }
    for body in [
        &b"\x00\x01"[..],
        b"\x00\x01\x00\x01a\x03",
        b"\x00\x01\x00\x01a\x04",
        b"\x00\x00\x00\x01a\x00",
    ] {
        assert!(v4(0x82, body).is_err(), "{body:02x?}");
    }
}

#[test]
fn unsubscribe_rules() {
    assert!(v4(0xA2, b"\x00\x01\x00\x01a").is_ok());
    assert!(v5(0xA2, b"\x00\x01\x00\x00\x01a\x00\x01b").is_ok());
    assert!(v4(0xA2, b"\x00\x01").is_err());
    assert_eq!(v5(0xA2, b"\x00\x01\x00"), Err(PROTOCOL)); // 108
    assert_eq!(v5(0xA2, b"\x00\x00\x00\x00\x01a"), Err(PROTOCOL));
    assert_eq!(v5(0xA2, b"\x00\x01\x04\x1F\x00\x01x\x00\x01a"), Err(MALFORMED));
}

#[test]
fn answers_from_a_server() {
    assert!(matches!(v5(0x20, b"\x01\x00\x00"), Ok(Packet::ConnAck(ack)) if ack.session_present));
    let full =
        b"\x00\x00\x19\x11\0\0\0\x01\x12\0\x01i\x13\0\x02\x21\0\x03\x24\x01\x25\0\x28\x01\x29\x01\x2A\0";
    let mut body = full.to_vec();
    body[2] = u8::try_from(full.len() - 3).unwrap();
    let Ok(Packet::ConnAck(connack)) = v5(0x20, &body) else {
        panic!()
    };
    let properties = connack.properties.unwrap();
    assert_eq!(
        (properties.maximum_qos, properties.shared_subscription_available),
        (Some(1), Some(false))
    );
    assert_eq!(v5(0x20, b"\x02\x00\x00"), Err(MALFORMED));
    assert_eq!(v5(0x20, b"\x01\x87\x00"), Err(PROTOCOL));
    assert_eq!(v5(0x20, b"\x00\x01\x00"), Err(PROTOCOL));
    assert_eq!(v5(0x20, b"\x00\x00"), Err(MALFORMED));
    assert!(
        matches!(v4(0x20, b"\x00\x05"), Ok(Packet::ConnAck(ack)) if ack.reason == ReasonCode::NotAuthorized)
    );
    assert_eq!(v4(0x20, b"\x00\x06"), Err(MALFORMED));
    assert!(matches!(v4(0x90, b"\x00\x01\x00\x80"), Ok(Packet::SubAck(ack)) if ack.reasons.len() == 2));
    assert!(v4(0x90, b"\x00\x01\x03").is_err());
    assert!(v4(0x90, b"\x00\x01").is_err());
    assert!(matches!(v5(0x90, b"\x00\x01\x00\x01\x97"), Ok(Packet::SubAck(ack)) if ack.reasons.len() == 2));
    assert!(matches!(v5(0xB0, b"\x00\x01\x00\x11"), Ok(Packet::UnsubAck(_))));
    assert_eq!(v5(0xB0, b"\x00\x01\x00\x01"), Err(PROTOCOL));
    assert!(matches!(v4(0xB0, b"\x00\x01"), Ok(Packet::UnsubAck(ack)) if ack.reasons.is_empty()));
    assert_eq!(v4(0xB0, b"\x00\x01\x00"), Err(MALFORMED));
}

#[test]
fn pings_disconnect_and_auth() {
    assert_eq!(v4(0xC0, b""), Ok(Packet::PingReq));
    assert_eq!(v5(0xD0, b""), Ok(Packet::PingResp));
    assert_eq!(v5(0xC0, b"\x00"), Err(MALFORMED));
    let reason = |packet| match packet {
        Ok(Packet::Disconnect(disconnect)) => disconnect.reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(v5(0xE0, b"")), ReasonCode::Success);
    assert_eq!(reason(v5(0xE0, b"\x04")), ReasonCode::DisconnectWithWill);
    assert_eq!(reason(v5(0xE0, b"\x8E\x00")), ReasonCode::SessionTakenOver);
    assert_eq!(
        reason(v5(0xE0, b"\x00\x05\x11\x00\x00\x00\x01")),
        ReasonCode::Success
    );
    assert_eq!(reason(v4(0xE0, b"")), ReasonCode::Success);
    assert_eq!(v4(0xE0, b"\x00"), Err(MALFORMED));
    assert_eq!(v5(0xE0, b"\x01"), Err(PROTOCOL));
    assert_eq!(v5(0xE0, b"\x00\x03\x21\x00\x01"), Err(MALFORMED));
    assert_eq!(v5(0xE0, b"\x00\x00\x00"), Err(MALFORMED));
    assert!(matches!(v5(0xF0, b""), Ok(Packet::Auth(auth)) if auth.reason == ReasonCode::Success));
    let Ok(Packet::Auth(auth)) = v5(0xF0, b"\x18\x08\x15\x00\x01m\x16\x00\x01d") else {
        panic!()
    };
    assert_eq!(
        auth.properties.unwrap().authentication_data.as_deref(),
        Some(&b"d"[..])
    );
    assert_eq!(v5(0xF0, b"\x18"), Err(MALFORMED));
    assert_eq!(v5(0xF0, b"\x87\x00"), Err(PROTOCOL));
}
