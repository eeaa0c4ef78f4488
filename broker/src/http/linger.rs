//! Lingering: a connection that ends lets the client finish. Closing a socket over bytes that nobody has read resets
//! it, and the client may lose the answer: a 413 while the body is still on its way.

use crate::connection::Transport;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long the client may take to close its side.
const LINGER: Duration = Duration::from_secs(1);

/// Bytes thrown away meanwhile.
const DISCARD_BYTES_MAX: usize = 1024 * 1024;

/// A transport whose end is not abrupt.
pub(super) struct Lingering {
    stream: Box<dyn Transport>,
    discard_bytes: usize,
    /// Runs when the writing side is closed.
    until: Option<Pin<Box<Sleep>>>,
}

impl Lingering {
    pub(super) fn new(stream: Box<dyn Transport>) -> Self {
        Self {
            stream,
            discard_bytes: DISCARD_BYTES_MAX,
            until: None,
        }
    }

    /// Ready when the client has closed, sent too much, or is gone.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scrap = [0; 4096];
        while self.discard_bytes > 0 {
            let mut scrap = ReadBuf::new(&mut scrap);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut scrap)) {
                Ok(()) if !scrap.filled().is_empty() => {
                    self.discard_bytes = self.discard_bytes.saturating_sub(scrap.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Closes the writing side, then reads into nothing for a while.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.until.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let mut until = this.until.take().unwrap_or_else(|| Box::pin(sleep(LINGER)));
        if this.poll_discard(cx).is_ready() || until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        this.until = Some(until);
        Poll::Pending
    }
}
