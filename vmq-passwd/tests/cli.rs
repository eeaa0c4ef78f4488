//! The tool as scripts see it: arguments and standard input in; texts, exit code, file content and mode out.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use vmq_passwd::{Check, Hashed, PasswordFile, Scheme};

const ASKED: &str = "Password: \nReenter password: \n";
const EXISTS: &str = "File already exists. PLEASE ABORT OPERATION IF YOU DO NOT INTENT TO OVERWRITE THE ALREADY EXISTING FILE!\n";

/// A directory with, or without, a password file.
struct Place {
    dir: TempDir,
}

/// What a run left behind.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn with(content: &str) -> Self {
        let place = Self::new();
        fs::write(place.file(), content).unwrap();
        place
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("vmq.passwd")
    }

    /// Runs the tool in the directory; the file is called `vmq.passwd` there.
    fn run(&self, args: &str, stdin: impl AsRef<[u8]>) -> Ran {
        self.run_args(
            &args.split(' ').filter(|arg| !arg.is_empty()).collect::<Vec<_>>(),
            stdin,
        )
    }

    fn run_args(&self, args: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vmq-passwd"))
            .args(args)
            .current_dir(self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The tool may end without reading: a broken pipe is fine.
        child.stdin.take().unwrap().write_all(stdin.as_ref()).ok();
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().expect("not killed by a signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn mode(&self) -> u32 {
        fs::metadata(self.file()).unwrap().mode() & 0o7777
    }

    fn check(&self, user: &str, password: &str) -> Check {
        PasswordFile::parse(&fs::read(self.file()).unwrap())
            .unwrap()
            .check(user, password.as_bytes())
    }

    /// Nothing but the password file lies in the directory.
    fn is_clean(&self) -> bool {
        fs::read_dir(self.dir.path())
            .unwrap()
            .all(|entry| entry.unwrap().file_name() == "vmq.passwd")
    }
}

impl Ran {
    #[track_caller]
    fn is(&self, code: i32, out: &str, err: &str) {
        assert_eq!(
            (self.code, self.out.as_str(), self.err.as_str()),
            (code, out, err)
        );
    }
}

fn line(user: &str, password: &str) -> String {
    format!(
        "{user}:{}\n",
        Hashed::with_salt(Scheme::Sha512, password.as_bytes(), b"0123456789ab")
    )
}

#[test]
fn create_add_replace_with_two_lines_on_stdin() {
    let place = Place::new();
    place.run("-c vmq.passwd alice", "one\none\n").is(0, ASKED, "");
    assert_eq!(place.mode(), 0o640);
    assert!(place.text().starts_with("alice:$6$") && place.text().ends_with("==\n"));
    assert_eq!(place.text().len(), "alice:$6$".len() + 16 + 1 + 88 + 1);
    place.run("vmq.passwd bob", "two\r\ntwo").is(0, ASKED, "");
    place
        .run("vmq.passwd alice", "neu für\nneu für\n")
        .is(0, ASKED, "");
    assert_eq!(place.check("alice", "neu für"), Check::Match);
    assert_eq!(place.check("alice", "one"), Check::Mismatch);
    assert_eq!(place.check("bob", "two"), Check::Match);
    assert_eq!(place.text().lines().count(), 2);
    assert!(place.is_clean());
}

#[test]
fn create_refuses_an_existing_file_before_asking() {
    let place = Place::with("keep");
    place.run("-c vmq.passwd alice", "one\none\n").is(
        1,
        "",
        "Error: File vmq.passwd already exists. Please use -cf in case you want to overwrite the file\n",
    );
    assert_eq!(place.text(), "keep");
}

#[test]
fn overwrite_says_so_and_keeps_the_mode() {
    let place = Place::with(&line("old", "old"));
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o600)).unwrap();
    place
        .run("-cf vmq.passwd alice", "one\none\n")
        .is(0, &format!("{EXISTS}{ASKED}"), "");
    assert_eq!(
        (place.check("old", "old"), place.check("alice", "one")),
        (Check::Unknown, Check::Match)
    );
    assert_eq!(place.mode(), 0o600);
    let fresh = Place::new();
    fresh.run("-cf vmq.passwd alice", "one\none\n").is(0, ASKED, "");
    assert_eq!(fresh.mode(), 0o640);
}

