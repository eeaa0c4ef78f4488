//! Who may do what: the kernel tells who is at the other end of the socket, and nobody can lie about it (admin.md 18.2).

use super::account::{self, Group};
use rustix::process::geteuid;
use tokio::net::unix::UCred;
use vmq_admin::Access;
use vmq_config::AdminConfig;

/// The process at the other end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(super) uid: u32,
    gid: u32,
    /// `None` = in a process namespace that we cannot see.
    pub(super) pid: Option<i32>,
}

/// The groups that are let in besides root and the daemon's own user.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    full: Option<String>,
    read_only: Option<String>,
}

impl From<UCred> for Peer {
    fn from(credentials: UCred) -> Self {
        Self {
            uid: credentials.uid(),
            gid: credentials.gid(),
            pid: credentials.pid(),
        }
    }
}

impl Policy {
    pub(super) fn new(config: &AdminConfig) -> Self {
        let named = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
        Self {
            full: named(&config.socket_group),
            read_only: named(&config.readonly_group),
        }
    }

    /// What a peer may do; `None` = nothing. Reads files, and may ask other programs.
    pub(super) fn access(&self, peer: Peer) -> Option<Access> {
        if peer.uid == 0 || peer.uid == geteuid().as_raw() {
            return Some(Access::Full);
        }
        let is_in = |name: &Option<String>| name.as_deref().is_some_and(|name| is_member(peer, name));
        if is_in(&self.full) {
            return Some(Access::Full);
        }
        is_in(&self.read_only).then_some(Access::Read)
    }
}

/// The group database is asked and not `/proc`: the peer's process may have ended, and its number been given to another.
fn is_member(peer: Peer, name: &str) -> bool {
    account::group(name)
        .is_some_and(|group| belongs(peer, &group, || Some(account::user_by_id(peer.uid)?.name)))
}

fn belongs(peer: Peer, group: &Group, user_name: impl Fn() -> Option<String>) -> bool {
    peer.gid == group.gid || user_name().is_some_and(|name| group.members.contains(&name))
}

/// Whether `granted` is enough for a command that needs `needed`.
pub(super) fn is_allowed(granted: Access, needed: Access) -> bool {
    granted >= needed
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRANGER: Peer = Peer {
        uid: 4_000_000_001,
        gid: 4_000_000_002,
        pid: None,
    };

    fn policy(full: &str, read_only: &str) -> Policy {
        Policy {
            full: Some(full.to_owned()),
            read_only: Some(read_only.to_owned()),
        }
    }

    #[test]
    fn root_and_the_daemon_may_everything() {
        let policy = policy("no-such-group", "no-such-group");
        for uid in [0, geteuid().as_raw()] {
            let peer = Peer { uid, ..STRANGER };
            assert_eq!(policy.access(peer), Some(Access::Full));
        }
        assert_eq!(policy.access(STRANGER), None);
    }

    #[test]
    fn groups_give_their_members_what_they_are_for() {
        let in_root_group = Peer { gid: 0, ..STRANGER };
        assert_eq!(policy("root", "").access(in_root_group), Some(Access::Full));
        assert_eq!(
            policy("no-such-group", "root").access(in_root_group),
            Some(Access::Read)
        );
        assert_eq!(policy("root", "root").access(STRANGER), None);
    }

    #[test]
    fn membership_is_by_primary_group_or_by_name() {
        let group = Group {
            gid: 7,
            members: vec!["ann".to_owned()],
        };
        let named = |name: &str| {
            let name = name.to_owned();
            move || Some(name.clone())
        };
        assert!(belongs(Peer { gid: 7, ..STRANGER }, &group, || None));
        assert!(belongs(STRANGER, &group, named("ann")));
        assert!(!belongs(STRANGER, &group, named("an")));
        assert!(!belongs(STRANGER, &group, || None));
    }

    #[test]
    fn full_includes_reading() {
        assert!(is_allowed(Access::Full, Access::Read));
        assert!(is_allowed(Access::Read, Access::Read));
        assert!(!is_allowed(Access::Read, Access::Full));
    }
}
