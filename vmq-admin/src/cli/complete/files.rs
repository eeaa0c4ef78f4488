//! Files and folders, for values that are paths. The scripts of all shells get them the same way.

use super::{Candidate, candidate};
use std::fs;

/// Most entries of a folder that are offered.
const ENTRIES_MAX: usize = 1000;

/// What lies in the folder of a path as far as it is typed, folders with a slash behind them. Hidden ones are offered to
/// who types their dot.
pub(super) fn list(typed: &str, only_folders: bool) -> Vec<Candidate> {
    let start = typed.rfind('/').map_or(0, |slash| slash + 1);
    let (folder, name) = typed.split_at(start);
    let place = if folder.is_empty() { "." } else { folder };
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let mut found: Vec<Candidate> = entries
        .filter_map(|entry| {
            let own = entry.file_name().into_string().ok()?;
            let is_folder = fs::metadata(entry.path()).is_ok_and(|meta| meta.is_dir());
            let is_wanted = own.starts_with(name) && (name.starts_with('.') || !own.starts_with('.'));
            let slash = if is_folder { "/" } else { "" };
            (is_wanted && (is_folder || !only_folders))
                .then(|| candidate(format!("{folder}{own}{slash}"), ""))
        })
        .take(ENTRIES_MAX)
        .collect();
    found.sort_by(|one, other| one.text.cmp(&other.text));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_offered() {
        let home = tempfile::tempdir().unwrap();
        for name in ["ca.pem", "key.pem", ".hidden"] {
            fs::write(home.path().join(name), "").unwrap();
        }
        fs::create_dir(home.path().join("certs")).unwrap();
        let base = home.path().display().to_string();
        let texts = |typed: &str, only_folders| -> Vec<String> {
            let found = list(&format!("{base}/{typed}"), only_folders);
            found
                .iter()
                .map(|candidate| candidate.text.replace(&format!("{base}/"), ""))
                .collect()
        };
        assert_eq!(texts("", false), ["ca.pem", "certs/", "key.pem"]);
        assert_eq!(texts("c", false), ["ca.pem", "certs/"]);
        assert_eq!(texts("", true), ["certs/"]);
        assert_eq!(texts(".", false), [".hidden"]);
        assert_eq!(texts("nothing/here", false), Vec::<String>::new());
    }
}
