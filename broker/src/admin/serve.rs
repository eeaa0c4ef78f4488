//! Connections of the admin socket: who is it, greet, then take requests until the client says no more. Commands run in
//! `running`, what they answer leaves through `replies`. Every size has a bound, and every wait for a client that owes
//! something a deadline (admin.md 18.2); what cannot be understood ends the connection.

use super::Admin;
use super::lines::{self, LineFault};
use super::peer::Peer;
use super::replies::{self, Gone, Replies};
use super::running::Running;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::BufReader;
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{error::Elapsed, sleep, timeout};
use tracing::{debug, warn};
use vmq_admin::command::catalogue::Catalogue;
use vmq_admin::wire::{self, FrameFault, Hello, Reply, Request};

/// Connections at a time.
const CONNECTIONS_MAX: usize = 32;

/// For the first line of a client.
const FIRST_LINE_PATIENCE: Duration = Duration::from_secs(5);

/// After a failed accept, such as with no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a connection ended before its client wanted it to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error(transparent)]
    Line(#[from] LineFault),
    #[error(transparent)]
    Frame(#[from] FrameFault),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("timeout")]
    Timeout(#[from] Elapsed),
    #[error(transparent)]
    Gone(#[from] Gone),
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
    let (reader, writer) = stream.into_split();
    let (replies, waiting) = replies::channel();
    let mut writing = pin!(replies::write(writer, waiting));
    let talking = converse(BufReader::new(reader), admin, peer, replies);
    let broken = tokio::select! {
        () = talking => None,
        written = &mut writing => Some(written),
    };
    // Commands that still run when the client says no more are answered.
    let written = match broken {
        Some(written) => written,
        None => writing.await,
    };
    if let Err(broken) = written {
        debug!("admin connection of uid {} ended: {broken}", peer.uid);
    }
}

/// Lets the client in, or not, and does what it asks until it says no more.
async fn converse(mut reader: BufReader<OwnedReadHalf>, admin: &Arc<Admin>, peer: Peer, replies: Replies) {
    let policy = admin.policy.clone();
    let granted = tokio::task::spawn_blocking(move || policy.access(peer)).await;
    let Ok(Some(granted)) = granted else {
        warn!("admin connection of uid {} refused", peer.uid);
        let text = "You need to be root or use sudo to run this command";
        drop(replies.refuse(text).await);
        return;
    };
    let greeting = admin.hello(granted);
    let running = Running::new(admin, peer, granted, replies.clone());
    if let Err(broken) = requests(&mut reader, greeting, running, &replies).await {
        debug!("admin connection of uid {} ended: {broken}", peer.uid);
        if let Broken::Line(LineFault::TooLong) | Broken::Frame(_) = broken {
            drop(replies.refuse(&broken.to_string()).await);
        }
    }
}

async fn requests(
    reader: &mut BufReader<OwnedReadHalf>,
    greeting: Hello,
    mut running: Running,
    replies: &Replies,
) -> Result<(), Broken> {
    replies.send(Reply::Hello(greeting)).await?;
    let mut line = timeout(FIRST_LINE_PATIENCE, lines::next(reader)).await??;
    while let Some(bytes) = line {
        let request = wire::decode(&bytes)?;
        drop(bytes);
        match request {
            Request::Ping { id } => replies.send(Reply::Pong { id }).await?,
            Request::Cancel { id } => running.cancel(id),
            Request::Commands { id } => {
                let catalogue = Catalogue::new();
                replies.send(Reply::Commands { id, catalogue }).await?;
            }
            Request::Exec { id, command } => running.start(id, command).await?,
            Request::Sub { id, subscribe } => running.subscribe(id, subscribe).await?,
        }
        line = lines::next(reader).await?;
    }
    Ok(())
}
