//! The password file: its format, hashing, verification and editing.
//!
//! The broker parses the file and checks logins with it; the tool `vmq-passwd` edits it. Everything here works on
//! bytes in memory except [`replace`], which puts a finished file in its place. A password file is never printed:
//! errors name a line by its number.

pub mod hash;
pub mod file;
pub mod edit;
pub mod replace;

pub use file::{Check, FILE_BYTES_MAX, FileFault, FileWarning, PasswordFile};
pub use hash::{Hashed, ITERATIONS_DEFAULT, ITERATIONS_MAX, Scheme};
