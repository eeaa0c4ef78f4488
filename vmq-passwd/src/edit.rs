//! Changes to a password file, as functions from old bytes to new bytes.
//!
//! Lines that a change does not touch are kept byte for byte, comments and malformed ones included: the tool must not
//! lose what it does not understand. The caller writes the result with [`crate::replace`].

use crate::file::{USERNAME_BYTES_MAX, split_user};
use crate::hash::{Hashed, Scheme, looks_hashed};

/// Why a user name cannot stand in a password file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// The colon, or a line end, would end the name early.
    #[error("Username must not contain the ':' character.")]
    Separator,
    /// Longer than an MQTT string.
    #[error("Username must not be longer than 65535 bytes.")]
    TooLong,
    /// Nearly always an unset variable in a script.
    #[error("Username must not be empty.")]
    Empty,
    /// The broker would take the line for a comment.
    #[error("Username must not start with the '#' character.")]
    Comment,
}

/// Why plain passwords could not be hashed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum HashFault {
    /// A user without a password.
    #[error("line {line}: Empty password.")]
    Empty {
        /// Counted from 1.
        line: usize,
    },
    /// A user name that cannot stand in the file.
    #[error("line {line}: {fault}")]
    Name {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// No salt to be had.
    #[error("No random numbers available. {0}")]
    Random(#[from] getrandom::Error),
}

/// The result of [`hash_plain`].
#[derive(Debug, PartialEq, Eq)]
pub struct HashedLines {
    /// The new file.
    pub bytes: Vec<u8>,
    /// Lines that looked hashed already and were kept, counted from 1.
    pub skipped: Vec<usize>,
}

/// Checks a user name that is about to be written.
///
/// # Errors
/// The first reason against it.
pub fn check_name(name: &[u8]) -> Result<(), NameFault> {
    if name.is_empty() {
        Err(NameFault::Empty)
    } else if name.iter().any(|byte| matches!(byte, b':' | b'\r' | b'\n')) {
        Err(NameFault::Separator)
    } else if name.len() > USERNAME_BYTES_MAX {
        Err(NameFault::TooLong)
    } else if name.starts_with(b"#") {
        Err(NameFault::Comment)
    } else {
        Ok(())
    }
}

/// Puts the user's new line where the first old one was, else at the end. Further lines of the user go.
#[must_use]
pub fn set_user(old: &[u8], name: &[u8], hashed: &Hashed) -> Vec<u8> {
    let mut new = Vec::with_capacity(old.len() + name.len() + 256);
    let mut written = false;
    for line in lines(old) {
        if user_of(line) != Some(name) {
            new.extend_from_slice(line);
        } else if !written {
            push_user(&mut new, name, hashed);
            written = true;
        }
    }
    if !written {
        if !new.is_empty() && !new.ends_with(b"\n") {
            new.push(b'\n');
        }
        push_user(&mut new, name, hashed);
    }
    new
}

/// Takes out every line of the user; `None` when there is none.
#[must_use]
pub fn delete_user(old: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let new = lines(old)
        .filter(|line| user_of(line) != Some(name))
        .collect::<Vec<_>>()
        .concat();
    (new.len() != old.len()).then_some(new)
}

/// Hashes the plain password of every `user:password` line. Comments and lines without a colon stay; so do lines that
/// look hashed already, unless `force`.
///
/// # Errors
/// The first line that would become a bad one.
pub fn hash_plain(old: &[u8], scheme: Scheme, force: bool) -> Result<HashedLines, HashFault> {
    let mut result = HashedLines {
        bytes: Vec::with_capacity(old.len() * 2),
        skipped: Vec::new(),
    };
    for (index, line) in lines(old).enumerate() {
        let number = index + 1;
        let Some(name) = user_of(line) else {
            result.bytes.extend_from_slice(line);
            continue;
        };
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let password = &text[(name.len() + 1).min(text.len())..];
        if looks_hashed(password) && !force {
            result.skipped.push(number);
            result.bytes.extend_from_slice(line);
            continue;
        }
        if password.is_empty() {
            return Err(HashFault::Empty { line: number });
        }
        check_name(name).map_err(|fault| HashFault::Name { line: number, fault })?;
        push_user(&mut result.bytes, name, &Hashed::new(scheme, password)?);
    }
    Ok(result)
}

/// Lines with their line ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n')
}

