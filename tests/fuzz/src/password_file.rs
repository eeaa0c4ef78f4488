//! Password files: whole or not at all, and edits touch one user (hostile input 18).

use vmq_passwd::edit::{check_name, delete_user, set_user};
use vmq_passwd::{Check, Hashed, PasswordFile, Scheme};

const PASSWORD: &[u8] = b"secret";

/// A file; behind a zero byte the name of a user to set and to delete.
pub fn password_file(data: &[u8]) {
    let (file, name) = match data.iter().position(|byte| *byte == 0) {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &b"henry"[..]),
    };
    let lines = file.split(|byte| *byte == b'\n').count();
    let parsed = match PasswordFile::parse(file) {
        Ok(parsed) => parsed,
        Err(fault) => {
            assert!((1..=lines).contains(&fault.line));
            return;
        }
    };
    check_users(&parsed, lines);
    if check_name(name).is_ok() {
        check_edits(file, &parsed, name);
    }
}

fn check_users(file: &PasswordFile, lines: usize) {
    let names = file.usernames();
    assert_eq!(names.len(), file.len());
    for name in names {
        let line = file.line(name).expect("a user has a line");
        assert!((1..=lines).contains(&line));
        assert!(file.iterations(name) <= vmq_passwd::ITERATIONS_MAX);
    }
    for warning in file.warnings() {
        assert!((1..=lines).contains(&warning.line));
    }
}

fn check_edits(old: &[u8], parsed: &PasswordFile, name: &[u8]) {
    let hashed = Hashed::with_salt(Scheme::Sha512, PASSWORD, b"salt");
    let new = set_user(old, name, &hashed);
    let edited = PasswordFile::parse(&new).expect("a good file stays good");
    assert_eq!(edited.check(name, PASSWORD), Check::Match);
    assert_eq!(edited.check(name, b"other"), Check::Mismatch);
    assert_eq!(
        others(parsed, name),
        others(&edited, name),
        "setting changes one user"
    );
    let gone = delete_user(&new, name).expect("the user is there");
    let deleted = PasswordFile::parse(&gone).expect("a good file stays good");
    assert_eq!(deleted.check(name, PASSWORD), Check::Unknown);
    assert_eq!(others(parsed, name), others(&deleted, name));
    assert_eq!(delete_user(&gone, name), None);
}

/// The other users, in the order of the file, each with what checking them costs.
fn others(file: &PasswordFile, name: &[u8]) -> Vec<(Vec<u8>, u32)> {
    file.usernames()
        .into_iter()
        .filter(|user| *user != name)
        .map(|user| (user.to_vec(), file.iterations(user)))
        .collect()
}
