//! Installing system packages with what the system has: apt-get or dnf, as root or through sudo.

use std::io::IsTerminal as _;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::needs::{Need, has_program};
use crate::cargo;
use crate::say;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Apt,
    Dnf,
}

/// Installs what brings these needs.
///
/// # Errors
/// Without a known package manager, without the right to use it, or when it fails. The message is the command
/// to run by hand.
pub(crate) fn install(needs: &[&Need]) -> Result<()> {
    let Some(manager) = Manager::find() else {
        let packages = manager_packages(Manager::Apt, needs).join(" ");
        bail!("this system has neither apt-get nor dnf; install what Debian calls: {packages}");
    };
    let packages = manager_packages(manager, needs);
    let prefix = rights().with_context(|| {
        format!(
            "no right to install packages; run as root: {}",
            manager.by_hand(&packages)
        )
    })?;
    for (arguments, must_work) in manager.steps(&packages) {
        let done = cargo::run(&mut elevated(prefix, manager, &arguments));
        if must_work {
            done.with_context(|| format!("run by hand: {}", manager.by_hand(&packages)))?;
        }
    }
    if packages.contains(&"mosquitto") {
        say::step(
            "the package mosquitto may have started a broker on port 1883; `systemctl disable --now mosquitto` ends it",
        );
    }
    Ok(())
}

/// Packages that Enterprise Linux has only there.
const FROM_EPEL: [&str; 4] = ["chromium", "fish", "mosquitto", "python3-paho-mqtt"];

impl Manager {
    fn find() -> Option<Self> {
        match (has_program("apt-get"), has_program("dnf")) {
            (true, _) => Some(Self::Apt),
            (false, true) => Some(Self::Dnf),
            (false, false) => None,
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Dnf => "dnf",
        }
    }

    /// The calls in order, and whether a failure ends the installation. Lists that cannot be refreshed may still
    /// be good enough, and EPEL exists only beside Enterprise Linux.
    fn steps(self, packages: &[&'static str]) -> Vec<(Vec<&'static str>, bool)> {
        let mut install = match self {
            Self::Apt => vec!["install", "-y", "--no-install-recommends"],
            Self::Dnf => vec!["install", "-y"],
        };
        install.extend(packages);
        match self {
            Self::Apt => vec![(vec!["update"], false), (install, true)],
            Self::Dnf if packages.iter().any(|package| FROM_EPEL.contains(package)) => {
                vec![(vec!["install", "-y", "epel-release"], false), (install, true)]
            }
            Self::Dnf => vec![(install, true)],
        }
    }

    fn by_hand(self, packages: &[&'static str]) -> String {
        format!("{} install -y {}", self.program(), packages.join(" "))
    }
}

fn manager_packages(manager: Manager, needs: &[&Need]) -> Vec<&'static str> {
    let mut packages: Vec<_> = needs
        .iter()
        .flat_map(|need| match manager {
            Manager::Apt => need.apt,
            Manager::Dnf => need.dnf,
        })
        .copied()
        .collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// What stands before the command: nothing for root, `sudo` for others. None when neither can work.
fn rights() -> Option<&'static [&'static str]> {
    let user = std::fs::metadata("/proc/self").ok()?.uid();
    if user == 0 {
        return Some(&[]);
    }
    if !has_program("sudo") {
        return None;
    }
    if std::io::stdin().is_terminal() {
        return Some(&["sudo"]); // it may ask for a password
    }
    let mut silent = Command::new("sudo");
    silent
        .args(["-n", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent
        .status()
        .is_ok_and(|status| status.success())
        .then_some(&["sudo", "-n"])
}

fn elevated(prefix: &[&str], manager: Manager, arguments: &[&str]) -> Command {
    // `env`, because sudo drops the variables of its caller.
    let mut words =
        prefix
            .iter()
            .copied()
            .chain(["env", "DEBIAN_FRONTEND=noninteractive", manager.program()]);
    let mut command = Command::new(words.next().unwrap_or("env"));
    command.args(words).args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::needs::{Purpose, missing};

    #[test]
    fn packages_are_named_once() {
        let needs = missing(&[Purpose::Build, Purpose::Test]);
        let twice: Vec<_> = needs.iter().chain(&needs).copied().collect();
        assert_eq!(
            manager_packages(Manager::Dnf, &twice),
            manager_packages(Manager::Dnf, &needs)
        );
    }

    #[test]
    fn enterprise_linux_gets_epel_only_for_what_lives_there() {
        assert_eq!(Manager::Dnf.steps(&["gcc"]).len(), 1);
        for package in super::FROM_EPEL {
            assert_eq!(Manager::Dnf.steps(&["gcc", package]).len(), 2);
        }
    }

    #[test]
    fn root_needs_no_prefix_and_others_do() {
        let shown = |prefix: &[&str]| cargo::show(&elevated(prefix, Manager::Apt, &["update"]));
        assert_eq!(shown(&[]), "env DEBIAN_FRONTEND=noninteractive apt-get update");
        assert_eq!(
            shown(&["sudo", "-n"]),
            "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get update"
        );
    }
}
