//! MQTT bytes in binary frames of a WebSocket, subprotocol `mqtt` [MQTT-6.0.0-3].

use std::io;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use anyhow::{Context, Result};
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

/// The path brokers serve MQTT under.
const URL: &str = "ws://localhost/mqtt";

#[derive(Debug)]
pub(crate) struct WsBytes<S> {
    socket: WebSocketStream<S>,
    /// Of the last frame, not yet read.
    rest: Bytes,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WsBytes<S> {
    /// The HTTP upgrade over a connection that is there.
    pub(super) async fn upgrade(stream: S) -> Result<WsBytes<S>> {
        let mut request = URL.into_client_request()?;
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mqtt"));
        let (socket, _) = tokio_tungstenite::client_async(request, stream)
            .await
            .context("no WebSocket with the broker")?;
        Ok(WsBytes {
            socket,
            rest: Bytes::new(),
        })
    }

    /// Reads nothing when the broker has closed.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut TaskContext<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => self.rest = bytes,
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
            }
        }
        let now = self.rest.len().min(into.remaining());
        into.put_slice(&self.rest.split_to(now));
        Poll::Ready(Ok(()))
    }

    /// All of `bytes` as one frame.
    pub(super) fn poll_write(&mut self, cx: &mut TaskContext<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(broken)?;
        let frame = Message::Binary(Bytes::copy_from_slice(bytes));
        Pin::new(&mut self.socket).start_send(frame).map_err(broken)?;
        Poll::Ready(Ok(bytes.len()))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(broken)
    }
}

fn broken(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
