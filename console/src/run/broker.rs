//! Is there a broker? And if not, what to do (console.md 2).

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use vmq_admin::client::ClientError;
use vmq_admin::{Client, wire::Hello};

/// The broker's greeting.
///
/// # Errors
/// One line that names the socket and what to do.
pub(super) fn greet(socket: &Path) -> Result<Hello, String> {
    let place = socket.display();
    match Client::connect(socket) {
        Ok(client) => Ok(client.hello().clone()),
        Err(ClientError::Denied) => Err(format!(
            "{place} does not let you in: you must be in the group {} (usermod -aG), or use sudo",
            group(socket)
        )),
        Err(ClientError::NotRunning(error)) => Err(format!(
            "no broker answers at {place} ({error}): is it running (systemctl status vernemq)? Another socket: --socket PATH"
        )),
        Err(error) => Err(format!("{place}: {error}")),
    }
}

/// The group that the socket belongs to.
fn group(socket: &Path) -> String {
    let owner = fs::metadata(socket).or_else(|_| fs::metadata(socket.parent().unwrap_or(socket)));
    let Ok(owner) = owner else {
        return "vernemq".to_owned();
    };
    let text = fs::read_to_string("/etc/group").unwrap_or_default();
    let is_it = |line: &&str| line.split(':').nth(2) == Some(&owner.gid().to_string());
    let line = text.lines().find(is_it).and_then(|line| line.split(':').next());
    line.map_or_else(|| owner.gid().to_string(), str::to_owned)
}
