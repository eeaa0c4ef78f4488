//! Rust text with comments and literals blanked out, so that a line-based counter sees code alone.
//!
//! Line breaks stay where they are: line N of the masked text is line N of the file.

/// Replaces every character of a comment, a string or a character literal by a blank.
pub(crate) fn mask(text: &str) -> String {
    let mut masker = Masker {
        input: text.chars().collect(),
        at: 0,
        output: String::with_capacity(text.len()),
    };
    while masker.at < masker.input.len() {
        masker.step();
    }
    masker.output
}

struct Masker {
    input: Vec<char>,
    at: usize,
    output: String,
}

impl Masker {
    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.blank_until(|masker| masker.peek(0) == '\n'),
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(),
            ('\'', _) => self.quote(),
            ('r', '"' | '#') if !self.in_word() => self.raw_string(1),
            ('b' | 'c', 'r') if !self.in_word() && matches!(self.peek(2), '"' | '#') => self.raw_string(2),
            _ => self.keep(),
        }
    }

    /// The character so many places ahead; a line break past the end.
    fn peek(&self, ahead: usize) -> char {
        self.input.get(self.at + ahead).copied().unwrap_or('\n')
    }

    fn in_word(&self) -> bool {
        self.at > 0 && is_word(self.input[self.at - 1])
    }

    fn keep(&mut self) {
        self.output.push(self.peek(0));
        self.at += 1;
    }

    fn blank(&mut self) {
        self.output.push(if self.peek(0) == '\n' { '\n' } else { ' ' });
        self.at += 1;
    }

    fn blank_many(&mut self, count: usize) {
        for _ in 0..count {
            self.blank();
        }
    }

    fn blank_until(&mut self, done: impl Fn(&Self) -> bool) {
        while self.at < self.input.len() && !done(self) {
            self.blank();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.input.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    self.blank();
                    continue;
                }
            }
            self.blank_many(2);
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.blank();
        while self.at < self.input.len() {
            match self.peek(0) {
                '\\' => self.blank_many(2),
                '"' => return self.blank(),
                _ => self.blank(),
            }
        }
    }

    /// `r"..."`, `r#"..."#`, or the raw name `r#type`, which is code.
    fn raw_string(&mut self, prefix: usize) {
        let hashes = (0..).take_while(|index| self.peek(prefix + index) == '#').count();
        if self.peek(prefix + hashes) != '"' {
            return self.keep();
        }
        self.blank_many(prefix + hashes + 1);
        self.blank_until(|masker| {
            masker.peek(0) == '"' && (1..=hashes).all(|index| masker.peek(index) == '#')
        });
        self.blank_many((hashes + 1).min(self.input.len() - self.at));
    }

    /// A character literal, or the mark of a lifetime, which is code.
    fn quote(&mut self) {
        if self.peek(1) == '\\' {
            self.blank_many(3); // the quote, the backslash, and what it escapes, which may be a quote
            self.blank_until(|masker| masker.peek(0) == '\'');
            self.blank();
        } else if self.peek(2) == '\'' {
            self.blank_many(3);
        } else {
            self.keep();
        }
    }
}

/// Whether a character can be part of a name.
pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn comments_vanish_and_lines_stay() {
        assert_eq!(mask("a // { b\nc"), "a       \nc");
        assert_eq!(mask("a /* { /* \n */ } */ b"), "a         \n         b");
        assert_eq!(mask("a /* never closed"), "a                ");
    }

    #[test]
    fn strings_of_every_kind_vanish() {
        assert_eq!(mask(r#"x("{\"", y)"#), "x(     , y)");
        assert_eq!(
            mask("x(r#\"a\" }\"#, b\"{\")"),
            format!("x({}, b{})", " ".repeat(9), " ".repeat(3))
        );
        assert_eq!(mask("br\"{\" c"), "      c");
        assert_eq!(mask("\"never closed"), " ".repeat(13));
        assert_eq!(mask("r#\"never closed"), " ".repeat(15));
    }

    #[test]
    fn characters_vanish_and_lifetimes_stay() {
        assert_eq!(
            mask("'{' '\\'' '\\u{7b}' &'a str"),
            format!("{}&'a str", " ".repeat(18))
        );
        assert_eq!(mask("fn f<'a>(r#type: &'a u8) {}"), "fn f<'a>(r#type: &'a u8) {}");
        assert_eq!(mask("for\"x\""), "for   ");
    }
}
