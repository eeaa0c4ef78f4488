//! A terminal of 80x24 with the console in it: keys go in, what is on the screen comes out.

use harness::Node;
use harness::process::console_program;
use harness::stranger::NOBODY;
use harness::wait::DEADLINE;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// Columns and lines.
const SIZE: (u16, u16) = (80, 24);

/// What the console has drawn so far.
struct Shown {
    parser: vt100::Parser,
    /// The console has closed the terminal.
    has_ended: bool,
}

/// The screen, and a bell for when it has changed.
struct Screen {
    shown: Mutex<Shown>,
    changed: Condvar,
}

/// The terminal. Dropping it ends the console.
pub(crate) struct Terminal {
    master: File,
    child: Child,
    screen: Arc<Screen>,
}

impl Terminal {
    /// Opens the console on a node.
    pub(crate) fn open(node: &Node, args: &[&str]) -> Self {
        let socket = node.socket();
        let named = ["--socket", socket.to_str().unwrap()];
        Self::run(node, &console_program(), &[&named[..], args].concat())
    }

    /// The same as another user.
    pub(crate) fn of_nobody(node: &Node, args: &[&str]) -> Self {
        Self::run_as(node, &console_program(), args, Some(NOBODY))
    }

    /// Runs a program of a node in a terminal of its own.
    pub(crate) fn run(node: &Node, program: &Path, args: &[&str]) -> Self {
        Self::run_as(node, program, args, None)
    }

    fn run_as(node: &Node, program: &Path, args: &[&str], user: Option<u32>) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let size = Winsize {
            ws_col: SIZE.0,
            ws_row: SIZE.1,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, size).unwrap();
        let master = File::from(master);
        // A terminal of its own: what the test runs in has another size, if it has one.
        let mut command = Command::new("setsid");
        if let Some(user) = user {
            command.uid(user).gid(user).current_dir("/");
        }
        let child = command
            .args(["--ctty", "--wait"])
            .arg(program)
            .args(args)
            .env("TERM", "xterm-256color")
            .env("XDG_CONFIG_HOME", node.home())
            .env("VMQ_ADMIN_SOCKET", node.socket())
            .env_remove("NO_COLOR")
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave)
            .spawn()
            .unwrap();
        let parser = vt100::Parser::new(cells(SIZE.1), cells(SIZE.0), 0);
        let screen = Arc::new(Screen {
            shown: Mutex::new(Shown {
                parser,
                has_ended: false,
            }),
            changed: Condvar::new(),
        });
        let (reader, drawn) = (master.try_clone().unwrap(), Arc::clone(&screen));
        thread::spawn(move || drawn.follow(reader));
        Self {
            master,
            child,
            screen,
        }
    }

    /// Types keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is as it must be.
    pub(crate) fn until(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let is_not = |shown: &mut Shown| !is_it(&shown.parser.screen().contents());
        let shown = self.screen.shown.lock().unwrap();
        let (shown, waited) = self
            .screen
            .changed
            .wait_timeout_while(shown, DEADLINE, is_not)
            .unwrap();
        let text = shown.parser.screen().contents();
        drop(shown);
        assert!(!waited.timed_out(), "{what} is not on the screen:\n{text}");
        text
    }

    /// Waits for a text.
    pub(crate) fn shows(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until the console has left; gives whether the terminal is as it was: the screen of before, the cursor, no
    /// mouse.
    pub(crate) fn end(mut self) -> (ExitStatus, bool) {
        let shown = self.screen.shown.lock().unwrap();
        let (shown, waited) = self
            .screen
            .changed
            .wait_timeout_while(shown, DEADLINE, |shown| !shown.has_ended)
            .unwrap();
        let screen = shown.parser.screen();
        assert!(!waited.timed_out(), "it does not leave:\n{}", screen.contents());
        let is_restored = !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None;
        drop(shown);
        (self.child.wait().unwrap(), is_restored)
    }

    /// The process of the console itself: the only child of `setsid`.
    pub(crate) fn pid(&self) -> i32 {
        let id = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        // Without a job of its own to leave, `setsid` becomes the program itself.
        children
            .split_whitespace()
            .next()
            .map_or(id.cast_signed(), |child| child.parse().unwrap())
    }
}

impl Screen {
    /// Takes in what the console draws, until it has closed the terminal.
    fn follow(&self, mut reader: File) {
        let mut chunk = [0; 4096];
        while let Ok(length @ 1..) = reader.read(&mut chunk) {
            self.shown.lock().unwrap().parser.process(&chunk[..length]);
            self.changed.notify_all();
        }
        self.shown.lock().unwrap().has_ended = true;
        self.changed.notify_all();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.master.write_all(b"\x03").ok();
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn cells(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}
