//! The output of a file sink: appends lines, rotates by size and by time, opens the file again when somebody else has
//! moved it, and falls back to standard error while it cannot be written.
//!
//! Runs on the sink's writer thread. Directories are made with mode 0750, files with 0640. Only a regular file is
//! rotated: `/dev/stdout` and the like are written and left alone.

use super::keeper::Inbox;
use super::queue::{Backlog, Output};
use super::sink::SinkId;
use super::{archive, schedule};
use jiff::{Timestamp, ZonedDateTime};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use vmq_config::Rotation;

pub(super) const FILE_MODE: u32 = 0o640;
const DIR_MODE: u32 = 0o750;
/// How often the file is compared with what its name points to, and how often a failed step is tried again.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The open file and what is known of it.
#[derive(Debug)]
struct Opened {
    file: File,
    device: u64,
    inode: u64,
    size: u64,
    regular: bool,
}

impl Opened {
    fn open(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(DIR_MODE).create(parent)?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(FILE_MODE)
            .open(path)?;
        let metadata = file.metadata()?;
        Ok(Self {
            file,
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            regular: metadata.is_file(),
        })
    }

    fn is(&self, found: &Metadata) -> bool {
        (self.device, self.inode) == (found.dev(), found.ino())
    }
}

/// The output of one file sink.
pub(super) struct FileOutput {
    id: SinkId,
    path: PathBuf,
    rotation: Rotation,
    opened: Option<Opened>,
    /// When the file was last opened, or last compared with its name.
    checked: Instant,
    /// A rotation that failed is not tried before.
    rotate_not_before: Option<Instant>,
    rotate_at: Option<Timestamp>,
    reopen: Arc<AtomicBool>,
    /// Lines go to `fallback` since something failed.
    failing: bool,
    /// The last line may be written in part.
    torn: bool,
    fallback: Box<dyn Write + Send>,
    packer: Option<JoinHandle<()>>,
    backlog: Arc<Backlog>,
    inbox: Arc<Inbox>,
}

impl FileOutput {
    /// Opens the file; if that fails the lines go to `fallback` (standard error) until it works.
    pub(super) fn open(
        id: SinkId,
        path: PathBuf,
        rotation: Rotation,
        fallback: Box<dyn Write + Send>,
        backlog: Arc<Backlog>,
        inbox: Arc<Inbox>,
    ) -> Self {
        let rotate_at = rotation
            .at
            .and_then(|at| schedule::next_after(&ZonedDateTime::now(), at))
            .map(|due| due.timestamp());
        let mut output = Self {
            id,
            path,
            rotation,
            opened: None,
            checked: Instant::now(),
            rotate_not_before: None,
            rotate_at,
            reopen: Arc::default(),
            failing: false,
            torn: false,
            fallback,
            packer: None,
            backlog,
            inbox,
        };
        output.open_again();
        output
    }

