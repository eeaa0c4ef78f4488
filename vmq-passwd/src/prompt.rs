//! Reading passwords: a prompt with the echo off where there is a terminal, a line of standard input where there is
//! none. SIGINT and SIGTERM give the echo back and end the program with 0, but never while a file is being replaced.

use std::io::{self, BufRead, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Longest password line in bytes.
pub(crate) const LINE_BYTES_MAX: usize = 1024;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PromptFault {
    #[error("Error: Empty password.")]
    Empty,
    #[error("Error: Passwords do not match.")]
    Differ,
    #[error("Error: Password is longer than {LINE_BYTES_MAX} bytes.")]
    TooLong,
    #[error("Error: Unable to read the password. {0}")]
    Io(#[from] io::Error),
}

/// The terminal modes to give back, `None` while the echo is on. Whoever holds the lock keeps signals waiting.
type Saved = Mutex<Option<Termios>>;

/// The user at the other end of standard input.
pub(crate) struct Prompt {
    saved: Arc<Saved>,
}

impl Prompt {
    /// Starts to listen for signals.
    ///
    /// # Errors
    /// The system gives no signal handler or no thread.
    pub(crate) fn new() -> io::Result<Self> {
        let saved = Arc::new(Saved::default());
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let theirs = Arc::clone(&saved);
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                if signals.forever().next().is_some() {
                    // Held to the end: nothing may turn the echo off again.
                    let mut saved = hold(&theirs);
                    restore(&mut saved);
                    std::process::exit(0);
                }
            })?;
        Ok(Self { saved })
    }

    /// Keeps signals waiting until the result is dropped.
    pub(crate) fn hold_signals(&self) -> MutexGuard<'_, Option<Termios>> {
        hold(&self.saved)
    }

    /// Asks for a new password, twice.
    pub(crate) fn new_password(&self) -> Result<Vec<u8>, PromptFault> {
        let first = self.ask("Password: ")?;
        let second = self.ask("Reenter password: ")?;
        if first == second {
            Ok(first)
        } else {
            Err(PromptFault::Differ)
        }
    }

    /// Asks once.
    pub(crate) fn ask(&self, question: &str) -> Result<Vec<u8>, PromptFault> {
        // Off before the question is printed: a fast answer must not be seen either.
        let echo = EchoOff::new(&self.saved)?;
        print(question)?;
        let line = read_line();
        drop(echo);
        print("\n")?;
        line
    }
}

/// Whether somebody can see a question.
pub(crate) fn has_terminal() -> bool {
    isatty(io::stdin())
}

/// Reads one line of standard input. The line end, LF or CR LF, is not part of the password.
pub(crate) fn read_line() -> Result<Vec<u8>, PromptFault> {
    let mut line = Vec::new();
    // Two more for the line end, so that a line that is too long shows.
    io::stdin()
        .lock()
        .take(LINE_BYTES_MAX as u64 + 2)
        .read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    match line.len() {
        0 => Err(PromptFault::Empty),
        1..=LINE_BYTES_MAX => Ok(line),
        _ => Err(PromptFault::TooLong),
    }
}

/// The echo is off while this lives.
struct EchoOff<'a> {
    saved: &'a Saved,
}

impl<'a> EchoOff<'a> {
    fn new(saved: &'a Saved) -> io::Result<Self> {
        let mut held = hold(saved);
        if has_terminal() {
            let modes = tcgetattr(io::stdin())?;
            let mut quiet = modes.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            *held = Some(modes);
            tcsetattr(io::stdin(), OptionalActions::Drain, &quiet)?;
        }
        drop(held);
        Ok(Self { saved })
    }
}

impl Drop for EchoOff<'_> {
    fn drop(&mut self) {
        restore(&mut hold(self.saved));
    }
}

fn restore(saved: &mut Option<Termios>) {
    if let Some(modes) = saved.take() {
        // Fails only where the terminal is gone, and then there is no echo to give back.
        tcsetattr(io::stdin(), OptionalActions::Drain, &modes).ok();
    }
}

fn hold(saved: &Saved) -> MutexGuard<'_, Option<Termios>> {
    saved.lock().unwrap_or_else(PoisonError::into_inner)
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
