//! Key: what was pressed, by the names that the settings file uses.

use std::fmt;

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Ctrl(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
}

/// Names of the keys that are no characters.
const NAMES: [(&str, Key); 16] = [
    ("enter", Key::Enter),
    ("esc", Key::Esc),
    ("tab", Key::Tab),
    ("shift-tab", Key::BackTab),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("pgup", Key::PageUp),
    ("pgdn", Key::PageDown),
    ("home", Key::Home),
    ("end", Key::End),
    ("space", Key::Char(' ')),
    ("comma", Key::Char(',')),
];

impl Key {
    /// The key of a name: `k`, `ctrl-d`, `enter`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if let Some((_, key)) = NAMES.iter().find(|(own, _)| *own == name) {
            return Some(*key);
        }
        let (name, is_ctrl) = name
            .strip_prefix("ctrl-")
            .map_or((name, false), |rest| (rest, true));
        let mut characters = name.chars();
        let character = characters.next().filter(|character| !character.is_control())?;
        if characters.next().is_some() {
            return None;
        }
        Some(if is_ctrl {
            Self::Ctrl(character)
        } else {
            Self::Char(character)
        })
    }
}

impl Key {
    /// Its name in the settings file, if it is no character.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(_, key)| *key == self).map(|(name, _)| *name)
    }

    /// How it is said on a terminal: without signs where there is only ASCII.
    #[must_use]
    pub fn said(self, ascii: bool) -> String {
        match self.name().filter(|_| ascii) {
            Some(name) => name.to_owned(),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up => f.write_str("↑"),
            Self::Down => f.write_str("↓"),
            Self::Left => f.write_str("←"),
            Self::Right => f.write_str("→"),
            Self::Enter => f.write_str("↵"),
            other => match (other.name(), other) {
                (Some(name), _) => f.write_str(name),
                (None, Self::Char(character)) => write!(f, "{character}"),
                (None, Self::Ctrl(character)) => write!(f, "ctrl-{character}"),
                (None, _) => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for (name, key) in NAMES {
            assert_eq!(Key::parse(name), Some(key));
        }
        assert_eq!(Key::parse("k"), Some(Key::Char('k')));
        assert_eq!(Key::parse("ctrl-d"), Some(Key::Ctrl('d')));
        assert_eq!(Key::parse("kk"), None);
        assert_eq!(Key::parse(""), None);
        assert_eq!(Key::Ctrl('d').to_string(), "ctrl-d");
        assert_eq!([true, false].map(|ascii| Key::Enter.said(ascii)), ["enter", "↵"]);
    }
}
