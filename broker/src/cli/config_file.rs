//! The configuration file of a verb: `-c FILE` or the default one, and what verbs need of it. Daemon, `chkconfig` and
//! `config` need all of it and tell every fault; verbs that talk to a running daemon need two keys, and must work
//! while an operator mends a broken file.

use super::output;
use std::path::{Path, PathBuf};
use vmq_config::{Config, Faults, Loaded};

/// The file of an installed package. Only with this one does root become the user `vernemq` (decisions.md 28).
pub(super) const DEFAULT_FILE: &str = "/etc/vernemq/vernemq.conf";

/// The file a verb works with.
#[derive(Clone, Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
}

/// Where a daemon with this file answers, and how its node is called.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub socket: PathBuf,
    pub node: String,
}

impl ConfigFile {
    /// The file of `-c`, or the default.
    #[must_use]
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        Self {
            path: path.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE)),
        }
    }

    /// As the operator wrote it.
    #[must_use]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is the file of the package.
    #[must_use]
    pub(super) fn is_default(&self) -> bool {
        self.path == Path::new(DEFAULT_FILE)
    }

    /// Reads and checks it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn load(&self) -> Result<Loaded, Faults> {
        vmq_config::load(&self.path, &environment)
    }

    /// `load`, with faults and warnings on standard error as config.md 3.3 wants them.
    #[must_use]
    pub(super) fn load_or_complain(&self) -> Option<Loaded> {
        let loaded = self.load().map_err(|faults| complain(&faults)).ok()?;
        for warning in &loaded.warnings {
            output::warnings(warning);
        }
        Some(loaded)
    }

    /// Whether it has no faults; they are told, warnings are left to the daemon.
    pub(super) fn is_good(&self) -> bool {
        self.load().map_err(|faults| complain(&faults)).is_ok()
    }

    /// Where the daemon answers. A file with faults (or none) still gives the two keys, if they are in it.
    #[must_use]
    pub(super) fn place(&self) -> Place {
        if let Ok(loaded) = self.load() {
            return Place::of(&loaded.config);
        }
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        let lines: String = text
            .lines()
            .filter(|line| names_a_place(line))
            .map(|line| format!("{line}\n"))
            .collect();
        match vmq_config::load_str(&lines, &environment) {
            Ok(loaded) => Place::of(&loaded.config),
            Err(_) => Place::of(&Config::default_for(Path::new("/var/lib/vernemq"))),
        }
    }
}

impl Place {
    fn of(config: &Config) -> Self {
        Self {
            socket: config.admin.socket_path.clone(),
            node: config.node.name.clone(),
        }
    }

    /// What is told when nobody answers.
    #[must_use]
    pub(super) fn no_pong(&self) -> String {
        format!("Node '{}' not responding to pings.", self.node)
    }
}

fn complain(faults: &Faults) {
    output::errors(faults);
    output::complain("Error generating config");
}

fn names_a_place(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default().trim();
    matches!(key, "admin.socket.path" | "nodename")
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_still_tells_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vernemq.conf");
        let text = "nonsense = 1\nnodename = a@b\nadmin.socket.path = /run/x/admin.sock\nallow_anonymous = perhaps\n";
        std::fs::write(&path, text).unwrap();
        let file = ConfigFile::new(Some(path));
        assert!(file.load().is_err());
        let place = file.place();
        assert_eq!(place.socket, Path::new("/run/x/admin.sock"));
        assert_eq!(place.no_pong(), "Node 'a@b' not responding to pings.");
    }

    #[test]
    fn no_file_means_the_defaults() {
        let place = ConfigFile::new(Some("/nonexistent/vernemq.conf".into())).place();
        assert_eq!(place.socket, Path::new("/run/vernemq/admin.sock"));
        assert_eq!(place.node, "VerneMQ@127.0.0.1");
    }
}
