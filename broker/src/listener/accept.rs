//! The accept loop of one listener. At `max_connections` it stops accepting: further clients wait in the kernel's
//! backlog until a slot is free (config.md 6.9).

use super::bind::Bound;
use super::sockets::SocketOptions;
use super::{Connections, ListenerContext};
use crate::connection::serve;
use crate::core::Core;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpStream, UnixStream};
use tracing::warn;

/// The least time between two warnings about the limit.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// How long accepting pauses when there are no descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener at work.
pub(super) struct Accepting {
    pub core: Arc<Core>,
    pub context: Arc<ListenerContext>,
    pub options: SocketOptions,
    pub connections: Arc<Connections>,
    /// `None` = no limit.
    pub limit: Option<usize>,
    pub label: String,
}

enum Incoming {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

impl Accepting {
    pub(super) async fn run(self, bound: Bound) {
        let mut stopping = self.core.stopping.subscribe();
        let mut warned: Option<Instant> = None;
        loop {
            let accepted = tokio::select! {
                accepted = self.next(&bound, &mut warned) => accepted,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            match accepted {
                Ok(incoming) => self.spawn(incoming),
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    warn!(
                        "listener {} cannot accept: {error}; trying again in 100 ms",
                        self.label
                    );
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Waits for a free slot, then for a client.
    async fn next(&self, bound: &Bound, warned: &mut Option<Instant>) -> io::Result<Incoming> {
        while let Some(limit) = self.limit {
            let ended = self.connections.ended.notified();
            if self.connections.active() < limit {
                break;
            }
            if warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
                warn!(
                    "listener {} reached max_connections={limit}",
                    self.label.replace(' ', ":")
                );
                *warned = Some(Instant::now());
            }
            ended.await;
        }
        match bound {
            Bound::Tcp(listener) => listener
                .accept()
                .await
                .map(|(stream, peer)| Incoming::Tcp(stream, peer)),
            Bound::Unix(listener) => listener.accept().await.map(|(stream, _)| Incoming::Unix(stream)),
        }
    }

    fn spawn(&self, incoming: Incoming) {
        let open = self.connections.opened();
        let (core, context, options) = (Arc::clone(&self.core), Arc::clone(&self.context), self.options);
        match incoming {
            Incoming::Tcp(stream, peer) => tokio::spawn(async move {
                let _open = open;
                // A socket that refuses its options is gone already; reading will say so.
                drop(options.apply(&stream));
                serve(core, context, stream, Arc::from(peer.to_string())).await;
            }),
            Incoming::Unix(stream) => tokio::spawn(async move {
                let _open = open;
                serve(core, context, stream, Arc::from("local")).await;
            }),
        };
    }
}

/// Errors that concern the connection that was about to be accepted, not the listener.
fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
