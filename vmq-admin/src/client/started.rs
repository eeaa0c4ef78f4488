//! A command that has been started: its lines as they come, its answer, and how to end it before.

use super::{Client, ClientError, Outcome};
use crate::wire::{self, Reply, Request, Stream};
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
    pub fn finish(
        self,
        mut each: impl FnMut(Stream, &str) -> ControlFlow<()>,
    ) -> Result<Outcome, ClientError> {
        let Self { client, id, deadline } = self;
        let mut outcome = Outcome::default();
        let mut continues = false;
        loop {
            match client.receive(deadline)? {
                Reply::Element {
                    id: answered,
                    mut element,
                    more,
                    undefined,
                } if answered == id => {
                    element.set_undefined(&undefined);
                    outcome.add(element, continues)?;
                    continues = more;
                }
                Reply::Line {
                    id: answered,
                    stream,
                    text,
                } if answered == id => {
                    if each(stream, &text).is_break() {
                        return Ok(outcome);
                    }
                }
                Reply::End { id: answered, exit } if answered == id => {
                    outcome.exit = exit;
                    return Ok(outcome);
                }
                Reply::Refused { text } => return Err(ClientError::Refused(text)),
                _ => return Err(ClientError::Unexpected),
            }
        }
    }
}

impl Canceller {
    pub(super) fn of(client: &Client, id: u64) -> Result<Self, ClientError> {
        let stream = client.stream.try_clone()?;
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
