//! A client program as a child process: its lines as they come, its exit code, and a deadline for all of it.

use harness::DEADLINE;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// Lines that may wait to be read; a client that writes more waits in turn.
const LINES_MAX: usize = 4096;

/// A command line in the making.
pub(crate) struct Program {
    command: Command,
    name: String,
    input: Vec<u8>,
    input_stays_open: bool,
}

/// A running client. Killed when dropped.
pub(crate) struct Running {
    name: String,
    child: Child,
    lines: Receiver<String>,
    /// What was read so far, for the text of a failure.
    seen: Vec<String>,
    end: Instant,
    /// Its standard input, if it stays open.
    _input: JoinHandle<Option<ChildStdin>>,
}

/// A client that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// Both outputs, as their lines came.
    pub(crate) lines: Vec<String>,
}

impl Program {
    /// A program that writes each line at once: most of them buffer their output when nobody looks at it.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "-eL"]).arg(&program);
        Self {
            command,
            name: program.as_ref().to_string_lossy().into_owned(),
            input: Vec::new(),
            input_stays_open: false,
        }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.name = format!("{} {}", self.name, arg.as_ref().to_string_lossy());
        self.command.arg(arg);
        self
    }

    /// Arguments, separated by blanks.
    pub(crate) fn words(self, words: &str) -> Self {
        words.split_whitespace().fold(self, Self::arg)
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// The input has no end, for a program that would take it as an order to leave.
    pub(crate) fn input_stays_open(mut self) -> Self {
        self.input_stays_open = true;
        self
    }

    pub(crate) fn start(mut self) -> Running {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self
            .command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start stdbuf for {}: {error}", self.name));
        let (sender, lines) = sync_channel(LINES_MAX);
        forward(child.stdout.take().unwrap(), sender.clone());
        forward(child.stderr.take().unwrap(), sender);
        let mut stdin = child.stdin.take().unwrap();
        // A client may end without reading all of it; that is seen in its exit code.
        let input = thread::spawn(move || {
            stdin.write_all(&self.input).ok();
            self.input_stays_open.then_some(stdin)
        });
        Running {
            name: self.name,
            child,
            lines,
            seen: Vec::new(),
            end: Instant::now() + DEADLINE,
            _input: input,
        }
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Ended {
        self.start().ended()
    }

    /// Runs it to its end, which must be a good one.
    pub(crate) fn succeed(self) -> Vec<String> {
        let name = self.name.clone();
        let ended = self.run();
        assert_eq!(ended.code, Some(0), "{name}\n{}", ended.lines.join("\n"));
        ended.lines
    }
}

impl Running {
    /// The next line that starts with `prefix`, without it.
    pub(crate) fn line(&mut self, prefix: &str) -> String {
        loop {
            let Some(line) = self.next() else {
                panic!("no line {prefix:?} from {}", self.report());
            };
            if let Some(rest) = line.strip_prefix(prefix) {
                return rest.to_owned();
            }
        }
    }

    /// The next line with this text in it.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        loop {
            let Some(line) = self.next() else {
                panic!("no line with {text:?} from {}", self.report());
            };
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Ended {
        while self.next().is_some() {}
        Ended {
            code: self.child.wait().unwrap().code(),
            lines: std::mem::take(&mut self.seen),
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `None` when both outputs are closed.
    fn next(&mut self) -> Option<String> {
        let patience = self.end.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(patience) {
            Ok(line) => {
                self.seen.push(line.clone());
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("waited {DEADLINE:?} for {}", self.report()),
        }
    }

    fn report(&self) -> String {
        format!("{}, which said\n{}", self.name, self.seen.join("\n"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing left to do.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn forward(output: impl Read + Send + 'static, lines: SyncSender<String>) {
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line)
                .trim_end_matches(['\r', '\n'])
                .to_owned();
            if lines.send(text).is_err() {
                return; // The test has dropped the client.
            }
            line.clear();
        }
    });
}
