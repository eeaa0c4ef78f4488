//! Survey: figures that are not at hand, looked at once a second on a thread that may block, and kept for whoever reads a
//! snapshot or the history (console.md 4.1). Queues are looked at in turns: a second costs a bounded part of one core,
//! however many there are, and the sums are those of the last look at each part of the registry.

use crate::core::Core;
use crate::metrics::process::thread_cpu_time;
use crate::queue::Unacknowledged;
use parking_lot::Mutex;
use rustix::fs::statvfs;
use rustix::process::{Resource, getrlimit};
use std::fs;
use std::time::Duration;

/// CPU time of a second that looking at queues may take, to the end of the part that is being looked at: a thousand
/// queues take about a tenth of it.
const BUDGET: Duration = Duration::from_millis(2);

/// Up to so many open files are counted one by one, where the kernel does not tell their number.
const COUNTED_FILES_MAX: usize = 4096;

/// What was seen last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub waiting: Unacknowledged,
    /// Bytes of the process in memory, and bytes it may use; 0 = not told.
    pub resident: u64,
    pub memory_limit: u64,
    /// Bytes that the message store uses in memory.
    pub store_memory: u64,
    /// Bytes of the disk of the data directory; 0 = not told.
    pub disk_free: u64,
    pub disk_size: u64,
    pub open_files: u64,
    /// `u64::MAX` = there is none.
    pub open_files_limit: u64,
}

/// The figures, and how far the look at the queues has come.
#[derive(Debug, Default)]
pub struct Survey {
    figures: Mutex<Figures>,
    turn: Mutex<Turn>,
}

#[derive(Debug, Default)]
struct Turn {
    /// The part of the registry that is next.
    next: usize,
    parts: Vec<Unacknowledged>,
}

impl Survey {
    /// What was seen last.
    #[must_use]
    pub fn figures(&self) -> Figures {
        *self.figures.lock()
    }

    /// Looks. To be called once a second, on a thread that may block.
    pub fn look(&self, core: &Core) {
        let memory = core.overload.usage().unwrap_or_default();
        let disk = statvfs(&core.config().node.data_dir).ok();
        let blocks = |count: fn(&rustix::fs::StatVfs) -> u64| {
            disk.as_ref()
                .map_or(0, |disk| count(disk).saturating_mul(disk.f_frsize))
        };
        let figures = Figures {
            waiting: self.turn.lock().go_on(core),
            resident: memory.used,
            memory_limit: memory.limit,
            store_memory: core.store.memory_bytes(),
            disk_free: blocks(|disk| disk.f_bavail),
            disk_size: blocks(|disk| disk.f_blocks),
            open_files: open_files(core.descriptors.taken()),
            open_files_limit: getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX),
        };
        *self.figures.lock() = figures;
    }
}

impl Turn {
    /// Looks at further parts, each at most once, as long as there is time; gives the sum of all as they were seen last.
    fn go_on(&mut self, core: &Core) -> Unacknowledged {
        let began = thread_cpu_time();
        let mut looked = 0;
        while looked == 0 || (looked < self.parts.len() && thread_cpu_time().saturating_sub(began) < BUDGET) {
            let Some(queues) = core.registry.part(self.next) else {
                // All have been looked at; from the first one on again, unless this was the first round.
                self.next = 0;
                if looked == self.parts.len() {
                    break;
                }
                continue;
            };
            let seen = queues.iter().map(|queue| queue.unacknowledged()).sum();
            match self.parts.get_mut(self.next) {
                Some(part) => *part = seen,
                None => self.parts.push(seen),
            }
            self.next += 1;
            looked += 1;
        }
        self.parts.iter().copied().sum()
    }
}

/// How many there are: newer kernels tell it as the size of the folder; it is counted where that is cheap, else it is
/// what connections have.
fn open_files(connections: usize) -> u64 {
    let told = fs::metadata("/proc/self/fd").map_or(0, |folder| folder.len());
    match told {
        0 if connections < COUNTED_FILES_MAX => {
            fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() as u64)
        }
        0 => connections as u64,
        told => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_files_are_counted() {
        let before = open_files(0);
        let file = fs::File::open("/proc/self/status").unwrap();
        // Other tests of this process open and close theirs.
        assert!(before > 2 && open_files(0) > 2, "{before}");
        drop(file);
    }
}
