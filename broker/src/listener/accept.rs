//! The accept loop of one listener. At `max_connections` it stops accepting: further clients wait in the kernel's
//! backlog until a slot is free (config.md 6.9). The same holds when the process has only its reserve of file
//! descriptors left, which admin socket, log files and reload must find free.

use super::Place;
use super::bind::Bound;
use super::descriptors::Slot;
use super::entrance::Entrance;
use super::sockets::SocketOptions;
use super::{Connections, Peer};
use crate::events;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpStream, UnixStream};
use tracing::warn;

/// The least time between two warnings about a limit.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// How long accepting pauses when there are no descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener at work.
pub(super) struct Accepting {
    pub entrance: Arc<Entrance>,
    pub options: SocketOptions,
    pub connections: Arc<Connections>,
    /// `None` = no limit.
    pub limit: Option<usize>,
}

enum Incoming {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

impl Incoming {
    /// `None` = a Unix socket.
    const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(_, address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

impl Accepting {
    pub(super) async fn run(self, bound: Bound) {
        let mut stopping = self.entrance.core.stopping.subscribe();
        let mut warned: Option<Instant> = None;
        loop {
            let accepted = tokio::select! {
                accepted = self.next(&bound, &mut warned) => accepted,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            match accepted {
                Ok((incoming, slot)) => self.admit(incoming, slot),
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    let detail = format!("{}: {error}", self.entrance.label);
                    let kind = events::Kind::ListenerFailed;
                    events::note(&self.entrance.core, kind, "cannot_accept", None, &detail);
                    warn!(
                        "listener {} cannot accept: {error}; trying again in 100 ms",
                        self.entrance.label
                    );
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Waits for a free place, then for a client.
    async fn next(&self, bound: &Bound, warned: &mut Option<Instant>) -> io::Result<(Incoming, Slot)> {
        while let Some(limit) = self.limit {
            let ended = self.connections.ended.notified();
            if self.connections.active() < limit {
                break;
            }
            self.warn(warned, &format!("reached max_connections={limit}"));
            ended.await;
        }
        let descriptors = &self.entrance.core.descriptors;
        let slot = loop {
            let changed = descriptors.changed();
            if let Some(slot) = descriptors.try_take() {
                break slot;
            }
            self.warn(
                warned,
                "waits: only the reserve of open files is left; raise the limit of open files (ulimit -n)",
            );
            changed.await;
        };
        let incoming = match bound {
            Bound::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                Incoming::Tcp(stream, address)
            }
            Bound::Unix(listener) => Incoming::Unix(listener.accept().await?.0),
        };
        Ok((incoming, slot))
    }

    fn warn(&self, warned: &mut Option<Instant>, text: &str) {
        if warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            warn!("listener {} {text}", self.entrance.label.replace(' ', ":"));
            *warned = Some(Instant::now());
        }
    }

    /// One task for each connection. What comes too fast is closed before it costs a handshake.
    fn admit(&self, incoming: Incoming, slot: Slot) {
        let address = incoming.address();
        if let Err(refusal) = self.entrance.admit(address, Instant::now()) {
            self.entrance
                .refused(&refusal, &address.map_or_else(Peer::local, Peer::at));
            return;
        }
        let place = Place {
            _open: self.connections.opened(),
            _slot: slot,
        };
        match incoming {
            Incoming::Tcp(stream, address) => {
                // A socket that refuses its options is gone already; reading will say so.
                drop(self.options.apply(&stream));
                self.entrance.start_tcp(stream, address, place);
            }
            Incoming::Unix(stream) => self.entrance.start_unix(stream, place),
        }
    }
}

/// Errors that concern the connection that was about to be accepted, not the listener.
fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
