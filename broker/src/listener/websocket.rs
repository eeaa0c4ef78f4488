//! WebSocket: the upgrade of a listener's connection, and afterwards a plain stream of MQTT bytes.
//!
//! The broker reads and writes a `WebSocket` as it does a TCP stream. Frames exist only in here, and MQTT packets may span
//! or share them [MQTT-6.0.0-2]. What holds:
//! - No memory follows an announced length. `tokio_tungstenite::WebSocketStream` reserves the whole announced payload when
//!   it has seen a frame's header (14 bytes from a stranger would cost 256 MiB), keeps whole messages, and allocates its
//!   read buffer ahead. MQTT needs no whole messages, so payload is unmasked in the reader's own buffer as it arrives; from
//!   the library come the header format, the close codes and the accept key.
//! - An idle connection holds no buffer. What one write leaves over is kept until the socket takes it, at most one frame.
//! - No extension is negotiated, above all no compression.
//!
//! One task reads and writes: the answer to a ping leaves from `poll_read`, so halves in two tasks would take each other's
//! wake-ups.

pub mod upgrade;
mod head;
mod forwarded;
mod refusal;
mod decode;
mod violation;
mod outgoing;
#[cfg(test)]
mod tests;

use crate::connection::Transport;
use bytes::{Buf, BytesMut};
use decode::{Decoder, End};
use outgoing::{CLOSE_NORMAL, Outgoing};
pub use refusal::UpgradeRefusal;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
pub use upgrade::{Upgraded, upgrade};
pub use violation::Violation;
use vmq_config::WebSocketConfig;

/// Bytes of one frame, and of one message, before CONNECT was accepted: as much as a CONNECT packet may have.
pub const STRANGER_BYTES_MAX: usize = 1024 * 1024;

/// Reads that bring no payload before others get their turn: floods of pings or of empty fragments.
const READS_WITHOUT_PAYLOAD: usize = 16;

/// Bytes thrown away after the end, so that the close frame is not lost to a reset.
const DISCARD_BYTES_MAX: usize = 64 * 1024;

/// A connection after its upgrade: MQTT bytes in and out.
#[derive(Debug)]
pub struct WebSocket<S> {
    stream: S,
    /// Came with the request's head; empty soon.
    early: BytesMut,
    decoder: Decoder,
    outgoing: Outgoing,
    state: State,
    /// `None` = no limit.
    frame_bytes_max: Option<usize>,
}

/// Where the reading side is.
#[derive(Debug)]
enum State {
    Open,
    /// The end was met behind payload that is told first.
    Ending(End),
    /// The end was told; this many bytes are still thrown away.
    Over {
        discard_bytes: usize,
    },
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// A connection whose upgrade is done. A fuzz target may start here.
    pub fn server(stream: S, config: &WebSocketConfig) -> Self {
        Self::with_early(stream, config, BytesMut::new())
    }

    /// The same, with bytes that were read together with the head.
    fn with_early(stream: S, config: &WebSocketConfig, early: BytesMut) -> Self {
        let limit = config
            .frame_bytes_max
            .unwrap_or(usize::MAX)
            .min(STRANGER_BYTES_MAX);
        Self {
            stream,
            early,
            decoder: Decoder::new(limit),
            outgoing: Outgoing::default(),
            state: State::Open,
            frame_bytes_max: config.frame_bytes_max,
        }
    }

    /// CONNECT was accepted: from the next frame on the listener's own limit holds.
    pub fn accepted(&mut self) {
        self.decoder.set_limit(self.frame_bytes_max.unwrap_or(usize::MAX));
    }

    /// Bytes held beside the struct itself.
    #[cfg(test)]
    fn heap_bytes(&self) -> usize {
        self.early.capacity() + self.decoder.heap_bytes() + self.outgoing.heap_bytes()
    }

