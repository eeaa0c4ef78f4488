//! `vmq-admin log`: the sinks of the log and their levels.

use super::{Access, Command, Entry};
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};

/// What is asked of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// The active sinks (admin.md 10.2).
    ShowConfig,
    /// Changes one sink's level until restart.
    Level {
        /// An id of `log show config`.
        logger: String,
        /// One of [`LEVELS`].
        level: String,
    },
}

/// The levels, most severe first.
pub const LEVELS: [&str; 8] = [
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "info",
    "debug",
];

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["log", "show", "config"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin log show config",
        about: "Shows the active loggers.",
        example: "vmq-admin log show config",
        build: |_| Ok(Command::Log(Log::ShowConfig)),
    },
    Entry {
        words: &["log", "level"],
        keys: &["logger", "level"],
        flags: &[],
        syntax: "vmq-admin log level logger=<logger> level=<level>",
        about: "Changes the level of a logger until the next restart.",
        example: "vmq-admin log level logger=consolefile level=debug",
        build: |given| {
            let level = given.key("level")?;
            if !LEVELS.contains(&level) {
                return Err(ArgumentFault::BadKeyValue(level.to_owned()));
            }
            Ok(Command::Log(Log::Level {
                logger: given.key("logger")?.to_owned(),
                level: level.to_owned(),
            }))
        },
    },
];

impl Log {
    pub(super) const fn access(&self) -> Access {
        match self {
            Self::ShowConfig => Access::Read,
            Self::Level { .. } => Access::Full,
        }
    }

    pub(super) fn line(&self) -> String {
        match self {
            Self::ShowConfig => "log show config".to_owned(),
            Self::Level { logger, level } => format!("log level logger={logger} level={level}"),
        }
    }
}
