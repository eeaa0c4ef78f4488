//! From a path to the settings as written: opens files, follows includes, takes in `$(<file)`.
//!
//! Everything is bounded (bytes, lines, files, depth), nothing recurses, a file that includes itself is refused, and
//! only regular files are opened by include or `$(<file)`. `load` calls it once for each start, check or reload.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fault::{Fault, Faults, Notice, Position};
use crate::key::Key;
use crate::syntax::{self, Statement};

mod glob;

/// Bytes of one file.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Files in all.
const FILES_MAX: usize = 200;
/// Includes inside includes.
const DEPTH_MAX: usize = 10;

/// A setting before anything is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawSetting {
    pub(crate) key: Key,
    pub(crate) text: String,
    pub(crate) at: Position,
}

/// What the files say, in reading order: later settings win.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) settings: Vec<RawSetting>,
    /// In the order in which they were read.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) faults: Faults,
}

/// Reads a file and what it includes. Errors: the first thing that keeps a file from being read to its end.
pub(crate) fn read(path: &Path) -> Result<Source, Faults> {
    let mut source = Source {
        files: vec![path.to_owned()],
        ..Source::default()
    };
    // The files that lead to the one being read, each included by the one before it.
    let mut open = vec![Frame::open(path, None)?];
    while let Some(frame) = open.last_mut() {
        if let Some((file, at)) = frame.included.pop() {
            let next = Frame::open(&file, Some(&at))?;
            check_bounds(&open, source.files.len(), &next, &at)?;
            source.files.push(file);
            open.push(next);
        } else if let Some(statement) = frame.statements.next() {
            source.follow(statement, frame);
        } else {
            open.pop();
        }
    }
    Ok(source)
}

/// Settings of a text that is no file: tests, and values that arrive by other ways.
pub(crate) fn read_text(text: &str, name: &str) -> Result<Source, Faults> {
    let file: Arc<str> = Arc::from(name);
    let statements = syntax::parse(text).map_err(|error| syntax_fault(&file, error))?;
    let mut source = Source::default();
    for statement in statements {
        match statement {
            Statement::Assign { key, value, line } => {
                let at = Position {
                    file: file.clone(),
                    line,
                };
                source.take(key, value, at, Path::new("."));
            }
            Statement::Include { path, line } => {
                let at = Position {
                    file: file.clone(),
                    line,
                };
                source
                    .notices
                    .push(Notice::new(Some(at), format!("no file to include: {path}")));
            }
        }
    }
    Ok(source)
}

impl Source {
    fn follow(&mut self, statement: Statement, frame: &mut Frame) {
        match statement {
            Statement::Assign { key, value, line } => self.take(key, value, frame.at(line), &frame.folder),
            Statement::Include { path, line } => {
                let at = frame.at(line);
                let files = glob::matches(&frame.folder, &path);
                if files.is_empty() && !path.contains('*') {
                    self.notices.push(Notice::new(
                        Some(at.clone()),
                        format!("no file to include: {path}"),
                    ));
                }
                frame.included = files.into_iter().rev().map(|file| (file, at.clone())).collect();
            }
        }
    }

    fn take(&mut self, key: Key, value: String, at: Position, folder: &Path) {
        let text = match secret_path(&value) {
            None => value,
            Some(path) => match read_secret(&folder.join(path)) {
                Ok(text) => text,
                Err(fault) => return self.faults.push(Fault::new(Some(at), fault)),
            },
        };
        self.settings.push(RawSetting { key, text, at });
    }
}

/// A file that is being read.
struct Frame {
    name: Arc<str>,
    /// Base of its relative includes.
    folder: PathBuf,
    /// What the path leads to, to notice a file that includes itself by another name.
    real: PathBuf,
    /// Files of the last include line that are still to be read, the next one last.
    included: Vec<(PathBuf, Position)>,
    statements: std::vec::IntoIter<Statement>,
}

impl Frame {
    /// `from`: the include line, absent for the main file, which alone may be a pipe.
    fn open(path: &Path, from: Option<&Position>) -> Result<Self, Fault> {
        let name: Arc<str> = Arc::from(path.to_string_lossy());
        let refuse = |error: &io::Error| {
            Fault::new(
                from.cloned(),
                format!("Could not open file ({name}) for Reason {}", reason(error)),
            )
        };
        let bytes = read_bounded(path, from.is_some()).map_err(|error| refuse(&error))?;
        let text = decode(&name, bytes)?;
        let statements = syntax::parse(&text).map_err(|error| syntax_fault(&name, error))?;
        Ok(Self {
            folder: path.parent().map(Path::to_owned).unwrap_or_default(),
            real: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
            included: Vec::new(),
            name,
            statements: statements.into_iter(),
        })
    }

    fn at(&self, line: u32) -> Position {
        Position {
            file: self.name.clone(),
            line,
        }
    }
}

fn check_bounds(open: &[Frame], files: usize, new: &Frame, at: &Position) -> Result<(), Fault> {
    let refuse = |text: String| Err(Fault::new(Some(at.clone()), text));
    if open.iter().any(|frame| frame.real == new.real) {
        return refuse(format!("{} includes itself", new.name));
    }
    if open.len() > DEPTH_MAX {
        return refuse(format!("includes are nested deeper than {DEPTH_MAX}"));
    }
    if files >= FILES_MAX {
        return refuse(format!("more than {FILES_MAX} files are included"));
    }
    Ok(())
}

fn syntax_fault(name: &Arc<str>, error: syntax::SyntaxError) -> Fault {
    let at = Position {
        file: name.clone(),
        line: error.line,
    };
    let text = format!(
        "Syntax error in {name} after line {} column {}, parsing incomplete",
        error.line, error.column
    );
    Fault::new(Some(at), text)
}

/// UTF-8, except in comments, where old files may hold any bytes.
fn decode(name: &Arc<str>, bytes: Vec<u8>) -> Result<String, Fault> {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error.into_bytes(),
    };
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let is_comment = line.trim_ascii_start().starts_with(b"#");
        if !is_comment && str::from_utf8(line).is_err() {
            let at = Position {
                file: name.clone(),
                line: number,
            };
            return Err(Fault::new(
                Some(at),
                format!("Error converting value on line #{number} to unicode"),
            ));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The path of a value that is `$(<path)` and nothing else.
fn secret_path(value: &str) -> Option<&str> {
    let inner = value.strip_prefix("$(<")?.strip_suffix(')')?;
    (!inner.contains(')')).then_some(inner.trim())
}

fn read_secret(path: &Path) -> Result<String, String> {
    let name = path.display();
    let bytes = read_bounded(path, true)
        .map_err(|error| format!("Could not open file ({name}) for Reason {}", reason(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8 text"))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

fn read_bounded(path: &Path, regular_only: bool) -> io::Result<Vec<u8>> {
    if regular_only && !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!(
            "it is larger than {FILE_BYTES_MAX} bytes"
        )));
    }
    Ok(bytes)
}

/// The short names that scripts know from the original, for the errors that happen.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "enoent".to_owned(),
        io::ErrorKind::PermissionDenied => "eacces".to_owned(),
        io::ErrorKind::IsADirectory => "eisdir".to_owned(),
        io::ErrorKind::NotADirectory => "enotdir".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
