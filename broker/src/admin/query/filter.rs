//! Filter: the expression of `--filter` and of the console (console.md 5). Terms with blanks between them must all hold,
//! `|` separates alternatives, `!` turns a term round; there are no brackets, so nothing recurses.
//!
//! `pump` (in any identifier), `user=pump-*`, `user!=joe`, `client_id~^a`, `queue>100`, `queue<3`, `online`, `mqtt5`.

use super::Cell;
use memchr::arch::all::{is_prefix, is_suffix};
use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};
use vmq_admin::command::session::Field;
use vmq_admin::command::session::fields::Group;

/// Bytes of an expression.
const BYTES_MAX: usize = 4096;

/// Terms of an expression.
const TERMS_MAX: usize = 64;

/// What a bare word is looked for in.
const IDENTIFIERS: [Field; 4] = [Field::ClientId, Field::User, Field::PeerHost, Field::Mountpoint];

/// Short names of the console's columns.
const SHORT_NAMES: [(&str, Field); 6] = [
    ("client", Field::ClientId),
    ("peer", Field::PeerHost),
    ("state", Field::Statename),
    ("queue", Field::QueueSize),
    ("inflight", Field::WaitingAcks),
    ("version", Field::Protocol),
];

/// An expression.
#[derive(Debug)]
pub(in crate::admin) struct Filter {
    /// One of them must hold whole.
    alternatives: Vec<Vec<Term>>,
}

#[derive(Debug)]
struct Term {
    negated: bool,
    check: Check,
}

#[derive(Debug)]
enum Check {
    /// In any identifier.
    Word(Pattern),
    Online(bool),
    /// The version of the protocol, bridges included.
    Versions(&'static [u64]),
    Field(Field, Compare),
}

#[derive(Debug)]
enum Compare {
    Is(Pattern),
    Like(Regex),
    More(u64),
    Less(u64),
}

/// Text in which `*` stands for anything: the parts between them.
#[derive(Debug)]
struct Pattern(Vec<Finder<'static>>);

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// Why it is none.
    pub(in crate::admin) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > BYTES_MAX {
            return Err(format!("an expression of more than {BYTES_MAX} bytes"));
        }
        let mut alternatives = vec![Vec::new()];
        let mut terms = 0;
        for token in tokens(text)? {
            if token == "|" {
                alternatives.push(Vec::new());
                continue;
            }
            terms += 1;
            if terms > TERMS_MAX {
                return Err(format!("more than {TERMS_MAX} terms"));
            }
            if let Some(last) = alternatives.last_mut() {
                last.push(Term::parse(&token)?);
            }
        }
        if alternatives.iter().any(Vec::is_empty) {
            return Err("a term is missing".to_owned());
        }
        Ok(Self { alternatives })
    }

    /// Whether a row is wanted; `cell` gives its values.
    pub(in crate::admin) fn holds<'a>(&self, cell: &dyn Fn(Field) -> Cell<'a>) -> bool {
        self.alternatives
            .iter()
            .any(|terms| terms.iter().all(|term| term.holds(cell)))
    }

    /// The fields that it looks at.
    pub(in crate::admin) fn fields(&self) -> impl Iterator<Item = Field> {
        self.alternatives
            .iter()
            .flatten()
            .flat_map(|term| match term.check {
                Check::Word(_) => IDENTIFIERS.to_vec(),
                Check::Online(_) => vec![Field::IsOnline],
                Check::Versions(_) => vec![Field::Protocol],
                Check::Field(field, _) => vec![field],
            })
    }

    /// The client id that every row must have: then nothing has to be searched.
    pub(in crate::admin) fn client_id(&self) -> Option<&str> {
        let [terms] = self.alternatives.as_slice() else {
            return None;
        };
        terms.iter().find_map(|term| match &term.check {
            Check::Field(Field::ClientId, Compare::Is(pattern)) if !term.negated => pattern.exact(),
            _ => None,
        })
    }
}

