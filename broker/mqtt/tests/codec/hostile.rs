//! Bytes nobody should send: no panic, and whatever is accepted has one meaning, which encoding keeps.

use crate::packets::{VERSIONS, packet};
use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::time::{Duration, Instant};
use vmq_mqtt::{Frame, Packet, Version, decode, encode, next_frame};

/// Decodes; an accepted packet must survive encoding unchanged.
fn decode_and_check(frame: &Frame, version: Option<Version>) -> Result<(), TestCaseError> {
    let Ok(packet) = decode(frame.clone(), version) else {
        return Ok(());
    };
    let version_out = match &packet {
        Packet::Connect(connect) => connect.level.version,
        _ => version.expect("only a CONNECT is accepted before the version is known"),
    };
    let mut buffer = BytesMut::new();
    encode(&packet, version_out, &mut buffer);
    let again = next_frame(&mut buffer, 0)
        .expect("well formed")
        .expect("a whole packet");
    prop_assert_eq!(decode(again, version), Ok(packet));
    Ok(())
}

fn any_version() -> impl Strategy<Value = Option<Version>> {
    select(vec![
        None,
        Some(Version::V3),
        Some(Version::V4),
        Some(Version::V5),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn arbitrary_bodies(first_byte in any::<u8>(), body in vec(any::<u8>(), 0..80), version in any_version()) {
        decode_and_check(&Frame { first_byte, body: Bytes::from(body) }, version)?;
    }

    /// Small numbers make plausible lengths and property identifiers.
    #[test]
    fn plausible_bodies(first_byte in any::<u8>(), body in vec(0u8..48, 0..40), version in any_version()) {
        decode_and_check(&Frame { first_byte, body: Bytes::from(body) }, version)?;
    }

    #[test]
    fn damaged_packets(
        (version, packet) in select(VERSIONS.to_vec()).prop_flat_map(|v| (Just(v), packet(v))),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = BytesMut::new();
        encode(&packet, version, &mut bytes);
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let mut shortened = bytes.clone();
        shortened.truncate(cut.index(bytes.len() + 1));
        for mut buffer in [bytes, shortened] {
            while let Ok(Some(frame)) = next_frame(&mut buffer, 0) {
                decode_and_check(&frame, Some(version))?;
                decode_and_check(&frame, None)?;
            }
        }
    }

    #[test]
    fn arbitrary_streams(bytes in vec(any::<u8>(), 0..200), size_max in any::<u32>()) {
        let mut buffer = BytesMut::from(&bytes[..]);
        let mut seen = 0;
        while let Ok(Some(frame)) = next_frame(&mut buffer, size_max) {
            prop_assert!(size_max == 0 || frame.body.len() <= size_max as usize);
            seen += frame.body.len() + 2;
        }
        prop_assert!(seen <= bytes.len());
    }
}

/// Rows 5 and 6 of the checklist of hostile inputs: work grows with the bytes, not with their square. The bound is
/// generous; quadratic work on these sizes takes minutes.
#[test]
fn large_lists_are_read_in_linear_time() {
    let mut body = b"\x00\x01".to_vec();
    body.extend(b"\x00\x01a\x00".repeat(1_000_000));
    let subscribe = Frame {
        first_byte: 0x82,
        body: Bytes::from(body),
    };
    let block = b"\x0B\x01".repeat(1_000_000);
    let (len, len_size) = vmq_mqtt::varint::write(2_000_000);
    let body = [b"\x00\x01a", &len[..len_size], &block].concat();
    let publish = Frame {
        first_byte: 0x30,
        body: Bytes::from(body),
    };
    let start = Instant::now();
    assert!(decode(subscribe, Some(Version::V4)).is_ok());
    assert!(decode(publish, Some(Version::V5)).is_ok());
    assert!(start.elapsed() < Duration::from_secs(20));
}
