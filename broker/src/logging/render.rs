//! Values inside log messages as the original writes them (monitoring.md 7.3): Erlang terms that fail2ban filters and
//! scripts match, word for word.
//!
//! Every wrapper escapes quotes, backslashes and control characters, so a value stays inside its term. Used by every
//! call site that logs something a client sent.

use super::clean::{is_hostile, write_escaped};
use std::fmt::{self, Display, Formatter, Write as _};
use std::net::SocketAddr;

/// A subscriber id: `{[],<<"c1">>}` in the default (empty) mountpoint, `{"mp1",<<"c1">>}` elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber<'a> {
    pub mountpoint: &'a str,
    pub client_id: &'a str,
}

impl Display for Subscriber<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        if self.mountpoint.is_empty() {
            f.write_str("[]")?;
        } else {
            Quoted(self.mountpoint).fmt(f)?;
        }
        write!(f, ",{}}}", Binary(self.client_id))
    }
}

/// A text on its own: `<<"c1">>`; `<<>>` when empty.
#[derive(Clone, Copy, Debug)]
pub struct Binary<'a>(pub &'a str);

impl Display for Binary<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("<<>>");
        }
        write!(f, "<<{}>>", Quoted(self.0))
    }
}

/// A text without anything around it, on one line.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a>(pub &'a str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_hostile(c) {
                write_escaped(f, c)?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// A text in double quotes: `"c1"`.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        quoted(f, self.0, '"')?;
        f.write_char('"')
    }
}

/// A document of JSON in which also those hostile characters are escaped that JSON would let stand.
#[derive(Clone, Copy, Debug)]
pub struct Json<'a>(pub &'a str);

impl Display for Json<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.0.chars().any(is_hostile) {
            return f.write_str(self.0);
        }
        for c in self.0.chars() {
            if is_hostile(c) {
                write!(f, "\\u{:04x}", u32::from(c))?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// A user name: `<<"joe">>`, or the bare word `undefined`.
#[derive(Clone, Copy, Debug)]
pub struct User<'a>(pub Option<&'a str>);

impl Display for User<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => Binary(name).fmt(f),
            None => f.write_str("undefined"),
        }
    }
}

/// A topic or filter as its words: `[<<"a">>,<<"b">>]`.
#[derive(Clone, Copy, Debug)]
pub struct Topic<'a>(pub &'a str);

impl Display for Topic<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (position, word) in self.0.split('/').enumerate() {
            if position > 0 {
                f.write_char(',')?;
            }
            Binary(word).fmt(f)?;
        }
        f.write_char(']')
    }
}

/// Topics with their QoS: `[{[<<"a">>,<<"b">>],0}]`.
#[derive(Clone, Copy, Debug)]
pub struct Topics<'a>(pub &'a [(&'a str, u8)]);

impl Display for Topics<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (position, (topic, qos)) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_char(',')?;
            }
            write!(f, "{{{},{qos}}}", Topic(topic))?;
        }
        f.write_char(']')
    }
}

/// The other end of a connection: `1.2.3.4:5678`, `[::1]:5678`, `local` for a Unix socket.
///
/// An IPv4 client of a dual-stack listener is shown as IPv4, so that one fail2ban rule matches both.
#[derive(Clone, Copy, Debug)]
pub enum Peer {
    Ip(SocketAddr),
    Local,
}

impl Display for Peer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => SocketAddr::new(address.ip().to_canonical(), address.port()).fmt(f),
            Self::Local => f.write_str("local"),
        }
    }
}

/// A node name: `'VerneMQ@127.0.0.1'`; unquoted only when it is a plain lowercase word.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a>(pub &'a str);

impl Display for Node<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plain = self.0.starts_with(|c: char| c.is_ascii_lowercase())
            && self.0.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain {
            return f.write_str(self.0);
        }
        f.write_char('\'')?;
        quoted(f, self.0, '\'')?;
        f.write_char('\'')
    }
}

/// The inside of a quoted term: the quote, the backslash and hostile characters are escaped.
fn quoted(f: &mut Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    for c in text.chars() {
        if c == quote || c == '\\' {
            f.write_char('\\')?;
            f.write_char(c)?;
        } else if is_hostile(c) {
            write_escaped(f, c)?;
        } else {
            f.write_char(c)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_those_of_the_original() {
        assert_eq!(
            Subscriber {
                mountpoint: "",
                client_id: "client-1"
            }
            .to_string(),
            r#"{[],<<"client-1">>}"#
        );
        assert_eq!(
            Subscriber {
                mountpoint: "mp1",
                client_id: "c"
            }
            .to_string(),
            r#"{"mp1",<<"c">>}"#
        );
        assert_eq!(User(Some("joe")).to_string(), r#"<<"joe">>"#);
        assert_eq!(User(None).to_string(), "undefined");
        assert_eq!(Topic("a/b").to_string(), r#"[<<"a">>,<<"b">>]"#);
        assert_eq!(Topic("/+/#").to_string(), r##"[<<>>,<<"+">>,<<"#">>]"##);
        assert_eq!(
            Topics(&[("a/b", 0), ("c", 2)]).to_string(),
            r#"[{[<<"a">>,<<"b">>],0},{[<<"c">>],2}]"#
        );
        assert_eq!(Node("VerneMQ@127.0.0.1").to_string(), "'VerneMQ@127.0.0.1'");
        assert_eq!(Node("nonode").to_string(), "nonode");
    }

    #[test]
    fn peers_read_as_addresses() {
        let peer = |text: &str| Peer::Ip(text.parse().expect("an address")).to_string();
        assert_eq!(peer("1.2.3.4:5678"), "1.2.3.4:5678");
        assert_eq!(peer("[::1]:5678"), "[::1]:5678");
        assert_eq!(peer("[::ffff:1.2.3.4]:5678"), "1.2.3.4:5678");
        assert_eq!(Peer::Local.to_string(), "local");
    }

    #[test]
    fn a_value_cannot_leave_its_term() {
        let hostile = "x\">>}\n2026 \\ \x1b[0m\u{202e}";
        assert_eq!(
            Binary(hostile).to_string(),
            "<<\"x\\\">>}\\n2026 \\\\ \\x1b[0m\\u{202e}\">>"
        );
        assert_eq!(Node("a'b").to_string(), "'a\\'b'");
    }
}
