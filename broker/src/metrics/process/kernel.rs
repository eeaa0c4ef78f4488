//! What the kernel tells of this process, in `/proc/self`.

use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::io;
use std::time::Duration;

const BYTES_PER_KIB: u64 = 1024;

/// One reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kernel {
    /// Bytes in memory.
    pub resident: u64,
    /// Those of them that have no file behind them.
    pub anonymous: u64,
    /// Bytes of program and libraries.
    pub code: u64,
    /// Bytes read from files, pipes and the like.
    pub read: u64,
    /// Bytes written to them, and by gathering writes to sockets.
    pub written: u64,
    pub cpu: Duration,
    /// Context switches of the threads that live.
    pub switches: u64,
}

impl Kernel {
    /// Reads all of it.
    ///
    /// # Errors
    /// A file of `/proc/self` cannot be read.
    pub(super) fn read() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let io = fs::read_to_string("/proc/self/io")?;
        let kib = |name| number(&status, name) * BYTES_PER_KIB;
        Ok(Self {
            resident: kib("VmRSS:"),
            anonymous: kib("RssAnon:"),
            code: kib("VmExe:") + kib("VmLib:"),
            read: number(&io, "rchar:"),
            written: number(&io, "wchar:"),
            cpu: cpu_time(),
            switches: switches()?,
        })
    }
}

/// CPU time of the process, of all its threads.
pub fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// CPU time of this thread: what others do meanwhile is not counted.
pub fn thread_cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

fn switches() -> io::Result<u64> {
    let mut sum = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        // A thread may have ended since.
        let status = fs::read_to_string(thread?.path().join("status")).unwrap_or_default();
        sum += number(&status, "voluntary_ctxt_switches:") + number(&status, "nonvoluntary_ctxt_switches:");
    }
    Ok(sum)
}

/// The first number of the line that begins with `name`; 0 if there is none.
fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_behind_their_name() {
        let text = "Name:\tvernemq\nVmRSS:\t   1234 kB\nnonvoluntary_ctxt_switches:\t7\nvoluntary_ctxt_switches:\t9\n";
        assert_eq!(number(text, "VmRSS:"), 1234);
        assert_eq!(number(text, "voluntary_ctxt_switches:"), 9);
        assert_eq!(number(text, "nonvoluntary_ctxt_switches:"), 7);
        assert_eq!((number(text, "Name:"), number(text, "Vm:")), (0, 0));
    }

    #[test]
    fn this_process_has_figures() {
        let one = Kernel::read().unwrap();
        assert!(
            one.resident > one.anonymous && one.anonymous > 0 && one.code > 0,
            "{one:?}"
        );
        assert!(one.read > 0 && !one.cpu.is_zero() && one.switches > 0, "{one:?}");
    }
}
