//! What MQTT bytes travel over: TCP, TLS, WebSocket, or WebSocket over TLS, all as one stream of bytes.
//!
//! A link owns one and knows no difference. With plain TCP nothing is added to a read or a write but one comparison.

use std::io;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

mod identity;
mod websocket;

pub(crate) use identity::{Identity, IdentityFiles};
use websocket::WsBytes;

/// The four ways to a broker, as they are named on the command line and in scenario files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransportKind {
    #[default]
    Tcp,
    Tls,
    Ws,
    Wss,
}

impl TransportKind {
    pub(crate) fn parse(name: &str) -> Option<TransportKind> {
        <TransportKind as clap::ValueEnum>::from_str(name, false).ok()
    }

    pub(crate) fn is_encrypted(self) -> bool {
        matches!(self, TransportKind::Tls | TransportKind::Wss)
    }
}

/// How a client is to reach the broker: the way, and who it says it is when TLS asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    pub(crate) kind: TransportKind,
    /// `None`: trusts every broker and has no certificate of its own.
    pub(crate) identity: Option<Identity>,
}

impl From<TransportKind> for Way {
    fn from(kind: TransportKind) -> Way {
        Way { kind, identity: None }
    }
}

#[derive(Debug)]
pub(crate) enum Transport {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Ws(Box<WsBytes<TcpStream>>),
    Wss(Box<WsBytes<TlsStream<TcpStream>>>),
}

impl From<TcpStream> for Transport {
    fn from(stream: TcpStream) -> Transport {
        Transport::Tcp(stream)
    }
}

impl Transport {
    /// Shakes hands over a TCP connection that is there, as `way` says.
    pub(crate) async fn over(stream: TcpStream, way: &Way) -> Result<Transport> {
        if way.kind == TransportKind::Tcp {
            return Ok(Transport::Tcp(stream));
        }
        if way.kind == TransportKind::Ws {
            return Ok(Transport::Ws(Box::new(WsBytes::upgrade(stream).await?)));
        }
        let peer = stream.peer_addr()?.ip();
        let encrypted = Identity::or_none(way.identity.as_ref())
            .connector()
            .connect(peer.into(), stream)
            .await
            .context("no TLS with the broker")?;
        Ok(match way.kind {
            TransportKind::Wss => Transport::Wss(Box::new(WsBytes::upgrade(encrypted).await?)),
            _ => Transport::Tls(Box::new(encrypted)),
        })
    }

    /// Plain TCP has no layer that keeps bytes back.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Transport::Tcp(_))
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_read(cx, into),
            Transport::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, into),
            Transport::Ws(stream) => stream.poll_read(cx, into),
            Transport::Wss(stream) => stream.poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut TaskContext<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
            Transport::Ws(stream) => stream.poll_write(cx, bytes),
            Transport::Wss(stream) => stream.poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Transport::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Transport::Ws(stream) => stream.poll_flush(cx),
            Transport::Wss(stream) => stream.poll_flush(cx),
        }
    }

    /// Links say DISCONNECT and wait for the broker to close.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
