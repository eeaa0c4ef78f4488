//! Looks at the end of the write-ahead log before RocksDB opens it: RocksDB drops a record that was cut off by a crash
//! without a word, and an operator should be told.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const BLOCK: usize = 32 * 1024;
const HEADER: usize = 7;

/// A record at the end of the log that was not written to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TornTail {
    pub(super) records: u64,
    pub(super) bytes: u64,
}

/// Log files of a database, oldest first.
pub(super) fn log_files(database: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(database)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            files.push(path);
        }
    }
    // Names are numbers padded with zeros to one length.
    files.sort();
    Ok(files)
}

/// What is cut off at the end of a log file; `None` if it ends well, or has a layout not known here.
pub(super) fn torn_tail(path: &Path) -> io::Result<Option<TornTail>> {
    let mut file = File::open(path)?;
    let mut walk = Walk::default();
    let mut block = vec![0; BLOCK];
    loop {
        let len = read_full(&mut file, &mut block)?;
        let end = walk.block(&block[..len]);
        if end || len < BLOCK {
            return Ok(walk.torn());
        }
    }
}

fn read_full(file: &mut File, block: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < block.len() {
        match file.read(&mut block[len..])? {
            0 => break,
            read => len += read,
        }
    }
    Ok(len)
}

/// A walk over the records of a log: blocks of 32 KiB hold fragments of header (checksum, length, kind) and data; a
/// record is one whole fragment, or a first, any number of middle ones and a last.
#[derive(Default)]
struct Walk {
    position: u64,
    /// Where the record that has begun and not ended starts.
    open_at: Option<u64>,
    torn: bool,
}

impl Walk {
    /// Takes one block; `true` = nothing after it matters.
    fn block(&mut self, block: &[u8]) -> bool {
        let start = self.position;
        self.position += block.len() as u64;
        let mut at = 0;
        while block.len() - at >= HEADER {
            let len = usize::from(u16::from_le_bytes([block[at + 4], block[at + 5]]));
            let kind = block[at + 6];
            let here = start + at as u64;
            if kind == 0 && len == 0 {
                return true; // preallocated space
            }
            match kind {
                2 => self.open_at = Some(here),
                1 | 4 => self.open_at = None,
                3 => {}
                // Announcements of RocksDB: they are one fragment.
                9..=11 | 130 => {}
                _ => return true,
            }
            if at + HEADER + len > block.len() {
                self.torn = block.len() < BLOCK;
                self.open_at = self.open_at.or(Some(here));
                return true;
            }
            at += HEADER + len;
        }
        let rest = &block[at..];
        if block.len() < BLOCK && rest.iter().any(|&byte| byte != 0) {
            self.torn = true;
            self.open_at = self.open_at.or(Some(start + at as u64));
        }
        false
    }

    fn torn(&self) -> Option<TornTail> {
        let start = self.open_at?;
        Some(TornTail {
            records: 1,
            bytes: self.position - start,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(kind: u8, data: &[u8]) -> Vec<u8> {
        let mut out = vec![1, 2, 3, 4];
        out.extend_from_slice(&u16::try_from(data.len()).unwrap().to_le_bytes());
        out.push(kind);
        out.extend_from_slice(data);
        out
    }

    fn check(bytes: &[u8]) -> Option<u64> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("000001.log");
        std::fs::write(&path, bytes).unwrap();
        torn_tail(&path).unwrap().map(|torn| torn.bytes)
    }

    #[test]
    fn an_end_at_a_record_is_well() {
        assert_eq!(check(b""), None);
        let mut log = fragment(1, b"one");
        log.extend(fragment(1, &[7; 500]));
        assert_eq!(check(&log), None);
        log.extend([0; 100]);
        assert_eq!(check(&log), None, "preallocated");
    }

    #[test]
    fn a_cut_record_is_counted_from_its_start() {
        let whole = fragment(1, b"one");
        let cut = fragment(1, &[7; 500]);
        for len in 1..cut.len() {
            let log = [&whole[..], &cut[..len]].concat();
            assert_eq!(check(&log), Some(len as u64), "cut after {len}");
        }
    }

    #[test]
    fn a_first_fragment_without_its_last_is_torn() {
        let mut log = fragment(1, b"one");
        let start = log.len();
        log.extend(fragment(2, &vec![7; BLOCK - HEADER - start]));
        assert_eq!(log.len(), BLOCK);
        assert_eq!(check(&log), Some((BLOCK - start) as u64));
        log.extend(fragment(4, b"last"));
        assert_eq!(check(&log), None);
    }
}
