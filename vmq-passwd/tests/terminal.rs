//! The tool at a terminal: the echo is off while a password is typed, and on again afterwards, whatever ends it.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use tempfile::TempDir;

/// The tool with a terminal as standard input; the questions come through a pipe.
struct Session {
    dir: TempDir,
    keyboard: File,
    terminal: File,
    child: Child,
}

impl Session {
    fn start(args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
        let terminal = File::options().read(true).write(true).open(name).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_vmq-passwd"))
            .args(args)
            .current_dir(dir.path())
            .stdin(terminal.try_clone().unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            dir,
            keyboard: keyboard.into(),
            terminal,
            child,
        }
    }

    fn expect(&mut self, text: &str) {
        let mut seen = vec![0; text.len()];
        self.child.stdout.as_mut().unwrap().read_exact(&mut seen).unwrap();
        assert_eq!(String::from_utf8(seen).unwrap(), text);
    }

    fn type_line(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.write_all(b"\n").unwrap();
    }

    fn echoes(&self) -> bool {
        tcgetattr(&self.terminal)
            .unwrap()
            .local_modes
            .contains(LocalModes::ECHO)
    }

    fn end(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

#[test]
fn the_echo_is_off_while_typing() {
    let mut session = Session::start(&["-c", "pw", "amy"]);
    session.expect("Password: ");
    assert!(!session.echoes());
    session.type_line("secret");
    session.expect("\nReenter password: ");
    assert!(!session.echoes());
    session.type_line("secret");
    assert_eq!(session.end(), Some(0));
    assert!(session.echoes());
    assert!(
        fs::read_to_string(session.dir.path().join("pw"))
            .unwrap()
            .starts_with("amy:$6$")
    );
}

#[test]
fn a_failure_gives_the_echo_back() {
    let mut session = Session::start(&["-c", "pw", "amy"]);
    session.expect("Password: ");
    session.type_line("");
    assert_eq!(session.end(), Some(1));
    assert!(session.echoes());
}

#[test]
fn a_signal_gives_the_echo_back() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut session = Session::start(&["-c", "pw", "amy"]);
        session.expect("Password: ");
        assert!(!session.echoes());
        kill_process(Pid::from_child(&session.child), signal).unwrap();
        assert_eq!(session.end(), Some(0));
        assert!(session.echoes());
        assert!(!session.dir.path().join("pw").exists());
    }
}

#[test]
fn verify_asks_once_at_a_terminal() {
    let mut session = Session::start(&["--verify", "/dev/null/none", "amy"]);
    assert_eq!(
        session.end(),
        Some(1),
        "the file is looked at before anybody is asked"
    );
    let made = Session::start(&["-c", "-b", "pw", "amy", "secret"]);
    let path = made.dir.path().join("pw");
    let mut made = made;
    assert_eq!(made.end(), Some(0));
    let mut session = Session::start(&["--verify", path.to_str().unwrap(), "amy"]);
    session.expect("Password: ");
    assert!(!session.echoes());
    session.type_line("secret");
    assert_eq!(session.end(), Some(0));
}
