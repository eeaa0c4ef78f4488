//! What leaves on one admin connection. Commands hand their replies to a short queue, one writer empties it: several may
//! run at a time, and a client that does not take its answers slows down its own commands and nobody else.

use super::serve::Broken;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::time::timeout;
use vmq_admin::Element;
use vmq_admin::wire::{self, Reply, TABLE_ROWS_MAX};

/// Replies that wait for the writer; each is at most a line of the protocol.
const WAITING_MAX: usize = 4;

/// For a client that does not take its answer.
const WRITE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// The way to the writer of a connection.
#[derive(Clone, Debug)]
pub(super) struct Replies(mpsc::Sender<Reply>);

/// The connection takes no more replies.
#[derive(Debug, thiserror::Error)]
#[error("the client has gone")]
pub(super) struct Gone;

/// The two ends of a connection's replies.
pub(super) fn channel() -> (Replies, mpsc::Receiver<Reply>) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    (Replies(sender), receiver)
}

impl Replies {
    /// Hands a reply to the writer, waiting for room.
    pub(super) async fn send(&self, reply: Reply) -> Result<(), Gone> {
        self.0.send(reply).await.map_err(|_| Gone)
    }

    /// Sends a part of an answer. Long tables go in parts, so that no line gets too long.
    pub(super) async fn element(&self, id: u64, element: Element) -> Result<(), Gone> {
        let Element::Table(mut rows) = element else {
            let more = false;
            return self.send(Reply::Element { id, element, more }).await;
        };
        loop {
            let rest = rows.split_off(rows.len().min(TABLE_ROWS_MAX));
            let more = !rest.is_empty();
            let element = Element::Table(rows);
            self.send(Reply::Element { id, element, more }).await?;
            if !more {
                return Ok(());
            }
            rows = rest;
        }
    }

    /// The last words to a client that is not talked to any longer.
    pub(super) async fn refuse(&self, text: &str) -> Result<(), Gone> {
        let text = text.to_owned();
        self.send(Reply::Refused { text }).await
    }
}

/// Writes replies until nobody can send any more.
///
/// # Errors
/// The client does not take them, or one cannot be written.
pub(super) async fn write(
    mut stream: OwnedWriteHalf,
    mut replies: mpsc::Receiver<Reply>,
) -> Result<(), Broken> {
    while let Some(reply) = replies.recv().await {
        let (line, fault) = match wire::encode(&reply) {
            Ok(line) => (line, None),
            Err(fault) => {
                let text = fault.to_string();
                (wire::encode(&Reply::Refused { text })?, Some(fault))
            }
        };
        let written = stream.write_all(&line);
        if let Reply::Line { .. } = reply {
            // Who reads a stream may pause for as long as he likes: what he misses is dropped where it comes from.
            written.await?;
        } else {
            timeout(WRITE_PATIENCE, written).await??;
        }
        if let Some(fault) = fault {
            return Err(fault.into());
        }
    }
    Ok(())
}
