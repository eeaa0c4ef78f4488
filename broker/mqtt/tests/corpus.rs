//! Replays the corpora of the codec's fuzz targets, and keeps their seeds; the other targets have the test `regression` of
//! the suite. `cargo test -p vmq-mqtt --test corpus -- --ignored` writes the seeds below.

#[expect(unreachable_pub, reason = "in the fuzz crate these functions are a library")]
#[path = "../../../tests/fuzz/src/codec.rs"]
mod fuzz;

use bytes::BytesMut;
use std::path::{Path, PathBuf};
use vmq_mqtt::{Version, decode, next_frame};

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fuzz/corpus")
        .join(target)
}

fn replay(target: &str, check: fn(&[u8])) {
    let entries = std::fs::read_dir(folder(target)).expect("the corpus is committed");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    assert!(files.len() >= 15, "{target}: only {} files", files.len());
    for file in files {
        let data = std::fs::read(&file).expect("readable");
        let outcome = std::panic::catch_unwind(|| check(&data));
        assert!(outcome.is_ok(), "{} fails", file.display());
    }
}

#[test]
fn decode_v4() {
    replay("decode_v4", fuzz::decode_v4);
}

#[test]
fn decode_v5() {
    replay("decode_v5", fuzz::decode_v5);
}

#[test]
fn connect() {
    replay("connect", fuzz::connect);
}

#[test]
fn topic_filter() {
    replay("topic_filter", fuzz::topic_filter);
}

#[test]
fn seeds_are_committed() {
    for (target, seeds) in SEEDS {
        for (name, bytes) in *seeds {
            let file = folder(target).join(name);
            assert_eq!(
                std::fs::read(&file).ok().as_deref(),
                Some(*bytes),
                "{} differs",
                file.display()
            );
        }
    }
}

/// `ok-` files decode to the end, `bad-` and `level-` files are refused, and not merely incomplete.
#[test]
fn names_of_seeds_tell_the_truth() {
    let mut liars = Vec::new();
    for (seeds, version) in [
        (PACKETS_V4, Some(Version::V3)),
        (PACKETS_V5, Some(Version::V5)),
        (CONNECTS, None),
    ] {
        for (name, bytes) in seeds {
            let expected = match name.split('-').next() {
                _ if name.ends_with("huge") => Outcome::Incomplete,
                Some("ok") => Outcome::Accepted,
                Some("cut") => Outcome::Incomplete,
                _ => Outcome::Refused,
            };
            let outcome = outcome(bytes, version);
            if outcome != expected {
                liars.push((version, name, outcome));
            }
        }
    }
    assert!(liars.is_empty(), "{liars:#?}");
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Accepted,
    Incomplete,
    Refused,
}

fn outcome(bytes: &[u8], version: Option<Version>) -> Outcome {
    let mut buffer = BytesMut::from(bytes);
    loop {
        match next_frame(&mut buffer, 0) {
            Ok(Some(frame)) if decode(frame.clone(), version).is_ok() => {}
            Ok(None) if buffer.is_empty() => return Outcome::Accepted,
            Ok(None) => return Outcome::Incomplete,
            Ok(Some(_)) | Err(_) => return Outcome::Refused,
        }
    }
}

#[test]
#[ignore = "writes the seeds into the source tree"]
fn write_seeds() {
    for (target, seeds) in SEEDS {
        std::fs::create_dir_all(folder(target)).unwrap();
        for (name, bytes) in *seeds {
            std::fs::write(folder(target).join(name), bytes).unwrap();
        }
    }
}

type Seeds = &'static [(&'static str, &'static [u8])];

const SEEDS: &[(&str, Seeds)] = &[
    ("decode_v4", PACKETS_V4),
    ("decode_v5", PACKETS_V5),
    ("connect", CONNECTS),
    ("topic_filter", FILTERS),
];

