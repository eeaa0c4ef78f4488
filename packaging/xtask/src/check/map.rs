//! `check map`: the folders at the root are the agreed ones, and the map in the README names what is there.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::verdict;
use crate::workspace::Workspace;

/// The folders at the root. Another one needs a decision first.
const FOLDERS: [&str; 8] = [
    "broker",
    "console",
    "man",
    "packaging",
    "systemd",
    "tests",
    "vmq-admin",
    "vmq-passwd",
];

/// What tools insist on finding at the root, or leave there.
const OTHERS: [&str; 15] = [
    ".cargo",
    ".ci",
    ".git",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "target",
];

const README: &str = "README.md";
const MAP_HEADING: &str = "## Map";

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut faults = Vec::new();
    for entry in fs::read_dir(workspace.root())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !FOLDERS.contains(&name.as_str()) && !OTHERS.contains(&name.as_str()) {
            faults.push(format!(
                "{name}: not one of the agreed names at the root: move it below one of them"
            ));
        }
    }
    let readme = workspace.read(Path::new(README))?;
    let map = map(&readme).with_context(|| format!("{README} has no '{MAP_HEADING}' with a code block"))?;
    let files = workspace.files()?;
    for folder in FOLDERS
        .iter()
        .filter(|folder| files.iter().any(|file| file.starts_with(folder)))
    {
        if !map.iter().any(|(_, path)| path == *folder) {
            faults.push(format!("{README}: the map leaves out {folder}/"));
        }
    }
    for (line, path) in map {
        if !files.iter().any(|file| file.starts_with(&path)) {
            faults.push(format!(
                "{README}:{line}: the map names {path}, which is not there"
            ));
        }
    }
    faults.sort();
    verdict(&faults)
}

/// Every path of the code block under the heading, with its line. Indented names lie in the folder above them.
fn map(readme: &str) -> Option<Vec<(usize, String)>> {
    let lines = readme
        .lines()
        .enumerate()
        .skip_while(|(_, line)| *line != MAP_HEADING);
    let mut block = lines.skip_while(|(_, line)| !line.starts_with("```"));
    block.next()?;
    let mut above: Vec<(usize, String)> = Vec::new();
    let mut found = Vec::new();
    for (number, line) in block.take_while(|(_, line)| !line.starts_with("```")) {
        let indent = line.len() - line.trim_start().len();
        let names = line.trim_start().split("  ").next().unwrap_or_default();
        above.retain(|(own, _)| *own < indent);
        let parent = above
            .last()
            .map(|(_, path)| format!("{path}/"))
            .unwrap_or_default();
        for name in names.split_whitespace() {
            let path = format!("{parent}{}", name.trim_end_matches('/'));
            found.push((number + 1, path.clone()));
            above.retain(|(own, _)| *own < indent);
            above.push((indent, path));
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_is_read_as_paths() {
        let readme = "# x\n## Map\ntext\n```\na/          the a\n  b/        in it\n    c.rs    deeper\n  d/ e/     two\nf.toml  x\n```\n";
        let paths: Vec<_> = map(readme).unwrap().into_iter().map(|(_, path)| path).collect();
        assert_eq!(paths, ["a", "a/b", "a/b/c.rs", "a/d", "a/e", "f.toml"]);
        assert_eq!(map(readme).unwrap()[0].0, 5);
    }

    #[test]
    fn a_readme_without_a_map_is_a_fault() {
        assert_eq!(map("# x\n"), None);
        assert_eq!(map("# x\n## Map\nnone\n"), None);
    }
}
