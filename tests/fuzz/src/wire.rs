//! The other end of a connection, in memory: its bytes come and go in pieces of chosen sizes, with waits in between. For
//! the targets whose outcome must not depend on how a network cuts what it carries.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Polls after which something that should have come to its end is told to hang.
const POLLS_MAX: usize = 1_000_000;

/// How bytes are cut: each size is used in its turn, over and over. Low seven bits: the piece, less one; high bit: the
/// other side has to ask twice.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'a> {
    sizes: &'a [u8],
    turn: usize,
    has_waited: bool,
}

impl<'a> Cut<'a> {
    /// No sizes: everything at once.
    pub fn new(sizes: &'a [u8]) -> Self {
        Self {
            sizes,
            turn: 0,
            has_waited: false,
        }
    }

    /// Bytes of the next piece.
    fn next(&mut self) -> Poll<usize> {
        if self.sizes.is_empty() {
            return Poll::Ready(usize::MAX);
        }
        let size = self.sizes[self.turn % self.sizes.len()];
        if size & 0x80 != 0 && !self.has_waited {
            self.has_waited = true;
            return Poll::Pending;
        }
        self.has_waited = false;
        self.turn += 1;
        Poll::Ready(usize::from(size & 0x7F) + 1)
    }
}

/// A peer that sends some bytes and then closes, and takes what it is sent.
#[derive(Debug)]
pub struct Wire<'a> {
    incoming: &'a [u8],
    reads: Cut<'a>,
    writes: Cut<'a>,
    /// What was sent to the peer.
    pub outgoing: Vec<u8>,
    /// Bytes of the peer that were read.
    pub taken: usize,
    /// The largest room that a read has offered, in bytes.
    pub room_max: usize,
    /// The writing half was closed.
    pub is_shut: bool,
}

impl<'a> Wire<'a> {
    pub fn new(incoming: &'a [u8], reads: Cut<'a>, writes: Cut<'a>) -> Self {
        Self {
            incoming,
            reads,
            writes,
            outgoing: Vec::new(),
            taken: 0,
            room_max: 0,
            is_shut: false,
        }
    }
}

impl AsyncRead for Wire<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Poll::Ready(piece) = self.reads.next() else {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        let rest = &self.incoming[self.taken..];
        let count = piece.min(rest.len()).min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        self.room_max = self.room_max.max(count + buffer.remaining());
        self.taken += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire<'_> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        assert!(!self.is_shut, "nothing is written behind the end");
        let Poll::Ready(piece) = self.writes.next() else {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        let count = piece.min(bytes.len());
        self.outgoing.extend_from_slice(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_shut = true;
        Poll::Ready(Ok(()))
    }
}

/// Runs to the end: a wire that makes somebody wait can be asked again at once.
pub fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..POLLS_MAX {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
    panic!("waits for ever");
}
