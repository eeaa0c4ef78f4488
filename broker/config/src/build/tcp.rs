//! `tcp_listen_options`: the Erlang notation, as far as sockets here have the same options.

use std::time::Duration;

use crate::resolve::Resolved;
use crate::sections::TcpOptions;
use crate::value::Value;
use crate::value::erlang::Term;

const KEY: &str = "tcp_listen_options";

/// Accepted without a word: always so here, or of the VM's own buffers.
const QUIET: [&str; 3] = ["reuseaddr", "send_timeout_close", "buffer"];

pub(super) fn build(resolved: &mut Resolved) -> TcpOptions {
    let terms = match resolved.get(KEY) {
        Some(Value::Options(terms)) => terms.clone(),
        _ => Vec::new(),
    };
    let mut options = TcpOptions {
        nodelay: false,
        send_timeout: Duration::from_secs(30),
        linger_secs: None,
        backlog: 1024,
        sndbuf: None,
        recbuf: None,
        keepalive: false,
    };
    // The default of the original resets connections on close and loses what was not sent; only who writes it
    // down gets it.
    let takes_linger = resolved.is_set(KEY);
    let mut unknown = Vec::new();
    for term in &terms {
        if let Err(name) = apply(&mut options, term, takes_linger) {
            unknown.push(name);
        }
    }
    if !unknown.is_empty() {
        let text = format!("config: {KEY}: no effect here: {}", unknown.join(", "));
        resolved.notice(KEY, text);
    }
    options
}

/// Takes one option; its name if it is none.
fn apply(options: &mut TcpOptions, term: &Term, takes_linger: bool) -> Result<(), String> {
    let (name, value) = match term {
        Term::Atom(name) => (name, None),
        Term::Tuple(parts) => match parts.as_slice() {
            [Term::Atom(name), value] => (name, Some(value)),
            _ => return Err("an option that is no pair".to_owned()),
        },
        _ => return Err("an option that is no pair".to_owned()),
    };
    let unknown = || Err(name.clone());
    match (name.as_str(), value) {
        ("nodelay", value) => options.nodelay = boolean(value).ok_or(name.clone())?,
        ("keepalive", value) => options.keepalive = boolean(value).ok_or(name.clone())?,
        ("linger", Some(Term::Tuple(parts))) => match parts.as_slice() {
            [Term::Atom(on), Term::Integer(secs)] if takes_linger && on == "true" => {
                options.linger_secs = Some(u32::try_from(*secs).map_err(|_| name.clone())?);
            }
            [Term::Atom(_), Term::Integer(_)] => {}
            _ => return unknown(),
        },
        ("send_timeout", Some(Term::Integer(ms))) => {
            options.send_timeout = Duration::from_millis(u64::try_from(*ms).map_err(|_| name.clone())?);
        }
        ("backlog", value) => options.backlog = number(value).ok_or(name.clone())?,
        ("sndbuf", value) => options.sndbuf = Some(number(value).ok_or(name.clone())?),
        ("recbuf", value) => options.recbuf = Some(number(value).ok_or(name.clone())?),
        (name, _) if QUIET.contains(&name) => {}
        _ => return unknown(),
    }
    Ok(())
}

fn boolean(value: Option<&Term>) -> Option<bool> {
    match value {
        None => Some(true),
        Some(Term::Atom(word)) => word.parse().ok(),
        _ => None,
    }
}

fn number<T: TryFrom<i64>>(value: Option<&Term>) -> Option<T> {
    match value {
        Some(Term::Integer(number)) => T::try_from(*number).ok(),
        _ => None,
    }
}
