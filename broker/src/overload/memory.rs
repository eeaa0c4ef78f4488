//! How much memory this process uses, and how much it may use, as the kernel tells it.

use super::Usage;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

const BYTES_PER_KIB: u64 = 1024;

/// Where the figures are read.
///
/// In use is the resident set of this process: what would be given back if it ended, and what `ps` and `top` show. The
/// figure of the control group would count the page cache of the store as well, which the kernel takes back when it is
/// needed: a broker with a large store would refuse clients with most of its memory free. Pages that are swapped out are
/// not counted; a machine that swaps is beyond what this mark can help with.
///
/// What may be used is the memory of the machine, or the least limit of the control groups around the process.
#[derive(Debug)]
pub(super) struct Memory {
    root: PathBuf,
}

impl Memory {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// Reads both.
    ///
    /// # Errors
    /// One of them is not told.
    pub(super) fn usage(&self) -> io::Result<Usage> {
        let used = field(&self.read("proc/self/status")?, "VmRSS:")
            .ok_or_else(|| io::Error::other("no VmRSS in /proc/self/status"))?;
        let limit = self
            .limit()
            .ok_or_else(|| io::Error::other("neither /proc/meminfo nor a control group names a limit"))?;
        Ok(Usage { used, limit })
    }

    fn limit(&self) -> Option<u64> {
        let machine = self
            .read("proc/meminfo")
            .ok()
            .and_then(|text| field(&text, "MemTotal:"));
        let groups = self.read("proc/self/cgroup").unwrap_or_default();
        let groups = groups.lines().filter_map(|line| self.group_limit(line));
        // A group limited to nothing runs nothing: such a figure is none.
        machine.into_iter().chain(groups).filter(|bytes| *bytes > 0).min()
    }

    /// The least limit on the way from the group of a line of `/proc/self/cgroup` up to the root.
    fn group_limit(&self, line: &str) -> Option<u64> {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, group) = (parts.next()?, parts.next()?, parts.next()?);
        let (mount, file) = if controllers.is_empty() {
            ("sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            return None;
        };
        // Seen from inside a container, the group may lie outside of what is mounted: then only the top is looked at.
        let group = Path::new(group.trim_start_matches('/'));
        let is_inside = group
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        let group = if is_inside { group } else { Path::new("") };
        group
            .ancestors()
            .filter_map(|group| {
                let text = self.read(Path::new(mount).join(group).join(file)).ok()?;
                // `max`, or a number beyond all memory, is no limit.
                text.trim().parse().ok()
            })
            .min()
    }

    fn read(&self, path: impl AsRef<Path>) -> io::Result<String> {
        fs::read_to_string(self.root.join(path))
    }
}

/// A line such as `VmRSS:     1234 kB`, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(BYTES_PER_KIB)
}
