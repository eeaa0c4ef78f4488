//! One line that is typed: the filter, the command line, a file name, `yes`.

/// Most characters; a terminal can paste anything.
const CHARACTERS_MAX: usize = 2000;

/// A line and where the next character goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    characters: Vec<char>,
    at: usize,
}

impl Edit {
    /// A line that begins with a text, the cursor behind it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let characters: Vec<char> = text.chars().take(CHARACTERS_MAX).collect();
        Self {
            at: characters.len(),
            characters,
        }
    }

    /// What has been typed.
    #[must_use]
    pub fn text(&self) -> String {
        self.characters.iter().collect()
    }

    /// What stands before the cursor.
    #[must_use]
    pub fn before(&self) -> String {
        self.characters.iter().take(self.at).collect()
    }

    /// Puts a character in.
    pub fn insert(&mut self, character: char) {
        if self.characters.len() < CHARACTERS_MAX && !character.is_control() {
            self.characters.insert(self.at, character);
            self.at += 1;
        }
    }

    /// Puts a text behind the line; the cursor stays where it is.
    pub fn put_behind(&mut self, text: &str) {
        let room = CHARACTERS_MAX.saturating_sub(self.characters.len());
        self.characters.extend(text.chars().take(room));
    }

    /// Takes the character before the cursor out.
    pub fn backspace(&mut self) {
        if self.at > 0 {
            self.at -= 1;
            self.characters.remove(self.at);
        }
    }

    /// Takes the character under the cursor out.
    pub fn delete(&mut self) {
        if self.at < self.characters.len() {
            self.characters.remove(self.at);
        }
    }

    /// Takes the word before the cursor out.
    pub fn delete_word(&mut self) {
        while self.at > 0 && self.characters.get(self.at - 1) == Some(&' ') {
            self.backspace();
        }
        while self.at > 0 && self.characters.get(self.at - 1) != Some(&' ') {
            self.backspace();
        }
    }

    /// Empties it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Moves the cursor.
    pub fn move_by(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.characters.len());
    }

    /// To the beginning.
    pub const fn home(&mut self) {
        self.at = 0;
    }

    /// To the end.
    pub fn end(&mut self) {
        self.at = self.characters.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_as_everywhere() {
        let mut line = Edit::of("user=pump queue>1");
        line.delete_word();
        line.insert('x');
        assert_eq!(line.text(), "user=pump x");
        line.home();
        line.delete();
        line.move_by(2);
        line.insert('E');
        line.move_by(-99);
        line.backspace();
        assert_eq!(
            (line.text().as_str(), line.before().as_str()),
            ("seEr=pump x", "")
        );
        line.put_behind(" --x");
        assert_eq!(line.before(), "");
        line.insert('\u{7}');
        line.clear();
        assert_eq!(line.text(), "");
    }
}