    /// Set by the sink when the file is to be opened again.
    pub(super) fn reopen_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.reopen)
    }

    fn open_again(&mut self) {
        self.checked = Instant::now();
        self.opened = None;
        match Opened::open(&self.path) {
            Ok(opened) => {
                self.torn &= opened.size > 0;
                self.opened = Some(opened);
            }
            Err(error) => self.fail("open", &error),
        }
    }

    /// Follows the file: opened again on request, after somebody moved it, or after a failure; at most once a second
    /// without a request.
    fn follow(&mut self) {
        if self.reopen.swap(false, Ordering::AcqRel) {
            self.open_again();
        } else if self.checked.elapsed() >= CHECK_INTERVAL {
            self.check();
        }
    }

    fn check(&mut self) {
        self.checked = Instant::now();
        let found = fs::metadata(&self.path);
        match (&mut self.opened, found) {
            // The size is taken over: somebody may have truncated the file.
            (Some(opened), Ok(found)) if opened.is(&found) => opened.size = found.len(),
            _ => self.open_again(),
        }
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let Some(opened) = &mut self.opened else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        if std::mem::take(&mut self.torn) {
            opened.file.write_all(b"\n")?;
        }
        opened.file.write_all(line)?;
        opened.size += line.len() as u64;
        Ok(())
    }

    fn rotate_by_time(&mut self) {
        let (Some(due), Some(at)) = (self.rotate_at, self.rotation.at) else {
            return;
        };
        if Timestamp::now() >= due {
            self.rotate_at = schedule::next_after(&ZonedDateTime::now(), at).map(|due| due.timestamp());
            if self.opened.as_ref().is_some_and(|opened| opened.size > 0) {
                self.rotate();
            }
        }
    }

    fn rotate_by_size(&mut self) {
        let (Some(limit), Some(opened)) = (self.rotation.size_bytes, &self.opened) else {
            return;
        };
        if opened.size > limit
            && self
                .rotate_not_before
                .is_none_or(|moment| Instant::now() >= moment)
        {
            self.rotate();
        }
    }

    fn rotate(&mut self) {
        let Some(opened) = self.opened.as_mut().filter(|opened| opened.regular) else {
            return;
        };
        if self.rotation.keep == 0 {
            match opened.file.set_len(0) {
                Ok(()) => opened.size = 0,
                Err(error) => self.rotation_failed(&error),
            }
            return;
        }
        self.wait_for_packer();
        match archive::shift(&self.path, self.rotation.keep) {
            Ok(()) => {
                self.rotate_not_before = None;
                self.open_again();
                if self.rotation.compress {
                    self.pack();
                }
            }
            Err(error) => self.rotation_failed(&error),
        }
    }

    /// Compresses on a thread of its own: a large file takes seconds, and lines keep coming.
    fn pack(&mut self) {
        let (path, inbox, id) = (self.path.clone(), Arc::clone(&self.inbox), self.id);
        let job = self.backlog.begin();
        let packer = thread::Builder::new().name("log-gzip".to_owned()).spawn(move || {
            let _job = job;
            if let Err(error) = archive::compress(&path) {
                inbox.report(id, format!("can't compress {}.0 due to {error}", path.display()));
            }
        });
        match packer {
            Ok(packer) => self.packer = Some(packer),
            Err(error) => self.inbox.report(
                id,
                format!("can't compress {}.0 due to {error}", self.path.display()),
            ),
        }
    }

    fn wait_for_packer(&mut self) {
        if self.packer.take().is_some_and(|packer| packer.join().is_err()) {
            self.inbox.report(
                self.id,
                format!("compression of {}.0 broke off", self.path.display()),
            );
        }
    }

    /// The lines stay in the file as it is; a notice once, the next attempt later.
    fn rotation_failed(&mut self, error: &io::Error) {
        if self.rotate_not_before.is_none() {
            let notice = format!("can't rotate log file {} due to {error}", self.path.display());
            self.say(&notice);
            self.inbox.report(self.id, notice);
        }
        self.rotate_not_before = Some(Instant::now() + CHECK_INTERVAL);
    }

    /// Begins the fallback, with one line that says so.
    fn fail(&mut self, step: &str, error: &io::Error) {
        if !std::mem::replace(&mut self.failing, true) {
            let notice = format!("can't {step} log file {} due to {error}", self.path.display());
            self.say(&format!(
                "{notice}, its lines go to standard error until it works again"
            ));
            self.inbox.report(self.id, notice);
        }
    }

    fn recover(&mut self) {
        if std::mem::take(&mut self.failing) {
            let notice = format!("log file {} is written again", self.path.display());
            self.say(&notice);
            self.inbox.report(self.id, notice);
        }
    }

    fn say(&mut self, notice: &str) {
        let line = format!(
            "{} [error]: {notice}\n",
            ZonedDateTime::now().strftime("%Y-%m-%dT%H:%M:%S%.6f%:z")
        );
        self.fall_back(line.as_bytes());
    }

    fn fall_back(&mut self, line: &[u8]) {
        // The last resort: if standard error is gone too there is nobody left to tell.
        drop(self.fallback.write_all(line));
    }
}

impl Output for FileOutput {
    fn line(&mut self, line: &[u8]) {
        self.follow();
        self.rotate_by_time();
        match self.append(line) {
            Ok(()) => {
                self.recover();
                self.rotate_by_size();
            }
            Err(error) => {
                if self.opened.take().is_some() {
                    self.torn = true;
                    self.fail("write", &error);
                }
                self.fall_back(line);
            }
        }
    }

    fn idle(&mut self) {
        self.follow();
    }
}

impl Drop for FileOutput {
    fn drop(&mut self) {
        self.wait_for_packer();
    }
}

#[cfg(test)]
mod tests;
