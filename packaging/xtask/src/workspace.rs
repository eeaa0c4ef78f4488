//! Where things are: the checkout, the per-machine cache folder, and the source files between them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Folders that hold products, never sources.
const SKIPPED_FOLDERS: [&str; 6] = [
    ".git",
    "artifacts",
    "corpus",
    "node_modules",
    "target",
    "__pycache__",
];

/// The checkout this tool was built from, and the cache folder of this machine.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    cache: PathBuf,
}

impl Workspace {
    /// Finds the checkout and names the cache folder. Nothing is created.
    ///
    /// # Errors
    /// When no home directory is known and `VERNEMQ_BUILD_CACHE` is not set either.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .context("the build tool does not lie in packaging/xtask")?
            .to_path_buf();
        Ok(Self {
            root,
            cache: cache_folder(&|name| std::env::var_os(name).map(PathBuf::from))?,
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Holds what must outlive a clean checkout: RocksDB, test clients.
    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// Where cargo puts its products.
    pub(crate) fn target(&self) -> PathBuf {
        let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        self.root.join(named.unwrap_or_else(|| PathBuf::from("target")))
    }

    /// Every file of the checkout that is not a product, relative to its root, sorted.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
                let entry = entry?;
                let kind = entry.file_type()?;
                if kind.is_dir() && !is_skipped(&entry.file_name()) {
                    folders.push(entry.path());
                } else if kind.is_file() && entry.file_name() != ".git" {
                    // (That is what a linked worktree has in place of the folder.)
                    let path = entry.path();
                    found.push(path.strip_prefix(&self.root)?.to_path_buf());
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Reads a file of the checkout.
    ///
    /// # Errors
    /// When it cannot be read or is not UTF-8.
    pub(crate) fn read(&self, path: &Path) -> Result<String> {
        fs::read_to_string(self.root.join(path)).with_context(|| format!("reading {}", path.display()))
    }
}

fn is_skipped(name: &OsStr) -> bool {
    SKIPPED_FOLDERS.iter().any(|skipped| name == *skipped)
}

fn cache_folder(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Result<PathBuf> {
    let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
    absolute("VERNEMQ_BUILD_CACHE")
        .or_else(|| absolute("XDG_CACHE_HOME").map(|base| base.join("vernemq-build")))
        .or_else(|| absolute("HOME").map(|home| home.join(".cache/vernemq-build")))
        .context("no home directory is known; set VERNEMQ_BUILD_CACHE to the full path of a folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(set: &'static [(&'static str, &'static str)]) -> Option<PathBuf> {
        cache_folder(&|name| {
            set.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| PathBuf::from(value))
        })
        .ok()
    }

    #[test]
    fn the_cache_folder_follows_the_most_specific_variable() {
        let home = with(&[("HOME", "/h")]);
        assert_eq!(home, Some(PathBuf::from("/h/.cache/vernemq-build")));
        let base = with(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]);
        assert_eq!(base, Some(PathBuf::from("/c/vernemq-build")));
        let own = with(&[
            ("HOME", "/h"),
            ("XDG_CACHE_HOME", "/c"),
            ("VERNEMQ_BUILD_CACHE", "/o"),
        ]);
        assert_eq!(own, Some(PathBuf::from("/o")));
    }

    #[test]
    fn a_relative_cache_folder_does_not_count() {
        assert_eq!(with(&[("VERNEMQ_BUILD_CACHE", "here")]), None);
    }

    #[test]
    fn the_checkout_has_a_workspace_file_and_lists_itself() {
        let workspace = Workspace::find().unwrap();
        let files = workspace.files().unwrap();
        assert!(files.contains(&PathBuf::from("Cargo.toml")));
        assert!(files.contains(&PathBuf::from("packaging/xtask/src/workspace.rs")));
        assert!(
            !files
                .iter()
                .any(|file| file.starts_with("target") || file.starts_with(".git"))
        );
    }
}
