//! Overload: whether the broker uses so much memory that it takes no new clients (`overload.memory_high_watermark`). A
//! background task looks every second and logs each change; the handshake only reads a flag. Sessions that exist are never
//! touched.

mod memory;

use memory::Memory;
use parking_lot::Mutex;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often to look.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// So far below the mark, in points of percent, must the use fall before clients are taken again; else every client that
/// comes or goes near the mark would be a change.
const HYSTERESIS_POINTS: u8 = 5;

/// The state of the node. Shared by the task that looks and the handshakes that ask.
#[derive(Debug)]
pub struct Overload {
    memory: Mutex<Memory>,
    is_over: AtomicBool,
    /// That there are no figures is told once.
    told_unknown: AtomicBool,
}

/// Something to log. Its `Display` is the line.
#[derive(Debug)]
pub enum Change {
    /// New clients are refused from now on.
    Over {
        usage: Usage,
        mark_percent: u8,
        resume_percent: u8,
    },
    /// And taken again.
    Below { usage: Usage, resume_percent: u8 },
    /// The mark was switched off while it was exceeded.
    Off,
    /// The system gives no figures: nobody is refused.
    Unknown(io::Error),
}

/// Memory in use, and what may be used; bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub used: u64,
    pub limit: u64,
}

// === impl Overload ===

impl Overload {
    /// Reads the figures of the running system.
    #[must_use]
    pub fn new() -> Self {
        Self::with_root(Path::new("/"))
    }

    /// Reads `proc` and `sys` below `root`.
    fn with_root(root: &Path) -> Self {
        Self {
            memory: Mutex::new(Memory::new(root)),
            is_over: AtomicBool::new(false),
            told_unknown: AtomicBool::new(false),
        }
    }

    /// Reads them from now on below another root: for tests, which cannot make a machine short of memory.
    pub fn look_below(&self, root: &Path) {
        *self.memory.lock() = Memory::new(root);
    }

    /// Whether new clients are to be refused.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Memory in use and what may be used, as of now. Reads a few files of the kernel.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn usage(&self) -> io::Result<Usage> {
        self.memory.lock().usage()
    }

    /// Looks at the memory; `percent` is the mark as it is set now, `None` = off. Gives what there is to log. One caller at
    /// a time. Reads a few files of the kernel, which never wait for a disk.
    #[must_use]
    pub fn look(&self, percent: Option<u8>) -> Option<Change> {
        let was_over = self.is_over();
        let Some(mark_percent) = percent else {
            self.is_over.store(false, Ordering::Relaxed);
            return was_over.then_some(Change::Off);
        };
        let usage = match self.memory.lock().usage() {
            Ok(usage) => usage,
            Err(error) => {
                self.is_over.store(false, Ordering::Relaxed);
                let is_told = self.told_unknown.swap(true, Ordering::Relaxed);
                return (was_over || !is_told).then_some(Change::Unknown(error));
            }
        };
        let resume_percent = resume_percent(mark_percent);
        let is_over = if was_over {
            usage.is_at_least(resume_percent)
        } else {
            usage.is_above(mark_percent)
        };
        self.is_over.store(is_over, Ordering::Relaxed);
        match (was_over, is_over) {
            (false, true) => Some(Change::Over {
                usage,
                mark_percent,
                resume_percent,
            }),
            (true, false) => Some(Change::Below {
                usage,
                resume_percent,
            }),
            _ => None,
        }
    }
}

impl Default for Overload {
    fn default() -> Self {
        Self::new()
    }
}

/// Never 0: nothing is below that.
fn resume_percent(mark_percent: u8) -> u8 {
    mark_percent - HYSTERESIS_POINTS.min(mark_percent / 2)
}

// === impl Usage ===

impl Usage {
    fn is_above(self, percent: u8) -> bool {
        self.hundredfold() > self.share(percent)
    }

    fn is_at_least(self, percent: u8) -> bool {
        self.hundredfold() >= self.share(percent)
    }

    fn hundredfold(self) -> u128 {
        u128::from(self.used) * 100
    }

    fn share(self, percent: u8) -> u128 {
        u128::from(self.limit) * u128::from(percent)
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.hundredfold() / u128::from(self.limit.max(1));
        let (used, limit) = (self.used >> 20, self.limit >> 20);
        write!(f, "{used} MiB of {limit} MiB ({percent} %)")
    }
}

// === impl Change ===

impl Change {
    /// Whether an operator should act; the rest is for information.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(self, Self::Over { .. } | Self::Unknown(_))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Over {
                usage,
                mark_percent,
                resume_percent,
            } => write!(
                f,
                "memory in use is above overload.memory_high_watermark={mark_percent}%: {usage}; new clients are \
                 refused until it is below {resume_percent} %"
            ),
            Self::Below {
                usage,
                resume_percent,
            } => write!(
                f,
                "memory in use is below {resume_percent} % again: {usage}; new clients are accepted"
            ),
            Self::Off => f.write_str("overload.memory_high_watermark is off; new clients are accepted"),
            Self::Unknown(error) => write!(
                f,
                "overload.memory_high_watermark has no effect: cannot tell how much memory is in use ({error}); no \
                 client is refused because of it"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
