//! What leaves on one admin connection. Commands hand their replies to a short queue, one writer empties it: several may
//! run at a time, and a client that does not take its answers slows down its own commands and nobody else.

use super::serve::Broken;
use super::table;
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use vmq_admin::wire::{self, Reply};
use vmq_admin::{Element, Row};

/// Replies that wait for the writer; each is at most a line of the protocol.
const WAITING_MAX: usize = 4;

/// For a client that does not take its answer.
const WRITE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// What the writer is given.
#[derive(Debug)]
pub(super) enum Outgoing {
    Reply(Reply),
    /// A line that is encoded already.
    Line(Vec<u8>),
    /// The same of a subscription; who sent it is told when it is written.
    Event(Vec<u8>, oneshot::Sender<()>),
}

/// The way to the writer of a connection.
#[derive(Clone, Debug)]
pub(super) struct Replies(mpsc::Sender<Outgoing>);

/// The connection takes no more replies.
#[derive(Debug, thiserror::Error)]
#[error("the client has gone")]
pub(super) struct Gone;

/// The two ends of a connection's replies.
pub(super) fn channel() -> (Replies, mpsc::Receiver<Outgoing>) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    (Replies(sender), receiver)
}

impl Replies {
    /// Hands a reply to the writer, waiting for room.
    pub(super) async fn send(&self, reply: Reply) -> Result<(), Gone> {
        self.hand_over(Outgoing::Reply(reply)).await
    }

    async fn hand_over(&self, outgoing: Outgoing) -> Result<(), Gone> {
        self.0.send(outgoing).await.map_err(|_| Gone)
    }

    /// Sends an event of a subscription, and waits until the client takes it: what would come behind it is not made
    /// before that.
    pub(super) async fn event(&self, line: Vec<u8>) -> Result<(), Gone> {
        let (written, is_written) = oneshot::channel();
        self.hand_over(Outgoing::Event(line, written)).await?;
        is_written.await.map_err(|_| Gone)
    }

    /// Sends a part of an answer.
    pub(super) async fn element(&self, id: u64, element: Element) -> Result<(), Gone> {
        match element {
            Element::Table(rows) => self.rows(id, rows, false).await,
            element => self.send(table::element(id, element, false)).await,
        }
    }

    /// Sends rows of a table, in lines that are not too long. `more` = the table goes on after them.
    pub(super) async fn rows(&self, id: u64, rows: Vec<Row>, more: bool) -> Result<(), Gone> {
        for line in table::Lines::new(id, rows, more) {
            match line {
                Ok(line) => self.hand_over(Outgoing::Line(line)).await?,
                Err(fault) => {
                    self.refuse(&fault.to_string()).await?;
                    return Err(Gone);
                }
            }
        }
        Ok(())
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
    mut waiting: mpsc::Receiver<Outgoing>,
) -> Result<(), Broken> {
    while let Some(outgoing) = waiting.recv().await {
        let is_stream = matches!(
            outgoing,
            Outgoing::Reply(Reply::Line { .. }) | Outgoing::Event(..)
        );
        let mut told = None;
        let (line, fault) = match outgoing {
            Outgoing::Line(line) => (line, None),
            Outgoing::Event(line, written) => {
                told = Some(written);
                (line, None)
            }
            Outgoing::Reply(reply) => match wire::encode(&reply) {
                Ok(line) => (line, None),
                Err(fault) => {
                    let text = fault.to_string();
                    (wire::encode(&Reply::Refused { text })?, Some(fault))
                }
            },
        };
        let written = stream.write_all(&line);
        if is_stream {
            // Who reads a stream may pause for as long as he likes: what he misses is dropped where it comes from.
            written.await?;
        } else {
            timeout(WRITE_PATIENCE, written).await??;
        }
        if let Some(written) = told {
            // Nobody waits any more once the subscription is cancelled.
            written.send(()).ok();
        }
        if let Some(fault) = fault {
            return Err(fault.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::UnixStream;

    /// console.md 7: nothing queues up. Beyond what the kernel holds, one event waits for a reader, and the next one is
    /// not made.
    #[tokio::test]
    async fn who_does_not_read_is_sent_one_event_at_a_time() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let (replies, waiting) = channel();
        let writing = tokio::spawn(write(ours.into_split().1, waiting));
        let event = |n: u8| [vec![n; 99_999], vec![b'\n']].concat();
        let mut taken = 0_u8;
        // Nobody reads: sooner or later one is not taken.
        while timeout(std::time::Duration::from_millis(300), replies.event(event(taken)))
            .await
            .is_ok()
        {
            taken += 1;
            assert!(taken < 100, "a socket holds a few hundred kilobytes");
        }
        let stuck = replies.event(event(taken + 1));
        let mut read = Vec::new();
        let reading = async {
            while read.len() < (usize::from(taken) + 2) * 100_000 {
                assert!(theirs.read_buf(&mut read).await.unwrap() > 0);
            }
        };
        let (sent, ()) = tokio::join!(stuck, reading);
        sent.unwrap();
        let firsts: Vec<u8> = read.chunks(100_000).map(|event| event[0]).collect();
        assert!(firsts.iter().copied().eq(0..=taken + 1), "{firsts:?}");
        drop(replies);
        writing.await.unwrap().unwrap();
    }
}
