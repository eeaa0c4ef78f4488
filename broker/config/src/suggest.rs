//! What to say of a key that nobody knows: the three nearest ones.

use crate::table;

/// Longer keys are cut before they are compared; no key of the table is longer.
const KEY_CHARS_MAX: usize = 100;

/// The lines of an unknown key.
pub(crate) fn lines(key: &str) -> Vec<String> {
    let mut lines = vec![
        format!("You've tried to set {key}, but there is no setting with that name."),
        "  Did you mean one of these?".to_owned(),
    ];
    lines.extend(nearest(key).into_iter().map(|near| format!("    {near}")));
    lines.push(last_line(key));
    lines
}

/// The last of these lines, enough once many keys are unknown.
pub(crate) fn last_line(key: &str) -> String {
    format!("Conf file attempted to set unknown variable: {key}")
}

fn nearest(key: &str) -> Vec<&'static str> {
    let mut all: Vec<(usize, &str)> = table::rows()
        .iter()
        .map(|row| (distance(key, &with_words_of(key, &row.key)), row.key.as_ref()))
        .collect();
    all.sort();
    all.into_iter().take(3).map(|(_, key)| key).collect()
}

/// A pattern with the words of the key in the places where any word may stand. An option is no name: a listener is not
/// what `listener.ssl.proxy_protocol` means.
fn with_words_of(key: &str, pattern: &str) -> String {
    if !pattern.contains('$') || pattern.matches('.').count() != key.matches('.').count() {
        return pattern.to_owned();
    }
    let words = pattern.split('.').zip(key.split('.'));
    let words: Vec<&str> = words
        .map(
            |(word, own)| match word.starts_with('$') && !table::is_listener_option(own) {
                true => own,
                false => word,
            },
        )
        .collect();
    words.join(".")
}

/// Levenshtein distance with one row of memory.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(KEY_CHARS_MAX).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(KEY_CHARS_MAX).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn names_the_nearest_keys() {
        let lines = lines("max_client_size");
        assert_eq!(lines[2], "    max_client_id_size");
        assert_eq!(lines.len(), 6);
    }

    #[test]
    fn names_of_the_user_s_choice_are_no_difference() {
        assert_eq!(
            nearest("listener.tcp.mine.max_conections")[0],
            "listener.tcp.$name.max_connections"
        );
        assert_eq!(nearest("listener.udp.default")[0], "listener.tcp.$name");
        assert_eq!(
            nearest("listener.ssl.proxy_protocol")[0],
            "listener.ws.proxy_protocol"
        );
    }
}