#[test]
fn failed_prompts_leave_the_file_alone() {
    let place = Place::with("keep:1\n");
    let long = "x".repeat(1025);
    for (stdin, out, err) in [
        ("", "Password: \n", "Error: Empty password.\n"),
        ("\n\n", "Password: \n", "Error: Empty password.\n"),
        ("one\n", ASKED, "Error: Empty password.\n"),
        ("one\ntwo\n", ASKED, "Error: Passwords do not match.\n"),
        (
            &format!("{long}\n{long}\n"),
            "Password: \n",
            "Error: Password is longer than 1024 bytes.\n",
        ),
    ] {
        place.run("vmq.passwd alice", stdin).is(1, out, err);
        assert_eq!(place.text(), "keep:1\n");
    }
    assert!(place.is_clean());
    let most = "x".repeat(1024);
    let place = Place::new();
    place
        .run("-c vmq.passwd alice", format!("{most}\r\n{most}\r\n"))
        .is(0, ASKED, "");
    assert_eq!(place.check("alice", &most), Check::Match);
}

#[test]
fn delete() {
    let place = Place::with(&format!("# all\n{}{}", line("alice", "a"), line("bob", "b")));
    place.run("-D vmq.passwd alice", "").is(0, "", "");
    assert_eq!(place.text(), format!("# all\n{}", line("bob", "b")));
    let inode = fs::metadata(place.file()).unwrap().ino();
    place
        .run("-D vmq.passwd alice", "")
        .is(0, "", "Warning: User alice not found in password file.\n");
    assert_eq!(
        fs::metadata(place.file()).unwrap().ino(),
        inode,
        "not even rewritten"
    );
}

#[test]
fn missing_files_and_directories() {
    let place = Place::new();
    let missing = "Error: Unable to open password file vmq.passwd. No such file or directory\n";
    for args in [
        "vmq.passwd alice",
        "-D vmq.passwd alice",
        "-U vmq.passwd",
        "--list vmq.passwd",
        "--verify vmq.passwd a",
    ] {
        place.run(args, "one\none\n").is(1, "", missing);
    }
    place.run("-c no/vmq.passwd alice", "one\none\n").is(
        1,
        ASKED,
        "Error: Unable to open file no/vmq.passwd for writing. No such file or directory\n",
    );
    place
        .run(". alice", "")
        .is(1, "", "Error: Unable to open password file .. Is a directory\n");
    place.run("--list /dev/zero", "").is(
        1,
        "",
        "Error: Unable to open password file /dev/zero. Not a regular file\n",
    );
    assert!(!place.file().exists());
}

#[test]
fn hash_plain_lines() {
    let old = format!("# old: list\namy:one\r\n{}\nbob:two:three\n", line("eve", "e"));
    let place = Place::with(&old);
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o660)).unwrap();
    place
        .run("-U vmq.passwd", "")
        .is(0, "", "Warning: line 3 looks already hashed, skipped.\n");
    assert_eq!(place.mode(), 0o660);
    assert!(place.text().starts_with("# old: list\namy:$6$"));
    for (user, password) in [("amy", "one"), ("bob", "two:three"), ("eve", "e")] {
        assert_eq!(place.check(user, password), Check::Match, "{user}");
    }
    place.run("-U --force vmq.passwd", "").is(0, "", "");
    assert_eq!(place.check("amy", "one"), Check::Mismatch);
}

