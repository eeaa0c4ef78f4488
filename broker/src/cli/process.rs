//! Another process, seen from outside: does it live, is it ours. For `stop`, which returns only when the daemon is gone,
//! and for the pid file of a daemon that was killed.

use std::fs;
use std::path::Path;

/// A process that was alive when it was looked at. A later process with the same id is not taken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// In clock ticks since boot.
    started: u64,
}

impl Process {
    /// The process with this id; `None` = it has ended, also when nobody has collected it yet.
    pub(super) fn find(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may contain anything.
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut fields = fields.split(' ');
        let state = fields.next()?;
        // Field 22 of proc(5); the state is field 3.
        let started = fields.nth(18)?.parse().ok()?;
        (!matches!(state, "Z" | "X" | "x")).then_some(Self { pid, started })
    }

    /// Whether it still lives.
    pub(super) fn is_alive(self) -> bool {
        Self::find(self.pid) == Some(self)
    }

    /// The daemon that wrote this pid file, if it lives.
    pub(super) fn of_pid_file(path: &Path) -> Option<Self> {
        let pid = fs::read_to_string(path).ok()?.trim().parse().ok()?;
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        (name.trim_end() == "vernemq").then(|| Self::find(pid)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_is_gone_before_it_is_collected() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let process = Process::find(child.id()).unwrap();
        assert!(process.is_alive());
        drop(child.stdin.take());
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while process.is_alive() {
            assert!(std::time::Instant::now() < end, "cat does not end");
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert_eq!(Process::find(child.id()), None);
    }

    #[test]
    fn a_pid_file_must_name_a_daemon() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vernemq.pid");
        assert_eq!(Process::of_pid_file(&path), None);
        std::fs::write(&path, format!("{}\n", std::process::id())).unwrap();
        assert_eq!(Process::of_pid_file(&path), None, "a test is no daemon");
        std::fs::write(&path, "x").unwrap();
        assert_eq!(Process::of_pid_file(&path), None);
    }
}
