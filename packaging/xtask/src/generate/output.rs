//! What the generated files must contain, taken from the product's own tables, and bringing them there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{man, shells};
use crate::say;
use crate::workspace::Workspace;

/// A file, relative to the checkout, and its text.
pub(crate) type Output = (PathBuf, String);

/// The files of one kind.
///
/// # Errors
/// When nothing generates this kind yet.
pub(crate) fn files(kind: &str) -> Result<Vec<Output>> {
    match kind {
        "conf" => Ok(vec![(
            PathBuf::from("packaging/etc/vernemq.conf"),
            vmq_config::shipped_conf(),
        )]),
        "man" => {
            let mut files: Vec<Output> = man::pages()
                .into_iter()
                .map(|page| (Path::new("man").join(&page.file), page.finish()))
                .collect();
            for (name, text) in shells::scripts() {
                files.push((Path::new("packaging/completions").join(name), text));
            }
            files.push((
                PathBuf::from("packaging/schema/vmq-admin.schema.json"),
                vmq_admin::command::schema::text(),
            ));
            Ok(files)
        }
        other => bail!("nothing generates '{other}'"),
    }
}

/// Writes the files, or only compares them.
///
/// # Errors
/// When a file cannot be written; with `check`, when one differs from what belongs there.
pub(crate) fn bring(workspace: &Workspace, files: &[Output], check: bool) -> Result<()> {
    for (path, text) in files {
        let place = workspace.root().join(path);
        let found = fs::read_to_string(&place).unwrap_or_default();
        if found == *text {
            continue;
        }
        if check {
            let line = first_difference(&found, text);
            bail!(
                "{}:{line}: stale; `cargo xtask conf` or `cargo xtask man` writes it anew",
                path.display()
            );
        }
        write(&place, text)?;
        say::step(format_args!("wrote {}", path.display()));
    }
    Ok(())
}

fn write(place: &Path, text: &str) -> Result<()> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(place, text).with_context(|| format!("writing {}", place.display()))
}

/// The number of the first line that differs, counted from 1.
fn first_difference(found: &str, expected: &str) -> usize {
    found
        .lines()
        .zip(expected.lines())
        .take_while(|(found, expected)| found == expected)
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stale_line_is_named() {
        assert_eq!(first_difference("a\nb\nc", "a\nx\nc"), 2);
        assert_eq!(first_difference("", "a\nb"), 1);
        assert_eq!(first_difference("a\n", "a\nb"), 2);
    }
}