const PACKETS_V4: Seeds = &[
    ("ok-publish-qos0", b"\x30\x07\x00\x03a/bhi"),
    ("ok-publish-qos1-dup-retain", b"\x3B\x07\x00\x01a\x00\x09hi"),
    ("ok-publish-qos2-empty", b"\x34\x05\x00\x01a\xFF\xFF"),
    ("ok-publish-bom", b"\x30\x06\x00\x04\xEF\xBB\xBFa"),
    (
        "ok-acks",
        b"\x40\x02\x00\x01\x50\x02\x00\x02\x62\x02\x00\x03\x70\x02\x00\x04",
    ),
    ("ok-subscribe", b"\x82\x0C\x00\x01\x00\x01#\x00\x00\x03a/+\x02"),
    ("ok-suback", b"\x90\x06\x00\x01\x00\x01\x02\x80"),
    ("ok-unsubscribe", b"\xA2\x09\x00\x01\x00\x01#\x00\x02/+"),
    ("ok-unsuback", b"\xB0\x02\x00\x01"),
    ("ok-pings-disconnect", b"\xC0\x00\xD0\x00\xE0\x00"),
    ("ok-connack", b"\x20\x02\x01\x00\x20\x02\x00\x05"),
    ("ok-v3-dup-pubrel", b"\x6A\x02\x00\x01"),
    (
        "ok-second-connect",
        b"\x10\x0D\x00\x04MQTT\x04\x02\x00\x3C\x00\x01c",
    ),
    ("bad-length-five-bytes", b"\x30\xFF\xFF\xFF\xFF\x01"),
    ("bad-length-not-minimal", b"\x30\x84\x00\x00\x01ax"),
    ("bad-length-huge", b"\x30\xFF\xFF\xFF\x7F\x00\x01a"),
    ("bad-type-0", b"\x00\x00"),
    ("bad-type-15", b"\xF0\x00"),
    ("bad-qos-3", b"\x36\x05\x00\x01a\x00\x01"),
    ("bad-topic-empty", b"\x30\x02\x00\x00"),
    ("bad-topic-nul", b"\x30\x04\x00\x02a\x00"),
    ("bad-topic-surrogate", b"\x30\x05\x00\x03\xED\xA0\x80"),
    ("bad-topic-too-long", b"\x30\x03\xFF\xFFa"),
    ("bad-id-0", b"\x32\x05\x00\x01a\x00\x00"),
    ("bad-subscribe-empty", b"\x82\x02\x00\x01"),
    ("bad-subscribe-options", b"\x82\x06\x00\x01\x00\x01a\x04"),
    ("bad-subscribe-flags", b"\x80\x06\x00\x01\x00\x01a\x00"),
    ("bad-ack-too-long", b"\x40\x03\x00\x01\x00"),
    ("bad-ping-with-body", b"\xC0\x01\x00"),
    ("cut-publish", b"\x30\x07\x00\x03a/b"),
];

