//! What an installed package looks like: paths, modes and owners (packaging.md 2, 3), compared with what is there.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use anyhow::{Result, bail};

use super::root::Root;

/// Mode, owner:group and path.
pub(super) type Row = (&'static str, &'static str, &'static str);

/// In packages of both kinds.
pub(super) const BOTH: [Row; 27] = [
    ("755", "root:root", "/usr/sbin/vernemq"),
    ("755", "root:root", "/usr/sbin/vmq-admin"),
    ("755", "root:root", "/usr/sbin/vmq-passwd"),
    ("755", "root:root", "/usr/sbin/vmq-console"),
    ("755", "root:root", "/usr/sbin/vmq-loadtest"),
    ("644", "root:root", "/usr/lib/systemd/system/vernemq.service"),
    ("644", "root:root", "/usr/lib/tmpfiles.d/vernemq.conf"),
    ("750", "root:vernemq", "/etc/vernemq"),
    ("640", "root:vernemq", "/etc/vernemq/vernemq.conf"),
    ("640", "root:vernemq", "/etc/vernemq/vmq.acl"),
    ("640", "root:vernemq", "/etc/vernemq/vmq.passwd"),
    // Not 0750 as on the page: the broker writes what `vmq-admin set --persist` saves.
    ("770", "root:vernemq", "/etc/vernemq/conf.d"),
    ("644", "root:root", "/usr/share/vernemq/vernemq.conf.default"),
    ("644", "root:root", "/usr/share/vernemq/vmq-admin.schema.json"),
    (
        "644",
        "root:root",
        "/usr/share/vernemq/grafana/vernemq-dashboard.json",
    ),
    (
        "644",
        "root:root",
        "/usr/share/vernemq/prometheus/vernemq-alert-rules.yml",
    ),
    (
        "644",
        "root:root",
        "/usr/share/bash-completion/completions/vmq-admin",
    ),
    (
        "644",
        "root:root",
        "/usr/share/fish/vendor_completions.d/vmq-admin.fish",
    ),
    ("644", "root:root", "/usr/share/doc/vernemq/examples/logrotate"),
    ("644", "root:root", "/usr/share/man/man8/vernemq.8.gz"),
    ("644", "root:root", "/usr/share/man/man1/vmq-loadtest.1.gz"),
    ("644", "root:root", "/usr/share/man/man5/vernemq.conf.5.gz"),
    ("644", "root:root", "/usr/share/man/man1/vmq-console.1.gz"),
    ("644", "root:root", "/usr/share/man/man1/vmq-passwd.1.gz"),
    (
        "644",
        "root:root",
        "/usr/share/doc/vernemq/third-party-licences.gz",
    ),
    ("644", "root:root", "/usr/share/doc/vernemq/changelog.gz"),
    ("750", "vernemq:vernemq", "/var/lib/vernemq"),
];

/// In the Debian package alone.
pub(super) const DEB: [Row; 8] = [
    ("777", "root:root", "/usr/bin/vernemq"),
    ("777", "root:root", "/usr/bin/vmq-admin"),
    ("755", "root:root", "/usr/lib/vernemq/may-restart"),
    ("644", "root:root", "/etc/default/vernemq"),
    ("644", "root:root", "/usr/share/zsh/vendor-completions/_vmq-admin"),
    ("644", "root:root", "/usr/share/doc/vernemq/copyright"),
    ("644", "root:root", "/usr/share/doc/vernemq/changelog.Debian.gz"),
    ("750", "vernemq:adm", "/var/log/vernemq"),
];

/// In the RPM package alone.
pub(super) const RPM: [Row; 7] = [
    ("755", "root:root", "/usr/lib64/vernemq/may-restart"),
    ("644", "root:root", "/usr/lib/sysusers.d/vernemq.conf"),
    ("644", "root:root", "/usr/lib/firewalld/services/vernemq.xml"),
    ("644", "root:root", "/etc/sysconfig/vernemq"),
    ("644", "root:root", "/usr/share/zsh/site-functions/_vmq-admin"),
    ("644", "root:root", "/usr/share/licenses/vernemq/LICENSE"),
    ("750", "vernemq:vernemq", "/var/log/vernemq"),
];

/// Compares; names every difference.
///
/// # Errors
/// When there is one.
pub(super) fn compare(root: &Root, rows: &[Row]) -> Result<()> {
    let users = Names::read(root, "/etc/passwd")?;
    let groups = Names::read(root, "/etc/group")?;
    let mut faults = Vec::new();
    for (mode, owner, path) in rows {
        let Ok(found) = fs::symlink_metadata(root.at(path)) else {
            faults.push(format!("{path} is not there"));
            continue;
        };
        let is = (
            format!("{:o}", found.mode() & 0o7777),
            format!("{}:{}", users.of(found.uid()), groups.of(found.gid())),
        );
        if (is.0.as_str(), is.1.as_str()) != (*mode, *owner) {
            faults.push(format!("{path} is {} {}, not {mode} {owner}", is.0, is.1));
        }
    }
    if !faults.is_empty() {
        bail!("not as packaging.md 2 says:\n{}", faults.join("\n"));
    }
    Ok(())
}

/// `/etc/passwd` or `/etc/group`: names by number.
struct Names(Vec<(String, u32)>);

impl Names {
    fn read(root: &Root, path: &str) -> Result<Self> {
        let text = fs::read_to_string(root.at(path))?;
        let row = |line: &str| {
            let mut fields = line.split(':');
            Some((fields.next()?.to_owned(), fields.nth(1)?.parse().ok()?))
        };
        Ok(Self(text.lines().filter_map(row).collect()))
    }

    fn of(&self, number: u32) -> String {
        let found = self.0.iter().find(|(_, own)| *own == number);
        found.map_or_else(|| number.to_string(), |(name, _)| name.clone())
    }
}
