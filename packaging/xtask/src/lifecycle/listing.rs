//! All that lies in a package, with modes and owners, as its own tool lists it (packaging.md 2, 11). A file that nobody
//! wrote down here is a fault, as one that is missing. Only manual pages and completions may come and go.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use super::seen;
use crate::package::Kind;
use crate::setup;

const BOTH: &str = "\
-rwxr-xr-x root/root /usr/sbin/vernemq
-rwxr-xr-x root/root /usr/sbin/vmq-admin
-rwxr-xr-x root/root /usr/sbin/vmq-passwd
-rwxr-xr-x root/root /usr/sbin/vmq-console
-rwxr-xr-x root/root /usr/sbin/vmq-loadtest
-rw-r--r-- root/root /etc/vernemq/conf.d/README
-rw-r--r-- root/root /usr/lib/systemd/system/vernemq.service
-rw-r--r-- root/root /usr/lib/tmpfiles.d/vernemq.conf
-rw-r--r-- root/root /usr/share/vernemq/vernemq.conf.default
-rw-r--r-- root/root /usr/share/vernemq/vmq-admin.schema.json
-rw-r--r-- root/root /usr/share/vernemq/grafana/vernemq-dashboard.json
-rw-r--r-- root/root /usr/share/vernemq/prometheus/vernemq-alert-rules.yml
-rw-r--r-- root/root /usr/share/doc/vernemq/README.md.gz
-rw-r--r-- root/root /usr/share/doc/vernemq/changelog.gz
-rw-r--r-- root/root /usr/share/doc/vernemq/third-party-licences.gz
-rw-r--r-- root/root /usr/share/doc/vernemq/examples/90-vernemq-sysctl.conf
-rw-r--r-- root/root /usr/share/doc/vernemq/examples/limits.conf
-rw-r--r-- root/root /usr/share/doc/vernemq/examples/logrotate
";
/// Owners are root's in the package; `set-up` gives some of them to the group.
const DEB: &str = "\
lrwxrwxrwx root/root /usr/bin/vernemq
lrwxrwxrwx root/root /usr/bin/vmq-admin
lrwxrwxrwx root/root /usr/bin/vmq-console
lrwxrwxrwx root/root /usr/bin/vmq-loadtest
lrwxrwxrwx root/root /usr/bin/vmq-passwd
-rwxr-xr-x root/root /usr/lib/vernemq/may-restart
-rwxr-xr-x root/root /usr/lib/vernemq/set-up
-rw-r----- root/root /etc/vernemq/vernemq.conf
-rw-r----- root/root /etc/vernemq/vmq.acl
-rw-r--r-- root/root /etc/default/vernemq
-rw-r--r-- root/root /usr/share/doc/vernemq/copyright
-rw-r--r-- root/root /usr/share/doc/vernemq/changelog.Debian.gz
-rw-r--r-- root/root /usr/share/lintian/overrides/vernemq
";
const RPM: &str = "\
-rwxr-xr-x root/root /usr/lib64/vernemq/may-restart
-rwxr-xr-x root/root /usr/lib64/vernemq/set-up
-rw-r----- root/vernemq /etc/vernemq/vernemq.conf
-rw-r----- root/vernemq /etc/vernemq/vmq.acl
-rw-r--r-- root/root /etc/sysconfig/vernemq
-rw-r--r-- root/root /usr/lib/sysusers.d/vernemq.conf
-rw-r--r-- root/root /usr/lib/firewalld/services/vernemq.xml
-rw-r--r-- root/root /usr/share/licenses/vernemq/LICENSE
";
/// What comes and goes with the commands; a plain file of root's all the same.
const FAMILIES: [&str; 5] = [
    "/usr/share/man/",
    "/usr/share/bash-completion/completions/",
    "/usr/share/zsh/vendor-completions/",
    "/usr/share/zsh/site-functions/",
    "/usr/share/fish/vendor_completions.d/",
];
const PLAIN: &str = "-rw-r--r-- root/root ";

/// Compares one package with what is written here, where the tool that lists it is installed.
///
/// # Errors
/// When they differ: every line that is too much, and every one that is missing.
pub(super) fn compare(kind: Kind, package: &Path) -> Result<()> {
    let (listed, own) = match kind {
        Kind::Deb if setup::has_program("dpkg-deb") => (deb(package)?, DEB),
        Kind::Rpm if setup::has_program("rpm") => (rpm(package)?, RPM),
        Kind::Deb | Kind::Rpm => return Ok(()),
    };
    let (families, found): (BTreeSet<&str>, BTreeSet<&str>) = listed.lines().partition(|line| {
        let path = line.strip_prefix(PLAIN).unwrap_or_default();
        FAMILIES.iter().any(|family| path.starts_with(family))
    });
    let expected: BTreeSet<&str> = BOTH.lines().chain(own.lines()).collect();
    ensure!(
        families.len() > 30,
        "only {} pages and completions",
        families.len()
    );
    if found != expected {
        let missing: Vec<_> = expected.difference(&found).collect();
        let more: Vec<_> = found.difference(&expected).collect();
        bail!(
            "{}: missing {missing:#?}, not expected {more:#?}",
            package.display()
        );
    }
    seen(&format!(
        "{} holds what packaging.md 2 lists, with modes and owners, and {} pages and completions",
        package.file_name().unwrap_or_default().to_string_lossy(),
        families.len()
    ));
    Ok(())
}

/// Mode, owner and path of each file, in the words of `rpm`.
fn deb(package: &Path) -> Result<String> {
    let mut list = String::new();
    for line in said(Command::new("dpkg-deb").arg("--contents").arg(package))?.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [mode, owner, _, _, _, path, ..] = words[..] else {
            bail!("dpkg-deb lists '{line}'");
        };
        if mode.starts_with('d') {
            continue;
        }
        let owner = if owner == "0/0" { "root/root" } else { owner };
        list.push_str(&format!("{mode} {owner} {}\n", path.trim_start_matches('.')));
    }
    Ok(list)
}

fn rpm(package: &Path) -> Result<String> {
    let format = "[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]";
    said(
        Command::new("rpm")
            .args(["--query", "--package", "--queryformat", format])
            .arg(package),
    )
}

fn said(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("starting {program}"))?;
    ensure!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr).trim_end()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
