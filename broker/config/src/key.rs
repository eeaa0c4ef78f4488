//! Keys: words joined by dots, where `\.` is a dot inside a word.

use std::fmt;

/// A key as the file names it, cut into its words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(Vec<String>);

impl Key {
    /// Cuts a key; `None` if it is no key (an empty word, a character that no key has).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = vec![String::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '.' => words.push(String::new()),
                '\\' if chars.next() == Some('.') => words.last_mut()?.push('.'),
                c if is_word_char(c) => words.last_mut()?.push(c),
                _ => return None,
            }
        }
        words.iter().all(|word| !word.is_empty()).then_some(Self(words))
    }

    pub(crate) fn words(&self) -> &[String] {
        &self.0
    }

    /// The key with other leading words: the way a family of keys is renamed.
    pub(crate) fn with_prefix(&self, old_words: usize, new_prefix: &str) -> String {
        let rest = Key(self.0[old_words.min(self.0.len())..].to_vec());
        if rest.0.is_empty() {
            new_prefix.to_owned()
        } else {
            format!("{new_prefix}.{rest}")
        }
    }
}

/// Letters, digits, `_` and `-`.
pub(crate) fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// The words with their inner dots escaped again: the one spelling under which a key is stored.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(&escape(word))?;
        }
        Ok(())
    }
}

/// A word as it stands in a key.
pub(crate) fn escape(word: &str) -> String {
    word.replace('.', "\\.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_dots_stay_inside_a_word() {
        let key = Key::parse("listener.tcp.my\\.name").unwrap();
        assert_eq!(key.words(), ["listener", "tcp", "my.name"]);
        assert_eq!(key.to_string(), "listener.tcp.my\\.name");
    }

    #[test]
    fn refuses_what_is_no_key() {
        for text in ["", ".", "a.", ".a", "a..b", "a b", "a\\b", "ä"] {
            assert_eq!(Key::parse(text), None, "{text:?}");
        }
    }
}
