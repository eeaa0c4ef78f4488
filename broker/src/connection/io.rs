//! The socket and its two buffers. An idle connection holds no buffer: one is taken from a pool of the thread when there
//! is data, and given back when it is empty.

use bytes::{Buf, BytesMut};
use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;

use super::Transport;

/// Buffers that a thread keeps for the next connection.
const POOLED: usize = 8;

/// Bytes of one read before CONNECT was accepted: a client that sends its CONNECT byte by byte holds no more than it has
/// sent, rounded up.
const STRANGER_READ_BYTES: usize = 512;

/// Above this many unsent bytes nothing more is taken from the queue.
pub const WRITE_HIGH: usize = 64 * 1024;

/// Above this many unsent bytes nothing more is read: a client that sends but does not read its acknowledgements.
pub const WRITE_MAX: usize = 512 * 1024;

/// A peer that was written to within this time can wait for a fuller segment (decision 9). Nobody notices it, and whoever gets a
/// message now and then gets it at once.
const GATHER: Duration = Duration::from_micros(50);

thread_local! {
    static POOL: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
}

/// A socket with its buffers.
pub struct Io<T> {
    transport: T,
    pub read: BytesMut,
    pub write: BytesMut,
    /// The transport may hold bytes of its own that have not left.
    unflushed: bool,
    /// Bytes of one read of an accepted client.
    read_capacity: u32,
    is_accepted: bool,
    /// Since when a write has made no progress.
    blocked_since: Option<Instant>,
    /// When the last write was made.
    written_at: Option<Instant>,
    /// The last read filled the buffer: there is probably more. Whoever takes note clears it.
    pub filled: bool,
    /// Bytes moved since they were last counted.
    pub received: u64,
    pub sent: u64,
}

impl<T: Transport> Io<T> {
    /// Wraps a socket. `read_capacity` is the size in bytes of one read of an accepted client.
    pub fn new(transport: T, read_capacity: usize) -> Self {
        Self {
            transport,
            read: BytesMut::new(),
            write: BytesMut::new(),
            unflushed: false,
            read_capacity: u32::try_from(read_capacity).unwrap_or(u32::MAX),
            is_accepted: false,
            blocked_since: None,
            written_at: None,
            filled: false,
            received: 0,
            sent: 0,
        }
    }

