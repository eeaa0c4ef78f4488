//! Names that commands had before version 1: still understood, with a note (admin.md 4).

/// Old words and new ones.
const ALIASES: [(&[&str], &[&str]); 8] = [
    (&["session", "list"], &["session", "show"]),
    (&["cluster", "status"], &["cluster", "show"]),
    (&["script", "status"], &["script", "show"]),
    (&["webhooks", "status"], &["webhooks", "show"]),
    (&["webhooks", "cache", "stats"], &["webhooks", "cache", "show"]),
    (&["api", "create-key"], &["api-key", "create"]),
    (&["api", "delete-key"], &["api-key", "delete"]),
    (&["api", "list-keys"], &["api-key", "show"]),
];

/// Puts the present words in the place of old ones, and gives a note for standard error if there were any.
pub fn resolve(words: &mut Vec<String>) -> Option<String> {
    let is_old = |(old, _): &&(&[&str], &[&str])| *old == words.as_slice();
    let (old, new) = ALIASES.iter().find(is_old)?;
    *words = new.iter().map(|word| (*word).to_owned()).collect();
    Some(format!(
        "vmq-admin {} is deprecated, use vmq-admin {}",
        old.join(" "),
        new.join(" ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_lead_to_new_ones() {
        let mut words = vec!["cluster".to_owned(), "status".to_owned()];
        let note = resolve(&mut words).unwrap();
        assert_eq!(words, ["cluster", "show"]);
        assert_eq!(
            note,
            "vmq-admin cluster status is deprecated, use vmq-admin cluster show"
        );
        assert_eq!(resolve(&mut words), None);
        let mut more = vec!["session".to_owned(), "list".to_owned(), "x".to_owned()];
        assert_eq!(resolve(&mut more), None);
    }
}