    /// Reads raw bytes to the end of `buf`, from what came with the head or from the stream. `Ready(0)` = the peer has closed.
    fn poll_raw(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let before = buf.filled().len();
        if self.early.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            return Poll::Ready(Ok(buf.filled().len() - before));
        }
        let n = self.early.len().min(buf.remaining());
        buf.put_slice(&self.early[..n]);
        self.early.advance(n);
        if self.early.is_empty() {
            self.early = BytesMut::new();
        }
        Poll::Ready(Ok(n))
    }

    /// Puts payload behind what `buf` holds. `Ready(0)` without an end = the bytes were headers and control frames only.
    fn poll_payload(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let start = buf.filled().len();
        if ready!(self.poll_raw(cx, buf))? == 0 {
            self.state = State::Ending(End::Closed);
            return Poll::Ready(Ok(0));
        }
        let raw = &mut buf.filled_mut()[start..];
        let (payload, end) = self.decoder.decode(raw, &mut self.outgoing);
        buf.set_filled(start + payload);
        if let Some(end) = end {
            self.early = BytesMut::new();
            self.state = State::Ending(end);
        }
        Poll::Ready(Ok(payload))
    }

    /// After the end: reads into nothing until the peer has closed.
    fn poll_discard(&mut self, cx: &mut Context<'_>, mut left: usize) -> Poll<io::Result<()>> {
        while left > 0 {
            let mut scrap = [0; 1024];
            let mut scrap = ReadBuf::new(&mut scrap);
            match Pin::new(&mut self.stream).poll_read(cx, &mut scrap) {
                Poll::Ready(Ok(())) if !scrap.filled().is_empty() => {
                    left = left.saturating_sub(scrap.filled().len());
                    self.state = State::Over { discard_bytes: left };
                }
                // Nobody is interested in how a connection breaks that is over.
                Poll::Ready(_) => left = 0,
                Poll::Pending => return Poll::Pending,
            }
        }
        self.state = State::Over { discard_bytes: 0 };
        Poll::Ready(Ok(()))
    }

    /// Answers to pings and the close frame leave without waiting for the next write. A socket that fails here fails for
    /// the writer too; what the peer said before is still read.
    fn push_control(&mut self, cx: &mut Context<'_>) {
        if self.outgoing.wants_flush()
            && let Poll::Ready(Err(error)) = self.outgoing.poll_flush(&mut self.stream, cx)
        {
            tracing::trace!(%error, "control frame not sent");
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for WebSocket<S> {
    /// `Ok` without bytes = the peer has closed, its close frame is answered. A violation of the protocol is told to the
    /// peer, then here: `InvalidData` with a [`Violation`] in it. Reading on after the end waits for the peer to
    /// close the stream, within bounds.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        this.push_control(cx);
        for _ in 0..READS_WITHOUT_PAYLOAD {
            match this.state {
                State::Open => {}
                State::Ending(end) => {
                    this.state = State::Over {
                        discard_bytes: DISCARD_BYTES_MAX,
                    };
                    return Poll::Ready(end.into_result());
                }
                State::Over { discard_bytes } => return this.poll_discard(cx, discard_bytes),
            }
            let payload = ready!(this.poll_payload(cx, buf))?;
            this.push_control(cx);
            if payload > 0 {
                return Poll::Ready(Ok(()));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WebSocket<S> {
    /// One call is one binary frame [MQTT-6.0.0-1] of at most 64 KiB. `Pending`: nothing of `data` was taken. What was
    /// taken but not yet written leaves with the next call, or with `poll_flush`.
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.outgoing.poll_frame(&mut this.stream, cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.outgoing.poll_flush(&mut this.stream, cx)
    }

    /// Sends what is left and a close frame, then closes the writing half of the stream. Reading goes on, so that the
    /// peer's answer can be waited for.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.outgoing.close(CLOSE_NORMAL, "");
        ready!(this.outgoing.poll_flush(&mut this.stream, cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync> Transport for WebSocket<S> {
    fn accepted(&mut self) {
        WebSocket::accepted(self);
    }
}