    /// Reads once into `read`. `Ok(0)` = the peer has closed.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.make_room();
        let room = self.read.capacity() - self.read.len();
        let result = pin!(self.transport.read_buf(&mut self.read)).poll(cx);
        match result {
            Poll::Pending => self.release_read(),
            Poll::Ready(Ok(n)) => {
                self.received += n as u64;
                self.filled = n == room;
            }
            Poll::Ready(Err(_)) => {}
        }
        result
    }

    /// Room for one read. The large buffers of the pool are not for strangers, who may keep them.
    fn make_room(&mut self) {
        if !self.is_accepted {
            self.read.reserve(STRANGER_READ_BYTES);
            return;
        }
        if self.read.capacity() == 0 {
            self.read = take_buffer();
        }
        let wanted = self.read_capacity as usize;
        if self.read.capacity() - self.read.len() < wanted / 2 {
            self.read.reserve(wanted);
        }
    }

    /// Gives the read buffer back if it is empty.
    pub fn release_read(&mut self) {
        if self.read.is_empty() && self.read.capacity() > 0 {
            let buffer = std::mem::take(&mut self.read);
            if self.is_accepted {
                give_buffer(buffer);
            }
        }
    }

    /// Writes as much as the socket takes. `Ready(Ok)` = everything is written.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<io::Result<()>> {
        while !self.write.is_empty() {
            match Pin::new(&mut self.transport).poll_write(cx, &self.write) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(n)) => {
                    self.write.advance(n);
                    self.unflushed = true;
                    self.sent += n as u64;
                    self.blocked_since = None;
                    self.written_at = Some(now);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.blocked_since.get_or_insert(now);
                    return Poll::Pending;
                }
            }
        }
        if self.unflushed {
            match Pin::new(&mut self.transport).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.blocked_since.get_or_insert(now);
                    return Poll::Pending;
                }
            }
        }
        self.blocked_since = None;
        if self.write.capacity() > 0 {
            give_buffer(std::mem::take(&mut self.write));
        }
        Poll::Ready(Ok(()))
    }

    /// Whether bytes wait here or in the transport.
    pub fn has_unsent(&self) -> bool {
        !self.write.is_empty() || self.unflushed
    }

    /// Whether what is unsent waits for more to go with it: it is not much, and the last write was made just now.
    /// The clock is asked only when the rest holds.
    pub fn gathers(&self, clock: impl FnOnce() -> Instant) -> bool {
        !self.write.is_empty()
            && self.write.len() < WRITE_HIGH / 2
            && self.blocked_since.is_none()
            && self
                .written_at
                .is_some_and(|at| clock().saturating_duration_since(at) < GATHER)
    }

    /// The client is no stranger any more.
    pub fn accepted(&mut self) {
        self.is_accepted = true;
        self.transport.accepted();
    }

    /// Since when the socket has taken nothing of what waits for it; `None` = nothing waits, or it takes some.
    pub const fn blocked_since(&self) -> Option<Instant> {
        self.blocked_since
    }

    /// The buffer to encode into.
    pub fn out(&mut self) -> &mut BytesMut {
        if self.write.capacity() == 0 {
            self.write = take_buffer();
        }
        &mut self.write
    }

    /// Writes everything and tells the peer that nothing more comes (FIN), within `limit`.
    pub async fn finish(&mut self, limit: Duration) {
        let done = async {
            std::future::poll_fn(|cx| self.poll_flush(cx, Instant::now())).await?;
            std::future::poll_fn(|cx| Pin::new(&mut self.transport).poll_shutdown(cx)).await
        };
        // The peer may be gone already; there is nobody left to tell.
        drop(tokio::time::timeout(limit, done).await);
    }

    /// Reads and throws away what the peer still sends, at most `limit_bytes`, so that closing does not reset the
    /// connection before the peer has read our last packet.
    pub async fn drain(&mut self, limit: Duration, limit_bytes: usize) {
        let mut left = limit_bytes;
        let done = async {
            while left > 0 {
                self.read.clear();
                match std::future::poll_fn(|cx| self.poll_read(cx)).await {
                    Ok(n) if n > 0 => left = left.saturating_sub(n),
                    _ => break,
                }
            }
        };
        drop(tokio::time::timeout(limit, done).await);
    }

    /// One read, waited for.
    ///
    /// # Errors
    /// The socket fails.
    pub async fn fill(&mut self) -> io::Result<usize> {
        std::future::poll_fn(|cx| self.poll_read(cx)).await
    }

    /// Writes everything, waited for.
    ///
    /// # Errors
    /// The socket fails.
    pub async fn flush(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| {
            ready!(self.poll_flush(cx, Instant::now()))?;
            Poll::Ready(Ok(()))
        })
        .await
    }
}

fn take_buffer() -> BytesMut {
    POOL.with(|pool| pool.borrow_mut().pop()).unwrap_or_default()
}

/// Keeps a buffer for the next connection of this thread, unless it has grown out of size.
fn give_buffer(mut buffer: BytesMut) {
    buffer.clear();
    POOL.with(|pool| {
        let mut pool = pool.borrow_mut();
        if pool.len() < POOLED && buffer.capacity() <= 4 * WRITE_HIGH {
            pool.push(buffer);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::io::{DuplexStream, duplex};

    /// Writes so many bytes at `now`; `true` = all of them left.
    async fn write(io: &mut Io<DuplexStream>, bytes: usize, now: Instant) -> bool {
        io.out().resize(bytes, 7);
        poll_fn(|cx| Poll::Ready(io.poll_flush(cx, now).is_ready())).await
    }

    /// Decision 9: the first bytes after a pause leave at once; a peer that was written to just now waits for more of them, but not
    /// for much, and not when it does not take what it has.
    #[tokio::test]
    async fn a_small_write_right_behind_another_waits() {
        let (ours, theirs) = duplex(WRITE_HIGH);
        let mut io = Io::new(ours, 1024);
        let now = Instant::now();
        io.out().resize(10, 7);
        assert!(!io.gathers(|| now), "nothing was written before");
        assert!(write(&mut io, 10, now).await);
        assert!(!io.gathers(|| now), "nothing waits");
        io.out().resize(10, 7);
        assert!(io.gathers(|| now + GATHER / 2));
        assert!(!io.gathers(|| now + GATHER), "the last write is long ago");
        io.out().resize(WRITE_HIGH / 2, 7);
        assert!(!io.gathers(|| now), "that is enough for one write");
        assert!(!write(&mut io, WRITE_HIGH + 10, now).await);
        io.write.truncate(10);
        assert!(!io.gathers(|| now), "the peer takes nothing");
        drop(theirs);
    }
}
