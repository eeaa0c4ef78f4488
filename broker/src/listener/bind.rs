//! Binding an address: TCP, or a Unix socket.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use tokio::net::{TcpListener, UnixListener};
use vmq_config::{ListenerAddress, TcpOptions};

/// A bound socket.
#[derive(Debug)]
pub enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Bound {
    /// The address with its real port; `None` for a Unix socket.
    #[must_use]
    pub fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(_) => None,
        }
    }
}

/// Binds and listens.
///
/// # Errors
/// What the operating system says.
pub fn bind(address: &ListenerAddress, options: &TcpOptions) -> io::Result<Bound> {
    match address {
        ListenerAddress::Ip(address) => bind_tcp(*address, options).map(Bound::Tcp),
        ListenerAddress::Unix(path) => bind_unix(path).map(Bound::Unix),
    }
}

fn bind_tcp(address: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(options.backlog).unwrap_or(1024))?;
    TcpListener::from_std(socket.into())
}

/// A socket file that nobody answers on is left over and replaced. Any other file is somebody's data.
fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    UnixListener::bind(path)
}

/// The word operators know for a refusal to bind; the system's text for rare ones.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "eaddrinuse".to_owned(),
        io::ErrorKind::AddrNotAvailable => "eaddrnotavail".to_owned(),
        io::ErrorKind::PermissionDenied => "eacces".to_owned(),
        io::ErrorKind::NotFound => "enoent".to_owned(),
        _ => error.to_string(),
    }
}

/// The address in log lines: `127.0.0.1 1883`, or the path.
#[must_use]
pub fn address_text(address: &ListenerAddress) -> String {
    match address {
        ListenerAddress::Ip(address) => format!("{} {}", address.ip(), address.port()),
        ListenerAddress::Unix(path) => path.display().to_string(),
    }
}
