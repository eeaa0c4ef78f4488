//! What one may say on the command line of the packaging commands, and the names that follow from it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::Kind;
use crate::workspace::Workspace;

/// Read once, used by every step.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The cargo profile the programs are taken from.
    pub(crate) profile: String,
    /// Whether they are built first.
    pub(crate) build: bool,
    /// Counts packages of one version, from 1.
    pub(crate) revision: String,
    /// Where packages, symbols, checksums and the bill of materials go.
    pub(crate) out: PathBuf,
    /// Larger, sooner and without symbols apart, for packages that live a minute.
    pub(crate) quick: bool,
    version: String,
}

impl Options {
    /// Reads `--profile NAME`, `--no-build`, `--revision N`, `--out FOLDER`.
    ///
    /// # Errors
    /// When one is unknown or has no value.
    pub(crate) fn read(workspace: &Workspace, arguments: &[String]) -> Result<Self> {
        let manifest = workspace.read(Path::new("Cargo.toml"))?;
        let mut options = Self {
            profile: "release".to_owned(),
            build: true,
            revision: "1".to_owned(),
            quick: false,
            out: workspace.target().join("packages"),
            version: workspace_version(&manifest)
                .context("Cargo.toml names no version")?
                .to_owned(),
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .cloned()
                    .with_context(|| format!("{word} needs a value"))
            };
            match word.as_str() {
                "--no-build" => options.build = false,
                "--profile" => options.profile = value()?,
                "--revision" => options.revision = value()?,
                "--out" => options.out = std::path::absolute(value()?)?,
                other => {
                    bail!("unknown argument '{other}'; there are --profile, --no-build, --revision, --out")
                }
            }
        }
        if options.revision.parse::<u32>().is_err() {
            bail!("--revision takes a number, not '{}'", options.revision);
        }
        Ok(options)
    }

    /// For what was built a moment ago.
    pub(crate) fn without_build(&self) -> Self {
        Self {
            build: false,
            ..self.clone()
        }
    }

    /// Version and revision as this kind of package writes them: `1.0.0-rc1` sorts before `1.0.0` in neither, `~` does.
    pub(crate) fn version(&self, kind: Kind) -> String {
        let upstream = self.version.replace('-', "~");
        match kind {
            Kind::Deb | Kind::Rpm => format!("{upstream}-{}", self.revision),
        }
    }

    /// Cargo puts what the profile `dev` makes into a folder of another name.
    pub(crate) fn profile_folder(&self) -> &str {
        match self.profile.as_str() {
            "dev" => "debug",
            own => own,
        }
    }

    pub(crate) fn upstream_version(&self) -> &str {
        &self.version
    }

    /// packaging.md 8
    pub(crate) fn file_name(&self, kind: Kind) -> String {
        let (version, machine) = (self.version(kind), std::env::consts::ARCH);
        match kind {
            Kind::Deb => format!("vernemq_{version}_{}.deb", debian_architecture(machine)),
            Kind::Rpm => format!("vernemq-{version}.{machine}.rpm"),
        }
    }
}

/// Debian's word for a machine.
pub(crate) fn debian_architecture(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn workspace_version(manifest: &str) -> Option<&str> {
    let mut lines = manifest.lines().skip_while(|line| *line != "[workspace.package]");
    lines.find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Options> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        Options::read(&Workspace::find()?, &arguments)
    }

    #[test]
    fn names_follow_version_and_revision() {
        let mut options = read(&["--revision", "3"]).unwrap();
        options.version = "1.2.0-rc1".to_owned();
        assert_eq!(options.version(Kind::Deb), "1.2.0~rc1-3");
        assert!(options.file_name(Kind::Deb).starts_with("vernemq_1.2.0~rc1-3_"));
        assert!(options.file_name(Kind::Rpm).starts_with("vernemq-1.2.0~rc1-3."));
    }

    #[test]
    fn the_quickest_profile_lies_where_cargo_puts_it() {
        assert_eq!(read(&["--profile", "dev"]).unwrap().profile_folder(), "debug");
        assert_eq!(read(&["--profile", "fast"]).unwrap().profile_folder(), "fast");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(read(&["--revision", "new"]).is_err());
        assert!(read(&["--revision"]).is_err());
        assert!(read(&["--fast"]).unwrap_err().to_string().contains("--profile"));
    }
}
