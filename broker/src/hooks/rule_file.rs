//! A file of rules that is read again when it changes: the password file and the ACL file.
//!
//! What holds: the rules in force are those of one whole file that was good. A missing, unreadable or bad file changes
//! nothing, so that no fault of a moment (an editor, a full descriptor table) opens or empties the broker; before the
//! first good file there are the default rules, which deny. Readers share the rules by `Arc` and never wait for a disk.
//!
//! No timers here: the broker calls [`RuleFile::reload_if_changed`] at the configured interval, from a thread that may
//! block. The providers call [`RuleFile::current`]; sessions that remember decisions compare [`RuleFile::generation`].

mod source;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;
use vmq_passwd::{FileFault, FileWarning};

pub use source::{FILE_BYTES_MAX, LoadFault};
use source::{Read, Source};

/// Turns a whole file into rules.
pub type Parse<T> = fn(&[u8]) -> Result<(T, Vec<FileWarning>), FileFault>;

/// Which file it is: its name in log lines, and how bad it is when nobody can read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Acl,
    Password,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acl => "acl",
            Self::Password => "password",
        })
    }
}

/// What a look at the file brought.
#[derive(Debug)]
pub enum Reload {
    /// The file is as it was when it was last looked at, good or bad.
    Unchanged,
    /// New rules are in force.
    Replaced,
    /// The file cannot be used, the rules stay as they were.
    Refused(LoadFault),
}

/// Rules, and the file they come from.
pub struct RuleFile<T> {
    kind: Kind,
    parse: Parse<T>,
    current: ArcSwap<T>,
    /// Grows when `current` is another one.
    generation: AtomicU64,
    /// Held while reading the disk: one load at a time, in order.
    source: Mutex<Source>,
}

impl<T: Default> RuleFile<T> {
    /// Default rules, generation 0; the file is not looked at yet.
    pub fn new(kind: Kind, path: impl Into<PathBuf>, parse: Parse<T>) -> Self {
        Self {
            kind,
            parse,
            current: ArcSwap::default(),
            generation: AtomicU64::new(0),
            source: Mutex::new(Source::new(path.into())),
        }
    }
}

impl<T> RuleFile<T> {
    /// The rules in force, for the time of a decision. Every message asks: there is no lock and no reference count that
    /// the workers would take from each other.
    pub fn current(&self) -> Guard<Arc<T>> {
        self.current.load()
    }

    /// Changes after the rules do. A decision taken after looking at it holds while it is the same.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The file that is watched.
    pub fn path(&self) -> PathBuf {
        self.source.lock().path().to_owned()
    }

    /// Reads the file at start. A file that cannot be used counts as empty and is logged; the broker starts, and
    /// denies what the file would have allowed.
    pub fn load_first(&self) -> Reload {
        self.load(&mut self.source.lock())
    }

    /// Reads the file if it changed since the last look.
    pub fn reload_if_changed(&self) -> Reload {
        self.load(&mut self.source.lock())
    }

    /// Watches another file from now on, and reads it at once. If it cannot be used the rules of the old one stay.
    pub fn set_source(&self, path: impl Into<PathBuf>) -> Reload {
        let mut source = self.source.lock();
        let path = path.into();
        if path != source.path() {
            *source = Source::new(path);
        }
        self.load(&mut source)
    }

    fn load(&self, source: &mut Source) -> Reload {
        let result = match source.read() {
            Read::Same => return Reload::Unchanged,
            Read::Content(bytes) => (self.parse)(&bytes).map_err(LoadFault::from),
            Read::Failed(fault) => Err(fault),
        };
        match result {
            Ok((rules, warnings)) => {
                source.succeeded();
                self.replace(rules);
                self.tell(source.path(), &warnings);
                Reload::Replaced
            }
            Err(fault) => {
                if source.failed(&fault) {
                    self.complain(source.path(), &fault);
                }
                Reload::Refused(fault)
            }
        }
    }

    fn replace(&self, rules: T) {
        self.current.store(Arc::new(rules));
        // After the rules: whoever sees the new number decides by the new rules.
        self.generation.fetch_add(1, Ordering::Release);
    }

    fn tell(&self, path: &Path, warnings: &[FileWarning]) {
        let (kind, path) = (self.kind, path.display());
        tracing::info!("loaded {kind} file {path}");
        for warning in warnings {
            tracing::warn!("{kind} file {path}, {warning}");
        }
    }

    fn complain(&self, path: &Path, fault: &LoadFault) {
        let (kind, path) = (self.kind, path.display());
        match (kind, fault) {
            // A broker without a password file is a usual thing: other plugins may authenticate.
            (Kind::Password, LoadFault::Unreadable(_)) => {
                tracing::warn!("can't load {kind} file {path} due to {fault}");
            }
            _ => tracing::error!("can't load {kind} file {path} due to {fault}"),
        }
    }
}

/// Reads and parses a file without putting anything in force, as `chkconfig` does.
///
/// # Errors
/// The file cannot be read or has a bad line.
pub fn check_file<T>(path: &Path, parse: Parse<T>) -> Result<(T, Vec<FileWarning>), LoadFault> {
    match Source::new(path.to_owned()).read() {
        Read::Content(bytes) => Ok(parse(&bytes)?),
        Read::Failed(fault) => Err(fault),
        Read::Same => Err(LoadFault::NotRegular),
    }
}

#[cfg(test)]
mod tests;
