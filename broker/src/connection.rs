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

use crate::core::Core;
use crate::events::CloseReason;
use crate::listener::ListenerContext;
use crate::mailbox::Mailbox;
use crate::metrics::Counter;
use crate::publish::Batch;
use crate::queue::Queue;
use crate::session::Session;
use io::Io;
use outbox::Outbox;
use std::sync::Arc;
use std::time::Instant;
use timers::Timers;
use tokio::io::{AsyncRead, AsyncWrite};

/// What a connection needs of its transport.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Transport for T {}

/// A client that has been accepted: CONNACK is on its way.
pub struct Connection<T> {
    core: Arc<Core>,
    listener: Arc<ListenerContext>,
    mailbox: Arc<Mailbox>,
    io: Io<T>,
    session: Session,
    queue: Arc<Queue>,
    /// The queue has been given back.
    left: bool,
    /// Accepted publishes of the present read.
    batch: Batch,
    outbox: Outbox,
    timers: Timers,
    /// A read of the queue's backlog that is under way.
    reading_backlog: Option<run::BacklogRead>,
    /// The queue has more than was taken.
    more: bool,
    /// Complete packets are left in the read buffer.
    buffered: bool,
}

/// Serves one client from its first byte to its last.
pub async fn serve<T: Transport>(
    core: Arc<Core>,
    listener: Arc<ListenerContext>,
    transport: T,
    peer: Arc<str>,
) {
    core.metrics.bump(Counter::SocketOpen);
    let mut io = Io::new(transport, listener.read_buffer_bytes, listener.send_timeout);
    let mailbox = Arc::new(Mailbox::new());
    let reason = match handshake::connect(&core, &listener, &mut io, &mailbox, peer).await {
        Ok(accepted) => {
            let started = Instant::now();
            let mut connection = Connection {
                left: false,
                timers: Timers::new(started, &accepted.session, listener.max_connection_lifetime),
                core: Arc::clone(&core),
                listener,
                mailbox,
                io,
                session: accepted.session,
                queue: accepted.queue,
                batch: Batch::default(),
                outbox: Outbox::default(),
                reading_backlog: None,
                more: true,
                buffered: false,
            };
            let reason = connection.run().await;
            connection.end(&reason).await;
            reason
        }
        Err(refused) => {
            ending::log_refused(&refused, &mailbox);
            ending::close(&mut io).await;
            refused.reason
        }
    };
    count_close(&core, &reason);
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

fn count_close(core: &Core, reason: &CloseReason) {
    core.metrics.bump(Counter::SocketClose);
    core.metrics.bump(ending::close_counter(reason));
    match reason {
        CloseReason::ConnectTimeout => core.metrics.bump(Counter::SocketCloseTimeout),
        CloseReason::SocketError(_) => core.metrics.bump(Counter::SocketError),
        _ => {}
    }
}
