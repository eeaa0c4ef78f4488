//! What a CONNECT asked for beyond what its session says of itself, and what its transport vouches for: kept for those where
//! there is something unusual; what only people read (`session inspect`) as text.

use crate::listener::Peer;
use crate::session::Expiry;
use std::fmt::Write as _;
use std::sync::Arc;
use vmq_mqtt::{Connect, Properties};

/// Bytes of properties that are kept; what is behind is counted.
const PROPERTIES_BYTES_MAX: usize = 1024;

/// The parts of a CONNECT that cannot be told from its session.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    pub clean_start: bool,
    pub keep_alive_secs: u16,
    /// Protocol of the transport, such as `TLSv1.3`; `None` = it is in the clear.
    pub tls: Option<&'static str>,
    /// Common name of the verified certificate of the client, or the one that a proxy vouches for.
    pub tls_cn: Option<Arc<str>>,
    /// `name=value` on a line each, but for the session expiry interval, which the session has; no secrets.
    pub properties: Box<str>,
}

impl Asked {
    /// Of a CONNECT that was accepted; `None` = the session tells it all.
    #[must_use]
    pub fn of(connect: &Connect, keep_alive_secs: u16, expiry: Expiry, peer: &Peer) -> Option<Box<Self>> {
        let properties = connect.properties.as_deref().map(text).unwrap_or_default();
        let is_usual = peer.tls.is_none()
            && peer.tls_cn.is_none()
            && properties.is_empty()
            && connect.keep_alive_secs == keep_alive_secs
            && connect.clean_start == usual_clean_start(expiry);
        let asked = || Self {
            clean_start: connect.clean_start,
            keep_alive_secs: connect.keep_alive_secs,
            tls: peer.tls,
            tls_cn: peer.tls_cn.clone(),
            properties: properties.into(),
        };
        (!is_usual).then(|| Box::new(asked()))
    }
}

/// Clean start of a CONNECT that nothing else is known of. Before version 5 it decides whether the session is kept.
#[must_use]
pub const fn usual_clean_start(expiry: Expiry) -> bool {
    !expiry.is_persistent()
}

fn text(properties: &Properties) -> String {
    let p = properties;
    let number = |name: &str, number: Option<u32>| number.map(|number| format!("{name}={number}"));
    let flag = |name: &str, flag: Option<bool>| flag.map(|flag| format!("{name}={flag}"));
    let known = [
        number("receive_maximum", p.receive_maximum.map(u32::from)),
        number("maximum_packet_size", p.maximum_packet_size),
        number("topic_alias_maximum", p.topic_alias_maximum.map(u32::from)),
        flag("request_response_information", p.request_response_information),
        flag("request_problem_information", p.request_problem_information),
        p.authentication_method
            .as_ref()
            .map(|method| format!("authentication_method={}", on_one_line(method))),
    ];
    let user = p.user_properties.iter().map(|(name, value)| {
        let (name, value) = (on_one_line(name), on_one_line(value));
        format!("user_property={name}: {value}")
    });
    let mut text = String::new();
    let mut left_out = 0;
    for line in known.into_iter().flatten().chain(user) {
        if text.len() + line.len() >= PROPERTIES_BYTES_MAX {
            left_out += 1;
        } else {
            text.push_str(&line);
            text.push('\n');
        }
    }
    if left_out > 0 {
        writeln!(text, "left_out={left_out}").ok();
    }
    text
}

/// A client chooses it: no more of it than is kept, and nothing that ends a line.
fn on_one_line(text: &str) -> String {
    let kept = text.chars().take(PROPERTIES_BYTES_MAX);
    kept.map(|character| {
        if character.is_control() {
            '\u{fffd}'
        } else {
            character
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytestring::ByteString;
    use vmq_mqtt::{Level, Version};

    fn connect(properties: Properties) -> Connect {
        Connect {
            level: Level {
                version: Version::V5,
                bridge: false,
            },
            clean_start: true,
            keep_alive_secs: 60,
            client_id: ByteString::from_static("c"),
            will: None,
            username: None,
            password: None,
            properties: Some(Box::new(properties)),
        }
    }

    fn of(properties: Properties) -> Option<Box<Asked>> {
        Asked::of(&connect(properties), 60, Expiry::WithConnection, &Peer::local())
    }

    #[test]
    fn most_clients_ask_for_nothing_unusual() {
        assert_eq!(of(Properties::default()), None);
        let usual = connect(Properties::default());
        let tls = Peer {
            tls: Some("TLSv1.3"),
            ..Peer::local()
        };
        for (keep_alive, expiry, peer) in [
            (30, Expiry::WithConnection, &Peer::local()),
            (60, Expiry::Never, &Peer::local()),
            (60, Expiry::WithConnection, &tls),
        ] {
            assert!(Asked::of(&usual, keep_alive, expiry, peer).is_some());
        }
    }

    #[test]
    fn what_a_client_chooses_is_bounded_and_on_one_line() {
        let mut properties = Properties {
            receive_maximum: Some(20),
            ..Properties::default()
        };
        for value in [
            "a\nb".to_owned(),
            "x".repeat(900),
            "y".repeat(900),
            "short".to_owned(),
        ] {
            properties.user_properties.push("k", &value);
        }
        let asked = of(properties).unwrap();
        let lines: Vec<&str> = asked.properties.lines().collect();
        assert_eq!(lines[..2], ["receive_maximum=20", "user_property=k: a\u{fffd}b"]);
        assert_eq!(lines[3..], ["user_property=k: short", "left_out=1"]);
        assert!(asked.properties.len() < PROPERTIES_BYTES_MAX + 20);
    }
}
