//! The file on the disk: whether it changed, and its content, bounded.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::file_stamp::FileStamp;
use vmq_passwd::FileFault;

/// Most bytes of a rule file that are read.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why a file was not used.
#[derive(Debug, thiserror::Error)]
pub enum LoadFault {
    /// It is missing, or the system does not let us read it.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// A directory, a pipe, a device.
    #[error("not a regular file")]
    NotRegular,
    /// Larger than [`FILE_BYTES_MAX`].
    #[error("larger than 64 MiB")]
    TooLarge,
    /// It has a bad line.
    #[error(transparent)]
    Line(#[from] FileFault),
}

/// A path, and what was found there last.
pub(super) struct Source {
    path: PathBuf,
    seen: Option<FileStamp>,
    /// `seen` is old enough to be believed; until then the file is read once more.
    settled: bool,
    /// Of the content that was last parsed, well or badly.
    content_hash: Option<u64>,
    hasher: ahash::RandomState,
    /// The failure that was logged last, until a success.
    complaint: Option<String>,
}

/// What a look at the path found.
pub(super) enum Read {
    /// Nothing new.
    Same,
    Content(Vec<u8>),
    Failed(LoadFault),
}

impl Source {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            seen: None,
            settled: false,
            content_hash: None,
            hasher: ahash::RandomState::new(),
            complaint: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The content, if it differs from what was returned before.
    pub(super) fn read(&mut self) -> Read {
        match self.read_changed() {
            Ok(None) => Read::Same,
            Ok(Some(bytes)) => {
                let hash = Some(self.hasher.hash_one(&bytes));
                if self.content_hash == hash {
                    return Read::Same;
                }
                self.content_hash = hash;
                Read::Content(bytes)
            }
            Err(fault) => {
                // Whatever comes back is read anew, and ends the complaint.
                self.seen = None;
                self.content_hash = None;
                Read::Failed(fault)
            }
        }
    }

    /// The rules of the file are in force: the next failure is news.
    pub(super) fn succeeded(&mut self) {
        self.complaint = None;
    }

    /// Whether the failure is news, to be logged.
    pub(super) fn failed(&mut self, fault: &LoadFault) -> bool {
        let text = fault.to_string();
        let news = self.complaint.as_ref() != Some(&text);
        self.complaint = Some(text);
        news
    }

    fn read_changed(&mut self) -> Result<Option<Vec<u8>>, LoadFault> {
        // Looked at before it is opened: opening a pipe would wait for its other end.
        let metadata = fs::metadata(&self.path)?;
        if !metadata.is_file() {
            return Err(LoadFault::NotRegular);
        }
        if self.settled && self.seen == Some(FileStamp::of(&metadata)) {
            return Ok(None);
        }
        if metadata.len() > FILE_BYTES_MAX {
            return Err(LoadFault::TooLarge);
        }
        let file = File::open(&self.path)?;
        // Taken before reading: what is written meanwhile shows as a change the next time.
        let stamp = FileStamp::of(&file.metadata()?);
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(LoadFault::TooLarge);
        }
        self.settled = stamp.is_settled(SystemTime::now());
        self.seen = Some(stamp);
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn content_comes_once_failures_come_always() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rules");
        let mut source = Source::new(path.clone());
        assert!(matches!(source.read(), Read::Failed(LoadFault::Unreadable(_))));
        assert!(matches!(source.read(), Read::Failed(LoadFault::Unreadable(_))));
        fs::write(&path, "one").unwrap();
        assert!(matches!(source.read(), Read::Content(bytes) if bytes == b"one"));
        assert!(matches!(source.read(), Read::Same));
        // Same size, same inode, perhaps the same tick of the clock.
        fs::write(&path, "two").unwrap();
        assert!(matches!(source.read(), Read::Content(bytes) if bytes == b"two"));
        assert!(matches!(source.read(), Read::Same));
    }

    #[test]
    fn an_old_file_is_not_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rules");
        fs::write(&path, "one").unwrap();
        let mut source = Source::new(path.clone());
        assert!(matches!(source.read(), Read::Content(_)));
        source.settled = true;
        source.content_hash = None;
        assert!(matches!(source.read(), Read::Same), "the stamp alone decides");
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(UNIX_EPOCH)
            .unwrap();
        assert!(matches!(source.read(), Read::Content(_)));
    }

    #[test]
    fn odd_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut source = Source::new(dir.path().to_owned());
        assert!(matches!(source.read(), Read::Failed(LoadFault::NotRegular)));
        let mut source = Source::new("/dev/zero".into());
        assert!(matches!(source.read(), Read::Failed(LoadFault::NotRegular)));
        let path = dir.path().join("large");
        File::create(&path).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
        assert!(matches!(
            Source::new(path).read(),
            Read::Failed(LoadFault::TooLarge)
        ));
    }
}
