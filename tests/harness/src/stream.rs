//! `Stream`: what a `RawClient` sends and reads bytes with, over any transport.
//!
//! Each transport has a closing message of its own: FIN, `close_notify` of TLS, the Close frame of WebSocket. A stream
//! that ends without it was cut off, and reading says so with an error.

use crate::tls::ClientTls;
use crate::transport::Transport;
use crate::websocket::WebSocket;
use bytes::BytesMut;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::CertificateDer;

/// A stream of bytes.
pub trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> ByteStream for T {}

/// One connection.
pub struct Stream {
    carrier: Carrier,
    /// What the server showed in the handshake.
    pub server_certificate: Option<CertificateDer<'static>>,
}

enum Carrier {
    Bytes(Box<dyn ByteStream>),
    Frames(Box<WebSocket>),
}

impl Stream {
    /// Connects and shakes hands as the transport wants.
    ///
    /// # Errors
    /// Nobody listens, or a handshake failed.
    pub async fn open(address: SocketAddr, transport: Transport, tls: &ClientTls) -> io::Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        Self::over(tcp, transport, tls).await
    }

    /// The same on a connection that exists, such as one on which a PROXY header was sent.
    ///
    /// # Errors
    /// A handshake failed.
    pub async fn over(tcp: TcpStream, transport: Transport, tls: &ClientTls) -> io::Result<Self> {
        let mut server_certificate = None;
        let mut bytes: Box<dyn ByteStream> = Box::new(tcp);
        if transport.is_tls() {
            let stream = tls.handshake(bytes).await?;
            let shown = stream.get_ref().1.peer_certificates();
            server_certificate = shown.and_then(|chain| chain.first().cloned());
            bytes = Box::new(stream);
        }
        let carrier = if transport.is_websocket() {
            Carrier::Frames(Box::new(WebSocket::open(bytes).await?))
        } else {
            Carrier::Bytes(bytes)
        };
        Ok(Self {
            carrier,
            server_certificate,
        })
    }

    /// Sends bytes: in one binary frame, where there are frames.
    ///
    /// # Errors
    /// The peer has gone.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.carrier {
            Carrier::Bytes(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Carrier::Frames(socket) => socket.send_binary(bytes).await,
        }
    }

    /// Reads what there is, at least a byte; 0 = the peer has closed in good order. May be given up at any time.
    ///
    /// # Errors
    /// The connection was cut off.
    pub async fn fill(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        match &mut self.carrier {
            Carrier::Bytes(stream) => stream.read_buf(buffer).await,
            Carrier::Frames(socket) => socket.fill(buffer).await,
        }
    }

    /// Says that nothing more will be sent; what the peer still sends can be read.
    ///
    /// # Errors
    /// The peer has gone.
    pub async fn shut_down(&mut self) -> io::Result<()> {
        match &mut self.carrier {
            Carrier::Bytes(stream) => stream.shutdown().await,
            Carrier::Frames(socket) => socket.send_close(1000).await,
        }
    }

    /// The frames.
    ///
    /// # Panics
    /// There are none on this transport.
    pub fn frames(&mut self) -> &mut WebSocket {
        match &mut self.carrier {
            Carrier::Frames(socket) => socket,
            Carrier::Bytes(_) => panic!("no WebSocket"),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.carrier {
            Carrier::Bytes(_) => "bytes",
            Carrier::Frames(_) => "frames",
        })
    }
}
