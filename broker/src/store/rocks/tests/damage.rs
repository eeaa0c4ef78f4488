//! Damaged files: the store starts all the same, puts them into `lost/` and keeps what can be read.

use super::*;
use crate::store::CommitState;
use crate::store::tests::support::{sessions, wait, waiting};
use std::fs;
use std::path::PathBuf;

/// The files of a running store, as a crash would leave them.
fn crashed(store: &RocksStore, dir: &Path) -> tempfile::TempDir {
    store.shared.database.sync().unwrap();
    copy(dir)
}

fn copy(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("rocks");
    fs::create_dir(&to).unwrap();
    for file in fs::read_dir(dir.join("rocks")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() && path.file_name().is_some_and(|name| name != "LOCK") {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
    copy
}

fn files(dir: &Path, matches: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir.join("rocks"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| matches(path.file_name().unwrap().to_str().unwrap()))
        .collect();
    files.sort();
    files
}

fn newest_log(dir: &Path) -> PathBuf {
    files(dir, |name| name.ends_with(".log")).pop().unwrap()
}

fn filled(dir: &Path) -> RocksStore {
    let store = open(dir);
    put(&store, vec![session(1), session(2)]);
    for seq in 1..=100 {
        put(&store, vec![publish("message", &[1, 2], seq)]);
    }
    store
}

fn has_lost(dir: &Path) -> bool {
    let lost = fs::read_dir(dir.join("lost")).into_iter().flatten().flatten();
    lost.into_iter()
        .any(|folder| fs::read_dir(folder.path()).unwrap().next().is_some())
}

/// Whatever was damaged, the store must be sound and usable.
fn check_usable(store: &RocksStore) {
    // RocksDB may find damage only when it merges tables; then some writes fail before the database is mended.
    while wait(&store.submit(vec![session(5), publish("after", &[5], 1)])) != CommitState::Durable {
        assert!(store.failure().is_some_and(|text| text.contains("Corruption")));
    }
    assert_eq!(waiting(store, 5), [1]);
    assert!(sessions(store).iter().any(|session| session.queue == QueueId(5)));
}

#[test]
fn a_torn_tail_loses_the_last_group_only() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    for cut in [1, 5, 20] {
        let copy = crashed(&store, dir.path());
        let log = newest_log(copy.path());
        let len = fs::metadata(&log).unwrap().len();
        assert_eq!(wal::torn_tail(&log).unwrap(), None);
        fs::File::options()
            .write(true)
            .open(&log)
            .unwrap()
            .set_len(len - cut)
            .unwrap();
        assert!(wal::torn_tail(&log).unwrap().is_some());
        let copied = open(copy.path());
        assert_eq!(waiting(&copied, 1), (1..=99).collect::<Vec<_>>());
        copied.audit();
        assert!(!has_lost(copy.path()));
    }
}

#[test]
fn a_log_damaged_inside_is_replayed_up_to_the_damage() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    let copy = crashed(&store, dir.path());
    let log = newest_log(copy.path());
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    fs::write(&log, &bytes).unwrap();
    let copied = open(copy.path());
    let kept = waiting(&copied, 1);
    assert!(kept.len() > 20 && kept.len() < 100, "{kept:?}");
    assert_eq!(kept, (1..=kept.len() as u64).collect::<Vec<_>>(), "a prefix");
    assert_eq!(kept, waiting(&copied, 2));
    copied.audit();
    assert!(has_lost(copy.path()));
    check_usable(&copied);
}

#[test]
fn damaged_tables_cost_what_they_held() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path()));
    // Opening replays the log into tables.
    drop(open(dir.path()));
    let tables = files(dir.path(), |name| name.ends_with(".sst")).len();
    assert!(tables >= 9, "{tables}");
    let places = [Place::Start, Place::End, Place::Whole];
    for victim in 0..tables {
        let copy = copy(dir.path());
        let table = files(copy.path(), |name| name.ends_with(".sst")).remove(victim);
        places[victim % places.len()].damage(&table);
        let copied = open(copy.path());
        sessions(&copied);
        check_usable(&copied);
        drop(copied);
        check_usable(&open(copy.path()));
    }
}

#[derive(Clone, Copy)]
enum Place {
    Start,
    End,
    Whole,
}

impl Place {
    fn damage(self, table: &Path) {
        let mut bytes = fs::read(table).unwrap();
        let len = bytes.len();
        match self {
            Self::Start => bytes[..20].fill(0x55),
            Self::End => bytes[len - 30..].fill(0x55),
            Self::Whole => return fs::remove_file(table).unwrap(),
        }
        fs::write(table, &bytes).unwrap();
    }
}

#[test]
fn a_lost_index_is_rebuilt_from_tables_and_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    type Damage = fn(&Path);
    let damages: [Damage; 4] = [
        |dir| fs::remove_file(dir.join("rocks/CURRENT")).unwrap(),
        |dir| fs::write(dir.join("rocks/CURRENT"), "nonsense").unwrap(),
        |dir| {
            files(dir, |name| name.starts_with("MANIFEST-"))
                .iter()
                .for_each(|file| fs::write(file, [7; 500]).unwrap())
        },
        |dir| {
            files(dir, |name| name.starts_with("MANIFEST-"))
                .iter()
                .for_each(|file| fs::remove_file(file).unwrap())
        },
    ];
    for (number, damage) in damages.iter().enumerate() {
        let copy = crashed(&store, dir.path());
        damage(copy.path());
        let copied = open(copy.path());
        assert_eq!(
            waiting(&copied, 2),
            (1..=100).collect::<Vec<_>>(),
            "damage {number}"
        );
        assert_eq!(sessions(&copied).len(), 2);
        copied.audit();
        check_usable(&copied);
    }
}

#[test]
fn nonsense_everywhere_starts_empty() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    let copy = crashed(&store, dir.path());
    for file in files(copy.path(), |_| true) {
        fs::write(file, [0x37; 3000]).unwrap();
    }
    let copied = open(copy.path());
    assert_eq!(waiting(&copied, 1), Vec::<u64>::new());
    assert!(has_lost(copy.path()));
    check_usable(&copied);
}
