//! The codec and topics: splitting does not depend on how bytes arrive, what is accepted survives encoding and decoding,
//! matching is what a naive model says.

use bytes::BytesMut;
use vmq_mqtt::topic::{check_filter, check_name, matches, split_shared};
use vmq_mqtt::{Frame, Packet, Version, decode, encode, next_frame};

/// A stream of packets of MQTT 3.1.1, read as 3.1 too.
pub fn decode_v4(data: &[u8]) {
    check_stream(data, Some(Version::V4));
    check_stream(data, Some(Version::V3));
}

/// A stream of packets of MQTT 5.
pub fn decode_v5(data: &[u8]) {
    check_stream(data, Some(Version::V5));
}

/// The first packet of a connection.
pub fn connect(data: &[u8]) {
    check_stream(data, None);
}

/// A filter and a topic with a line feed between them.
pub fn topic_filter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (filter, topic) = text.split_once('\n').unwrap_or((text, text));
    let filter_is_valid = check_filter(filter, 200).is_ok();
    let topic_is_valid = check_name(topic, 200).is_ok();
    let matched = matches(filter, topic);
    if let Some((group, inner)) = split_shared(filter) {
        assert_eq!(format!("$share/{group}/{inner}"), filter);
        assert_eq!(
            filter_is_valid,
            check_filter(inner, 198).is_ok() && !group.contains('\0')
        );
    } else if filter_is_valid && topic_is_valid {
        let filter_words: Vec<&str> = filter.split('/').collect();
        let topic_words: Vec<&str> = topic.split('/').collect();
        assert_eq!(
            matched,
            model_matches(&filter_words, &topic_words),
            "{filter:?} {topic:?}"
        );
    }
    if topic_is_valid {
        assert!(matches(topic, topic));
        let is_share = topic == "$share" || topic.starts_with("$share/");
        assert!(is_share || check_filter(topic, 200).is_ok());
    }
}

/// The rules of matching as they are written down, word by word.
fn model_matches(filter: &[&str], topic: &[&str]) -> bool {
    let starts_wild = matches!(filter[0], "+" | "#");
    if starts_wild && topic[0].starts_with('$') {
        return false;
    }
    let (fixed, open) = match filter.split_last() {
        Some((&"#", parent)) => (parent, true),
        _ => (filter, false),
    };
    let long_enough = if open {
        topic.len() >= fixed.len()
    } else {
        topic.len() == fixed.len()
    };
    long_enough
        && fixed
            .iter()
            .zip(topic)
            .all(|(word, other)| *word == "+" || word == other)
}

/// Splitting does not depend on how bytes arrive; what is accepted survives encoding and decoding.
fn check_stream(data: &[u8], version: Option<Version>) {
    let mut whole = BytesMut::from(data);
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = next_frame(&mut whole, 0) {
        frames.push(frame);
    }
    assert_eq!(frames, frames_bytewise(data));
    for frame in &frames {
        if let Ok(packet) = decode(frame.clone(), version) {
            check_packet(&packet, version);
        }
    }
}

fn frames_bytewise(data: &[u8]) -> Vec<Frame> {
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for byte in data {
        buffer.extend_from_slice(&[*byte]);
        match next_frame(&mut buffer, 0) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => {}
            Err(_) => break,
        }
    }
    frames
}

fn check_packet(packet: &Packet, version: Option<Version>) {
    let encoded_as = match packet {
        Packet::Connect(connect) => connect.level.version,
        _ => version.expect("only CONNECT is accepted without a version"),
    };
    let mut buffer = BytesMut::new();
    encode(packet, encoded_as, &mut buffer);
    assert_eq!(buffer.len(), vmq_mqtt::encode::encoded_size(packet, encoded_as));
    let frame = next_frame(&mut buffer, 0)
        .expect("well formed")
        .expect("complete");
    assert!(buffer.is_empty());
    assert_eq!(decode(frame.clone(), version).as_ref(), Ok(packet));
}
