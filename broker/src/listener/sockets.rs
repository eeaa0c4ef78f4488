//! Options of accepted sockets.

use socket2::SockRef;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use vmq_config::{BufferSizes, TcpOptions};

/// What is set on each accepted socket.
#[derive(Clone, Copy, Debug)]
pub struct SocketOptions {
    nodelay: bool,
    keepalive: bool,
    linger_secs: Option<u32>,
    send_buffer: Option<usize>,
    receive_buffer: Option<usize>,
}

impl SocketOptions {
    /// Defaults of the node, with the listener's own buffer sizes.
    #[must_use]
    pub fn new(tcp: &TcpOptions, buffers: Option<BufferSizes>) -> Self {
        Self {
            nodelay: tcp.nodelay,
            keepalive: tcp.keepalive,
            linger_secs: tcp.linger_secs,
            send_buffer: buffers.map(|sizes| sizes.send).or(tcp.sndbuf),
            receive_buffer: buffers.map(|sizes| sizes.receive).or(tcp.recbuf),
        }
    }

    /// Sets them.
    ///
    /// # Errors
    /// What the operating system says; the peer may be gone already.
    pub fn apply(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(self.nodelay)?;
        let socket = SockRef::from(stream);
        if self.keepalive {
            socket.set_keepalive(true)?;
        }
        if let Some(secs) = self.linger_secs {
            socket.set_linger(Some(Duration::from_secs(u64::from(secs))))?;
        }
        if let Some(bytes) = self.send_buffer.filter(|bytes| *bytes > 0) {
            socket.set_send_buffer_size(bytes)?;
        }
        if let Some(bytes) = self.receive_buffer.filter(|bytes| *bytes > 0) {
            socket.set_recv_buffer_size(bytes)?;
        }
        Ok(())
    }
}
