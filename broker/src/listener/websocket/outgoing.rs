//! The writing side: frames out, with what the socket did not take. Only whole frames are queued, so an answer to a ping or
//! a close frame can follow at any time.

use super::decode::CONTROL_BYTES_MAX;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// The largest frame sent, in bytes: what one write of a connection gathers.
pub(super) const FRAME_BYTES: usize = 64 * 1024;

/// The longest header of a frame from a server, in bytes.
const HEADER_BYTES: usize = 10;

/// The close code of an orderly end (RFC 6455 7.4.1).
pub(super) const CLOSE_NORMAL: Option<u16> = Some(1000);

/// Pings are answered one by one while no more than this many bytes wait, then only the last one (RFC 6455 5.5.3).
const PONGS_BYTES: usize = 4096;

/// Bytes on their way to the socket: at most one frame, some answers to pings and a close frame.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    /// How many of `bytes` have left.
    written: usize,
    /// The answer to the last ping, while there was no room.
    pong: Option<Vec<u8>>,
    /// A close frame was queued: nothing follows it.
    closed: bool,
    /// A control frame waits for a flush that no writer will ask for.
    control: bool,
}

impl Outgoing {
    /// Whether the reading side must see to it that something leaves.
    pub(super) const fn wants_flush(&self) -> bool {
        self.control
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.pong.as_ref().map_or(0, Vec::capacity)
    }

    /// Answers a ping.
    pub(super) fn pong(&mut self, payload: Vec<u8>) {
        if self.closed {
            return;
        }
        self.control = true;
        if self.pong.is_some() || self.bytes.len() > PONGS_BYTES {
            self.pong = Some(payload);
        } else {
            self.queue_control(Control::Pong, &payload);
        }
    }

    /// Queues the one close frame. Without a code it has no payload.
    pub(super) fn close(&mut self, code: Option<u16>, reason: &str) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.control = true;
        self.pong = None;
        let mut payload = Vec::with_capacity(2 + reason.len());
        if let Some(code) = code {
            payload.extend_from_slice(&code.to_be_bytes());
            payload.extend_from_slice(reason.as_bytes());
        }
        self.queue_control(Control::Close, &payload);
    }

    /// Takes the beginning of `data` as one binary frame. Waits until everything before it has left.
    pub(super) fn poll_frame<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        if data.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        ready!(self.poll_drain(stream, cx))?;
        let data = &data[..data.len().min(FRAME_BYTES)];
        let mut header = [0; HEADER_BYTES];
        let unused = {
            let mut room = &mut header[..];
            format_header(OpCode::Data(Data::Binary), data.len(), &mut room);
            room.len()
        };
        let header = &header[..HEADER_BYTES - unused];
        let mut sent = 0;
        // Most of the time the socket takes it all, and nothing has to be copied.
        if stream.is_write_vectored() {
            let parts = [IoSlice::new(header), IoSlice::new(data)];
            sent = ready!(Pin::new(&mut *stream).poll_write_vectored(cx, &parts))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
        }
        if sent < header.len() + data.len() {
            self.bytes
                .extend_from_slice(header.get(sent..).unwrap_or_default());
            self.bytes
                .extend_from_slice(&data[sent.saturating_sub(header.len())..]);
            if let Poll::Ready(Err(error)) = self.poll_drain(stream, cx) {
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(data.len()))
    }

    /// Writes everything that waits and flushes the stream.
    pub(super) fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(stream, cx))?;
        ready!(Pin::new(stream).poll_flush(cx))?;
        self.control = false;
        Poll::Ready(Ok(()))
    }

    /// Writes everything that waits; the buffer is given back afterwards.
    fn poll_drain<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            while self.written < self.bytes.len() {
                let n = ready!(Pin::new(&mut *stream).poll_write(cx, &self.bytes[self.written..]))?;
                if n == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.written += n;
            }
            self.written = 0;
            self.bytes = Vec::new();
            let Some(pong) = self.pong.take() else {
                return Poll::Ready(Ok(()));
            };
            self.queue_control(Control::Pong, &pong);
        }
    }

    fn queue_control(&mut self, kind: Control, payload: &[u8]) {
        debug_assert!(payload.len() <= CONTROL_BYTES_MAX, "control frames are short");
        format_header(OpCode::Control(kind), payload.len(), &mut self.bytes);
        self.bytes.extend_from_slice(payload);
    }
}

/// A server's frames are whole messages and not masked (RFC 6455 5.1).
fn format_header(opcode: OpCode, length: usize, out: &mut impl io::Write) {
    let header = FrameHeader {
        opcode,
        ..FrameHeader::default()
    };
    header
        .format(length as u64, out)
        .expect("there is room for the longest header");
}
