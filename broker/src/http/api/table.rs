//! A table as the body of an answer. A short one is whole before the answer begins. A long one leaves as it is made, in
//! pieces, so that a listing of a million sessions is never in memory; should it break off, so does the connection, and
//! nobody takes a part for the whole.

use super::super::deadline::Deadline;
use super::super::respond::Answer;
use super::{elements, with_notes};
use crate::admin::{Part, TableParts};
use bytes::Bytes;
use hyper::body::{Body, Frame};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use vmq_admin::{Element, Row};

/// How long a table may leave, whatever its client does.
const LEAVE_MAX: Duration = Duration::from_secs(600);

/// The rest of a table.
#[derive(Debug)]
pub(crate) struct TableBody {
    parts: TableParts,
    /// Its place among the commands that run.
    _slot: OwnedSemaphorePermit,
    /// A client that takes what it asked for is not idle.
    deadline: Arc<Deadline>,
    end: Instant,
    /// What leaves next.
    ready: Option<Bytes>,
    is_done: bool,
}

/// The table cannot be sent to its end.
#[derive(Debug, thiserror::Error)]
#[error("the table broke off: {0}")]
pub(crate) struct BrokeOff(String);

/// Waits until the table is complete, or is known to be long.
pub(super) async fn first(
    mut parts: TableParts,
    slot: OwnedSemaphorePermit,
    deadline: Arc<Deadline>,
) -> Answer {
    let (mut rows, mut notes): (Vec<Row>, Vec<String>) = Default::default();
    let failure = loop {
        match poll_fn(|context| parts.poll(context)).await {
            Some(Part::Rows(more)) if rows.is_empty() => rows = more,
            Some(Part::Rows(more)) => {
                let beginning = beginning(rows.iter().chain(&more));
                return Answer::table(TableBody {
                    parts,
                    _slot: slot,
                    deadline,
                    end: Instant::now() + LEAVE_MAX,
                    ready: Some(beginning),
                    is_done: false,
                });
            }
            Some(Part::Note(text)) => notes.push(text),
            Some(Part::End) => break None,
            Some(Part::Failed(text)) => break Some(text),
            None => break Some("the listing broke off".to_owned()),
        }
    };
    let answer = match failure {
        None => elements(&[Element::Table(rows)]),
        Some(text) if rows.is_empty() => elements(&[Element::alert(text)]),
        Some(text) => elements(&[Element::Table(rows), Element::alert(text)]),
    };
    with_notes(answer, &notes)
}

fn beginning<'a>(rows: impl Iterator<Item = &'a Row>) -> Bytes {
    let mut json = b"{\"table\":[".to_vec();
    put(&mut json, rows);
    json.into()
}

fn rest(rows: &[Row]) -> Bytes {
    let mut json = b",".to_vec();
    put(&mut json, rows.iter());
    json.into()
}

fn put<'a>(json: &mut Vec<u8>, rows: impl Iterator<Item = &'a Row>) {
    for (index, row) in rows.enumerate() {
        if index > 0 {
            json.push(b',');
        }
        // Writing to memory does not fail, and neither do names and plain values.
        if serde_json::to_writer(&mut *json, row).is_err() {
            json.extend_from_slice(b"{}");
        }
    }
}

impl Body for TableBody {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        if let Some(ready) = self.ready.take() {
            return Poll::Ready(Some(Ok(Frame::data(ready))));
        }
        if self.is_done {
            return Poll::Ready(None);
        }
        let broken = |text: &str| Poll::Ready(Some(Err(BrokeOff(text.to_owned()))));
        if Instant::now() >= self.end {
            return broken("it took too long");
        }
        loop {
            let Poll::Ready(part) = self.parts.poll(context) else {
                return Poll::Pending;
            };
            self.deadline.extend();
            let data = match part {
                // The head has left.
                Some(Part::Note(_)) => continue,
                Some(Part::Rows(rows)) => rest(&rows),
                Some(Part::End) => {
                    self.is_done = true;
                    Bytes::from_static(b"],\"type\":\"table\"}")
                }
                Some(Part::Failed(text)) => return broken(&text),
                None => return broken("its maker has stopped"),
            };
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_done && self.ready.is_none()
    }
}