impl Term {
    fn parse(token: &str) -> Result<Self, String> {
        let (mut negated, rest) = match token.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, token),
        };
        let word = |check| Ok(Self { negated, check });
        let Some(at) = rest.find(['=', '!', '~', '<', '>']).filter(|at| *at > 0) else {
            return match rest {
                "" => Err("a term is missing".to_owned()),
                "online" => word(Check::Online(true)),
                "offline" => word(Check::Online(false)),
                "mqtt3" => word(Check::Versions(&[3, 4, 131, 132])),
                "mqtt5" => word(Check::Versions(&[5])),
                text => word(Check::Word(Pattern::anywhere(text))),
            };
        };
        let field = field(&rest[..at])?;
        let (operator, value) = match rest[at..].strip_prefix("!=") {
            Some(value) => ("!=", value),
            None => rest[at..].split_at(1),
        };
        negated ^= operator == "!=";
        let number = || {
            value
                .parse()
                .map_err(|_| format!("\"{value}\" is no number for {operator}"))
        };
        let compare = match operator {
            "=" | "!=" => Compare::Is(Pattern::whole(value)),
            "~" => Compare::Like(regex(value)?),
            ">" => Compare::More(number()?),
            "<" => Compare::Less(number()?),
            other => return Err(format!("\"{other}\" is no comparison")),
        };
        let check = Check::Field(field, compare);
        Ok(Self { negated, check })
    }

    fn holds<'a>(&self, cell: &dyn Fn(Field) -> Cell<'a>) -> bool {
        let found = match &self.check {
            Check::Word(pattern) => IDENTIFIERS
                .iter()
                .any(|field| cell(*field).text().is_some_and(|text| pattern.matches(&text))),
            Check::Online(online) => cell(Field::IsOnline) == Cell::Flag(*online),
            Check::Versions(versions) => {
                matches!(cell(Field::Protocol), Cell::Number(version) if versions.contains(&version))
            }
            Check::Field(field, compare) => compare.holds(&cell(*field)),
        };
        found != self.negated
    }
}

impl Compare {
    fn holds(&self, cell: &Cell<'_>) -> bool {
        match (self, cell) {
            (Self::Is(pattern), Cell::Text(text) | Cell::Word(text)) => pattern.matches(text),
            (Self::Is(pattern), cell) => pattern.exact().is_some_and(|value| cell.is(value)),
            (Self::Like(regex), cell) => cell.text().is_some_and(|text| regex.is_match(&text)),
            (Self::More(bound), Cell::Number(number)) => number > bound,
            (Self::Less(bound), Cell::Number(number)) => number < bound,
            (Self::More(_) | Self::Less(_), _) => false,
        }
    }
}

impl Pattern {
    fn whole(text: &str) -> Self {
        let finder = |part: &str| Finder::new(part).into_owned();
        Self(text.split('*').map(finder).collect())
    }

    fn anywhere(text: &str) -> Self {
        Self::whole(&format!("*{text}*"))
    }

    fn exact(&self) -> Option<&str> {
        match self.0.as_slice() {
            [one] => std::str::from_utf8(one.needle()).ok(),
            _ => None,
        }
    }

    /// Each part is looked for behind the one before; the first place is the best one.
    fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
            return self.exact() == Some(text);
        };
        // Not the comparison of the system: it reads beyond both texts, which for short ones is one more line of the cache
        // that has to be waited for.
        let (text, first, last) = (text.as_bytes(), first.needle(), last.needle());
        if !is_prefix(text, first) {
            return false;
        }
        let mut rest = &text[first.len()..];
        for part in middle {
            match part.find(rest) {
                Some(at) => rest = &rest[at + part.needle().len()..],
                None => return false,
            }
        }
        is_suffix(rest, last)
    }
}

fn field(name: &str) -> Result<Field, String> {
    let short = SHORT_NAMES.iter().find(|(short, _)| *short == name);
    let field = short
        .map(|(_, field)| *field)
        .or_else(|| Field::parse(name))
        .ok_or_else(|| format!("\"{name}\" is no field"))?;
    match field.group() {
        // They lie on disk, for every row that is looked at.
        Group::Message => Err(format!("\"{name}\" is a field of messages: use --{name}=")),
        _ => Ok(field),
    }
}

fn regex(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .size_limit(super::REGEX_BYTES_MAX)
        .dfa_size_limit(super::REGEX_BYTES_MAX)
        .build()
        .map_err(|_| format!("\"{text}\" is no regular expression"))
}

/// The terms, and `|` between alternatives. In double quotes blanks and `|` are text.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut token: Option<String> = None;
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => {
                quoted = !quoted;
                token.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => tokens.extend(token.take()),
            '|' if !quoted => {
                tokens.extend(token.take());
                tokens.push("|".to_owned());
            }
            other => token.get_or_insert_default().push(other),
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    tokens.extend(token);
    Ok(tokens)
}

#[cfg(test)]
mod tests;
