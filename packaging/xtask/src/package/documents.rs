//! Manual pages and completions: which must be there, and where they go.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;

/// packaging.md 7: without these there is no package.
const PAGES: [&str; 7] = [
    "vernemq.8",
    "vernemq.conf.5",
    "vmq-admin.8",
    "vmq-console.1",
    "vmq-passwd.1",
    "vmq.acl.5",
    "vmq.passwd.5",
];
/// Each of them wants a file for each shell.
const COMPLETED: [&str; 4] = ["vernemq", "vmq-admin", "vmq-console", "vmq-passwd"];
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// A file and its place below the stage.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) source: PathBuf,
    pub(super) place: PathBuf,
    pub(super) compressed: bool,
}

/// All pages and completions of the checkout.
///
/// # Errors
/// When one that must be there is missing.
pub(super) fn find(workspace: &Workspace) -> Result<Vec<Document>> {
    let mut documents = pages(&workspace.root().join("man"))?;
    // Those that nothing generates.
    documents.extend(pages(&workspace.root().join("packaging/doc"))?);
    documents.extend(completions(&workspace.root().join("packaging/completions"))?);
    for page in PAGES {
        must_have(&documents, page, &format!("man/{page}"))?;
    }
    for (program, shell) in COMPLETED
        .iter()
        .flat_map(|program| SHELLS.map(|shell| (program, shell)))
    {
        let place = completion_place(shell, program);
        must_have(
            &documents,
            &place.to_string_lossy(),
            &format!("the completion of {program} for {shell}"),
        )?;
    }
    Ok(documents)
}

fn must_have(documents: &[Document], end: &str, what: &str) -> Result<()> {
    let ends_so = |document: &Document| document.place.ends_with(end) || document.source.ends_with(end);
    if !documents.iter().any(ends_so) {
        bail!("{what} is missing; `cargo xtask man` writes the generated pages and completions");
    }
    Ok(())
}

/// `man/NAME.SECTION`
fn pages(folder: &Path) -> Result<Vec<Document>> {
    let page = |source: PathBuf| {
        let section = source.extension()?.to_str()?.to_owned();
        let place = Path::new("man")
            .join(format!("man{section}"))
            .join(source.file_name()?);
        ["1", "5", "7", "8"]
            .contains(&section.as_str())
            .then_some(Document {
                source,
                place,
                compressed: true,
            })
    };
    Ok(files_below(folder)?.into_iter().filter_map(page).collect())
}

/// Fish wants `NAME.fish`, zsh `_NAME`, bash the bare name.
fn completions(folder: &Path) -> Result<Vec<Document>> {
    let completion = |source: PathBuf| {
        let name = source.file_name()?.to_str()?.to_owned();
        let (shell, program) = shell_and_program(&name)?;
        Some(Document {
            place: completion_place(shell, program),
            source,
            compressed: false,
        })
    };
    Ok(files_below(folder)?.into_iter().filter_map(completion).collect())
}

fn shell_and_program(name: &str) -> Option<(&'static str, &str)> {
    if let Some(program) = name.strip_suffix(".fish") {
        return Some(("fish", program));
    }
    if let Some(program) = name.strip_prefix('_') {
        return Some(("zsh", program));
    }
    let program = name.strip_suffix(".bash").unwrap_or(name);
    (!program.contains('.')).then_some(("bash", program))
}

fn completion_place(shell: &str, program: &str) -> PathBuf {
    let name = match shell {
        "fish" => format!("{program}.fish"),
        "zsh" => format!("_{program}"),
        _ => program.to_owned(),
    };
    Path::new("completions").join(shell).join(name)
}

/// In the folder and its sub-folders, sorted; nothing of a folder that is not there.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_are_told_by_their_names() {
        assert_eq!(shell_and_program("vmq-admin.fish"), Some(("fish", "vmq-admin")));
        assert_eq!(shell_and_program("_vmq-admin"), Some(("zsh", "vmq-admin")));
        assert_eq!(shell_and_program("vmq-admin.bash"), Some(("bash", "vmq-admin")));
        assert_eq!(shell_and_program("vmq-admin"), Some(("bash", "vmq-admin")));
        assert_eq!(shell_and_program("README.md"), None);
    }

    #[test]
    fn pages_go_to_their_section() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["vernemq.8", "vernemq.conf.5", "README"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let places: Vec<_> = pages(folder.path())
            .unwrap()
            .into_iter()
            .map(|page| page.place)
            .collect();
        assert_eq!(
            places,
            [
                PathBuf::from("man/man8/vernemq.8"),
                PathBuf::from("man/man5/vernemq.conf.5")
            ]
        );
        assert!(pages(&folder.path().join("none")).unwrap().is_empty());
    }

    #[test]
    fn a_missing_page_is_named() {
        let error = must_have(&[], "vernemq.8", "man/vernemq.8")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("man/vernemq.8 is missing"), "{error}");
    }
}
