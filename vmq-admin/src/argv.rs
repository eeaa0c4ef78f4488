//! The grammar of a command line (admin.md 2.2): words, then `key=value`, then flags. Which of them a command knows is
//! not decided here.

/// A command line, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    pub words: Vec<String>,
    pub keys: Vec<(String, String)>,
    pub flags: Vec<(Flag, Option<String>)>,
}

/// The name of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    Long(String),
    Short(char),
}

/// Why a command line is refused; the text is what the operator sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentFault {
    #[error("Empty value in argument: \"{0}\"")]
    EmptyValue(String),
    #[error("Invalid flag: \"{0}\"")]
    StrayWord(String),
    #[error("Invalid key: \"{0}\"")]
    UnknownKey(String),
    #[error("Invalid arguments: {0}")]
    NoKeysTaken(String),
    /// An address or a port that is none.
    #[error("Invalid arguments: {0}")]
    BadPlace(String),
    #[error("Invalid Flags: [{0}]")]
    NoFlagsTaken(String),
    #[error("Invalid value: \"{0}\"")]
    BadKeyValue(String),
    #[error("Invalid value: \"{value}\" for flag: {flag}")]
    BadFlagValue { value: String, flag: String },
    #[error("Missing argument: {0}")]
    Missing(&'static str),
    #[error("Invalid mountpoint value")]
    NoMountpoint,
    #[error("Argument given twice: \"{0}\"")]
    Twice(String),
    #[error("Error: Cannot use --all(-a) and --node(-n) at the same time")]
    NodeAndAll,
    /// Something is missing: how the command is used.
    #[error("{0}")]
    Usage(String),
}

impl Flag {
    /// The name without its dashes.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Long(name) => name.clone(),
            Self::Short(name) => name.to_string(),
        }
    }
}

impl Arguments {
    /// Takes a command line apart.
    ///
    /// # Errors
    /// It breaks the grammar.
    pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, ArgumentFault> {
        let mut parsed = Self::default();
        for arg in args {
            parsed.take(arg)?;
        }
        Ok(parsed)
    }

    fn take(&mut self, arg: String) -> Result<(), ArgumentFault> {
        if let Some(long) = arg.strip_prefix("--").filter(|name| !name.is_empty()) {
            self.long(long);
            return Ok(());
        }
        if let Some(short) = arg.strip_prefix('-')
            && let Some(name) = short.chars().next()
        {
            self.short(name, &short[name.len_utf8()..]);
            return Ok(());
        }
        if let Some((_, value)) = self.flags.last_mut() {
            if value.is_some() {
                return Err(ArgumentFault::StrayWord(arg));
            }
            *value = Some(arg);
            return Ok(());
        }
        match arg.split_once('=') {
            Some((key, "")) => Err(ArgumentFault::EmptyValue(key.to_owned())),
            Some((key, value)) => {
                self.keys.push((key.to_owned(), value.to_owned()));
                Ok(())
            }
            None if self.keys.is_empty() => {
                self.words.push(arg);
                Ok(())
            }
            None => Err(ArgumentFault::StrayWord(arg)),
        }
    }

    fn long(&mut self, text: &str) {
        let (name, value) = match text.split_once('=') {
            Some((name, "")) => (name, None),
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        self.flags.push((Flag::Long(name.to_owned()), value));
    }

    fn short(&mut self, name: char, rest: &str) {
        let value = (!rest.is_empty()).then(|| rest.to_owned());
        self.flags.push((Flag::Short(name), value));
    }

    /// Removes a flag that is none of the command's own, and gives its value back.
    pub fn take_flag(&mut self, long: &str, short: Option<char>) -> Option<Option<String>> {
        let is_it = |flag: &Flag| match flag {
            Flag::Long(name) => name == long,
            Flag::Short(name) => Some(*name) == short,
        };
        let index = self.flags.iter().position(|(flag, _)| is_it(flag))?;
        Some(self.flags.remove(index).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, ArgumentFault> {
        Arguments::parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn the_grammar_of_the_original() {
        let parsed = parse("session show a=b=c --limit=5 -k5 --payload a-message --ref=a=b -x").unwrap();
        assert_eq!(parsed.words, ["session", "show"]);
        assert_eq!(parsed.keys, [("a".to_owned(), "b=c".to_owned())]);
        let flag = |name: &str| Flag::Long(name.to_owned());
        assert_eq!(
            parsed.flags,
            [
                (flag("limit"), Some("5".to_owned())),
                (Flag::Short('k'), Some("5".to_owned())),
                (flag("payload"), Some("a-message".to_owned())),
                (flag("ref"), Some("a=b".to_owned())),
                (Flag::Short('x'), None),
            ]
        );
    }

    #[test]
    fn an_empty_flag_takes_the_next_word() {
        let parsed = parse("a --name= word").unwrap();
        assert_eq!(
            parsed.flags,
            [(Flag::Long("name".to_owned()), Some("word".to_owned()))]
        );
    }

    #[test]
    fn what_breaks_the_grammar() {
        let text = |line: &str| parse(line).unwrap_err().to_string();
        assert_eq!(text("a client-id="), "Empty value in argument: \"client-id\"");
        assert_eq!(text("a --limit=5 word"), "Invalid flag: \"word\"");
        assert_eq!(text("a k=v word"), "Invalid flag: \"word\"");
    }

    #[test]
    fn a_name_of_many_bytes_is_one_letter() {
        let parsed = parse("a -\u{e9}x").unwrap();
        assert_eq!(parsed.flags, [(Flag::Short('\u{e9}'), Some("x".to_owned()))]);
    }
}
