//! How a syslog message leaves: local socket, UDP, TCP and TLS. Every step is bounded to a second or so.

use super::tls::{CaFileError, Tls};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use vmq_config::SyslogTarget;

/// Longest time for a connect, and for one write that makes no progress.
const PATIENCE: Duration = Duration::from_secs(1);
const LOCAL_SOCKET: &str = "/dev/log";
const LOCAL_UDP: &str = "127.0.0.1";
const SYSLOG_PORT: u16 = 514;

/// Where messages go.
#[derive(Debug)]
pub(super) enum Endpoint {
    /// The local daemon's socket; while there is none, UDP to this machine.
    Local {
        socket: PathBuf,
        udp_port: u16,
    },
    Udp {
        host: String,
        port: u16,
    },
    Tcp {
        host: String,
        port: u16,
    },
    Tls {
        host: String,
        port: u16,
        tls: Tls,
    },
}

impl Endpoint {
    pub(super) fn new(target: &SyslogTarget) -> Result<Self, CaFileError> {
        Ok(match target {
            SyslogTarget::Local => Self::Local {
                socket: PathBuf::from(LOCAL_SOCKET),
                udp_port: SYSLOG_PORT,
            },
            SyslogTarget::Udp { host, port } => Self::Udp {
                host: host.clone(),
                port: *port,
            },
            SyslogTarget::Tcp { host, port } => Self::Tcp {
                host: host.clone(),
                port: *port,
            },
            SyslogTarget::Tls { host, port, cafile } => Self::Tls {
                host: host.clone(),
                port: *port,
                tls: Tls::new(cafile)?,
            },
        })
    }

    pub(super) fn connect(&self) -> io::Result<Transport> {
        match self {
            Self::Local { socket, udp_port } => {
                connect_local(socket).or_else(|_| connect_udp(LOCAL_UDP, *udp_port))
            }
            Self::Udp { host, port } => connect_udp(host, *port),
            Self::Tcp { host, port } => connect_tcp(host, *port).map(Transport::Tcp),
            Self::Tls { host, port, tls } => {
                let stream = connect_tcp(host, *port)?;
                Ok(Transport::Tls(Box::new(tls.handshake(host, stream)?)))
            }
        }
    }

    /// Whether the transport only stands in for a better one that may come back.
    pub(super) fn is_makeshift(&self, transport: &Transport) -> bool {
        matches!((self, transport), (Self::Local { .. }, Transport::Udp(_)))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { socket, .. } => write!(f, "{}", socket.display()),
            Self::Udp { host, port } => write!(f, "udp {host}:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp {host}:{port}"),
            Self::Tls { host, port, .. } => write!(f, "tls {host}:{port}"),
        }
    }
}

/// An open way to the receiver.
pub(super) enum Transport {
    LocalDatagram(UnixDatagram),
    LocalStream(UnixStream),
    Udp(UdpSocket),
    Tcp(TcpStream),
    Tls(Box<rustls::StreamOwned<rustls::ClientConnection, TcpStream>>),
}

impl Transport {
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::LocalDatagram(_) | Self::LocalStream(_))
    }

    /// Sends one message. Streams to a remote receiver count octets (RFC 6587 3.4.1, RFC 5425 4.3).
    pub(super) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::LocalDatagram(socket) => socket.send(message).map(drop),
            Self::LocalStream(stream) => stream.write_all(&[message, b"\n"].concat()),
            // The first error belongs to the message before: nobody listened, maybe somebody does now.
            Self::Udp(socket) => socket.send(message).or_else(|_| socket.send(message)).map(drop),
            Self::Tcp(stream) => stream.write_all(&counted(message)),
            Self::Tls(stream) => {
                stream.write_all(&counted(message))?;
                stream.flush()
            }
        }
    }

    /// Whether the receiver has closed a stream. Without the question the first message after it would be lost,
    /// because the system accepts it.
    pub(super) fn is_closed(&mut self) -> bool {
        match self {
            Self::Tcp(stream) => !probe(stream, |stream| stream.read(&mut [0; 64])),
            Self::Tls(stream) => {
                let (connection, socket) = (&mut stream.conn, &mut stream.sock);
                !probe(socket, |socket| connection.read_tls(socket))
                    || connection
                        .process_new_packets()
                        .map_or(true, |state| state.peer_has_closed())
            }
            Self::LocalDatagram(_) | Self::LocalStream(_) | Self::Udp(_) => false,
        }
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            // The receiver may be gone already; then there is nobody to say goodbye to.
            drop(stream.flush());
        }
    }
}

fn counted(message: &[u8]) -> Vec<u8> {
    [message.len().to_string().as_bytes(), b" ", message].concat()
}

/// Reads what is there without waiting; false when the stream has ended.
fn probe(stream: &mut TcpStream, mut read: impl FnMut(&mut TcpStream) -> io::Result<usize>) -> bool {
    if stream.set_nonblocking(true).is_err() {
        return false;
    }
    let alive = match read(stream) {
        Ok(bytes) => bytes > 0,
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    };
    stream.set_nonblocking(false).is_ok() && alive
}

/// Most daemons listen on a datagram socket, some on a stream.
fn connect_local(path: &Path) -> io::Result<Transport> {
    let datagram = UnixDatagram::unbound()?;
    match datagram.connect(path) {
        Ok(()) => {
            datagram.set_write_timeout(Some(PATIENCE))?;
            Ok(Transport::LocalDatagram(datagram))
        }
        Err(_) => {
            let stream = UnixStream::connect(path)?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(Transport::LocalStream(stream))
        }
    }
}

fn connect_udp(host: &str, port: u16) -> io::Result<Transport> {
    first_that_works(host, port, |address| {
        let any: SocketAddr = match address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(address)?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Transport::Udp(socket))
    })
}

fn connect_tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    first_that_works(host, port, |address| {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    })
}

fn first_that_works<T>(
    host: &str,
    port: u16,
    connect: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut failed = io::Error::new(ErrorKind::NotFound, "no address for this host");
    for attempt in (host, port).to_socket_addrs()?.map(connect) {
        match attempt {
            Ok(connected) => return Ok(connected),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