/// Whose line it is; `None` for comments and lines without a colon.
fn user_of(line: &[u8]) -> Option<&[u8]> {
    if line.starts_with(b"#") {
        None
    } else {
        split_user(line).map(|(name, _)| name)
    }
}

fn push_user(out: &mut Vec<u8>, name: &[u8], hashed: &Hashed) {
    out.extend_from_slice(name);
    out.extend_from_slice(format!(":{hashed}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Check, PasswordFile};

    fn hashed() -> Hashed {
        Hashed::with_salt(Scheme::Sha512, b"secret", b"salt")
    }

    #[test]
    fn set_replaces_in_place_and_appends() {
        let new = format!("bob:{}\n", hashed());
        for (old, want) in [
            ("", new.clone()),
            ("amy:1\nbob:2\r\ncid:3", format!("amy:1\n{new}cid:3")),
            ("amy:1\ncid:3", format!("amy:1\ncid:3\n{new}")),
            ("amy:1\n", format!("amy:1\n{new}")),
            ("bob:1\namy:2\nbob:3", format!("{new}amy:2\n")),
            ("#bob:1\nbob\nbobby:2\n", format!("#bob:1\nbob\nbobby:2\n{new}")),
        ] {
            assert_eq!(
                String::from_utf8(set_user(old.as_bytes(), b"bob", &hashed())).unwrap(),
                want
            );
        }
    }

    #[test]
    fn delete_takes_all_lines_of_one_user() {
        assert_eq!(
            delete_user(b"amy:1\nbob:2\n#bob:3\nbob:4", b"bob").unwrap(),
            b"amy:1\n#bob:3\n"
        );
        assert_eq!(delete_user(b"amy:1\nbobby:2\nbob", b"bob"), None);
        assert_eq!(delete_user(b"", b"bob"), None);
    }

    #[test]
    fn plain_lines_are_hashed_others_kept() {
        let old = format!(
            "# plain: below\namy:one\r\nnothing\n\nbob:{}\ncid:two:with:colons",
            hashed()
        );
        let new = hash_plain(old.as_bytes(), Scheme::Sha512, false).unwrap();
        assert_eq!(new.skipped, [5]);
        let text = String::from_utf8(new.bytes).unwrap();
        assert!(
            text.starts_with("# plain: below\namy:$6$") && text.contains("\nnothing\n\nbob:$6$"),
            "{text}"
        );
        let file = PasswordFile::parse(text.replace("nothing\n", "").as_bytes()).unwrap();
        assert_eq!(file.check("amy", b"one"), Check::Match);
        assert_eq!(file.check("bob", b"secret"), Check::Match);
        assert_eq!(file.check("cid", b"two:with:colons"), Check::Match);
    }

    #[test]
    fn force_hashes_hashes() {
        let line = hashed().to_string();
        let new = hash_plain(format!("bob:{line}\n").as_bytes(), Scheme::Sha512, true).unwrap();
        assert!(new.skipped.is_empty());
        assert_eq!(
            PasswordFile::parse(&new.bytes)
                .unwrap()
                .check("bob", line.as_bytes()),
            Check::Match
        );
    }

    #[test]
    fn empty_passwords_and_names_are_refused_whole() {
        for (old, want) in [
            ("amy:one\nbob:\n", "line 2: Empty password."),
            ("bob:\r\n", "line 1: Empty password."),
            (":one", "line 1: Username must not be empty."),
        ] {
            assert_eq!(
                hash_plain(old.as_bytes(), Scheme::Sha512, false)
                    .unwrap_err()
                    .to_string(),
                want
            );
        }
    }

    #[test]
    fn names() {
        assert_eq!(check_name("машина x#".as_bytes()), Ok(()));
        assert_eq!(check_name(b""), Err(NameFault::Empty));
        for name in ["a:b", "a\nb", "a\rb"] {
            assert_eq!(check_name(name.as_bytes()), Err(NameFault::Separator));
        }
        assert_eq!(check_name(&[b'x'; 65_536]), Err(NameFault::TooLong));
        assert_eq!(check_name(b"#x"), Err(NameFault::Comment));
    }
}
