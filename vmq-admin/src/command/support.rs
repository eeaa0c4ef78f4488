//! `vmq-admin support bundle`: everything that somebody who helps wants to see, in one archive. The tool asks for the parts,
//! most of which are commands of their own, and writes the archive (`cli/bundle`); here are those that are no commands.

use super::{Access, Command, Entry, FlagSpec};
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// The whole, which the tool makes of the parts.
    Bundle { with_logs: bool },
    /// Version, build, machine and limits.
    About,
    /// Every setting with its origin; secrets are masked.
    Settings,
    /// What was counted in each second of the last ten minutes.
    History,
    /// The last lines of the log files.
    Log,
}

const OUTPUT: FlagSpec = FlagSpec {
    long: "output",
    short: None,
    about: "the archive, a file that is not there yet; default vernemq-support-<time>.tar",
};
const WITH_LOGS: FlagSpec = FlagSpec {
    long: "with-logs",
    short: None,
    about: "also the last 256 KiB of each log file",
};

pub(super) const ENTRIES: &[Entry] = &[Entry {
    words: &["support", "bundle"],
    keys: &[],
    flags: &[OUTPUT, WITH_LOGS],
    syntax: "vmq-admin support bundle [--output=<file>] [--with-logs]",
    about: "Writes a tar file for whoever helps: settings without secrets, versions, metrics and their history, the largest \
            sessions, listeners, certificates, plugins. Client ids, topics and addresses are in it, payloads are not.",
    example: "vmq-admin support bundle --output=broker.tar --with-logs",
    build: |given| {
        Ok(Command::Support(Support::Bundle {
            with_logs: given.flag(&WITH_LOGS)?,
        }))
    },
}];

impl Support {
    /// Values of settings and log lines are not everybody's.
    pub(super) const fn access(self) -> Access {
        Access::Full
    }

    pub(super) fn line(self) -> String {
        match self {
            Self::Bundle { with_logs: false } => "support bundle",
            Self::Bundle { with_logs: true } => "support bundle --with-logs",
            Self::About => "support bundle (about)",
            Self::Settings => "support bundle (settings)",
            Self::History => "support bundle (history)",
            Self::Log => "support bundle (log)",
        }
        .to_owned()
    }
}
