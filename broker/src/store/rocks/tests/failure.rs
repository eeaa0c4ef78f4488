//! Writes that fail: nothing is acknowledged, the failure is told, and it ends when the disk takes data again.

use super::*;
use crate::store::CommitState;
use crate::store::tests::support::{wait, waiting};
use std::process::Command;
use std::time::{Duration, Instant};

fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !check() {
        assert!(Instant::now() < until, "{what} did not happen");
        std::thread::yield_now();
    }
}

#[test]
fn a_failed_write_is_told_and_overcome() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put(
        &store,
        vec![session(1), publish("a", &[1, 2], 1), publish("b", &[1, 2], 2)],
    );
    store.shared.database.set_broken(true);
    let failed = store.submit(vec![
        Op::DeleteEntry {
            queue: QueueId(1),
            seq: 1,
        },
        publish("c", &[1], 3),
    ]);
    let also = store.submit(vec![publish("d", &[1], 4)]);
    assert_eq!(wait(&failed), CommitState::Failed);
    assert_eq!(wait(&also), CommitState::Failed);
    assert!(
        store
            .failure()
            .is_some_and(|text| text.contains("cannot write the message store"))
    );
    assert_eq!(waiting(&store, 1), [1, 2]);
    assert_eq!(
        wait(&store.submit(vec![])),
        CommitState::Durable,
        "a barrier waits for no success"
    );
    assert!(store.failure().is_some());
    store.shared.database.set_broken(false);
    // Without any traffic.
    eventually("recovery", || store.failure().is_none());
    put(
        &store,
        vec![
            Op::DeleteEntry {
                queue: QueueId(1),
                seq: 1,
            },
            Op::DeleteEntry {
                queue: QueueId(2),
                seq: 1,
            },
        ],
    );
    assert_eq!(waiting(&store, 1), [2]);
    store.audit();
}

#[test]
fn a_database_can_be_reopened_under_its_readers() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    put(&store, vec![session(1), publish("a", &[1], 1)]);
    store.shared.database.reopen("some failure").unwrap();
    put(&store, vec![publish("b", &[1], 2)]);
    assert_eq!(waiting(&store, 1), [1, 2]);
}

/// A small file system that is unmounted at the end.
struct Mount(tempfile::TempDir);

impl Mount {
    fn new(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(dir.path())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(dir))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[test]
#[ignore = "mounts a file system, which takes root"]
fn a_full_disk_is_overcome_once_it_has_room() {
    let mount = Mount::new("48m").expect("run as root");
    let ballast = mount.0.path().join("ballast");
    std::fs::write(&ballast, vec![0; 36 << 20]).unwrap();
    let store = open(&mount.0.path().join("store"));
    let text = "x".repeat(30_000);
    let mut acknowledged = Vec::new();
    for seq in 0.. {
        match wait(&store.submit(vec![publish(&text, &[1], seq)])) {
            CommitState::Durable => acknowledged.push(seq),
            _ => break,
        }
    }
    assert!(
        store.failure().is_some_and(|text| text.contains("No space")),
        "{:?}",
        store.failure()
    );
    assert_eq!(waiting(&store, 1), acknowledged, "reading works on");
    std::fs::remove_file(&ballast).unwrap();
    eventually("recovery", || store.failure().is_none());
    put(&store, vec![publish(&text, &[1], 1_000_000)]);
    drop(store);
    let store = open(&mount.0.path().join("store"));
    let seqs = waiting(&store, 1);
    assert!(
        acknowledged.iter().all(|seq| seqs.contains(seq)),
        "nothing acknowledged is missing"
    );
    assert_eq!(seqs.last(), Some(&1_000_000));
    drop(store);
}
