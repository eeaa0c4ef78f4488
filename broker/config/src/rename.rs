//! Old names: before anything else is looked at, a renamed key becomes the key of today.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::fault::Notice;
use crate::key::Key;
use crate::source::RawSetting;
use crate::table::{self, Status};

/// Families of keys that moved as a whole: old leading words, new ones.
const FAMILIES: [(&str, &str); 2] = [("bridge.tcp", "vmq_bridge.tcp"), ("bridge.ssl", "vmq_bridge.ssl")];

/// The settings by key, the last of each; renamed keys under their new name, unless that one is set too.
pub(crate) fn by_key(settings: Vec<RawSetting>, notices: &mut Vec<Notice>) -> BTreeMap<String, RawSetting> {
    let mut out = BTreeMap::new();
    let mut renamed = BTreeMap::new();
    for setting in settings {
        match new_name(&setting.key) {
            None => out.insert(setting.key.to_string(), setting),
            Some(new) => renamed.insert((setting.key.to_string(), new), setting),
        };
    }
    for ((old, new), setting) in renamed {
        let at = Some(setting.at.clone());
        let Some(key) = Key::parse(&new) else { continue };
        match out.entry(new) {
            Entry::Occupied(entry) => {
                let new = entry.key();
                let text = format!("{old} was renamed to {new}, both are set, using {new}");
                notices.push(Notice::new(at, text));
            }
            Entry::Vacant(entry) => {
                notices.push(Notice::new(at, format!("{old} was renamed to {}", entry.key())));
                entry.insert(RawSetting { key, ..setting });
            }
        }
    }
    out
}

fn new_name(key: &Key) -> Option<String> {
    for (old, new) in FAMILIES {
        let words = old.split('.').count();
        if key.words().len() > words
            && key
                .words()
                .iter()
                .zip(old.split('.'))
                .all(|(word, old)| word == old)
        {
            return Some(key.with_prefix(words, new));
        }
    }
    if key.words().len() == 4 && key.words()[0] == "listeners" && key.words()[3] == "http_modules" {
        return Some(key.with_prefix(1, "listener"));
    }
    match table::find(key)?.row.status {
        Status::Renamed(new) => Some(new.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source;

    fn run(text: &str) -> (Vec<(String, String)>, Vec<String>) {
        let mut notices = Vec::new();
        let map = by_key(source::read_text(text, "t").unwrap().settings, &mut notices);
        let pairs = map
            .into_iter()
            .map(|(key, setting)| (key, setting.text))
            .collect();
        (pairs, notices.iter().map(Notice::to_string).collect())
    }

    #[test]
    fn old_names_become_new_ones() {
        let (pairs, notices) = run("max_queued_messages = 5\nbridge.tcp.a.topic.1 = x");
        assert_eq!(pairs[0], ("max_online_messages".into(), "5".into()));
        assert_eq!(pairs[1], ("vmq_bridge.tcp.a.topic.1".into(), "x".into()));
        assert_eq!(
            notices[1],
            "t:1: max_queued_messages was renamed to max_online_messages"
        );
    }

    #[test]
    fn the_new_name_wins_wherever_it_stands() {
        for text in [
            "max_queued_messages = 5\nmax_online_messages = 6",
            "max_online_messages=6\nmax_queued_messages=5",
        ] {
            let (pairs, notices) = run(text);
            assert_eq!(pairs, [("max_online_messages".to_owned(), "6".to_owned())]);
            let expected = "max_queued_messages was renamed to max_online_messages, both are set, using max_online_messages";
            assert!(notices[0].ends_with(expected), "{notices:?}");
        }
    }
}
