//! What is in force, and what the log says, through the life of a file.

use std::fs;
use std::sync::mpsc;

use tempfile::TempDir;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::*;

/// Rules for tests: words, one a line; `bad` is a bad line, `odd` a warning.
#[derive(Debug, Default)]
struct Words(Vec<String>);

fn parse(bytes: &[u8]) -> Result<(Words, Vec<FileWarning>), FileFault> {
    let mut words = Words::default();
    let mut warnings = Vec::new();
    for (index, word) in String::from_utf8_lossy(bytes).lines().enumerate() {
        let line = index + 1;
        match word {
            "bad" => {
                return Err(FileFault {
                    line,
                    why: "not good".into(),
                });
            }
            "odd" => warnings.push(FileWarning {
                line,
                why: "looks odd".into(),
            }),
            _ => words.0.push(word.into()),
        }
    }
    Ok((words, warnings))
}

struct Place {
    dir: TempDir,
    file: RuleFile<Words>,
}

impl Place {
    fn new(kind: Kind) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = RuleFile::new(kind, dir.path().join("rules"), parse);
        Self { dir, file }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, text: &str) {
        fs::write(self.path("rules"), text).unwrap();
    }

    fn words(&self) -> String {
        format!("{}:{}", self.file.generation(), self.file.current().0.join(","))
    }

    /// Runs with the log captured, the directory's name cut out.
    fn log(&self, action: impl FnOnce(&RuleFile<Words>)) -> Vec<String> {
        let (lines, log) = mpsc::sync_channel(100);
        tracing::subscriber::with_default(Lines(lines), || action(&self.file));
        log.try_iter()
            .map(|line| line.replace(&format!("{}/", self.dir.path().display()), ""))
            .collect()
    }
}

/// Collects `LEVEL message`.
struct Lines(mpsc::SyncSender<String>);

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0
            .send(format!("{} {}", event.metadata().level(), message.0))
            .unwrap();
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

const MISSING: &str = "No such file or directory (os error 2)";

#[test]
fn a_missing_file_counts_as_empty_and_is_told_once() {
    for (kind, line) in [
        (
            Kind::Acl,
            format!("ERROR can't load acl file rules due to {MISSING}"),
        ),
        (
            Kind::Password,
            format!("WARN can't load password file rules due to {MISSING}"),
        ),
    ] {
        let place = Place::new(kind);
        let log = place.log(|file| {
            assert!(matches!(
                file.load_first(),
                Reload::Refused(LoadFault::Unreadable(_))
            ));
            assert!(matches!(
                file.reload_if_changed(),
                Reload::Refused(LoadFault::Unreadable(_))
            ));
        });
        assert_eq!((log, place.words()), (vec![line], "0:".to_owned()));
    }
}

#[test]
fn changes_are_taken_over() {
    let place = Place::new(Kind::Acl);
    place.write("a\nodd\nb\n");
    let log = place.log(|file| assert!(matches!(file.load_first(), Reload::Replaced)));
    assert_eq!(
        log,
        [
            "INFO loaded acl file rules",
            "WARN acl file rules, line 2: looks odd"
        ]
    );
    assert_eq!(place.words(), "1:a,b");
    let held = Guard::into_inner(place.file.current());
    let log = place.log(|file| assert!(matches!(file.reload_if_changed(), Reload::Unchanged)));
    assert!(log.is_empty());
    // Same length, same inode: found all the same.
    place.write("c\nodd\nd\n");
    assert!(matches!(place.file.reload_if_changed(), Reload::Replaced));
    assert_eq!(place.words(), "2:c,d");
    assert_eq!(held.0, ["a", "b"], "whoever holds the old rules keeps them whole");
    place.write("");
    assert!(matches!(place.file.reload_if_changed(), Reload::Replaced));
    assert_eq!(place.words(), "3:");
}

