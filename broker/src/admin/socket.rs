//! The socket file: made with the right mode and group, taken over from a daemon that died, left alone when one lives,
//! removed at the end.

use super::pid_file::PidFile;
use super::{Admin, account, serve};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tracing::{info, warn};
use vmq_config::AdminConfig;

/// Why the admin socket is not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    #[error("Node is already running!")]
    AlreadyRunning,
    #[error("can't open the admin socket {path} due to {why}; admin.socket.path sets another place", path = path.display())]
    Io { path: PathBuf, why: io::Error },
}

/// The open socket. Dropping it removes the file and ends every connection.
#[derive(Debug)]
pub struct AdminSocket {
    path: PathBuf,
    /// Tells our file from one that another daemon put there.
    inode: (u64, u64),
    accepting: JoinHandle<()>,
    _pid_file: Option<PidFile>,
}

impl AdminSocket {
    /// Opens the socket and serves it.
    ///
    /// # Errors
    /// A daemon answers there, or the file cannot be made.
    pub async fn open(config: &AdminConfig, admin: Arc<Admin>) -> Result<Self, OpenFault> {
        let path = config.socket_path.clone();
        let fault = |why| OpenFault::Io {
            path: path.clone(),
            why,
        };
        remove_stale(&path).await?;
        let listener = UnixListener::bind(&path).map_err(fault)?;
        fs::set_permissions(&path, Permissions::from_mode(config.socket_mode)).map_err(fault)?;
        if let Some(group) = &config.socket_group {
            give_to_group(&path, group);
        }
        let metadata = fs::symlink_metadata(&path).map_err(fault)?;
        let pid_file = PidFile::write(&path);
        if let Err(error) = &pid_file {
            warn!(
                "can't write the pid file beside {} due to {error}",
                path.display()
            );
        }
        Ok(Self {
            inode: (metadata.dev(), metadata.ino()),
            accepting: tokio::spawn(serve::accept(listener, admin)),
            _pid_file: pid_file.ok(),
            path,
        })
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        if let Ok(metadata) = fs::symlink_metadata(&self.path)
            && (metadata.dev(), metadata.ino()) == self.inode
        {
            drop(fs::remove_file(&self.path));
        }
        self.accepting.abort();
    }
}

/// A socket that refuses connections belongs to a daemon that died. Anything else that lies there is not ours to
/// remove; `bind` will say what it thinks of it.
async fn remove_stale(path: &Path) -> Result<(), OpenFault> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match UnixStream::connect(path).await {
        Ok(_) => Err(OpenFault::AlreadyRunning),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            drop(fs::remove_file(path));
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

/// A group that does not exist is usual outside an installed package.
fn give_to_group(path: &Path, name: &str) {
    let Some(group) = account::group(name) else {
        info!("group {name} does not exist, the admin socket is its owner's alone");
        return;
    };
    if let Err(error) = chown(path, None, Some(group.gid)) {
        warn!("can't give the admin socket to group {name} due to {error}");
    }
}
