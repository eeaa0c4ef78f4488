//! The `*` of an include line: any run of characters, in the last element of the path only.

use std::fs;
use std::path::{Path, PathBuf};

/// Entries of a folder that are looked at.
const ENTRIES_MAX: usize = 10_000;

/// The files an include line means, sorted by name. A path that names nothing gives nothing.
pub(super) fn matches(folder: &Path, path: &str) -> Vec<PathBuf> {
    let (parent, pattern) = match path.rsplit_once('/') {
        Some(("", name)) => (PathBuf::from("/"), name),
        Some((parent, name)) => (folder.join(parent), name),
        None => (folder.to_owned(), path),
    };
    if !pattern.contains('*') {
        let file = parent.join(pattern);
        return if file.exists() { vec![file] } else { Vec::new() };
    }
    let lookup = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        &parent
    };
    let Ok(entries) = fs::read_dir(lookup) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .take(ENTRIES_MAX)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        // Hidden files are what editors leave behind.
        .filter(|name| !name.starts_with('.') && is_match(pattern, name))
        .collect();
    names.sort();
    let files = names.into_iter().map(|name| parent.join(name));
    files.filter(|file| !file.is_dir()).collect()
}

/// Pieces between stars must occur in order, the first at the start and the last at the end.
fn is_match(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::is_match;

    #[test]
    fn stars_stand_for_any_run() {
        for (pattern, name, expected) in [
            ("*.conf", "10.conf", true),
            ("*.conf", "10.conf~", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("*", "x", true),
            ("**", "", true),
            ("x", "x", true),
            ("x", "xy", false),
        ] {
            assert_eq!(is_match(pattern, name), expected, "{pattern} {name}");
        }
    }
}