/// Decision 13, hostile inputs 18 and 20: all or nothing.
#[test]
fn a_bad_line_refuses_the_file_and_is_told_once() {
    let place = Place::new(Kind::Password);
    place.write("a\nbad\n");
    let log = place.log(|file| {
        assert!(matches!(file.load_first(), Reload::Refused(LoadFault::Line(_))));
        assert!(matches!(file.reload_if_changed(), Reload::Unchanged));
    });
    assert_eq!(
        log,
        ["ERROR can't load password file rules due to line 2: not good"]
    );
    assert_eq!(place.words(), "0:");
    place.write("a\n");
    assert!(matches!(place.file.reload_if_changed(), Reload::Replaced));
    place.write("b\nc\nbad\n");
    let log = place.log(|file| {
        assert!(matches!(
            file.reload_if_changed(),
            Reload::Refused(LoadFault::Line(_))
        ));
        assert!(matches!(file.reload_if_changed(), Reload::Unchanged));
    });
    assert_eq!(
        log,
        ["ERROR can't load password file rules due to line 3: not good"]
    );
    assert_eq!(place.words(), "1:a");
}

#[test]
fn a_file_that_vanishes_leaves_its_rules_and_is_told_each_time() {
    let place = Place::new(Kind::Acl);
    place.write("a\n");
    place.file.load_first();
    for generation in 1..3 {
        fs::rename(place.path("rules"), place.path("away")).unwrap();
        let log = place.log(|file| {
            file.reload_if_changed();
            file.reload_if_changed();
        });
        assert_eq!(log, [format!("ERROR can't load acl file rules due to {MISSING}")]);
        assert_eq!(place.words(), format!("{generation}:a"));
        fs::create_dir(place.path("rules")).unwrap();
        let log = place.log(|file| {
            file.reload_if_changed();
            file.reload_if_changed();
        });
        assert_eq!(log, ["ERROR can't load acl file rules due to not a regular file"]);
        fs::remove_dir(place.path("rules")).unwrap();
        fs::rename(place.path("away"), place.path("rules")).unwrap();
        let log = place.log(|file| assert!(matches!(file.reload_if_changed(), Reload::Replaced)));
        assert_eq!(log, ["INFO loaded acl file rules"]);
    }
}

#[test]
fn another_file_is_read_at_once() {
    let place = Place::new(Kind::Acl);
    place.write("a\n");
    place.file.load_first();
    assert!(matches!(
        place.file.set_source(place.path("rules")),
        Reload::Unchanged
    ));
    let log = place.log(|file| assert!(matches!(file.set_source(place.path("none")), Reload::Refused(_))));
    assert_eq!(log, [format!("ERROR can't load acl file none due to {MISSING}")]);
    assert_eq!(
        (place.words(), place.file.path()),
        ("1:a".to_owned(), place.path("none"))
    );
    fs::write(place.path("other"), "b\n").unwrap();
    assert!(matches!(
        place.file.set_source(place.path("other")),
        Reload::Replaced
    ));
    assert_eq!(place.words(), "2:b");
}

#[test]
fn checking_changes_nothing() {
    let place = Place::new(Kind::Acl);
    place.write("a\nodd\n");
    let (words, warnings) = check_file(&place.path("rules"), parse).unwrap();
    assert_eq!((words.0.len(), warnings.len()), (1, 1));
    place.write("bad\n");
    assert_eq!(
        check_file(&place.path("rules"), parse).unwrap_err().to_string(),
        "line 1: not good"
    );
    assert_eq!(place.words(), "0:");
}

/// Readers see whole rule sets, at least as new as the generation they have seen before.
#[test]
fn readers_and_a_writer_at_once() {
    let place = Place::new(Kind::Acl);
    place.write("1\n1\n");
    place.file.load_first();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while last < 50 {
                let generation = place.file.generation();
                let words = place.file.current();
                assert!(generation >= last && words.0[0] == words.0[1]);
                assert!(words.0[0].parse::<u64>().unwrap() >= generation);
                last = generation;
            }
        });
        for number in 2..=50 {
            place.write(&format!("{number}\n{number}\n"));
            assert!(matches!(place.file.reload_if_changed(), Reload::Replaced));
        }
        reader.join().unwrap();
    });
}
