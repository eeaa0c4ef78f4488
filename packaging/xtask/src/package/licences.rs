//! What the licences of the libraries ask for: their names, their authors' notices, every text once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::dependencies::Dependency;

/// How files with such texts begin.
const NAMES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

const HEAD: &str = "The programs of this package contain the libraries below. Behind each stands its licence and the number\n\
    of the texts that came with it; the texts follow.\n\n";

/// The list and the texts.
///
/// # Errors
/// When a text cannot be read.
pub(super) fn text(dependencies: &[Dependency]) -> Result<String> {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut list = String::from(HEAD);
    for dependency in dependencies {
        let mut own = Vec::new();
        for file in files(&dependency.folder)? {
            let bytes = fs::read(file)?;
            let text = String::from_utf8_lossy(&bytes)
                .replace('\r', "")
                .trim()
                .to_owned();
            let next = numbers.len() + 1;
            own.push(*numbers.entry(text).or_insert(next));
        }
        own.sort_unstable();
        own.dedup();
        let own: Vec<String> = own.iter().map(|number| format!("[{number}]")).collect();
        let Dependency {
            name,
            version,
            licence,
            ..
        } = dependency;
        writeln!(list, "{name} {version}: {licence} {}", own.join(" "))?;
    }
    let mut texts: Vec<_> = numbers.into_iter().map(|(text, number)| (number, text)).collect();
    texts.sort();
    for (number, text) in texts {
        write!(list, "\n\n[{number}] {}\n\n{text}\n", "-".repeat(70))?;
    }
    Ok(list)
}

/// In the folder of a crate, and one below: bindings carry the sources of a C or C++ library that way.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_licence(&path) {
            found.push(path);
        } else if path.is_dir() {
            let inner = fs::read_dir(&path)?.filter_map(|entry| Some(entry.ok()?.path()));
            found.extend(inner.filter(|path| is_licence(path)));
        }
    }
    found.sort();
    Ok(found)
}

fn is_licence(path: &Path) -> bool {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_uppercase();
    path.is_file() && NAMES.iter().any(|begin| name.starts_with(begin)) && !name.ends_with(".RS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_stands_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let dependency = |name: &str| {
            let own = folder.path().join(name);
            fs::create_dir_all(own.join("c-library")).unwrap();
            fs::write(own.join("LICENSE-MIT"), "may be used\r\n").unwrap();
            fs::write(own.join("c-library/COPYING"), format!("of {name}")).unwrap();
            Dependency {
                name: name.to_owned(),
                version: "1".to_owned(),
                licence: "MIT".to_owned(),
                folder: own,
            }
        };
        let text = text(&[dependency("a"), dependency("b")]).unwrap();
        assert_eq!(text.matches("may be used").count(), 1);
        assert!(
            text.contains("a 1: MIT [1] [2]\n") && text.contains("b 1: MIT [1] [3]\n"),
            "{text}"
        );
        assert!(text.contains("of b"));
    }
}
