//! `check words`: what may stand in no file. Private places, other registries, and advertising.

use std::path::Path;

use anyhow::Result;

use super::verdict;
use crate::workspace::Workspace;

/// What may not occur, and why. Written in two halves, so that this file passes its own check.
const BANNED: [(&str, &str, &str); 14] = [
    (
        "/wo",
        "rk/",
        "a path of one machine: name it relative to the checkout",
    ),
    ("/ro", "ot/", "a path of one machine: use a variable"),
    (
        "/tm",
        "p/",
        "a fixed name in a folder of everybody: let the system choose one",
    ),
    (
        "replace",
        "-with",
        "another registry: everybody builds from crates.io",
    ),
    (
        "index",
        "-url",
        "another registry: everybody installs from the usual one",
    ),
    (
        "artif",
        "actory",
        "another registry: everybody builds from crates.io",
    ),
    ("blazing", "ly", "advertising: say what holds"),
    ("blazing", " fast", "advertising: say what holds"),
    ("compre", "hensive", "advertising: say what is covered"),
    ("cutting", "-edge", "advertising: say what holds"),
    ("seam", "less", "advertising: say what holds"),
    ("state of", " the art", "advertising: say what holds"),
    ("world", "-class", "advertising: say what holds"),
    ("zero", "-cost", "advertising: say what it costs"),
];

/// Texts written elsewhere, word for word.
const FOREIGN: [&str; 1] = ["LICENSE"];
const CRATES_IO: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut faults = Vec::new();
    for file in workspace.files()? {
        let Ok(bytes) = std::fs::read(workspace.root().join(&file)) else {
            continue;
        };
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        }; // pictures, captured packets
        if !FOREIGN.iter().any(|name| file == Path::new(name)) {
            faults.extend(banned(&file, &text));
        }
        if file == Path::new("Cargo.lock") {
            faults.extend(foreign_sources(&file, &text));
        }
    }
    verdict(&faults)
}

fn banned(file: &Path, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for (first, second, advice) in BANNED {
            let word = format!("{first}{second}");
            if line.match_indices(&word).any(|(at, _)| stands_alone(&line, at)) {
                faults.push(format!("{}:{}: '{word}' is {advice}", file.display(), number + 1));
            }
        }
    }
    faults
}

/// Whether a word or path begins here, and not in the middle of a longer one: `var/tmp/` is another path.
fn stands_alone(line: &str, at: usize) -> bool {
    !line[..at].ends_with(|before: char| before.is_alphanumeric())
}

fn foreign_sources(file: &Path, lock: &str) -> Vec<String> {
    let sources = lock
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("source = ") && *line != CRATES_IO);
    sources
        .map(|(number, line)| format!("{}:{}: {line}: not from crates.io", file.display(), number + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_word_is_named_with_its_line() {
        let text = [
            "fine",
            &format!("see /wo{}x", "rk/"),
            &format!("A Zero{} layer", "-Cost"),
        ]
        .join("\n");
        let found = banned(Path::new("a.rs"), &text);
        assert_eq!(found.len(), 2);
        assert!(
            found[0].starts_with("a.rs:2: ") && found[1].starts_with("a.rs:3: "),
            "{found:?}"
        );
    }

    #[test]
    fn a_longer_path_is_another_path() {
        assert!(banned(Path::new("a.rs"), &format!("share/wo{}x /var/tm{}x", "rk/", "p/")).is_empty());
    }

    #[test]
    fn every_package_comes_from_crates_io() {
        let own = format!("{CRATES_IO}\n");
        assert!(foreign_sources(Path::new("Cargo.lock"), &own).is_empty());
        let foreign = format!("{own}source = \"git+https://example.org/x\"\n");
        assert_eq!(foreign_sources(Path::new("Cargo.lock"), &foreign).len(), 1);
    }
}
