//! Archives of a rotated file: `console.log.0` is the newest, `.1` the one before, up to `keep` of them, each plain
//! or gzipped (`.0.gz`).

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Makes room for a new archive and moves the file there. Archives past `keep` (at least 1) are removed, also those
/// left by a larger `keep` of earlier.
pub(super) fn shift(path: &Path, keep: usize) -> io::Result<()> {
    let mut beyond = keep.saturating_sub(1);
    while remove(&plain(path, beyond))? | remove(&gzipped(path, beyond))? {
        beyond += 1;
    }
    for position in (0..keep.saturating_sub(1)).rev() {
        rename(&plain(path, position), &plain(path, position + 1))?;
        rename(&gzipped(path, position), &gzipped(path, position + 1))?;
    }
    fs::rename(path, plain(path, 0))
}

/// Gzips the newest archive. The plain one goes only when the gzipped one is whole.
pub(super) fn compress(path: &Path) -> io::Result<()> {
    let (source, target) = (plain(path, 0), gzipped(path, 0));
    let unfinished = suffixed(path, "0.gz.tmp");
    let mut options = OpenOptions::new();
    let output = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(super::file::FILE_MODE)
        .open(&unfinished)?;
    let mut encoder = GzEncoder::new(output, Compression::default());
    let packed = io::copy(&mut File::open(&source)?, &mut encoder).and_then(|_| encoder.finish());
    match packed {
        Ok(_) => {
            fs::rename(&unfinished, &target)?;
            fs::remove_file(&source)
        }
        Err(error) => {
            remove(&unfinished)?;
            Err(error)
        }
    }
}

fn plain(path: &Path, position: usize) -> PathBuf {
    suffixed(path, &position.to_string())
}

fn gzipped(path: &Path, position: usize) -> PathBuf {
    suffixed(path, &format!("{position}.gz"))
}

fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether there was something to remove.
fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .expect("a directory")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn archives_move_up_and_the_oldest_go() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("c.log");
        for (name, text) in [
            ("c.log", "now"),
            ("c.log.0", "old"),
            ("c.log.1.gz", "older"),
            ("c.log.2", "oldest"),
        ] {
            fs::write(dir.path().join(name), text).expect("written");
        }
        fs::write(dir.path().join("c.log.3"), "left from a larger keep").expect("written");
        shift(&path, 3).expect("shifted");
        assert_eq!(names(dir.path()), ["c.log.0", "c.log.1", "c.log.2.gz"]);
        assert_eq!(
            fs::read_to_string(dir.path().join("c.log.0")).expect("read"),
            "now"
        );
        assert_eq!(
            fs::read_to_string(dir.path().join("c.log.2.gz")).expect("read"),
            "older"
        );
    }

    #[test]
    fn compression_replaces_the_newest() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("c.log");
        fs::write(dir.path().join("c.log.0"), "text\n".repeat(1000)).expect("written");
        compress(&path).expect("compressed");
        assert_eq!(names(dir.path()), ["c.log.0.gz"]);
        let packed = fs::read(dir.path().join("c.log.0.gz")).expect("read");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&packed[..])
            .read_to_string(&mut text)
            .expect("gzip");
        assert_eq!(text, "text\n".repeat(1000));
    }
}
