//! Connection: one task per client. It owns the socket and the session, turns bytes into packets and back, and is the
//! only place that waits: for the socket, the store, hooks, its queue and the clock.
//!
//! `serve` is the whole life: handshake, then `run` until there is a reason to end, then `end`.

pub mod io;
pub mod handshake;
pub mod run;
pub mod inbound;
pub mod subscribing;
pub mod outbound;
pub mod outbox;
pub mod timers;
pub mod ending;
mod closing;

use crate::core::Core;
use crate::listener::{ListenerContext, Peer};
use crate::mailbox::Mailbox;
use crate::metrics::Counter;
use crate::publish::Batch;
use crate::queue::Queue;
use crate::session::Session;
use crate::trace::{Subject, Tracing};
use io::Io;
use outbox::Outbox;
use std::sync::Arc;
use std::time::Instant;
use timers::Timers;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

/// What a connection needs of its transport. Plain TCP is served as itself; every other transport comes in a box, so that
/// the code of a connection exists twice and not once for each of them.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send + Sync {
    /// CONNECT was accepted: bounds that hold for strangers may be lifted.
    fn accepted(&mut self) {}
}

impl Transport for TcpStream {}
impl Transport for UnixStream {}
impl<S: Transport> Transport for TlsStream<S> {}
/// A pipe in memory, for who drives a connection without a socket.
impl Transport for DuplexStream {}

impl Transport for Box<dyn Transport> {
    fn accepted(&mut self) {
        (**self).accepted();
    }
}

/// A client that has been accepted: CONNACK is on its way.
pub struct Connection<T> {
    core: Arc<Core>,
    listener: Arc<ListenerContext>,
    mailbox: Arc<Mailbox>,
    io: Io<T>,
    session: Session,
    /// What traces want of the session.
    tracing: Tracing,
    queue: Arc<Queue>,
    /// The queue has been given back.
    left: bool,
    /// Accepted publishes of the present read; in a box, since many clients never publish.
    batch: Option<Box<Batch>>,
    outbox: Outbox,
    timers: Timers,
    /// A read of the queue's backlog that is under way.
    reading_backlog: Option<run::BacklogRead>,
    /// The queue has more than was taken.
    more: bool,
    /// Complete packets are left in the read buffer.
    buffered: bool,
    /// Reads in a row that filled the buffer.
    full_reads: u16,
}

/// Serves one client from its first byte to its last. `place` is given back when it has gone.
///
/// In boxes is what only the beginning or the end needs: the thousands that are idle do not keep the room for it. That is
/// why this is no `async fn`, which would keep its arguments as well.
pub fn serve<T: Transport + 'static>(
    core: Arc<Core>,
    listener: Arc<ListenerContext>,
    transport: T,
    peer: Peer,
    place: impl Send,
) -> impl Future<Output = ()> + Send {
    let opening = Box::pin(open(Arc::clone(&core), listener, transport, peer));
    async move {
        core.metrics.bump(Counter::SocketOpen);
        if let Some(mut connection) = opening.await {
            let reason = connection.run().await;
            Box::pin(connection.end(&reason)).await;
        }
        core.metrics.bump(Counter::SocketClose);
        drop(place);
    }
}

/// The handshake; who is refused has been told when this ends.
async fn open<T: Transport>(
    core: Arc<Core>,
    listener: Arc<ListenerContext>,
    transport: T,
    peer: Peer,
) -> Option<Box<Connection<T>>> {
    let mut io = Io::new(transport, listener.read_buffer_bytes);
    let mailbox = Arc::new(Mailbox::at(Arc::clone(&peer.address)));
    let mut tracing = Tracing::default();
    match handshake::connect(&core, &listener, &mut io, &mut tracing, &mailbox, peer).await {
        Ok(accepted) => Some(Box::new(Connection {
            left: false,
            timers: Timers::new(
                Instant::now(),
                &accepted.session,
                listener.max_connection_lifetime,
            ),
            core,
            listener,
            mailbox,
            io,
            session: accepted.session,
            tracing,
            queue: accepted.queue,
            batch: None,
            outbox: Outbox::default(),
            reading_backlog: None,
            more: true,
            buffered: false,
            full_reads: 0,
        })),
        Err(refused) => {
            refused.tell(&core, &listener, &mailbox);
            ending::close(&mut io).await;
            tracing.stopped(&refused.reason);
            None
        }
    }
}

impl<T> Connection<T> {
    /// Counts what was read since the last time.
    fn count_bytes_in(&mut self) {
        let received = std::mem::take(&mut self.io.received);
        self.core.metrics.add(Counter::BytesReceived, received);
        self.mailbox.add_bytes_in(received);
    }

    /// Counts what has left since the last time.
    fn count_bytes_out(&mut self) {
        let sent = std::mem::take(&mut self.io.sent);
        self.core.metrics.add(Counter::BytesSent, sent);
        self.mailbox.add_bytes_out(sent);
    }

    /// Looks for traces that have begun or ended since.
    fn look_for_traces(&mut self) {
        let Self {
            core,
            mailbox,
            session,
            listener,
            ..
        } = self;
        self.tracing.look(&core.traces, || {
            let version = session.version();
            Subject::of(mailbox, &session.identity, &listener.name, version)
        });
    }
}

impl<T> Drop for Connection<T> {
    /// Gives the queue back even if the task panicked: one connection's bug stays one connection's. What is stored stays
    /// stored, and a newer connection that waits goes on.
    fn drop(&mut self) {
        if !self.left {
            self.leave_queue(None);
            self.core.metrics.bump(Counter::SocketClose);
        }
    }
}
