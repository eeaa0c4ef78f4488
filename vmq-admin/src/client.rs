//! The blocking client of the tools: connect, be greeted, ask, read the answer. Every step has a deadline, and every
//! line a bound: a daemon that hangs, or is none, costs an error text and nothing else.

mod lines;
mod started;
mod subscription;

use crate::command::Command;
use crate::command::catalogue::Catalogue;
use crate::element::Element;
use crate::live::{Subscribe, View};
use crate::wire::{self, FrameFault, Hello, Reply, Request, Stream};
use lines::Lines;
pub use started::{Canceller, Part, Started};
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};
pub use subscription::{Next, Subscription};

/// How long a daemon may take to greet.
const GREETING_PATIENCE: Duration = Duration::from_secs(5);

/// Most elements of one answer that are kept.
pub(crate) const ELEMENTS_MAX: usize = 100_000;

/// Most lines of one answer that are kept.
const LINES_MAX: usize = 100_000;

/// A connection to a daemon.
#[derive(Debug)]
pub struct Client {
    lines: Lines,
    hello: Hello,
    last_id: u64,
}

/// A finished command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub elements: Vec<Element>,
    pub lines: Vec<(Stream, String)>,
    /// 0 = success.
    pub exit: u8,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing listens there.
    #[error("no daemon answers: {0}")]
    NotRunning(io::Error),
    /// The file system does not let this user in.
    #[error("You need to be root or use sudo to run this command")]
    Denied,
    /// The daemon does not talk to this user, or to nobody now.
    #[error("{0}")]
    Refused(String),
    #[error("vmq-admin {ours} cannot talk to VerneMQ {theirs}")]
    Version { ours: &'static str, theirs: String },
    #[error("timeout")]
    Timeout,
    #[error("the connection to the daemon broke: {0}")]
    Io(io::Error),
    #[error("the daemon closed the connection")]
    Closed,
    #[error(transparent)]
    Frame(#[from] FrameFault),
    #[error("the daemon answered something else")]
    Unexpected,
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Timeout,
            _ => Self::Io(error),
        }
    }
}

impl Client {
    /// Connects and waits for the greeting.
    ///
    /// # Errors
    /// Nobody is there, or nobody who can be talked to.
    pub fn connect(socket: &Path) -> Result<Self, ClientError> {
        Self::connect_within(socket, GREETING_PATIENCE)
    }

    /// `connect` with another patience.
    ///
    /// # Errors
    /// As `connect`.
    pub fn connect_within(socket: &Path, patience: Duration) -> Result<Self, ClientError> {
        let deadline = Instant::now() + patience;
        let stream = UnixStream::connect(socket).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => ClientError::Denied,
            _ => ClientError::NotRunning(error),
        })?;
        let mut lines = Lines::new(stream);
        let hello = match greeting(lines.next(Some(deadline))?)? {
            Reply::Hello(hello) => hello,
            Reply::Refused { text } => return Err(ClientError::Refused(text)),
            _ => return Err(ClientError::Unexpected),
        };
        if hello.v != wire::VERSION {
            return Err(ClientError::Version {
                ours: env!("CARGO_PKG_VERSION"),
                theirs: hello.version,
            });
        }
        Ok(Self {
            lines,
            hello,
            last_id: 0,
        })
    }

    /// How the daemon introduced itself.
    #[must_use]
    pub const fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Asks whether the daemon's main loop turns.
    ///
    /// # Errors
    /// It does not, within `patience`.
    pub fn ping(&mut self, patience: Duration) -> Result<(), ClientError> {
        let deadline = Some(Instant::now() + patience);
        let id = self.next_id();
        self.send(&Request::Ping { id }, deadline)?;
        match self.receive(deadline)? {
            Reply::Pong { id: answered } if answered == id => Ok(()),
            Reply::Refused { text } => Err(ClientError::Refused(text)),
            _ => Err(ClientError::Unexpected),
        }
    }

    /// Asks which commands the daemon has.
    ///
    /// # Errors
    /// It does not say it, within `patience`.
    pub fn commands(&mut self, patience: Duration) -> Result<Catalogue, ClientError> {
        let deadline = Some(Instant::now() + patience);
        let id = self.next_id();
        self.send(&Request::Commands { id }, deadline)?;
        match self.receive(deadline)? {
            Reply::Commands {
                id: answered,
                catalogue,
            } if answered == id => Ok(catalogue),
            Reply::Refused { text } => Err(ClientError::Refused(text)),
            _ => Err(ClientError::Unexpected),
        }
    }

    /// Runs a command. `patience` is for the whole answer; `None` = as long as it takes.
    ///
    /// # Errors
    /// There is no complete answer. A command that failed is an answer.
    pub fn exec(&mut self, command: Command, patience: Option<Duration>) -> Result<Outcome, ClientError> {
        let mut lines = Vec::new();
        let mut outcome = self.start(command, patience)?.finish(|stream, text| {
            lines.push((stream, text.to_owned()));
            match lines.len() < LINES_MAX {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        if lines.len() >= LINES_MAX {
            return Err(ClientError::Unexpected);
        }
        outcome.lines = lines;
        Ok(outcome)
    }

    /// Starts a command; what it says is read with `Started::finish`.
    ///
    /// # Errors
    /// The daemon does not take it.
    pub fn start(
        &mut self,
        command: Command,
        patience: Option<Duration>,
    ) -> Result<Started<'_>, ClientError> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        let id = self.next_id();
        self.send(&Request::Exec { id, command }, deadline)?;
        Ok(Started {
            client: self,
            id,
            deadline,
        })
    }

    /// Looks at something until it is cancelled. What is wrong with the subscription is told by its first `next`.
    ///
    /// # Errors
    /// The daemon does not take it within `patience`.
    pub fn subscribe(
        &mut self,
        subscribe: Subscribe,
        patience: Duration,
    ) -> Result<Subscription<'_>, ClientError> {
        let id = self.next_id();
        self.send(&Request::Sub { id, subscribe }, Some(Instant::now() + patience))?;
        Ok(Subscription {
            client: self,
            id,
            view: View::default(),
        })
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn send(&mut self, request: &Request, deadline: Option<Instant>) -> Result<(), ClientError> {
        let mut stream = self.lines.stream();
        stream.set_write_timeout(lines::left(deadline)?)?;
        stream.write_all(&wire::encode(request)?)?;
        Ok(())
    }

    fn receive(&mut self, deadline: Option<Instant>) -> Result<Reply, ClientError> {
        Ok(wire::decode(self.lines.next(deadline)?)?)
    }
}

/// A greeting of another protocol version may have fields this library does not know; its version is read first.
fn greeting(line: &[u8]) -> Result<Reply, ClientError> {
    #[derive(serde::Deserialize)]
    struct Introduction {
        v: u32,
        #[serde(default)]
        version: String,
    }
    match wire::decode::<Introduction>(line) {
        Ok(other) if other.v != wire::VERSION => Err(ClientError::Version {
            ours: env!("CARGO_PKG_VERSION"),
            theirs: other.version,
        }),
        _ => Ok(wire::decode(line)?),
    }
}

impl Outcome {
    fn add(&mut self, element: Element, continues: bool) -> Result<(), ClientError> {
        let is_full = self.elements.len() >= ELEMENTS_MAX;
        match (self.elements.last_mut(), element) {
            (Some(Element::Table(rows)), Element::Table(more)) if continues => rows.extend(more),
            _ if is_full => return Err(ClientError::Unexpected),
            (_, element) => self.elements.push(element),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
