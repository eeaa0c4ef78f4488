//! The lines on the admin socket (admin.md 18.3): JSON, UTF-8, one object a line, at most [`FRAME_BYTES_MAX`] bytes.
//!
//! The daemon speaks first: [`Reply::Hello`] tells its protocol version and state, or [`Reply::Refused`] why it will
//! not talk. Then every [`Request::Exec`] is answered by any number of lines, any number of elements and exactly one
//! [`Reply::End`], a [`Request::Sub`] by events until it is cancelled (`live`). Several may run at a time; closing the
//! connection ends those that stream.

use crate::command::catalogue::Catalogue;
use crate::command::{Access, Command};
use crate::element::Element;
use crate::live::{Subscribe, Update};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The protocol of this library.
pub const VERSION: u32 = 1;

/// Most bytes of one line, its line end included.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;

/// Most rows of one table element; larger tables come in parts.
pub const TABLE_ROWS_MAX: usize = 1000;

/// What a client says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Request {
    /// Run a command.
    Exec { id: u64, command: Command },
    /// Is the node alive?
    Ping { id: u64 },
    /// Show this as it changes, until it is cancelled (`live`).
    Sub {
        id: u64,
        #[serde(flatten)]
        subscribe: Subscribe,
    },
    /// Stop what runs under this id.
    Cancel { id: u64 },
    /// Which commands are there?
    Commands { id: u64 },
}

/// What the daemon says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Reply {
    Hello(Hello),
    /// Instead of a hello, or as the last line: the daemon closes the connection.
    Refused {
        text: String,
    },
    /// A part of an answer. `more` = the next element continues this table.
    Element {
        id: u64,
        element: Element,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
        /// Row and column of the cells of this part that are undefined and not merely empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        undefined: Vec<(usize, usize)>,
    },
    /// A line of a command that streams.
    Line {
        id: u64,
        stream: Stream,
        text: String,
    },
    /// What has changed of something that is subscribed to.
    Event {
        id: u64,
        data: Update,
    },
    /// The command or subscription is finished.
    End {
        id: u64,
        exit: u8,
    },
    Pong {
        id: u64,
    },
    /// All commands, with their keys, flags and answers.
    Commands {
        id: u64,
        #[serde(flatten)]
        catalogue: Catalogue,
    },
}

/// The first line of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub v: u32,
    pub node: String,
    pub version: String,
    pub pid: u32,
    pub state: State,
    /// What the caller may do (admin.md 18.2). A daemon that does not say so refuses what he may not.
    #[serde(default = "everything")]
    pub access: Access,
}

const fn everything() -> Access {
    Access::Full
}

/// How far the node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The store is opened, sessions come back.
    Starting,
    /// Every listener is open or has failed.
    Running,
    /// Clients are told to leave.
    Stopping,
    /// The process lives, the broker in it does not.
    Stopped,
}

/// Where a line of a streaming command belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    Out,
    Err,
    /// For `Out`, and not as a line: the text is the base64 of what is to be written.
    Bytes,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        })
    }
}

/// A message as a line, with its line end.
///
/// # Errors
/// It cannot be written as JSON, or is longer than a line may be.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, FrameFault> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    if line.len() > FRAME_BYTES_MAX {
        return Err(FrameFault::TooLong);
    }
    Ok(line)
}

/// The message in a line.
///
/// # Errors
/// The line is no message of this protocol.
pub fn decode<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, FrameFault> {
    Ok(serde_json::from_slice(line)?)
}

/// Why a line cannot be sent or understood.
#[derive(Debug, thiserror::Error)]
pub enum FrameFault {
    #[error("a line of more than 1 MiB")]
    TooLong,
    #[error("not a message of the admin protocol: {0}")]
    Json(#[from] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::node::Node;

    #[test]
    fn lines_have_the_documented_form() {
        let hello = Reply::Hello(Hello {
            v: VERSION,
            node: "VerneMQ@127.0.0.1".into(),
            version: "1.0".into(),
            pid: 7,
            state: State::Running,
            access: Access::Read,
        });
        let line = encode(&hello).unwrap();
        let expected = concat!(
            r#"{"t":"hello","v":1,"node":"VerneMQ@127.0.0.1","version":"1.0","pid":7,"state":"running","access":"read"}"#,
            "\n"
        );
        assert_eq!(String::from_utf8_lossy(&line), expected);
        assert_eq!(decode::<Reply>(&line).unwrap(), hello);
        let exec = Request::Exec {
            id: 1,
            command: Command::Node(Node::Status),
        };
        let line = encode(&exec).unwrap();
        assert_eq!(
            line,
            b"{\"t\":\"exec\",\"id\":1,\"command\":{\"node\":\"status\"}}\n"
        );
        assert_eq!(decode::<Request>(&line).unwrap(), exec);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for line in [
            "",
            "{}",
            "null",
            "[1,2]",
            r#"{"t":"exec","id":-1}"#,
            r#"{"t":"dance","id":1}"#,
            "\u{1}",
        ] {
            assert!(decode::<Request>(line.as_bytes()).is_err(), "{line}");
        }
        let deep = "[".repeat(100_000);
        assert!(decode::<Request>(deep.as_bytes()).is_err());
    }

    #[test]
    fn too_long_a_line_is_not_sent() {
        let refused = Reply::Refused {
            text: "x".repeat(FRAME_BYTES_MAX),
        };
        assert!(matches!(encode(&refused), Err(FrameFault::TooLong)));
    }
}
