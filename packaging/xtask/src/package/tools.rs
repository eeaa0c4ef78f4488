//! The two programs that write packages. One that is installed in the right version is used; else it is compiled once,
//! below the cache folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo;
use crate::say;
use crate::workspace::Workspace;

/// A program from crates.io.
#[derive(Debug)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    pub(super) const CARGO_DEB: Self = Self {
        name: "cargo-deb",
        version: "3.8.0",
    };
    pub(super) const CARGO_GENERATE_RPM: Self = Self {
        name: "cargo-generate-rpm",
        version: "0.21.1",
    };

    /// Where it is, after it was installed if need be.
    ///
    /// # Errors
    /// When it cannot be compiled.
    pub(super) fn ensure(&self, workspace: &Workspace) -> Result<PathBuf> {
        let root = workspace.cache().join("tools");
        let own = root.join("bin").join(self.name);
        let found = [PathBuf::from(self.name), own.clone()]
            .into_iter()
            .find(|program| self.is_version(program));
        if let Some(program) = found {
            return Ok(program);
        }
        say::step(format_args!(
            "compiling {} {}, once for this machine: a few minutes",
            self.name, self.version
        ));
        let mut install = cargo::bare(workspace);
        install
            .args([
                "install",
                "--locked",
                self.name,
                "--version",
                self.version,
                "--root",
            ])
            .arg(&root);
        // It runs for seconds; nobody waits for the optimisation of its authors.
        install
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        install.env("CARGO_TARGET_DIR", workspace.cache().join("tools-build"));
        cargo::run(&mut install).with_context(|| format!("installing {}", self.name))?;
        Ok(own)
    }

    fn is_version(&self, program: &Path) -> bool {
        let output = Command::new(program).arg("--version").output();
        output.is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .ends_with(self.version)
        })
    }
}
