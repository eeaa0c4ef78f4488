//! Tables on the socket: parts of bounded size, and tables that are made while they are sent, so that a listing of a
//! million sessions is never in memory as a whole.
//!
//! Who makes such a table gives its rows to a bounded channel from a blocking thread. When the client goes away, the
//! channel closes, and the maker stops.

mod lines;

use super::replies::Gone;
use super::running::Talk;
pub(super) use lines::{Lines, cut, element};
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use vmq_admin::{Element, Row, Value};

/// Parts that wait for the client to take those before.
const PARTS_MAX: usize = 2;

/// Rows of one part: fewer than a line may have, so that the first ones are there soon.
const PART_ROWS_MAX: usize = 500;

/// Bytes of text of one part, roughly.
const PART_BYTES_MAX: usize = 256 * 1024;

/// A piece of a table that is being made.
#[derive(Debug)]
pub(crate) enum Part {
    Rows(Vec<Row>),
    /// A line for standard error.
    Note(String),
    /// It cannot go on.
    Failed(String),
    /// That was all; without it the maker has broken off.
    End,
}

/// The end that is sent to the client.
#[derive(Debug)]
pub(crate) struct TableParts(mpsc::Receiver<Part>);

/// The end of the maker; used on a blocking thread.
pub(super) struct TableMaker {
    parts: mpsc::Sender<Part>,
    rows: Vec<Row>,
    bytes: usize,
    /// Rows that may still come.
    room: u64,
}

/// A table of at most `limit` rows that is made while it is sent.
pub(super) fn table(limit: u64) -> (TableMaker, TableParts) {
    let (parts, receiver) = mpsc::channel(PARTS_MAX);
    let maker = TableMaker {
        parts,
        rows: Vec::new(),
        bytes: 0,
        room: limit,
    };
    (maker, TableParts(receiver))
}

impl TableParts {
    /// The next piece, waiting for it; `None` = the maker has broken off, or is done.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Part>> {
        self.0.poll_recv(context)
    }
}

impl TableMaker {
    /// Nobody wants more rows: the client has gone, or has as many as it asked for.
    pub(super) fn is_full(&self) -> bool {
        self.room == 0 || self.is_closed()
    }

    /// The client has gone.
    pub(super) fn is_closed(&self) -> bool {
        self.parts.is_closed()
    }

    /// Adds a row; waits while the client does not take those before. What is too much is left out.
    pub(super) fn push(&mut self, row: Row) {
        if self.is_full() {
            return;
        }
        self.room -= 1;
        self.bytes += row.0.iter().map(|(_, value)| bytes_of(value)).sum::<usize>();
        self.rows.push(row);
        if self.rows.len() >= PART_ROWS_MAX || self.bytes >= PART_BYTES_MAX {
            self.flush();
        }
    }

    /// Tells something beside the table.
    pub(super) fn note(&mut self, text: String) {
        self.flush();
        self.send(Part::Note(text));
    }

    /// Gives up.
    pub(super) fn fail(&mut self, text: String) {
        self.flush();
        self.send(Part::Failed(text));
    }

    /// That was all.
    pub(super) fn finish(mut self) {
        self.flush();
        self.send(Part::End);
    }

    fn flush(&mut self) {
        if !self.rows.is_empty() {
            self.bytes = 0;
            let rows = std::mem::take(&mut self.rows);
            self.send(Part::Rows(rows));
        }
    }

    fn send(&self, part: Part) {
        // Nobody listens any more: `is_full` tells the maker.
        drop(self.parts.blocking_send(part));
    }
}

/// Sends a table as it is made; gives the exit code. Ends early when it is cancelled or the client hangs up.
pub(super) async fn send(talk: &mut Talk, mut parts: TableParts) -> Result<u8, Gone> {
    let (mut notes, mut failure) = (Vec::new(), None);
    loop {
        let part = tokio::select! {
            part = parts.0.recv() => part,
            () = talk.cancelled() => {
                failure = Some("cancelled".to_owned());
                break;
            }
        };
        match part {
            Some(Part::End) => break,
            None => {
                failure.get_or_insert_with(|| "the listing broke off".to_owned());
                break;
            }
            Some(Part::Rows(rows)) => talk.rows(rows, true).await?,
            Some(Part::Note(text)) => notes.push(text),
            Some(Part::Failed(text)) => failure = Some(text),
        }
    }
    talk.rows(Vec::new(), false).await?;
    for text in notes {
        talk.note(text).await?;
    }
    let Some(text) = failure else { return Ok(0) };
    talk.element(Element::alert(text)).await?;
    Ok(1)
}

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_maker_stops_at_its_limit_and_when_nobody_listens() {
        let (mut maker, mut parts) = table(3);
        let made = tokio::task::spawn_blocking(move || {
            for n in 0..9_u64 {
                maker.push(Row::default().with("n", n));
            }
            let full = maker.is_full();
            maker.finish();
            full
        });
        assert!(made.await.unwrap());
        assert!(matches!(parts.0.recv().await, Some(Part::Rows(rows)) if rows.len() == 3));
        assert!(matches!(parts.0.recv().await, Some(Part::End)));
        assert!(parts.0.recv().await.is_none());
        let (maker, parts) = table(3);
        assert!(!maker.is_full());
        drop(parts);
        assert!(maker.is_full());
    }
}
