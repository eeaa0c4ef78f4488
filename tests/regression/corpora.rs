//! Replays the corpora of the fuzz targets on stable. A file that a fuzzer finds is minimised, added to the folder of its
//! target, and replayed from then on.

#[expect(unreachable_pub, reason = "in the fuzz crate these functions are a library")]
#[expect(clippy::panic, reason = "a violated property is a panic")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 12] = [
    ("connect", fuzz::codec::connect),
    ("decode_v4", fuzz::codec::decode_v4),
    ("decode_v5", fuzz::codec::decode_v5),
    ("topic_filter", fuzz::codec::topic_filter),
    ("config_file", fuzz::config_file::config_file),
    ("acl_file", fuzz::acl_file::acl_file),
    ("password_file", fuzz::password_file::password_file),
    ("admin_socket", fuzz::admin_socket::admin_socket),
    ("proxy_header", fuzz::proxy_header::proxy_header),
    ("websocket_frames", fuzz::websocket_frames::websocket_frames),
    ("store_recovery", fuzz::store_recovery::store_recovery),
    ("session_pair", fuzz::session_pair::session_pair),
];

/// A corpus with fewer files than this is not one.
const FILES_MIN: usize = 15;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the corpora are committed");
    entries.map(|entry| entry.expect("readable").path()).collect()
}

fn replay(target: &str) {
    let (_, check) = TARGETS
        .iter()
        .find(|(name, _)| *name == target)
        .expect("a target");
    let files = files(&folder("corpus").join(target));
    assert!(files.len() >= FILES_MIN, "{target}: only {} files", files.len());
    let mut failing = files;
    failing.retain(|file| {
        let data = std::fs::read(file).expect("readable");
        std::panic::catch_unwind(|| check(&data)).is_err()
    });
    assert!(failing.is_empty(), "{target} fails with {failing:#?}");
}

#[test]
fn every_target_is_replayed() {
    let found: BTreeSet<String> = files(&folder("fuzz_targets"))
        .iter()
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .collect();
    let known = TARGETS.iter().map(|(name, _)| (*name).to_owned());
    assert_eq!(found, known.collect());
}

#[test]
fn connect() {
    replay("connect");
}

#[test]
fn decode_v4() {
    replay("decode_v4");
}

#[test]
fn decode_v5() {
    replay("decode_v5");
}

#[test]
fn topic_filter() {
    replay("topic_filter");
}

#[test]
fn config_file() {
    replay("config_file");
}

#[test]
fn acl_file() {
    replay("acl_file");
}

#[test]
fn password_file() {
    replay("password_file");
}

#[test]
fn admin_socket() {
    replay("admin_socket");
}

#[test]
fn proxy_header() {
    replay("proxy_header");
}

#[test]
fn websocket_frames() {
    replay("websocket_frames");
}

#[test]
fn store_recovery() {
    replay("store_recovery");
}

#[test]
fn session_pair() {
    replay("session_pair");
}
