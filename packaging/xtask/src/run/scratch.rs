//! The throw-away directory of a broker: configuration, rights, data, admin socket. Gone when dropped.

use std::fs::{self, DirBuilder};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A directory only its owner can enter.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: PathBuf,
    address: SocketAddr,
}

impl Scratch {
    /// Writes all that a broker on this address needs.
    ///
    /// # Errors
    /// When the directory exists or cannot be written.
    pub(crate) fn create(address: SocketAddr) -> Result<Self> {
        // The port tells apart what one process creates; the path stays short enough for a socket.
        let name = format!("vernemq-run-{}-{}", std::process::id(), address.port());
        let folder = std::env::temp_dir().join(name);
        let created = DirBuilder::new().mode(0o700).create(&folder);
        created.with_context(|| format!("creating {}", folder.display()))?;
        let scratch = Self { folder, address };
        scratch
            .fill()
            .with_context(|| format!("writing into {}", scratch.folder.display()))?;
        Ok(scratch)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.folder.join("vernemq.conf")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("admin.sock")
    }

    fn fill(&self) -> Result<()> {
        fs::create_dir(self.folder.join("data"))?;
        fs::write(self.folder.join("vmq.acl"), "topic #\n")?;
        fs::write(self.folder.join("vmq.passwd"), "")?;
        fs::write(self.configuration(), configuration(&self.folder, self.address))?;
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nobody is left to be told, and the system clears its temporary folder anyway.
        fs::remove_dir_all(&self.folder).unwrap_or_default();
    }
}

fn configuration(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "## Written by `cargo xtask run`.\n\
         listener.tcp.default = {address}\n\
         allow_anonymous = on\n\
         vmq_acl.acl_file = {folder}/vmq.acl\n\
         vmq_passwd.password_file = {folder}/vmq.passwd\n\
         platform_data_dir = {folder}/data\n\
         admin.socket.path = {folder}/admin.sock\n\
         log.console = console\n\
         log.error = off\n\
         log.crash = off\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_private_complete_and_gone_afterwards() {
        use std::os::unix::fs::PermissionsExt as _;
        let scratch = Scratch::create(SocketAddr::from(([127, 0, 0, 1], 1))).unwrap();
        let folder = scratch.folder.clone();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let text = fs::read_to_string(scratch.configuration()).unwrap();
        assert!(text.contains("listener.tcp.default = 127.0.0.1:1\n"));
        assert!(scratch.socket().as_os_str().len() < 100);
        drop(scratch);
        assert!(!folder.exists());
    }
}
