//! Another user at the admin socket (admin.md 18.2). Only root can become somebody else; another user's run of the suite
//! leaves such tests out.

use crate::Node;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

/// `nobody` and its group.
pub const NOBODY: u32 = 65534;

/// Whether this user can become somebody else.
///
/// # Panics
/// There is no `/proc`.
#[must_use]
pub fn can_be_another() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A daemon whose socket the file system lets everybody open.
///
/// # Panics
/// It does not start.
#[must_use]
pub fn open_to_all(lines: &str) -> Node {
    let node = Node::new(&format!("admin.socket.mode = 0666\n{lines}"));
    fs::set_permissions(node.home(), Permissions::from_mode(0o755)).unwrap();
    assert_eq!(node.verb(&["start"]).code, 0);
    node
}

/// The name of a group.
///
/// # Panics
/// There is no `/etc/group`.
#[must_use]
pub fn name_of_group(gid: u32) -> Option<String> {
    let text = fs::read_to_string("/etc/group").unwrap();
    let line = text
        .lines()
        .find(|line| line.split(':').nth(2) == Some(&gid.to_string()))?;
    line.split(':').next().map(str::to_owned)
}
