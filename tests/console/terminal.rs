//! A terminal of 80x24 with the console in it: keys go in, what is on the screen comes out.

use harness::Node;
use harness::process::console_program;
use harness::wait::DEADLINE;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Columns and lines.
const SIZE: (u16, u16) = (80, 24);

/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(20);

/// The terminal. Dropping it ends the console.
pub(crate) struct Terminal {
    master: File,
    child: Child,
    screen: Arc<Mutex<vt100::Parser>>,
}

impl Terminal {
    /// Opens the console on a node.
    pub(crate) fn open(node: &Node, args: &[&str]) -> Self {
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
        let child = Command::new("setsid")
            .args(["--ctty", "--wait"])
            .arg(console_program())
            .arg("--socket")
            .arg(node.socket())
            .args(args)
            .env("TERM", "xterm-256color")
            .env("XDG_CONFIG_HOME", node.home())
            .env_remove("NO_COLOR")
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave)
            .spawn()
            .unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(SIZE.1), cells(SIZE.0), 0)));
        let (mut reader, shown) = (master.try_clone().unwrap(), Arc::clone(&screen));
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut chunk) {
                shown.lock().unwrap().process(&chunk[..length]);
            }
        });
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

    /// What is on the screen.
    pub(crate) fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until the screen is as it must be.
    pub(crate) fn until(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let text = self.text();
            if is_it(&text) {
                return text;
            }
            assert!(Instant::now() < deadline, "{what} is not on the screen:\n{text}");
            thread::sleep(LOOK);
        }
    }

    /// Waits for a text.
    pub(crate) fn shows(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until the console has left.
    pub(crate) fn end(mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not leave:\n{}", self.text());
            thread::sleep(LOOK);
        }
    }

    /// Whether the terminal is as it was: the screen of before, the cursor, no mouse.
    pub(crate) fn is_restored(&self) -> bool {
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
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
