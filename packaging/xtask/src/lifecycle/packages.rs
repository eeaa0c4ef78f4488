//! The packages of one run: the same build three times. Only the third has another shipped configuration.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::{listing, seen};
use crate::package::{self, Kind, Options};
use crate::workspace::Workspace;

/// Where they lie, and what each is called.
#[derive(Debug)]
pub(super) struct Packages {
    pub(super) folder: PathBuf,
    pub(super) first: Options,
    pub(super) second: Options,
    pub(super) third: Options,
}

impl Packages {
    /// Of the words that `deb` and `rpm` take. The first is the one that would be shipped, unless the programs are not.
    ///
    /// # Errors
    /// When a word is unknown.
    pub(super) fn of(workspace: &Workspace, arguments: &[String]) -> Result<Self> {
        let folder = workspace.target().join("lifecycle");
        let with = |revision: &str| {
            let mut options = Options::read(workspace, arguments)?;
            revision.clone_into(&mut options.revision);
            options.out = folder.join(format!("packages-{revision}"));
            options.quick = revision != "1" || options.profile == "dev";
            anyhow::Ok(options)
        };
        Ok(Self {
            first: with("1")?,
            second: with("2")?,
            third: with("3")?,
            folder: folder.clone(),
        })
    }

    /// Of one kind, in the order of their revisions. There is no second RPM package.
    pub(super) fn files(&self, kind: Kind) -> [PathBuf; 3] {
        [&self.first, &self.second, &self.third].map(|options| options.out.join(options.file_name(kind)))
    }

    /// Packs all of them, the first twice: the same bytes must come out.
    ///
    /// # Errors
    /// When packing fails, or other bytes come out.
    pub(super) fn pack(&self, workspace: &Workspace) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        let pack = |options: &Options| {
            let stage = package::prepare(workspace, options)?;
            let read = |kind| anyhow::Ok(fs::read(package::make(workspace, kind, options, &stage)?)?);
            anyhow::Ok((read(Kind::Deb)?, read(Kind::Rpm)?))
        };
        let once = pack(&self.first)?;
        let twice = pack(&self.first.without_build())?;
        ensure!(
            once == twice,
            "packing one build twice gave two different packages"
        );
        seen("packing one build twice gives the same bytes");
        for kind in [Kind::Deb, Kind::Rpm] {
            let file = self.first.out.join(self.first.file_name(kind));
            listing::compare(kind, &file)?;
        }

        // The layout is the same but for what names the revision, and for the configuration of the last.
        let stage = package::prepare(workspace, &self.second.without_build())?;
        package::make(workspace, Kind::Deb, &self.second, &stage)?;
        let stage = package::prepare(workspace, &self.third.without_build())?;
        let conf = stage.folder("etc/vernemq.conf");
        let text = fs::read_to_string(&conf)?;
        fs::write(&conf, format!("{text}\n## Another default of a later version.\n"))?;
        for kind in [Kind::Deb, Kind::Rpm] {
            package::make(workspace, kind, &self.third, &stage)?;
        }
        Ok(())
    }
}