const PACKETS_V5: Seeds = &[
    ("ok-publish", b"\x30\x08\x00\x03a/b\x00hi"),
    ("ok-publish-all", b"\x33\x2A\x00\x01a\x00\x01\x23\x01\x01\x02\0\0\0\x09\x03\0\x01c\x08\0\x01r\x09\0\x02\0\xFF\x0B\x05\x0B\x80\x01\x23\0\x07\x26\0\x01k\0\x01vx"),
    ("ok-publish-alias", b"\x30\x06\x00\x00\x03\x23\x00\x01"),
    ("ok-acks-short", b"\x40\x02\x00\x01\x50\x03\x00\x02\x87\x62\x04\x00\x03\x92\x00\x70\x02\x00\x04"),
    ("ok-ack-reason-string", b"\x40\x09\x00\x01\x80\x05\x1F\x00\x02no"),
    ("ok-subscribe", b"\x82\x0F\x00\x01\x02\x0B\x05\x00\x01#\x2D\x00\x03a/+\x12"),
    ("ok-subscribe-shared", b"\x82\x10\x00\x01\x00\x00\x0A$share/g/a\x01"),
    ("ok-suback", b"\x90\x06\x00\x01\x00\x00\x87\x97"),
    ("ok-unsubscribe", b"\xA2\x0C\x00\x01\x07\x26\0\x01k\0\x01v\0\0"),
    ("ok-unsuback", b"\xB0\x05\x00\x01\x00\x00\x11"),
    ("ok-disconnects", b"\xE0\x00\xE0\x01\x04\xE0\x02\x8E\x00\xE0\x07\x00\x05\x11\x00\x00\x00\x01"),
    ("ok-auth", b"\xF0\x0A\x18\x08\x15\x00\x01m\x16\x00\x01d\xF0\x00"),
    ("ok-connack-empty", b"\x20\x03\x00\x00\x00"),
    ("ok-connack-full", b"\x20\x1A\x00\x00\x17\x11\0\0\0\x01\x12\0\x01i\x13\0\x02\x21\0\x03\x24\x01\x25\0\x28\x01\x2A\0"),
    ("ok-pings", b"\xC0\x00\xD0\x00"),
    ("bad-property-unknown", b"\x30\x06\x00\x01a\x02\x2B\x00"),
    ("bad-property-foreign", b"\x30\x09\x00\x01a\x05\x11\x00\x00\x00\x01"),
    ("bad-property-twice", b"\x30\x08\x00\x01a\x04\x01\x01\x01\x01"),
    ("bad-property-long-id", b"\x30\x06\x00\x01a\x02\x81\x00"),
    ("bad-property-length", b"\x30\x05\x00\x01a\x7F\x01"),
    ("bad-property-length-not-minimal", b"\x30\x06\x00\x01a\x80\x00x"),
    ("bad-property-over-end", b"\x30\x0D\x00\x01a\x04\x03\x00\x05c12345x"),
    ("bad-subscription-id-0", b"\x82\x09\x00\x01\x02\x0B\x00\x00\x01a\x00"),
    ("bad-subscription-id-twice", b"\x82\x0B\x00\x01\x04\x0B\x01\x0B\x02\x00\x01a\x00"),
    ("bad-response-topic", b"\x30\x08\x00\x01a\x04\x08\x00\x01+"),
    ("bad-retain-handling", b"\x82\x07\x00\x01\x00\x00\x01a\x30"),
    ("bad-reserved-options", b"\x82\x07\x00\x01\x00\x00\x01a\xC0"),
    ("bad-reason-unknown", b"\x40\x03\x00\x01\xFF"),
    ("bad-reason-foreign", b"\x62\x03\x00\x01\x87"),
    ("bad-empty-topic", b"\x30\x03\x00\x00\x00"),
    ("bad-auth-half", b"\xF0\x01\x18"),
    ("bad-unsubscribe-empty", b"\xA2\x03\x00\x01\x00"),
];

