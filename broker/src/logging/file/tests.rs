//! The file output against real files: modes, rotation, following, falling back.

use super::*;
use parking_lot::Mutex;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;
use vmq_config::RotationTime;

/// Stands for standard error.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().clone()).expect("text")
    }
}

fn rotation(size_bytes: Option<u64>, keep: usize, compress: bool) -> Rotation {
    Rotation {
        size_bytes,
        keep,
        compress,
        at: None,
    }
}

fn output(path: &Path, rotation: Rotation) -> (FileOutput, Captured) {
    let captured = Captured::default();
    let (fallback, path) = (Box::new(captured.clone()), path.to_owned());
    let output = FileOutput::open(
        SinkId::ConsoleFile,
        path,
        rotation,
        fallback,
        Arc::default(),
        Arc::default(),
    );
    (output, captured)
}

fn read(dir: &TempDir, name: &str) -> String {
    fs::read_to_string(dir.path().join(name)).unwrap_or_else(|error| format!("{name}: {error}"))
}

/// As if the last check were long ago.
fn let_time_pass(output: &mut FileOutput) {
    output.checked = Instant::now()
        .checked_sub(CHECK_INTERVAL)
        .expect("the clock has run for a second");
}

#[test]
fn directory_and_file_are_made_for_the_owner_and_group() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("deep/log/console.log");
    let (mut output, _) = output(&path, rotation(None, 5, false));
    output.line(b"one\n");
    output.line(b"two\n");
    assert_eq!(read(&dir, "deep/log/console.log"), "one\ntwo\n");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o7777;
    assert_eq!(mode(&path) & !FILE_MODE, 0);
    assert_eq!(mode(path.parent().expect("a parent")) & !DIR_MODE, 0);
}

#[test]
fn rotates_when_the_size_is_exceeded_and_keeps_n() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut output, _) = output(&dir.path().join("c.log"), rotation(Some(4), 2, false));
    for line in ["a1\n", "a2\n", "b1\n", "b2\n", "c1\n", "c2\n", "d\n"] {
        output.line(line.as_bytes());
    }
    assert_eq!(read(&dir, "c.log"), "d\n");
    assert_eq!(read(&dir, "c.log.0"), "c1\nc2\n");
    assert_eq!(read(&dir, "c.log.1"), "b1\nb2\n");
    assert!(!dir.path().join("c.log.2").exists());
}

#[test]
fn compresses_what_it_rotates() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut output, _) = output(&dir.path().join("c.log"), rotation(Some(1), 2, true));
    output.line(b"first\n");
    output.line(b"second\n");
    output.line(b"third\n");
    drop(output);
    let unpack = |name: &str| {
        let mut text = String::new();
        let packed = File::open(dir.path().join(name)).expect("an archive");
        flate2::read::GzDecoder::new(packed)
            .read_to_string(&mut text)
            .expect("gzip");
        text
    };
    assert_eq!(
        (unpack("c.log.0.gz").as_str(), unpack("c.log.1.gz").as_str()),
        ("third\n", "second\n")
    );
    assert_eq!(read(&dir, "c.log"), "");
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 3);
}

#[test]
fn keep_zero_truncates() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mut output, _) = output(&dir.path().join("c.log"), rotation(Some(4), 0, true));
    output.line(b"long line\n");
    output.line(b"x\n");
    assert_eq!(read(&dir, "c.log"), "x\n");
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1);
}

#[test]
fn rotates_when_the_time_has_come_but_never_an_empty_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = Some(RotationTime::Daily { hour: 0 });
    let (mut output, _) = output(
        &dir.path().join("c.log"),
        Rotation {
            at,
            ..rotation(None, 5, false)
        },
    );
    output.rotate_at = Some(Timestamp::UNIX_EPOCH);
    output.line(b"today\n");
    assert!(!dir.path().join("c.log.0").exists());
    assert!(output.rotate_at.is_some_and(|due| due > Timestamp::now()));
    output.rotate_at = Some(Timestamp::UNIX_EPOCH);
    output.line(b"tomorrow\n");
    assert_eq!(
        (read(&dir, "c.log.0").as_str(), read(&dir, "c.log").as_str()),
        ("today\n", "tomorrow\n")
    );
}

#[test]
fn follows_a_file_that_was_moved_or_removed() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("c.log");
    let (mut output, _) = output(&path, rotation(None, 5, false));
    output.line(b"one\n");
    fs::rename(&path, dir.path().join("moved")).expect("renamed");
    output.line(b"two\n");
    let_time_pass(&mut output);
    output.line(b"three\n");
    assert_eq!(
        (read(&dir, "moved").as_str(), read(&dir, "c.log").as_str()),
        ("one\ntwo\n", "three\n")
    );
    fs::remove_file(&path).expect("removed");
    output.reopen_flag().store(true, Ordering::Release);
    output.idle();
    assert_eq!(read(&dir, "c.log"), "");
}

#[test]
fn a_truncated_file_starts_its_size_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("c.log");
    let (mut output, _) = output(&path, rotation(Some(8), 1, false));
    output.line(b"1234567\n");
    File::options()
        .write(true)
        .truncate(true)
        .open(&path)
        .expect("truncated");
    let_time_pass(&mut output);
    output.line(b"abc\n");
    assert_eq!(read(&dir, "c.log"), "abc\n");
}

#[test]
fn falls_back_to_standard_error_and_returns() {
    let dir = tempfile::tempdir().expect("a directory");
    let blocker = dir.path().join("log");
    fs::write(&blocker, "a file where the directory should be").expect("written");
    let (mut output, captured) = output(&blocker.join("c.log"), rotation(None, 5, false));
    output.line(b"one\n");
    let_time_pass(&mut output);
    output.line(b"two\n");
    let text = captured.text();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains(" [error]: can't open log file "), "{text}");
    assert!(text.ends_with("\none\ntwo\n"), "{text}");
    fs::remove_file(&blocker).expect("removed");
    let_time_pass(&mut output);
    output.line(b"three\n");
    assert_eq!(read(&dir, "log/c.log"), "three\n");
    assert!(captured.text().contains("is written again"));
}

#[test]
fn a_full_disk_costs_no_line() {
    let (mut output, captured) = output(Path::new("/dev/full"), rotation(Some(0), 5, false));
    for line in ["one\n", "two\n"] {
        output.line(line.as_bytes());
        let_time_pass(&mut output);
    }
    let text = captured.text();
    assert_eq!(
        text.matches("can't write log file /dev/full").count(),
        1,
        "{text}"
    );
    assert!(text.ends_with("\none\ntwo\n"), "{text}");
}

#[test]
fn a_device_is_never_rotated() {
    let (mut output, captured) = output(Path::new("/dev/null"), rotation(Some(0), 5, false));
    output.line(b"one\n");
    output.line(b"two\n");
    assert_eq!(captured.text(), "");
}

#[test]
fn a_rotation_that_fails_is_told_once_and_costs_no_line() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("c.log");
    // A directory in the archive's place cannot be removed as a file.
    fs::create_dir(dir.path().join("c.log.0")).expect("made");
    let (mut output, captured) = output(&path, rotation(Some(1), 1, false));
    output.line(b"one\n");
    output.line(b"two\n");
    assert_eq!(read(&dir, "c.log"), "one\ntwo\n");
    assert_eq!(captured.text().matches("can't rotate log file").count(), 1);
}
