//! Putting a finished password file in its place: all of it or nothing, with the right owner and mode.
//!
//! The new content goes to a private file beside the target, reaches the disk, gets the owner and mode of the file it
//! replaces, and takes its name. A reader sees the old file or the new one, a crash leaves one of them.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::file::FILE_BYTES_MAX;

/// Mode of a new password file: nobody but its owner writes, the broker's group reads.
pub const NEW_FILE_MODE: u32 = 0o640;

/// The group that reads a new file made by root.
pub const BROKER_GROUP: &str = "vernemq";

/// Why a file was not written. The target is untouched.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// No file can be made beside the target.
    #[error("cannot create a file beside it: {0}")]
    Create(#[source] io::Error),
    /// The target exists, and should not.
    #[error("it exists")]
    Exists,
    /// The new file cannot be given to the owner and group of the old one.
    #[error("cannot keep its owner and group: {0}")]
    Owner(#[source] io::Error),
    /// Writing, syncing or renaming failed.
    #[error("cannot write it: {0}")]
    Write(#[source] io::Error),
}

/// Reads a file that is about to be replaced. Wants write permission too, so that a file made read-only stays as it is.
///
/// # Errors
/// It cannot be opened, is no regular file, or is larger than [`FILE_BYTES_MAX`].
pub fn read_for_update(path: &Path) -> io::Result<Vec<u8>> {
    read_bounded(OpenOptions::new().read(true).write(true).open(path)?)
}

/// Reads a file.
///
/// # Errors
/// As for [`read_for_update`], without the permission to write.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.is_file() {
        read_bounded(File::open(path)?)
    } else {
        Err(not_regular())
    }
}

/// Keeps other `vmq-passwd` processes out of the directory until the result is dropped, so that two edits of one file
/// both count. `None` where the file system has no locks: then the later edit wins.
#[must_use]
pub fn lock_directory(path: &Path) -> Option<File> {
    let directory = File::open(directory_of(&real_path(path))).ok()?;
    directory.lock().ok().map(|()| directory)
}

/// Writes the file, replacing an old one (whose owner and mode it takes) or making a new one.
///
/// # Errors
/// See [`WriteFault`].
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), WriteFault> {
    let path = real_path(path);
    let old = match fs::metadata(&path) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(WriteFault::Create(error)),
    };
    let draft = Draft::write(&path, bytes, old.as_ref())?;
    fs::rename(&draft.path, &path).map_err(WriteFault::Write)?;
    draft.done(&path);
    Ok(())
}

/// Writes a file that must not exist yet, not even when somebody else makes it in this moment.
///
/// # Errors
/// See [`WriteFault`].
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), WriteFault> {
    let draft = Draft::write(path, bytes, None)?;
    let renamed = match renameat_with(CWD, &draft.path, CWD, path, RenameFlags::NOREPLACE) {
        // Some file systems know only the plain rename.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) if fs::symlink_metadata(path).is_err() => {
            fs::rename(&draft.path, path)
        }
        other => other.map_err(io::Error::from),
    };
    match renamed {
        Ok(()) => draft.done(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(WriteFault::Exists),
        Err(error) => return Err(WriteFault::Write(error)),
    }
    Ok(())
}

/// The new content beside its target; removed again unless it took the target's name.
struct Draft {
    path: PathBuf,
    renamed: bool,
}

impl Draft {
    fn write(target: &Path, bytes: &[u8], old: Option<&Metadata>) -> Result<Self, WriteFault> {
        let path = draft_path(target).map_err(WriteFault::Create)?;
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(WriteFault::Create)?;
        let draft = Self { path, renamed: false };
        file.write_all(bytes).map_err(WriteFault::Write)?;
        give_away(&file, old)?;
        let mode = old.map_or(NEW_FILE_MODE, |old| old.mode() & 0o777);
        file.set_permissions(Permissions::from_mode(mode))
            .map_err(WriteFault::Write)?;
        file.sync_all().map_err(WriteFault::Write)?;
        Ok(draft)
    }

    fn done(mut self, target: &Path) {
        self.renamed = true;
        // The file is in place; that its new name is on disk too is a wish some file systems do not grant.
        if let Ok(directory) = File::open(directory_of(target)) {
            directory.sync_all().ok();
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.renamed {
            fs::remove_file(&self.path).ok();
        }
    }
}

/// The owner of the old file; for a new one made by root, the broker's group where it exists. A file whose owner
/// cannot be kept is not written: the broker might no longer be able to read it.
fn give_away(file: &File, old: Option<&Metadata>) -> Result<(), WriteFault> {
    let new = file.metadata().map_err(WriteFault::Write)?;
    let (owner, group) = match old {
        Some(old) => (
            (old.uid() != new.uid()).then(|| old.uid()),
            (old.gid() != new.gid()).then(|| old.gid()),
        ),
        None if new.uid() == 0 => (None, group_id(BROKER_GROUP)),
        None => (None, None),
    };
    if owner.is_none() && group.is_none() {
        return Ok(());
    }
    fchown(file, owner, group).map_err(WriteFault::Owner)
}

/// A group of `/etc/group`: where package and sysusers put the broker's.
fn group_id(name: &str) -> Option<u32> {
    let text = fs::read_to_string("/etc/group").ok()?;
    let mut fields = text
        .lines()
        .map(|line| line.split(':'))
        .find(|fields| fields.clone().next() == Some(name))?;
    fields.nth(2)?.parse().ok()
}

fn draft_path(target: &Path) -> io::Result<PathBuf> {
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let mut draft = OsString::from(".");
    draft.push(name);
    draft.push(format!(".{:016x}.tmp", u64::from_ne_bytes(random)));
    Ok(target.with_file_name(draft))
}

/// Follows links, so that a link to the password file stays a link.
fn real_path(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn directory_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn read_bounded(file: File) -> io::Result<Vec<u8>> {
    if !file.metadata()?.is_file() {
        return Err(not_regular());
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "Larger than 64 MiB"));
    }
    Ok(bytes)
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "Not a regular file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn new_files_are_0640_old_modes_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pw");
        create(&path, b"one").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"one".to_vec(), 0o640));
        fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        replace(&path, b"two").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"two".to_vec(), 0o604));
        assert_ne!(fs::metadata(&path).unwrap().ino(), inode);
        assert_eq!(names(dir.path()), ["pw"]);
    }

    #[test]
    fn create_never_replaces() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pw");
        fs::write(&path, "old").unwrap();
        assert!(matches!(create(&path, b"new"), Err(WriteFault::Exists)));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(dir.path()), ["pw"]);
    }

    #[test]
    fn links_stay_links() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
    }

    #[test]
    fn missing_directories_and_odd_files_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(
            replace(&dir.path().join("no/pw"), b"x"),
            Err(WriteFault::Create(_))
        ));
        assert!(read_for_update(dir.path()).is_err());
        assert_eq!(read(dir.path()).unwrap_err().to_string(), "Not a regular file");
        assert_eq!(
            read(Path::new("/dev/zero")).unwrap_err().to_string(),
            "Not a regular file"
        );
    }

    #[test]
    fn the_owner_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pw");
        fs::write(&path, "old").unwrap();
        // Only root can give files away; elsewhere this test shows that nothing changes.
        std::os::unix::fs::chown(&path, Some(12), Some(34)).ok();
        let before = fs::metadata(&path).unwrap();
        replace(&path, b"new").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!((before.uid(), before.gid()), (after.uid(), after.gid()));
    }
}
