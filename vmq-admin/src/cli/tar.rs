//! A tar file (POSIX ustar) of small texts, written from front to back: enough for a bundle, and nothing else.

use std::io::{self, Write};

/// Everything is a multiple of it.
const BLOCK: usize = 512;

/// An archive in the making.
pub(super) struct Archive<W> {
    out: W,
    /// Everything lies below it.
    folder: String,
    /// Time of every file, in seconds.
    unix_secs: u64,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(out: W, folder: String, unix_secs: u64) -> Self {
        Self {
            out,
            folder,
            unix_secs,
        }
    }

    /// Adds a file.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = format!("{}/{name}", self.folder);
        self.out.write_all(&head(&path, content.len(), self.unix_secs)?)?;
        self.out.write_all(content)?;
        let rest = content.len() % BLOCK;
        if rest > 0 {
            self.out.write_all(&[0; BLOCK][rest..])?;
        }
        Ok(())
    }

    /// Ends the archive: two empty blocks.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.flush()
    }
}

/// The block before a file: its name, mode, size, time and a sum of it all.
fn head(path: &str, length: usize, unix_secs: u64) -> io::Result<[u8; BLOCK]> {
    // Name, mode, user, group, size, time, sum, type, link, magic.
    let fields = [
        (0, 100, path.to_owned()),
        (100, 8, "0000600".to_owned()),
        (108, 8, "0000000".to_owned()),
        (116, 8, "0000000".to_owned()),
        (124, 12, format!("{length:011o}")),
        (136, 12, format!("{unix_secs:011o}")),
        (148, 8, "        ".to_owned()),
        (156, 1, "0".to_owned()),
        (257, 8, "ustar\u{0}00".to_owned()),
    ];
    let mut block = [0; BLOCK];
    for (at, room, text) in fields {
        if text.len() > room {
            return Err(io::Error::other("too long for a tar file"));
        }
        block[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    // With blanks in its own place.
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\u{0} ").as_bytes());
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_those_of_the_standard() {
        let mut archive = Archive::new(Vec::new(), "f".to_owned(), 0o17);
        archive.add("a.txt", b"hello").unwrap();
        archive.add("b.txt", &[b'x'; BLOCK]).unwrap();
        archive.out.write_all(&[0; 2 * BLOCK]).unwrap();
        let bytes = archive.out;
        assert_eq!(bytes.len(), (1 + 1 + 1 + 1 + 2) * BLOCK);
        assert_eq!(&bytes[..7], b"f/a.txt");
        assert_eq!(&bytes[124..148], b"00000000005\x0000000000017\0");
        assert_eq!(&bytes[257..265], b"ustar\x0000");
        let sum: u32 = (0..BLOCK)
            .map(|at| {
                if (148..156).contains(&at) {
                    32
                } else {
                    u32::from(bytes[at])
                }
            })
            .sum();
        assert_eq!(&bytes[148..156], format!("{sum:06o}\u{0} ").as_bytes());
        assert_eq!(&bytes[BLOCK..BLOCK + 5], b"hello");
        let mut none = Archive::new(Vec::new(), "f".repeat(100), 0);
        assert!(none.add("x", b"").is_err());
    }
}
