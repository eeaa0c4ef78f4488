//! The file as the broker reads it: whole or not at all.
//!
//! One bad line refuses the file: a half-read password file would lock people out, or, as CVE-2018-12551 showed
//! elsewhere, let a line without a hash become a user without a password. Faults carry a line number, never the line.

use std::collections::HashMap;

use crate::hash::{Hashed, Scheme};

/// Most bytes of a password file that are read: room for half a million users.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Longest user name in bytes: what fits an MQTT string.
pub const USERNAME_BYTES_MAX: usize = 65_535;

/// Why a file is refused: its first bad line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct FileFault {
    /// Counted from 1.
    pub line: usize,
    /// Never contains the line itself.
    pub why: String,
}

/// Something odd that does not stop the file from being used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct FileWarning {
    /// Counted from 1.
    pub line: usize,
    /// Never contains a secret.
    pub why: String,
}

/// The answer to "is this the user's password?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// No such user: somebody else may decide.
    Unknown,
    /// The password is right.
    Match,
    /// The user exists, the password is wrong.
    Mismatch,
}

/// All users of a file. Immutable: a changed file is parsed into a new one.
#[derive(Clone, Debug, Default)]
pub struct PasswordFile {
    users: HashMap<Box<[u8]>, User>,
    warnings: Vec<FileWarning>,
}

#[derive(Clone, Debug)]
struct User {
    line: usize,
    hashed: Hashed,
}

impl PasswordFile {
    /// Reads a whole file. Blank lines and lines that start with `#` say nothing, a CR before the LF is dropped, the
    /// last of two lines for one user counts.
    ///
    /// # Errors
    /// The first bad line; the caller keeps what it had.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileFault> {
        let mut file = Self::default();
        for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
            let number = index + 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.trim_ascii().is_empty() || line.starts_with(b"#") {
                continue;
            }
            file.add(number, line).map_err(|why| FileFault {
                line: number,
                why: why.to_owned(),
            })?;
        }
        Ok(file)
    }

    /// Checks a password. Client id, address and mountpoint play no part. A missing user name or password is not an
    /// empty one: the caller does not ask then.
    pub fn check(&self, username: impl AsRef<[u8]>, password: &[u8]) -> Check {
        match self.users.get(username.as_ref()) {
            None => Check::Unknown,
            Some(user) if user.hashed.verify(password) => Check::Match,
            Some(_) => Check::Mismatch,
        }
    }

    /// The line of the file that holds a user.
    #[must_use]
    pub fn line(&self, username: impl AsRef<[u8]>) -> Option<usize> {
        self.users.get(username.as_ref()).map(|user| user.line)
    }

    /// PBKDF2 iterations that [`Self::check`] would run for this user, about a microsecond each; 0 for others. Lets
    /// the caller take an expensive check off the threads that serve connections.
    pub fn iterations(&self, username: impl AsRef<[u8]>) -> u32 {
        match self.users.get(username.as_ref()).map(|user| user.hashed.scheme()) {
            Some(Scheme::Pbkdf2 { iterations }) => iterations,
            _ => 0,
        }
    }

    /// User names in the order of the file, each once.
    #[must_use]
    pub fn usernames(&self) -> Vec<&[u8]> {
        let mut users: Vec<_> = self.users.iter().collect();
        users.sort_unstable_by_key(|(_, user)| user.line);
        users.into_iter().map(|(name, _)| &**name).collect()
    }

    /// Duplicate users, in the order of the file.
    #[must_use]
    pub fn warnings(&self) -> &[FileWarning] {
        &self.warnings
    }

    /// How many users there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether nobody can log in with this file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    fn add(&mut self, line: usize, text: &[u8]) -> Result<(), &'static str> {
        let (name, hash) = split_user(text).ok_or("no ':' between user name and hash")?;
        if name.len() > USERNAME_BYTES_MAX {
            return Err("user name is longer than 65535 bytes");
        }
        let hashed = Hashed::parse(hash)?;
        if let Some(before) = self.users.insert(name.into(), User { line, hashed }) {
            let why = format!("same user as in line {}, the later line counts", before.line);
            self.warnings.push(FileWarning { line, why });
        }
        Ok(())
    }
}