#[test]
fn hash_plain_is_all_or_nothing() {
    let place = Place::with("amy:one\nbob:\n");
    place
        .run("-U vmq.passwd", "")
        .is(1, "", "Error: line 2: Empty password.\n");
    assert_eq!(place.text(), "amy:one\nbob:\n");
    let place = Place::with("amy:one\nnothing\n");
    place.run("-U vmq.passwd", "").is(
        0,
        "",
        "Warning: line 2: no ':' between user name and hash. The broker does not accept the file with this line.\n",
    );
    assert!(place.text().ends_with("\nnothing\n"));
}

#[test]
fn batch() {
    let place = Place::new();
    place.run("-b -c vmq.passwd alice one", "").is(0, "", "");
    place
        .run_args(&["-b", "vmq.passwd", "bob", "with spaces"], "")
        .is(0, "", "");
    place
        .run_args(&["-b", "vmq.passwd", "cid", ""], "")
        .is(1, "", "Error: Empty password.\n");
    assert_eq!(
        (place.check("alice", "one"), place.check("bob", "with spaces")),
        (Check::Match, Check::Match)
    );
    place.run("-b -cf vmq.passwd dan four", "").is(0, EXISTS, "");
    assert_eq!(place.check("alice", "one"), Check::Unknown);
}

#[test]
fn password_once_on_stdin() {
    let place = Place::new();
    place.run("-c --stdin vmq.passwd alice", "one\n").is(0, "", "");
    place.run("--stdin vmq.passwd bob", "two").is(0, "", "");
    place
        .run("--stdin vmq.passwd cid", "")
        .is(1, "", "Error: Empty password.\n");
    assert_eq!(
        (place.check("alice", "one"), place.check("bob", "two")),
        (Check::Match, Check::Match)
    );
}

#[test]
fn hash_and_iterations() {
    let place = Place::new();
    place
        .run("-H sha512-pbkdf2 -c -b vmq.passwd alice one", "")
        .is(0, "", "");
    place
        .run("-H sha512-pbkdf2 -I 7 -b vmq.passwd bob two", "")
        .is(0, "", "");
    place.run("-H sha512 -b vmq.passwd cid three", "").is(0, "", "");
    let text = place.text();
    let starts: Vec<_> = text.lines().map(|line| &line[..line.len().min(11)]).collect();
    assert!(
        starts[0].starts_with("alice:$7$10")
            && starts[1].starts_with("bob:$7$7$")
            && starts[2].starts_with("cid:$6$")
    );
    for (user, password) in [("alice", "one"), ("bob", "two"), ("cid", "three")] {
        assert_eq!(place.check(user, password), Check::Match);
    }
    place
        .run("-H md5 vmq.passwd dan", "")
        .is(1, "", "Error: Hash must be sha512 or sha512-pbkdf2.\n");
    place
        .run("-I 9 vmq.passwd dan", "")
        .is(1, "", "Error: -I needs -H sha512-pbkdf2.\n");
    place.run("-H sha512-pbkdf2 -I 1000001 vmq.passwd dan", "").is(
        1,
        "",
        "Error: Iterations must be a number from 1 to 1000000.\n",
    );
    let place = Place::with("amy:one\n");
    place.run("-U -H sha512-pbkdf2 vmq.passwd", "").is(0, "", "");
    assert!(place.text().starts_with("amy:$7$101$"));
    assert_eq!(place.check("amy", "one"), Check::Match);
}

#[test]
fn list_and_verify() {
    let place = Place::with(&format!(
        "# all\n{}{}{}",
        line("zoe", "z"),
        line("amy", "a"),
        line("zoe", "y")
    ));
    place.run("--list vmq.passwd", "").is(0, "amy\nzoe\n", "");
    place.run("--verify vmq.passwd amy", "a\n").is(0, "", "");
    place.run("--verify --stdin vmq.passwd zoe", "y").is(0, "", "");
    place
        .run("--verify vmq.passwd zoe", "z\n")
        .is(1, "", "Error: Password does not match.\n");
    place
        .run("--verify vmq.passwd eve", "z\n")
        .is(1, "", "Error: User eve not found in password file.\n");
    place
        .run("--verify vmq.passwd amy", "\n")
        .is(1, "", "Error: Empty password.\n");
    let place = Place::with("amy:topsecret\n");
    let bad =
        "Error: Password file vmq.passwd, line 1: password is not hashed; run vmq-passwd -U on the file\n";
    place.run("--list vmq.passwd", "").is(1, "", bad);
    place.run("--verify vmq.passwd amy", "topsecret\n").is(1, "", bad);
}

