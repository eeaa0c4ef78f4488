//! Everything a package holds, laid out below `TARGET/PROFILE/package`. The lists in `broker/Cargo.toml` say where each
//! folder goes, with which mode; what is here is complete, compressed where it must be, and carries one time.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::programs::{self, quietly};
use super::{Clock, Options, changelog, dependencies, documents, licences};
use crate::workspace::Workspace;

/// Files of the checkout that are packed as they are.
pub(super) const COPIES: [(&str, &str); 19] = [
    ("packaging/lib/may-restart", "lib/may-restart"),
    ("packaging/lib/set-up", "lib/set-up"),
    ("systemd/vernemq.service", "systemd/vernemq.service"),
    ("systemd/sysusers.conf", "systemd/sysusers.conf"),
    ("systemd/tmpfiles.conf", "systemd/tmpfiles.conf"),
    ("packaging/etc/vernemq.conf", "etc/vernemq.conf"),
    ("packaging/etc/vmq.acl", "etc/vmq.acl"),
    ("packaging/etc/vernemq.default", "etc/vernemq.default"),
    ("packaging/doc/conf.d.README", "etc/conf.d/README"),
    (
        "packaging/monitoring/vernemq-dashboard.json",
        "grafana/vernemq-dashboard.json",
    ),
    (
        "packaging/monitoring/vernemq-alert-rules.yml",
        "prometheus/vernemq-alert-rules.yml",
    ),
    (
        "packaging/schema/vmq-admin.schema.json",
        "schema/vmq-admin.schema.json",
    ),
    ("packaging/rpm/firewalld.xml", "firewalld/vernemq.xml"),
    ("packaging/doc/logrotate.example", "examples/logrotate"),
    (
        "packaging/doc/90-vernemq-sysctl.conf.example",
        "examples/90-vernemq-sysctl.conf",
    ),
    ("packaging/doc/limits.conf.example", "examples/limits.conf"),
    ("packaging/deb/copyright", "doc-deb/copyright"),
    ("packaging/deb/lintian-overrides", "overrides/vernemq"),
    ("LICENSE", "licence/LICENSE"),
];

/// The folder, filled.
#[derive(Debug)]
pub(crate) struct Stage {
    root: PathBuf,
    clock: Clock,
}

impl Stage {
    /// Fills it anew.
    ///
    /// # Errors
    /// When something is missing, or a tool fails.
    pub(super) fn lay_out(
        workspace: &Workspace,
        options: &Options,
        built: &[PathBuf],
        clock: &Clock,
    ) -> Result<Self> {
        let root = workspace.target().join(options.profile_folder()).join("package");
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| format!("removing {}", root.display()))?;
        }
        let stage = Self { root, clock: *clock };
        stage.programs(built, options)?;
        for (source, place) in COPIES {
            stage.write(
                place,
                &fs::read(workspace.root().join(source)).with_context(|| format!("reading {source}"))?,
            )?;
        }
        for document in documents::find(workspace)? {
            stage.write(&document.place, &fs::read(&document.source)?)?;
            if document.compressed {
                stage.compress(&document.place)?;
            }
        }
        stage.texts(workspace, options)?;
        stage.stamp()?;
        Ok(stage)
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// A folder of it.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// In `sbin`, with links to them in `bin` for Debian (decisions.md 36).
    fn programs(&self, built: &[PathBuf], options: &Options) -> Result<()> {
        let (sbin, bin) = (self.folder("sbin"), self.folder("bin"));
        fs::create_dir_all(&sbin)?;
        fs::create_dir_all(&bin)?;
        for program in built {
            programs::strip(program, &sbin)?;
            if !options.quick {
                programs::keep_symbols(program, &self.folder("symbols"))?;
            }
            let name = program.file_name().context("a program has a name")?;
            symlink(Path::new("../sbin").join(name), bin.join(name))?;
        }
        Ok(())
    }

    /// What is written for this package.
    fn texts(&self, workspace: &Workspace, options: &Options) -> Result<()> {
        let maintainer = maintainer(&workspace.read(Path::new("broker/Cargo.toml"))?)?;
        let texts = [
            (
                "doc/third-party-licences",
                licences::text(&dependencies::list(workspace)?)?,
            ),
            ("doc/changelog", changelog::upstream(workspace)?),
            (
                "doc-deb/changelog.Debian",
                changelog::debian(options, &self.clock, &maintainer)?,
            ),
            ("doc/README.md", workspace.read(Path::new("README.md"))?),
        ];
        for (place, text) in texts {
            self.write(place, text.as_bytes())?;
            self.compress(place)?;
        }
        Ok(())
    }

    fn write(&self, place: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
        let file = self.root.join(place);
        fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
        fs::write(&file, bytes).with_context(|| format!("writing {}", file.display()))
    }

    fn compress(&self, place: impl AsRef<Path>) -> Result<()> {
        quietly(Command::new("gzip").arg("-9nf").arg(self.root.join(place)))
    }

    fn stamp(&self) -> Result<()> {
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    self.clock.stamp(&entry.path())?;
                }
            }
        }
        Ok(())
    }
}

fn maintainer(manifest: &str) -> Result<String> {
    let line = manifest
        .lines()
        .find_map(|line| line.strip_prefix("maintainer = \"")?.strip_suffix('"'));
    Ok(line
        .context("broker/Cargo.toml names no maintainer of the package")?
        .to_owned())
}