/// Splits a line at its first colon.
pub(crate) fn split_user(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    Some((&line[..colon], &line[colon + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HENRY: &str = "henry:$6$AAECAwQFBgcICQoL$JqsxEv/ucyxjA5DKsQ+Y8CDWaQDNQI9FpAkmfwAqWfwZLk/JEGgM0EpylrJHAZKKyFQjJeZ3nFaHjPzOzPPmPw==";
    const JOE: &str = "joe:$6$AAECAwQFBgcICQoL$3SSe1aVl0kMji9YENpGbiQ5/1DOQ1Q6Qfn3tPOyhG13Bn5vnZBl3lM01DcayhkqBVHfq+LuUOWwyI3kzCQvUSw==";
    const KATE: &str = "kate:$7$101$AAECAwQFBgcICQoL$Xr99N9ym9ys8TWxis5ajETJq6EVYzmc6nb8t3pUYnPBbCAbICS4xejTltonXWCtJNBvA+By+TXUqU6qCblO00w==";

    fn parse(text: &str) -> Result<PasswordFile, FileFault> {
        PasswordFile::parse(text.as_bytes())
    }

    #[test]
    fn reads_comments_blanks_crlf_and_a_last_line_without_end() {
        let file = parse(&format!("# users: of the plant\n\n \t\n{HENRY}\r\n{KATE}\n{JOE}")).unwrap();
        assert_eq!(file.check("henry", b"secret"), Check::Match);
        assert_eq!(file.check("joe", "pässword".as_bytes()), Check::Match);
        assert_eq!(file.check(b"kate", b"secret"), Check::Match);
        assert_eq!(file.check("kate", b"secret "), Check::Mismatch);
        assert_eq!(file.check("Henry", b"secret"), Check::Unknown);
        assert_eq!(file.check("", b""), Check::Unknown);
        assert_eq!(file.usernames(), [&b"henry"[..], b"kate", b"joe"]);
        assert_eq!(
            (
                file.iterations("henry"),
                file.iterations("kate"),
                file.iterations("nobody")
            ),
            (0, 101, 0)
        );
        assert!(file.warnings().is_empty());
    }

    #[test]
    fn empty_file_has_no_users() {
        for text in ["", "\n", "# nobody\n"] {
            let file = parse(text).unwrap();
            assert!(file.is_empty());
            assert_eq!(file.check("henry", b"secret"), Check::Unknown);
        }
    }

    /// Hostile input 18: a malformed line never becomes a user without a password.
    #[test]
    fn one_bad_line_refuses_the_file_and_is_not_shown() {
        let hash = &HENRY["henry:".len()..];
        for bad in [
            "mallory",
            "mallory:",
            "mallory:topsecret",
            "mallory:$6$",
            "mallory:$6$$",
            " # topsecret",
            &format!("mallory:topsecret:{hash}"),
            &format!("mallory:{hash}:topsecret"),
            &format!("mallory:{hash} "),
            &format!("{}:{hash}", "m".repeat(65_536)),
            &format!("mallory:{}", hash.replace("$6$", "$8$")),
        ] {
            let fault = parse(&format!("{HENRY}\n{bad}\n{JOE}\n")).unwrap_err();
            assert_eq!(fault.line, 2, "{bad}");
            let shown = fault.to_string();
            assert!(
                !shown.contains("mallory") && !shown.contains("topsecret"),
                "{shown}"
            );
        }
    }

    #[test]
    fn the_last_duplicate_counts_with_a_warning() {
        let again = JOE.replace("joe", "henry");
        let file = parse(&format!("{HENRY}\n{JOE}\n{again}\n")).unwrap();
        assert_eq!(file.check("henry", b"secret"), Check::Mismatch);
        assert_eq!(file.check("henry", "pässword".as_bytes()), Check::Match);
        assert_eq!(file.len(), 2);
        assert_eq!(file.warnings().len(), 1);
        assert_eq!(
            file.warnings()[0].to_string(),
            "line 3: same user as in line 1, the later line counts"
        );
    }

    #[test]
    fn names_are_bytes() {
        let mut bytes = vec![0xff, b' '];
        bytes.extend_from_slice(&HENRY.as_bytes()["henry".len()..]);
        let file = PasswordFile::parse(&bytes).unwrap();
        assert_eq!(file.check([0xff, b' '], b"secret"), Check::Match);
    }
}
