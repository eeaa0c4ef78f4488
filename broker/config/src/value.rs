//! Values: text to typed values, by the types of a row.
//!
//! The texts of errors are the ones operators know from the original; `resolve` gives them their key and place.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::sections::{AddressRange, ListenerAddress};
use crate::table::{Row, Type};

pub(crate) mod address;
pub(crate) mod check;
pub(crate) mod erlang;
pub(crate) mod number;

/// A value that its row accepts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Flag(bool),
    Integer(i64),
    Bytes(u64),
    Percent(u8),
    Duration(Duration),
    /// A word of a closed list.
    Word(&'static str),
    Text(String),
    /// Empty = no file.
    Path(PathBuf),
    Address(ListenerAddress),
    Ip(IpAddr),
    Integers(Vec<i64>),
    Names(Vec<String>),
    Ips(Vec<IpAddr>),
    Networks(Vec<AddressRange>),
    Options(Vec<erlang::Term>),
    /// Octal permission bits.
    Mode(u32),
}

/// Why a text is no value of its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// One line for each accepted type.
    Type(Vec<String>),
    /// Follows `<key> invalid, `.
    Check(String),
    /// Follows `Translation for '...' found invalid configuration: `.
    Translation(String),
}

/// Turns a text into a value of the row and checks its bounds. Relative paths start at `base`.
pub(crate) fn parse(row: &Row, text: &str, base: &Path) -> Result<Value, Refusal> {
    let value = convert(row, text, base)?;
    check::check(row, &value)?;
    Ok(value)
}

fn convert(row: &Row, text: &str, base: &Path) -> Result<Value, Refusal> {
    // A word of its own goes before a type that would take any text.
    for kind in row.types {
        if let Type::Word(word) = kind
            && *word == text
        {
            return Ok(Value::Word(word));
        }
    }
    let mut lines = Vec::new();
    for kind in row.types {
        match convert_one(row, *kind, text, base) {
            Ok(value) => return Ok(value),
            Err(Refusal::Type(new)) => lines.extend(new),
            Err(other) => return Err(other),
        }
    }
    Err(Refusal::Type(lines))
}

fn convert_one(row: &Row, kind: Type, text: &str, base: &Path) -> Result<Value, Refusal> {
    let value = match kind {
        Type::Flag => flag(text),
        Type::Integer => text.parse().ok().map(Value::Integer),
        Type::Text => Some(Value::Text(text.to_owned())),
        Type::Enum(words) => words
            .iter()
            .find(|word| **word == text)
            .map(|word| Value::Word(word)),
        Type::Word(_) => None,
        Type::File | Type::Directory => Some(Value::Path(path(text, base))),
        Type::Ip => address::ip(text).map(Value::Ip),
        Type::IpPort => address::ip_port(text).map(|ip| Value::Address(ListenerAddress::Ip(ip))),
        Type::UnixSocket => address::unix(text).map(|path| Value::Address(ListenerAddress::Unix(path))),
        Type::HostPort => address::is_host_port(text).then(|| Value::Text(text.to_owned())),
        Type::ByteSize => number::byte_size(text).map(Value::Bytes),
        Type::Percent => number::percent(text).map(Value::Percent),
        Type::Duration => number::duration(text).map(Value::Duration),
        Type::CoarseDuration => number::coarse_duration(text).map(Value::Duration),
        Type::Integers => number::integers(text).map(Value::Integers),
        Type::IntegerTriple => number::triple(text).map(Value::Integers),
        Type::Names => names(text).map(Value::Names),
        Type::ColonNames => Some(Value::Names(split(text, ':'))),
        Type::Ips => split(text, ';')
            .iter()
            .map(|ip| address::ip(ip))
            .collect::<Option<_>>()
            .map(Value::Ips),
        Type::Networks => split(text, ';')
            .iter()
            .map(|range| address::range(range))
            .collect::<Option<_>>()
            .map(Value::Networks),
        Type::TlsVersions => tls_versions(text).map(Value::Names),
        Type::SocketOptions => erlang::options(text).map(Value::Options),
        Type::NodeName => is_node_name(text).then(|| Value::Text(text.to_owned())),
        Type::FileMode => file_mode(text).map(Value::Mode),
    };
    value.ok_or_else(|| refusal(row, kind, text))
}

fn refusal(row: &Row, kind: Type, text: &str) -> Refusal {
    let line = match kind {
        Type::Flag => enum_line(text, &["on", "off"]),
        Type::Enum(words) => enum_line(text, words),
        Type::TlsVersions => enum_line(text, crate::table::TLS_VERSIONS),
        Type::Word(word) => format!("\"{text}\" is not the word {word}"),
        Type::ByteSize => format!("Error converting value \"{text}\" to a number of bytes"),
        Type::Duration => format!("Invalid duration value: {text}"),
        Type::IntegerTriple => {
            return Refusal::Check("value must be three comma-separated, positive integers".to_owned());
        }
        Type::CoarseDuration => return Refusal::Translation(number::coarse_duration_text(&row.key, text)),
        Type::NodeName => {
            let text = format!("{} must be of the form name@host, without blanks", row.key);
            return Refusal::Translation(text);
        }
        _ => format!("\"{text}\" cannot be converted to a(n) {}", noun(kind)),
    };
    Refusal::Type(vec![line])
}

fn noun(kind: Type) -> &'static str {
    match kind {
        Type::Integer => "integer",
        Type::Ip | Type::IpPort => "IP",
        Type::UnixSocket => "UDS",
        Type::HostPort => "host and port",
        Type::Percent => "percentage",
        Type::Integers => "list of integers",
        Type::Names => "list of names",
        Type::Ips => "list of IP addresses",
        Type::Networks => "list of IP addresses and networks",
        Type::SocketOptions => "list of socket options",
        Type::FileMode => "file mode, such as 0660",
        _ => "value of this type",
    }
}

fn enum_line(text: &str, words: &[&str]) -> String {
    format!(
        "\"{text}\" is not a valid enum value, acceptable values are: {}",
        words.join(", ")
    )
}

fn flag(text: &str) -> Option<Value> {
    match text {
        "on" => Some(Value::Flag(true)),
        "off" => Some(Value::Flag(false)),
        _ => None,
    }
}

fn path(text: &str, base: &Path) -> PathBuf {
    if text.is_empty() {
        PathBuf::new()
    } else {
        base.join(text)
    }
}

/// `[a, b]`, `a,b` or nothing.
fn names(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    let inner = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => text,
    };
    if inner.trim().is_empty() {
        return Some(Vec::new());
    }
    let names: Vec<String> = inner.split(',').map(|name| name.trim().to_owned()).collect();
    names
        .iter()
        .all(|name| !name.is_empty() && !name.contains(['[', ']']))
        .then_some(names)
}

fn split(text: &str, separator: char) -> Vec<String> {
    text.split(separator)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn tls_versions(text: &str) -> Option<Vec<String>> {
    let versions = names(text)?;
    let is_known = |version: &String| crate::table::TLS_VERSIONS.contains(&version.as_str());
    (!versions.is_empty() && versions.iter().all(is_known)).then_some(versions)
}

/// One `@`, something on both sides, nothing that breaks a line or a table.
fn is_node_name(text: &str) -> bool {
    let is_plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    let mut parts = text.split('@');
    matches!((parts.next(), parts.next(), parts.next()), (Some(name), Some(host), None)
        if is_plain(name) && is_plain(host))
}

fn file_mode(text: &str) -> Option<u32> {
    let is_octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| is_octal && *mode <= 0o777)
}

#[cfg(test)]
mod tests;
