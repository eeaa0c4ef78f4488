//! Whether a file is still the one that was read: cheap enough to ask every few seconds. Rule files, keys and
//! certificates are watched with it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file that changed this recently may change again without a new time stamp.
const SETTLING: Duration = Duration::from_secs(2);

/// What changes when a file is written, replaced by a rename, or made readable. The change time catches tools that keep
/// size and modification time. Links are followed: some set-ups rotate certificates by turning a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    /// Of a file that was looked at already.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// `None` = there is no such file, or it cannot be looked at.
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().map(Self::of)
    }

    /// Whether the stamp is old enough to be believed.
    #[must_use]
    pub fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let last = u64::try_from(self.modified.0.max(self.changed.0)).unwrap_or(0);
        last.saturating_add(SETTLING.as_secs()) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settles_after_two_seconds() {
        let stamp = FileStamp {
            device: 1,
            inode: 2,
            bytes: 3,
            modified: (100, 0),
            changed: (101, 0),
        };
        let at = |secs| UNIX_EPOCH + Duration::from_secs(secs);
        assert!(!stamp.is_settled(at(102)) && stamp.is_settled(at(103)) && !stamp.is_settled(at(1)));
        let odd = FileStamp {
            modified: (-5, 0),
            changed: (i64::MIN, 0),
            ..stamp
        };
        assert!(odd.is_settled(at(2)));
    }
}
