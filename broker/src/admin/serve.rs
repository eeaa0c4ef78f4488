//! Connections of the admin socket: who is it, greet, then one request after the other. Every wait has a deadline and
//! every size a bound (admin.md 18.2); what cannot be understood ends the connection.

use super::lines::{self, LineFault};
use super::peer::Peer;
use super::{Admin, dispatch};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{error::Elapsed, sleep, timeout};
use tracing::{debug, warn};
use vmq_admin::wire::{self, FrameFault, Reply, Request, Stream, TABLE_ROWS_MAX};
use vmq_admin::{Access, Element};

/// Connections at a time.
const CONNECTIONS_MAX: usize = 32;

/// For the first line of a client.
const FIRST_LINE_PATIENCE: Duration = Duration::from_secs(5);

/// For a client that does not take its answer.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// After a failed accept, such as with no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a connection ended before its client wanted it to.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Line(#[from] LineFault),
    #[error(transparent)]
    Frame(#[from] FrameFault),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("timeout")]
    Timeout(#[from] Elapsed),
}

/// Accepts until it is aborted, which ends every connection with it.
pub(super) async fn accept(listener: UnixListener, admin: Arc<Admin>) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => match Arc::clone(&slots).try_acquire_owned() {
                    Ok(slot) => {
                        let admin = Arc::clone(&admin);
                        connections.spawn(async move {
                            serve(stream, &admin).await;
                            drop(slot);
                        });
                    }
                    Err(_) => refuse_at_once(&stream, "too many admin connections"),
                },
                Err(error) => {
                    warn!("can't accept an admin connection due to {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Without waiting: there is no task that could wait.
fn refuse_at_once(stream: &UnixStream, text: &str) {
    warn!("admin connection refused: {text}");
    let refused = Reply::Refused {
        text: text.to_owned(),
    };
    if let Ok(line) = wire::encode(&refused) {
        drop(stream.try_write(&line));
    }
}

async fn serve(stream: UnixStream, admin: &Arc<Admin>) {
    let peer = match stream.peer_cred() {
        Ok(credentials) => Peer::from(credentials),
        Err(error) => {
            warn!("admin connection of an unknown peer refused: {error}");
            return;
        }
    };
    let policy = admin.policy.clone();
    let granted = tokio::task::spawn_blocking(move || policy.access(peer)).await;
    let mut connection = Connection {
        stream: BufReader::new(stream),
        peer,
    };
    let Ok(Some(granted)) = granted else {
        warn!("admin connection of uid {} refused", peer.uid);
        let text = "You need to be root or use sudo to run this command";
        drop(connection.refuse(text).await);
        return;
    };
    if let Err(broken) = connection.talk(admin, granted).await {
        debug!("admin connection of uid {} ended: {broken}", peer.uid);
        if let Broken::Line(LineFault::TooLong) | Broken::Frame(_) = broken {
            drop(connection.refuse(&broken.to_string()).await);
        }
    }
}

struct Connection {
    stream: BufReader<UnixStream>,
    peer: Peer,
}

impl Connection {
    async fn talk(&mut self, admin: &Arc<Admin>, granted: Access) -> Result<(), Broken> {
        self.send(&Reply::Hello(admin.hello())).await?;
        let mut line = timeout(FIRST_LINE_PATIENCE, lines::next(&mut self.stream)).await??;
        while let Some(bytes) = line {
            let request = wire::decode(&bytes)?;
            drop(bytes);
            self.answer(admin, granted, request).await?;
            line = lines::next(&mut self.stream).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, admin: &Arc<Admin>, granted: Access, request: Request) -> Result<(), Broken> {
        match request {
            Request::Ping { id } => self.send(&Reply::Pong { id }).await,
            // Requests run one after the other: what is to be cancelled has ended already.
            Request::Cancel { .. } => Ok(()),
            Request::Exec { id, command } => {
                let answer = dispatch::run(admin, self.peer, granted, command).await;
                for text in answer.notes {
                    let stream = Stream::Err;
                    self.send(&Reply::Line { id, stream, text }).await?;
                }
                for element in answer.elements {
                    self.send_element(id, element).await?;
                }
                self.send(&Reply::End {
                    id,
                    exit: answer.exit,
                })
                .await
            }
        }
    }

    /// Long tables go in parts, so that no line gets too long.
    async fn send_element(&mut self, id: u64, element: Element) -> Result<(), Broken> {
        let Element::Table(mut rows) = element else {
            let more = false;
            return self.send(&Reply::Element { id, element, more }).await;
        };
        loop {
            let rest = rows.split_off(rows.len().min(TABLE_ROWS_MAX));
            let more = !rest.is_empty();
            let element = Element::Table(rows);
            self.send(&Reply::Element { id, element, more }).await?;
            if !more {
                return Ok(());
            }
            rows = rest;
        }
    }

    async fn refuse(&mut self, text: &str) -> Result<(), Broken> {
        self.send(&Reply::Refused {
            text: text.to_owned(),
        })
        .await
    }

    async fn send(&mut self, reply: &Reply) -> Result<(), Broken> {
        let line = wire::encode(reply)?;
        timeout(WRITE_PATIENCE, self.stream.get_mut().write_all(&line)).await??;
        Ok(())
    }
}
