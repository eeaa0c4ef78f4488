//! The notation of `tcp_listen_options`: `[{nodelay, true}, {linger, {true, 0}}]`.
//!
//! Reads atoms, integers, quoted strings, tuples and lists with an explicit stack; depth and length are bounded.

/// An Erlang term, as far as socket options need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    Atom(String),
    Integer(i64),
    Text(String),
    Tuple(Vec<Term>),
    List(Vec<Term>),
}

const DEPTH_MAX: usize = 8;

/// A list of options; `None` if it is none.
pub(super) fn options(text: &str) -> Option<Vec<Term>> {
    let mut reader = Reader { rest: text };
    let mut open: Vec<(u8, Vec<Term>)> = Vec::new();
    loop {
        let done = match reader.token()? {
            Token::Open(bracket) if open.len() < DEPTH_MAX => {
                open.push((bracket, Vec::new()));
                if !reader.is_close_next(bracket) {
                    continue;
                }
                reader.token()?;
                close(&mut open)?
            }
            Token::Term(term) => term,
            Token::Open(_) | Token::Close(_) | Token::Comma => return None,
        };
        if let Some(options) = reader.finish(&mut open, done)? {
            return Some(options);
        }
    }
}

fn close(open: &mut Vec<(u8, Vec<Term>)>) -> Option<Term> {
    let (bracket, terms) = open.pop()?;
    Some(if bracket == b'[' {
        Term::List(terms)
    } else {
        Term::Tuple(terms)
    })
}

enum Token {
    Open(u8),
    Close(u8),
    Comma,
    Term(Term),
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Files a finished term away; the options, once the outermost list is closed. `None`: bad text.
    fn finish(&mut self, open: &mut Vec<(u8, Vec<Term>)>, mut done: Term) -> Option<Option<Vec<Term>>> {
        loop {
            let Some((bracket, terms)) = open.last_mut() else {
                let Term::List(options) = done else { return None };
                return self.rest.trim().is_empty().then_some(Some(options));
            };
            let bracket = *bracket;
            terms.push(done);
            match self.token()? {
                Token::Comma => return Some(None),
                Token::Close(end) if end == closing(bracket) => done = close(open)?,
                _ => return None,
            }
        }
    }

    fn is_close_next(&self, bracket: u8) -> bool {
        self.rest.trim_start().as_bytes().first() == Some(&closing(bracket))
    }

    fn token(&mut self) -> Option<Token> {
        let text = self.rest.trim_start();
        let first = *text.as_bytes().first()?;
        let (token, length) = match first {
            b'[' | b'{' => (Token::Open(first), 1),
            b']' | b'}' => (Token::Close(first), 1),
            b',' => (Token::Comma, 1),
            b'"' => {
                let end = text[1..].find('"')?;
                (Token::Term(Term::Text(text[1..=end].to_owned())), end + 2)
            }
            _ => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '-');
                let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
                let word = &text[..end];
                let term = match word.parse() {
                    Ok(number) => Term::Integer(number),
                    Err(_) if first.is_ascii_lowercase() => Term::Atom(word.to_owned()),
                    Err(_) => return None,
                };
                (Token::Term(term), end)
            }
        };
        self.rest = &text[length..];
        Some(token)
    }
}

fn closing(bracket: u8) -> u8 {
    if bracket == b'[' { b']' } else { b'}' }
}
