//! The store on disk where it differs from memory: crashes, damage, failing writes.

mod crash;
mod damage;
mod failure;

use super::floors::Family;
use super::*;
use crate::store::codec;
use crate::store::keys;
use crate::store::tests::support::{id, publish, put, session, waiting};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn config(dir: &Path, sync: SyncPolicy) -> StoreConfig {
    StoreConfig {
        dir: dir.to_owned(),
        sync,
        memory_bytes: 32 << 20,
    }
}

fn open(dir: &Path) -> RocksStore {
    RocksStore::open(&config(dir, SyncPolicy::Batch)).unwrap()
}

fn refusal(dir: &Path) -> String {
    RocksStore::open(&config(dir, SyncPolicy::Batch))
        .err()
        .expect("must be refused")
        .to_string()
}

impl RocksStore {
    /// Checks that every shared message is there with the right count, and no other.
    pub(crate) fn audit(&self) {
        self.shared
            .database
            .with(|tables| {
                let mut expected = BTreeMap::new();
                let mut found = tables.db.raw_iterator_cf(tables.entries);
                found.seek([0]);
                while let (Some(_), Some(value)) = (found.key(), found.value()) {
                    if let Some(reference) = codec::decode_entry_reference(value).expect("a sound entry") {
                        *expected.entry(reference.0.to_vec()).or_insert(0_u32) += 1;
                    }
                    found.next();
                }
                let counts = rows(tables, tables.counts);
                let counts = counts
                    .into_iter()
                    .map(|(key, value)| (key, u32::from_be_bytes(value.try_into().unwrap())));
                assert_eq!(counts.collect::<BTreeMap<_, _>>(), expected);
                let bodies = rows(tables, tables.bodies);
                assert_eq!(
                    bodies.into_keys().collect::<Vec<_>>(),
                    expected.into_keys().collect::<Vec<_>>()
                );
                Ok(())
            })
            .unwrap();
    }
}

fn rows(tables: &database::Tables<'_>, family: &rocksdb::ColumnFamily) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut rows = BTreeMap::new();
    let mut found = tables.db.raw_iterator_cf(family);
    found.seek([0]);
    while let (Some(key), Some(value)) = (found.key(), found.value()) {
        rows.insert(key.to_vec(), value.to_vec());
        found.next();
    }
    rows
}

#[test]
fn only_one_process_may_use_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(dir.path());
    let refusal = refusal(dir.path());
    assert!(refusal.contains("another process uses it"), "{refusal}");
    assert!(refusal.contains(&dir.path().display().to_string()), "{refusal}");
}

#[test]
fn a_newer_format_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store
        .shared
        .database
        .with(|tables| {
            tables
                .db
                .put_cf(tables.meta, keys::META_FORMAT, 9_u32.to_be_bytes())
                .unwrap();
            Ok(())
        })
        .unwrap();
    drop(store);
    let refusal = refusal(dir.path());
    assert!(
        refusal.contains("it has format 9, this version knows up to 1"),
        "{refusal}"
    );
}

#[test]
fn a_store_of_vernemq_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("1")).unwrap();
    std::fs::write(dir.path().join("1/CURRENT"), "MANIFEST-000002\n").unwrap();
    assert!(refusal(dir.path()).contains("LevelDB files of VerneMQ"));
}

#[test]
fn others_cannot_read_the_files() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("msgstore");
    let store = open(&dir);
    put(&store, vec![session(1)]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o750);
    let database = dir.join("rocks");
    assert_eq!(mode(&database), 0o750);
    for file in std::fs::read_dir(&database).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path) & 0o027, 0, "{}", path.display());
    }
}

#[test]
fn large_groups_and_messages_pass_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let text = "x".repeat(60_000);
    let groups: Vec<_> = (0..30)
        .map(|group| {
            store.submit(
                (0..20)
                    .map(|op| publish(&text, &[1, 2], group * 20 + op))
                    .collect(),
            )
        })
        .collect();
    assert!(
        groups
            .iter()
            .all(|commit| crate::store::tests::support::wait(commit) == super::super::CommitState::Durable)
    );
    assert_eq!(store.pending_bytes(), 0);
    assert_eq!(store.read_entries(QueueId(2), 0, 1000).unwrap().len(), 600);
    put(&store, vec![Op::DeleteSession { queue: QueueId(1) }]);
    store.audit();
    put(&store, vec![Op::DeleteSession { queue: QueueId(2) }]);
    store.audit();
}

#[test]
fn queue_ids_are_never_given_twice() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put(&store, vec![session(41)]);
    put(&store, vec![Op::DeleteSession { queue: QueueId(41) }]);
    drop(store);
    assert_eq!(open(dir.path()).last_queue_id(), 41);
}

#[test]
fn a_drained_queue_is_read_from_its_first_live_record() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let queue = QueueId(1);
    let flight = |order| Op::PutFlight {
        queue,
        order,
        packet_id: id(1),
        seq: Some(order),
        message: None,
    };
    for seq in 1..=3000 {
        store.submit(vec![publish("m", &[1], seq), flight(seq)]);
        store.submit(vec![Op::DeleteFlight {
            queue,
            order: seq,
            seq: Some(seq),
        }]);
    }
    put(&store, vec![]);
    let floors = &store.shared.database.floors;
    assert!(floors.of(Family::Entries, queue) > 1000 && floors.of(Family::Flights, queue) > 1000);
    put(
        &store,
        vec![publish("m", &[1], 3001), publish("m", &[1], 3002), flight(3001)],
    );
    assert_eq!(waiting(&store, 1), [3002]);
    // Not how a broker behaves, but nothing may get lost: a record below the floor.
    put(
        &store,
        vec![publish("m", &[1], 5), publish("m", &[1], 6), flight(5)],
    );
    assert_eq!(waiting(&store, 1), [6, 3002]);
    assert_eq!(store.read_flights(queue).unwrap().flights.len(), 2);
    let newest = store.read_entries_newest(queue, 3001, 9).unwrap();
    assert_eq!(newest.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [6]);
}