#[test]
fn bad_user_names() {
    let place = Place::with("");
    let colon = "Error: Username must not contain the ':' character.\n";
    for name in ["a:b", "a\nb", "a\rb"] {
        place
            .run_args(&["vmq.passwd", name], "one\none\n")
            .is(1, "", colon);
    }
    place
        .run_args(&["vmq.passwd", ""], "")
        .is(1, "", "Error: Username must not be empty.\n");
    place.run_args(&["vmq.passwd", "#a"], "").is(
        1,
        "",
        "Error: Username must not start with the '#' character.\n",
    );
    let long = "x".repeat(65_536);
    place.run_args(&["vmq.passwd", &long], "").is(
        1,
        "",
        "Error: Username must not be longer than 65535 bytes.\n",
    );
    assert_eq!(place.text(), "");
}

#[test]
fn untouched_lines_are_kept_with_a_warning_for_bad_ones() {
    let place = Place::with("plain:pw\r\n# note\n");
    place.run("-b vmq.passwd amy one", "").is(
        0,
        "",
        "Warning: line 1: password is not hashed; run vmq-passwd -U on the file. The broker does not accept the file with this line.\n",
    );
    assert!(place.text().starts_with("plain:pw\r\n# note\namy:$6$"));
}

#[test]
fn a_link_to_the_file_stays_a_link() {
    let place = Place::new();
    fs::write(place.dir.path().join("real"), "").unwrap();
    std::os::unix::fs::symlink("real", place.file()).unwrap();
    place.run("-b vmq.passwd amy one", "").is(0, "", "");
    assert!(fs::symlink_metadata(place.file()).unwrap().is_symlink());
    assert_eq!(place.check("amy", "one"), Check::Match);
}

#[test]
fn help_and_usage() {
    let place = Place::new();
    let help = place.run("--help", "");
    assert!(
        help.out
            .contains("Usage: vmq-passwd [-c | -cf | -D] passwordfile username\n")
    );
    help.is(0, &help.out, "");
    place.run("-h", "").is(0, &help.out, "");
    for args in [
        "",
        "vmq.passwd",
        "-x vmq.passwd amy",
        "-c vmq.passwd",
        "-U vmq.passwd amy",
    ] {
        place.run(args, "").is(1, &help.out, "");
    }
    place
        .run("--version", "")
        .is(0, concat!("vmq-passwd ", env!("CARGO_PKG_VERSION"), "\n"), "");
}

#[test]
fn a_signal_while_asking_ends_with_0_and_leaves_the_file() {
    use std::io::Read;
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let place = Place::with("keep");
        let mut child = Command::new(env!("CARGO_BIN_EXE_vmq-passwd"))
            .args(["-cf", "vmq.passwd", "amy"])
            .current_dir(place.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut seen = vec![0; EXISTS.len() + "Password: ".len()];
        child.stdout.as_mut().unwrap().read_exact(&mut seen).unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, signal).unwrap();
        // Standard input stays open until the child has ended by itself.
        let stdin = child.stdin.take();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        drop(stdin);
        assert_eq!(place.text(), "keep");
    }
}

#[test]
fn edits_at_the_same_time_all_count() {
    let place = Place::with("");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let place = &place;
            scope.spawn(move || {
                place
                    .run(&format!("-b vmq.passwd user{number} pw"), "")
                    .is(0, "", "")
            });
        }
    });
    assert_eq!(PasswordFile::parse(place.text().as_bytes()).unwrap().len(), 8);
    assert!(place.is_clean());
}