const CONNECTS: Seeds = &[
    ("ok-v3", b"\x10\x0F\x00\x06MQIsdp\x03\x02\x00\x3C\x00\x01c"),
    ("ok-v3-bridge", b"\x10\x0F\x00\x06MQIsdp\x83\x02\x00\x3C\x00\x01c"),
    ("ok-v3-bridge-quirk", b"\x10\x0D\x00\x04MQTT\x83\x02\x00\x3C\x00\x01c"),
    ("ok-v4", b"\x10\x0D\x00\x04MQTT\x04\x02\x00\x3C\x00\x01c"),
    ("ok-v4-bridge", b"\x10\x0D\x00\x04MQTT\x84\x02\x00\x3C\x00\x01c"),
    ("ok-v4-full", b"\x10\x18\x00\x04MQTT\x04\xEE\x00\x3C\x00\x01c\x00\x01t\x00\x00\x00\x01u\x00\x01p"),
    ("ok-v5", b"\x10\x0D\x00\x04MQTT\x05\x02\x00\x3C\x00\x00\x00"),
    ("ok-v5-properties", b"\x10\x30\x00\x04MQTT\x05\x02\x00\x00\x23\x11\0\0\0\x07\x15\0\x01m\x16\0\x01d\x17\0\x19\x01\x21\0\x02\x22\0\x03\x26\0\x01k\0\x01v\x27\0\0\x01\0\x00\x00"),
    ("ok-v5-will", b"\x10\x1B\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x00\x07\x18\0\0\0\x05\x01\x01\0\x01t\0\x01p"),
    ("ok-v5-password-alone", b"\x10\x11\x00\x04MQTT\x05\x42\x00\x00\x00\x00\x01c\x00\x01p"),
    ("level-0", b"\x10\x0C\x00\x04MQTT\x00\x02\x00\x00\x00\x00"),
    ("level-6", b"\x10\x0D\x00\x04MQTT\x06\x02\x00\x00\x00\x00\x00"),
    ("level-mqisdp-4", b"\x10\x0E\x00\x06MQIsdp\x04\x02\x00\x00\x00\x00"),
    ("bad-name", b"\x10\x0C\x00\x04HTTP\x04\x02\x00\x00\x00\x00"),
    ("bad-first-packet", b"\x30\x04\x00\x01ax"),
    ("bad-huge", b"\x10\xFF\xFF\xFF\x7F\x00\x04MQTT"),
    ("bad-reserved-flag", b"\x10\x0D\x00\x04MQTT\x04\x03\x00\x3C\x00\x01c"),
    ("bad-will-flags", b"\x10\x0D\x00\x04MQTT\x04\x2A\x00\x3C\x00\x01c"),
    ("bad-will-qos", b"\x10\x12\x00\x04MQTT\x04\x1E\x00\x3C\x00\x01c\x00\x01t\x00\x00"),
    ("bad-will-cut", b"\x10\x10\x00\x04MQTT\x04\x06\x00\x3C\x00\x01c\x00\x01t"),
    ("bad-will-property", b"\x10\x17\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x00\x05\x11\0\0\0\x05\0\x01t\0\0"),
    ("bad-password-alone", b"\x10\x10\x00\x04MQTT\x04\x42\x00\x3C\x00\x01c\x00\x01p"),
    ("bad-trailing", b"\x10\x0E\x00\x04MQTT\x04\x02\x00\x3C\x00\x01c!"),
    ("bad-receive-maximum", b"\x10\x10\x00\x04MQTT\x05\x02\x00\x00\x03\x21\x00\x00\x00\x00"),
    ("bad-auth-data", b"\x10\x11\x00\x04MQTT\x05\x02\x00\x00\x04\x16\x00\x01d\x00\x00"),
    ("bad-session-expiry-twice", b"\x10\x17\x00\x04MQTT\x05\x02\x00\x00\x0A\x11\0\0\0\x01\x11\0\0\0\x01\x00\x00"),
    ("bad-client-id", b"\x10\x0F\x00\x04MQTT\x04\x02\x00\x3C\x00\x03\xED\xA0\x80"),
];

const FILTERS: Seeds = &[
    ("hash", b"#\na/b"),
    ("hash-dollar", b"#\n$SYS/x"),
    ("plus-dollar", b"+/x\n$SYS/x"),
    ("dollar", b"$SYS/#\n$SYS"),
    ("parent", b"a/#\na"),
    ("empty-levels", b"foo/+/baz//\nfoo//baz//"),
    ("slashes", b"/#\n////foo///bar"),
    ("trailing", b"a/+\na/"),
    (
        "deep",
        b"+/+/+/+/+/+/+/+/+/test\none/two/three/four/five/six/seven/eight/nine/test",
    ),
    ("multi-byte", "日本/+\n日本/ü".as_bytes()),
    ("bom", b"\xEF\xBB\xBFa\na"),
    ("shared", b"$share/g/a/+\na/b"),
    ("shared-no-filter", b"$share/g\nx"),
    ("shared-no-group", b"$share//x\nx"),
    ("shared-wild-group", b"$share/g+/x\nx"),
    ("shared-twice", b"$share/g/$share/gh$os"),
    ("shared-nul", b"$share/g\0/x\nx"),
    ("shared-name", b"$share/g/x\n$share/g/x"),
    ("misplaced-hash", b"a/#/b\na/x/b"),
    ("misplaced-plus", b"a/b+/c\na/bb/c"),
    ("nul", b"a\0\na\0"),
    ("empty", b"\n"),
    ("not-utf8", b"\xFF\n\xFF"),
];
