//! Settings that outlive a restart: `vmq-admin set --persist` writes them to `conf.d/90-admin.conf` beside the main file
//! (admin.md 19, 15), one line a key. What was written is read back by way of the main file; if it does not count there,
//! the old file comes back and nothing is said to be saved.

use crate::replace_file;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use vmq_config::{Faults, Loaded, Origin};

/// Below the folder of the main file.
const NAME: &str = "conf.d/90-admin.conf";

/// A file of more bytes is not ours.
const BYTES_MAX: u64 = 1024 * 1024;

const HEAD: &str = "# Written by vmq-admin --persist. Lines may be removed; others are kept.\n";

/// Saved lines that are to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// That of a setting.
    Key(String),
    /// Those of a key and of all below it, such as `listener.tcp.name`.
    Family(String),
}

/// Why nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum PersistFault {
    #[error("can't write {} due to {error}", file.display())]
    Io { file: PathBuf, error: io::Error },
    #[error("{key} can't be saved: its value has a line end, a quote or a reference in it")]
    Value { key: String },
    #[error("{key} can't be saved: {} does not include {NAME} after its own lines", main.display())]
    NotRead { key: String, main: PathBuf },
    #[error("the saved file would not be read: {0}")]
    Faults(#[from] Faults),
}

/// Where settings are saved that belong to this main file.
#[must_use]
pub fn file_of(main: &Path) -> PathBuf {
    main.parent().unwrap_or(Path::new("")).join(NAME)
}

/// Saves values for the next start. Blocks on the disk.
///
/// # Errors
/// The file cannot be written, or would not count; it is then as it was.
pub fn write(main: &Path, values: &[(String, String)]) -> Result<(), PersistFault> {
    let file = file_of(main);
    let io = |error| PersistFault::Io {
        file: file.clone(),
        error,
    };
    let old = read(&file).map_err(io)?;
    let text = merged(old.as_deref().unwrap_or(HEAD), values)?;
    replace(&file, &text).map_err(io)?;
    let Err(fault) = check(main, values) else {
        return Ok(());
    };
    match old {
        Some(old) => replace(&file, &old),
        None => fs::remove_file(&file),
    }
    .map_err(io)?;
    Err(fault)
}

/// Removes saved lines, for the next start. Gives how many there were. Blocks on the disk.
///
/// # Errors
/// The file cannot be written, or nothing could be read without the lines; it is then as it was.
pub fn forget(main: &Path, which: &[Forget]) -> Result<usize, PersistFault> {
    let file = file_of(main);
    let io = |error| PersistFault::Io {
        file: file.clone(),
        error,
    };
    let Some(old) = read(&file).map_err(io)? else {
        return Ok(0);
    };
    let goes = |line: &&str| which.iter().any(|forget| forget.is(key_of(line)));
    let (gone, left): (Vec<&str>, Vec<&str>) = old.lines().partition(goes);
    if gone.is_empty() {
        return Ok(0);
    }
    let text: String = left.iter().map(|line| format!("{line}\n")).collect();
    replace(&file, &text).map_err(io)?;
    let Err(faults) = load(main) else {
        return Ok(gone.len());
    };
    replace(&file, &old).map_err(io)?;
    Err(faults.into())
}

/// What the next start would read.
///
/// # Errors
/// The faults of the file.
pub fn load(main: &Path) -> Result<Loaded, Faults> {
    vmq_config::load(main, &|name| std::env::var(name).ok())
}

/// Whether a setting's value is from the saved file.
#[must_use]
pub fn is_saved(origin: &Origin) -> bool {
    origin.position().is_some_and(|at| at.file.ends_with(NAME))
}

impl Forget {
    fn is(&self, key: &str) -> bool {
        match self {
            Self::Key(forgotten) => forgotten == key,
            Self::Family(first) => key
                .strip_prefix(first.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        }
    }
}

fn key_of(line: &str) -> &str {
    line.split('=').next().unwrap_or_default().trim()
}

/// `None` = there is no such file.
fn read(file: &Path) -> io::Result<Option<String>> {
    let mut text = String::new();
    match File::open(file) {
        Ok(opened) => opened.take(BYTES_MAX + 1).read_to_string(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match text.len() as u64 > BYTES_MAX {
        true => Err(io::Error::other("it is larger than 1 MiB")),
        false => Ok(Some(text)),
    }
}

/// The old lines without those of the keys, and a new line for each key.
fn merged(old: &str, values: &[(String, String)]) -> Result<String, PersistFault> {
    let is_replaced = |line: &&str| values.iter().any(|(replaced, _)| replaced == key_of(line));
    let mut text: String = old
        .lines()
        .filter(|line| !is_replaced(line))
        .map(|line| format!("{line}\n"))
        .collect();
    for (key, value) in values {
        if value.contains(['\n', '\r', '\'']) || value.contains("$(") {
            return Err(PersistFault::Value { key: key.clone() });
        }
        text.push_str(&format!("{key} = '{value}'\n"));
    }
    Ok(text)
}

/// Never half a file: a start reads the old one or the new one.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // Keys may be in it.
    replace_file::replace(file, text.as_bytes(), 0o640)
}

/// Whether the next start would see the values.
fn check(main: &Path, values: &[(String, String)]) -> Result<(), PersistFault> {
    let loaded = load(main)?;
    for (key, value) in values {
        if loaded.get(key).is_none_or(|setting| setting.value != *value) {
            return Err(PersistFault::NotRead {
                key: key.clone(),
                main: main.to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect()
    }

    fn main_file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("vernemq.conf");
        fs::write(&main, text).unwrap();
        (folder, main)
    }

    #[test]
    fn a_key_has_one_line_and_other_lines_stay() {
        let (_folder, main) = main_file("retry_interval = 1\ninclude conf.d/*.conf\n");
        write(
            &main,
            &values(&[("retry_interval", "2"), ("max_message_rate", "7")]),
        )
        .unwrap();
        write(&main, &values(&[("retry_interval", "3")])).unwrap();
        let text = fs::read_to_string(file_of(&main)).unwrap();
        assert_eq!(
            text,
            format!("{HEAD}max_message_rate = '7'\nretry_interval = '3'\n")
        );
        let loaded = vmq_config::load(&main, &|_| None).unwrap();
        assert_eq!(loaded.get("retry_interval").unwrap().value, "3");
    }

    #[test]
    fn what_would_not_count_is_taken_back() {
        let (_folder, main) = main_file("include conf.d/*.conf\nretry_interval = 1\n");
        let fault = write(&main, &values(&[("retry_interval", "2")])).unwrap_err();
        assert!(
            fault
                .to_string()
                .contains("does not include conf.d/90-admin.conf after"),
            "{fault}"
        );
        assert!(!file_of(&main).exists());
        write(&main, &values(&[("max_message_rate", "7")])).unwrap();
        write(&main, &values(&[("retry_interval", "2")])).unwrap_err();
        let text = fs::read_to_string(file_of(&main)).unwrap();
        assert_eq!(text, format!("{HEAD}max_message_rate = '7'\n"));
        for value in ["a\nallow_anonymous = on", "it's", "$(HOME)"] {
            assert!(write(&main, &values(&[("graphite_prefix", value)])).is_err());
        }
    }
}
