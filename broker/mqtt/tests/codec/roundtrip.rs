//! What is encoded is decoded to the same packet, however the bytes arrive.

use crate::packets::{VERSIONS, packet};
use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use vmq_mqtt::encode::encoded_size;
use vmq_mqtt::{Frame, Packet, Version, decode, encode, next_frame};

/// CONNECT decides the version itself; everything else needs it.
fn version_for(packet: &Packet, version: Version) -> Option<Version> {
    if matches!(packet, Packet::Connect(_)) {
        None
    } else {
        Some(version)
    }
}

fn version_and_packet() -> impl Strategy<Value = (Version, Packet)> {
    select(VERSIONS.to_vec()).prop_flat_map(|version| (Just(version), packet(version)))
}

fn version_and_packets() -> impl Strategy<Value = (Version, Vec<Packet>)> {
    select(VERSIONS.to_vec()).prop_flat_map(|version| (Just(version), vec(packet(version), 1..6)))
}

/// All frames that come out when the bytes arrive in pieces of these sizes, over and over.
fn frames_in_pieces(bytes: &[u8], sizes: &[usize]) -> Vec<Frame> {
    let (mut buffer, mut frames, mut rest) = (BytesMut::new(), Vec::new(), bytes);
    for &size in sizes.iter().cycle() {
        let (piece, later) = rest.split_at(size.min(rest.len()));
        buffer.extend_from_slice(piece);
        while let Some(frame) = next_frame(&mut buffer, 0).expect("valid packets") {
            frames.push(frame);
        }
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    assert!(buffer.is_empty(), "bytes left over");
    frames
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn decoding_reverses_encoding((version, packet) in version_and_packet()) {
        let mut buffer = BytesMut::new();
        encode(&packet, version, &mut buffer);
        prop_assert_eq!(buffer.len(), encoded_size(&packet, version));
        let frame = next_frame(&mut buffer, 0).unwrap().expect("a whole packet");
        prop_assert!(buffer.is_empty());
        prop_assert_eq!(decode(frame.clone(), version_for(&packet, version)), Ok(packet));
    }

    #[test]
    fn packets_may_be_split_anywhere(
        (version, packets) in version_and_packets(),
        sizes in vec(1usize..40, 1..8),
    ) {
        let mut bytes = BytesMut::new();
        for packet in &packets {
            encode(packet, version, &mut bytes);
        }
        let frames = frames_in_pieces(&bytes, &sizes);
        prop_assert_eq!(&frames, &frames_in_pieces(&bytes, &[1]));
        prop_assert_eq!(&frames, &frames_in_pieces(&bytes, &[bytes.len()]));
        let decoded: Vec<_> = packets
            .iter()
            .zip(&frames)
            .map(|(packet, frame)| decode(frame.clone(), version_for(packet, version)).unwrap())
            .collect();
        prop_assert_eq!(decoded, packets);
    }
}
