//! The changelogs of the packages: ours for readers, with the fragments that no release has collected yet, and Debian's,
//! which says which package this is.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{Clock, Kind, Options};
use crate::workspace::Workspace;

const FRAGMENTS: &str = "packaging/changelog.d";
/// Where `CHANGELOG.md` says that fragments wait.
const PLACEHOLDER: &str = "See `packaging/changelog.d`.\n";
/// Kinds of fragments, in the order of their urgency for an operator.
const KINDS: [&str; 6] = ["security", "removed", "changed", "deprecated", "fixed", "added"];

/// `CHANGELOG.md` with the fragments in their place.
///
/// # Errors
/// When a fragment cannot be read.
pub(super) fn upstream(workspace: &Workspace) -> Result<String> {
    let changelog = workspace.read(Path::new("CHANGELOG.md"))?;
    let mut fragments = String::new();
    for kind in KINDS {
        let texts = of_kind(workspace, kind)?;
        if !texts.is_empty() {
            writeln!(fragments, "### {kind}\n")?;
            for text in texts {
                writeln!(fragments, "- {}", text.trim().replace('\n', "\n  "))?;
            }
            fragments.push('\n');
        }
    }
    Ok(changelog.replace(PLACEHOLDER, &fragments))
}

fn of_kind(workspace: &Workspace, kind: &str) -> Result<Vec<String>> {
    let suffix = format!(".{kind}.md");
    let mut files: Vec<_> = fs::read_dir(workspace.root().join(FRAGMENTS))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(&suffix))
        .collect();
    files.sort();
    files.iter().map(|file| Ok(fs::read_to_string(file)?)).collect()
}

/// One entry, as `dpkg-parsechangelog` reads it.
///
/// # Errors
/// When the time cannot be written.
pub(super) fn debian(options: &Options, clock: &Clock, maintainer: &str) -> Result<String> {
    Ok(format!(
        "vernemq ({}) unstable; urgency=medium\n\n  * Packaged from {}; what has changed is in changelog.gz.\n\n -- {maintainer}  {}\n",
        options.version(Kind::Deb),
        options.upstream_version(),
        clock.debian()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_stand_in_the_changelog() {
        let workspace = Workspace::find().unwrap();
        let text = upstream(&workspace).unwrap();
        assert!(!text.contains(PLACEHOLDER));
        for kind in KINDS {
            for fragment in of_kind(&workspace, kind).unwrap() {
                let first = fragment.lines().next().unwrap();
                assert!(text.contains(first), "{first}");
            }
        }
    }
}
