//! Users and groups of the system. The files are read first; other sources (LDAP and their like) answer through
//! `getent`, since the C library's own functions cannot be called without `unsafe`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A user account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub home: PathBuf,
}

/// A group, with the users that are listed in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub gid: u32,
    pub members: Vec<String>,
}

/// The user with this name.
#[must_use]
pub fn user(name: &str) -> Option<User> {
    find("/etc/passwd", "passwd", name, |line| {
        user_line(line).filter(|user| user.name == name)
    })
}

/// The user with this id.
#[must_use]
pub fn user_by_id(uid: u32) -> Option<User> {
    find("/etc/passwd", "passwd", &uid.to_string(), |line| {
        user_line(line).filter(|user| user.uid == uid)
    })
}

/// The group with this name.
#[must_use]
pub fn group(name: &str) -> Option<Group> {
    find("/etc/group", "group", name, |line| group_line(line, name))
}

fn find<T>(file: &str, database: &str, key: &str, pick: impl Fn(&str) -> Option<T>) -> Option<T> {
    let text = std::fs::read_to_string(Path::new(file)).unwrap_or_default();
    text.lines()
        .find_map(&pick)
        .or_else(|| getent(database, key)?.lines().find_map(&pick))
}

fn getent(database: &str, key: &str) -> Option<String> {
    let output = Command::new("getent")
        .args(["--", database, key])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `name:password:uid:gid:comment:home:shell`
fn user_line(line: &str) -> Option<User> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, _] = fields.as_slice() else {
        return None;
    };
    Some(User {
        name: (*name).to_owned(),
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        home: home.into(),
    })
}

/// `name:password:gid:member,member`
fn group_line(line: &str, name: &str) -> Option<Group> {
    let fields: Vec<&str> = line.split(':').collect();
    let [found, _, gid, members] = fields.as_slice() else {
        return None;
    };
    let members = members.split(',').filter(|member| !member.is_empty());
    (*found == name).then_some(Group {
        gid: gid.parse().ok()?,
        members: members.map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_databases() {
        let user = user_line("vernemq:x:112:120:VerneMQ,,,:/var/lib/vernemq:/bin/false").unwrap();
        assert_eq!((user.uid, user.gid), (112, 120));
        assert_eq!(user.home, Path::new("/var/lib/vernemq"));
        assert_eq!(user_line("+::::::"), None);
        assert_eq!(user_line("a:x:-1:0:::"), None);
        let group = group_line("ops:x:50:ann,bob", "ops").unwrap();
        assert_eq!((group.gid, group.members.len()), (50, 2));
        assert_eq!(
            group_line("ops:x:50:", "ops").unwrap().members,
            Vec::<String>::new()
        );
        assert_eq!(group_line("ops:x:50:ann", "op"), None);
    }

    #[test]
    fn root_is_everywhere() {
        assert_eq!(user("root").unwrap().uid, 0);
        assert_eq!(user_by_id(0).unwrap().name, "root");
        assert_eq!(user("no such user: at all"), None);
        assert_eq!(group("no-such-group-at-all"), None);
    }
}
