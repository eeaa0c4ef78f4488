//! The file of the keys: JSON, readable by its owner alone, replaced whole, so that a crash leaves the old one or the
//! new one. Nobody can get a key out of it.

use super::{Entry, Scope};
use crate::replace_file::replace;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// In `platform_data_dir`.
pub(super) const NAME: &str = "api_keys.json";

/// Its owner may read and write it.
const MODE: u32 = 0o600;

/// Bytes that are read at most; a full file has a fifth of that.
const BYTES_MAX: u64 = 1024 * 1024;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    keys: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// Hexadecimal.
    sha256: String,
    scope: Scope,
    expires: Option<i64>,
    created: i64,
}

/// The entries of a file; one that is not there has none.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let mut text = Vec::new();
    file.take(BYTES_MAX)
        .read_to_end(&mut text)
        .map_err(|error| error.to_string())?;
    let document: Document = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    if document.version != VERSION {
        return Err(format!("it is of version {}, not {VERSION}", document.version));
    }
    let entries = document.keys.into_iter().map(Line::entry);
    let entries: Option<Vec<Entry>> = entries.collect();
    entries.ok_or_else(|| "a sha256 in it is none".to_owned())
}

/// Replaces the file; it is on disk when this returns.
pub(super) fn write(path: &Path, entries: &[Entry]) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        keys: entries.iter().map(Line::of).collect(),
    };
    let mut text = serde_json::to_vec_pretty(&document)?;
    text.push(b'\n');
    replace(path, &text, MODE)
}

impl Line {
    fn of(entry: &Entry) -> Self {
        Self {
            sha256: to_hex(&entry.hash),
            scope: entry.scope,
            expires: entry.expires,
            created: entry.created,
        }
    }

    fn entry(self) -> Option<Entry> {
        Some(Entry {
            hash: from_hex(&self.sha256)?,
            scope: self.scope,
            expires: self.expires,
            created: self.created,
        })
    }
}

/// Lower case.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}
