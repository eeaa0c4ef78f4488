//! The one time that packages carry, so that packing the same build again gives the same bytes.

use std::fs::{File, FileTimes};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, Result};

use crate::workspace::Workspace;

/// `SOURCE_DATE_EPOCH`, else the time of the last commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    seconds: u64,
}

impl Clock {
    /// Asks the environment, then git.
    ///
    /// # Errors
    /// When neither knows.
    pub(crate) fn of(workspace: &Workspace) -> Result<Self> {
        if let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") {
            let seconds = text
                .parse()
                .with_context(|| format!("SOURCE_DATE_EPOCH is '{text}', not a number"))?;
            return Ok(Self { seconds });
        }
        let mut git = Command::new("git");
        git.args(["log", "-1", "--format=%ct"])
            .current_dir(workspace.root());
        let output = git.output().context("starting git")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let seconds = text
            .trim()
            .parse()
            .context("not a git checkout: set SOURCE_DATE_EPOCH to the time packages shall carry")?;
        Ok(Self { seconds })
    }

    /// Since 1970.
    pub(crate) const fn seconds(self) -> u64 {
        self.seconds
    }

    /// Gives a file this time.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn stamp(self, file: &Path) -> Result<()> {
        let time = UNIX_EPOCH + Duration::from_secs(self.seconds);
        let file = File::options().append(true).open(file)?;
        Ok(file.set_times(FileTimes::new().set_modified(time).set_accessed(time))?)
    }

    /// As a Debian changelog writes it, in UTC.
    ///
    /// # Errors
    /// When `date` does not know it.
    pub(crate) fn debian(self) -> Result<String> {
        self.formatted("+%a, %d %b %Y %H:%M:%S +0000")
    }

    /// As a bill of materials writes it.
    ///
    /// # Errors
    /// When `date` does not know it.
    pub(crate) fn iso(self) -> Result<String> {
        self.formatted("+%Y-%m-%dT%H:%M:%SZ")
    }

    fn formatted(self, format: &str) -> Result<String> {
        let mut date = Command::new("date");
        date.args(["-u", "-d", &format!("@{}", self.seconds), format])
            .env("LC_ALL", "C");
        let output = date.output().context("starting date")?;
        anyhow::ensure!(output.status.success(), "date does not know @{}", self.seconds);
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_universal_time() {
        let clock = Clock {
            seconds: 1_000_000_000,
        };
        assert_eq!(clock.debian().unwrap(), "Sun, 09 Sep 2001 01:46:40 +0000");
        assert_eq!(clock.iso().unwrap(), "2001-09-09T01:46:40Z");
    }
}
