//! What is looked at and where it is shown: the words between `wants`, which says what the screen needs, and `feed`,
//! which gets it from the broker.

use crate::app::View;
use std::collections::BTreeMap;
use vmq_admin::live::{LogLine, Topic};
use vmq_admin::{Command, Row};

/// Where a picture belongs. There is one worker, and one connection to the broker, for each that is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The numbers of the header: always.
    Header,
    /// The state of the listeners, for the verdict.
    Listeners,
    /// Days left of certificates, for the verdict.
    Certificates,
    /// The table of a view.
    View(View),
    /// Something beside it: facts of a session, warnings of the overview.
    Beside,
    /// Something else beside that: a session from near, a payload.
    Near,
    /// The settings there are, for who types one.
    Settings,
    /// A trace.
    Trace(u8),
}

/// How it is got.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A subscription.
    Live(Topic),
    /// A command, again and again: for what cannot be subscribed to.
    Poll(Command),
    /// A command that says line after line.
    Stream(Command),
}

/// Something that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Want {
    pub source: Source,
    /// Milliseconds between two looks.
    pub interval_ms: u32,
}

/// What was seen at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    pub facts: Row,
    pub rows: Vec<Row>,
    /// Values of seconds, oldest first, and when the last one ended.
    pub history: BTreeMap<String, Vec<u64>>,
    pub until: u64,
    /// What the broker says beside: that it is not all, for instance.
    pub notes: Vec<String>,
    /// When it came (Unix time in milliseconds); 0 = not told.
    pub taken_ms: u64,
}

/// Lines since the last time, and how many were left out before them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    pub log: Vec<LogLine>,
    pub said: Vec<String>,
    pub left_out: u64,
}
