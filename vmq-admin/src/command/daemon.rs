//! Commands of the verbs of `vernemq`, which an operator does not type: stop and reload.

use super::Access;
use serde::{Deserialize, Serialize};

/// What the process is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Daemon {
    /// Stop gracefully and exit. The answer comes before the end.
    Stop,
    /// Read the configuration again, apply what may change, open the log files again.
    Reload,
}

impl Daemon {
    pub(super) const fn access(self) -> Access {
        Access::Full
    }

    pub(super) fn line(self) -> String {
        match self {
            Self::Stop => "stop",
            Self::Reload => "reload",
        }
        .to_owned()
    }
}
