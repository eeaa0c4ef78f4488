//! A command that has been started: its lines as they come, its answer, and how to end it before.

use super::{Client, ClientError, Outcome};
use crate::element::Element;
use crate::wire::{self, Reply, Request, Stream};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::time::Instant;

/// A command that runs. Dropping the client ends one that streams.
#[derive(Debug)]
pub struct Started<'a> {
    pub(super) client: &'a mut Client,
    pub(super) id: u64,
    pub(super) deadline: Option<Instant>,
}

/// A part of an answer. Rows are as the daemon wrote them: who only passes them on does not take them apart.
#[derive(Debug)]
pub enum Part<'a> {
    /// `more` = the next part continues this table.
    Rows {
        rows: Vec<&'a RawValue>,
        more: bool,
    },
    Other(Element),
}

/// A line that starts like this is a part of an answer, and nearly every line is one.
const PART: &[u8] = br#"{"t":"element","#;

/// The same, read no deeper than `E`.
#[derive(Deserialize)]
struct PartLine<E> {
    id: u64,
    element: E,
    #[serde(default)]
    more: bool,
    #[serde(default)]
    undefined: Vec<(usize, usize)>,
}

#[derive(Deserialize)]
struct RawTable<'a> {
    #[serde(borrow)]
    table: Vec<&'a RawValue>,
}

/// Ends a command from another thread.
#[derive(Debug)]
pub struct Canceller {
    stream: UnixStream,
    id: u64,
}

impl Started<'_> {
    /// What ends the command.
    ///
    /// # Errors
    /// There are no more descriptors.
    pub fn canceller(&self) -> Result<Canceller, ClientError> {
        Canceller::of(self.client, self.id)
    }

    /// Reads until the command ends; `each` is told of every line of a command that streams. After a `Break` the rest
    /// is not read, and the client is of no more use.
    ///
    /// # Errors
    /// There is no complete answer. A command that failed is an answer.
    pub fn finish(self, each: impl FnMut(Stream, &str) -> ControlFlow<()>) -> Result<Outcome, ClientError> {
        let (mut outcome, mut continues) = (Outcome::default(), false);
        let exit = self.read(each, |id, line| {
            let mut part: PartLine<Element> = wire::decode(line)?;
            part.is_of(id)?;
            part.element.set_undefined(&part.undefined);
            outcome.add(part.element, continues)?;
            continues = part.more;
            Ok(())
        })?;
        outcome.exit = exit;
        Ok(outcome)
    }

    /// The same for who passes the answer on as JSON: gives it to `take` part by part, and returns the exit code.
    ///
    /// # Errors
    /// As `finish`; and those of `take`.
    pub fn parts(
        self,
        each: impl FnMut(Stream, &str) -> ControlFlow<()>,
        mut take: impl FnMut(Part<'_>) -> Result<(), ClientError>,
    ) -> Result<u8, ClientError> {
        self.read(each, |id, line| {
            if let Ok(part) = wire::decode::<PartLine<RawTable<'_>>>(line) {
                part.is_of(id)?;
                let (rows, more) = (part.element.table, part.more);
                return take(Part::Rows { rows, more });
            }
            let part: PartLine<Element> = wire::decode(line)?;
            part.is_of(id)?;
            take(Part::Other(part.element))
        })
    }

    /// `part` is given every line that is a part of the answer, and the id that it must have.
    fn read(
        self,
        mut each: impl FnMut(Stream, &str) -> ControlFlow<()>,
        mut part: impl FnMut(u64, &[u8]) -> Result<(), ClientError>,
    ) -> Result<u8, ClientError> {
        let Self { client, id, deadline } = self;
        loop {
            let line = client.lines.next(deadline)?;
            if line.starts_with(PART) {
                part(id, line)?;
                continue;
            }
            match wire::decode(line)? {
                Reply::Line {
                    id: answered,
                    stream,
                    text,
                } if answered == id => {
                    if each(stream, &text).is_break() {
                        return Ok(0);
                    }
                }
                Reply::End { id: answered, exit } if answered == id => return Ok(exit),
                Reply::Refused { text } => return Err(ClientError::Refused(text)),
                // Its members may stand in another order.
                reply @ Reply::Element { .. } => part(id, &wire::encode(&reply)?)?,
                _ => return Err(ClientError::Unexpected),
            }
        }
    }
}

impl<E> PartLine<E> {
    fn is_of(&self, id: u64) -> Result<(), ClientError> {
        match self.id == id {
            true => Ok(()),
            false => Err(ClientError::Unexpected),
        }
    }
}

impl Canceller {
    pub(super) fn of(client: &Client, id: u64) -> Result<Self, ClientError> {
        let stream = client.lines.stream().try_clone()?;
        Ok(Self { stream, id })
    }

    /// Tells the daemon that nobody wants more of the command. It still ends with an answer.
    ///
    /// # Errors
    /// The daemon is gone.
    pub fn cancel(&self) -> Result<(), ClientError> {
        let line = wire::encode(&Request::Cancel { id: self.id })?;
        Ok((&self.stream).write_all(&line)?)
    }
}
