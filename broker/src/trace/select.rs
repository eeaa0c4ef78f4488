//! Which sessions a trace is about. What a session is known by is collected only while a trace looks for its own.

use crate::mailbox::ConnectionId;
use crate::registry::SubscriberId;
use regex::{Regex, RegexBuilder};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use vmq_mqtt::{Version, topic};

/// Memory that a regular expression may take when it is compiled, in bytes.
const REGEX_BYTES_MAX: usize = 1024 * 1024;

/// A session is meant if everything that is given is true of it.
#[derive(Clone, Debug, Default)]
pub struct Select {
    /// One of them is meant; none = everybody.
    pub clients: Vec<Pattern>,
    pub mountpoint: String,
    /// `*` stands for anything.
    pub username: Option<String>,
    /// First address of a network, and how many of its bits count.
    pub peer: Option<(IpAddr, u8)>,
    /// Name of a listener.
    pub listener: Option<String>,
    /// Only publishes whose topic this filter matches, and nothing else of the session.
    pub topic: Option<String>,
}

/// A pattern of client ids.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    /// It is a regular expression: unanchored, linear in time.
    expression: Option<Regex>,
}

/// What a session is known by.
#[derive(Clone, Debug)]
pub struct Subject {
    pub pid: ConnectionId,
    pub subscriber: SubscriberId,
    pub username: Option<Arc<str>>,
    /// As in `Identity`.
    pub peer: Arc<str>,
    pub listener: String,
    /// Common name of the client's verified certificate.
    pub tls_cn: Option<Arc<str>>,
    pub version: Version,
}

impl Select {
    /// Whether a session is meant.
    #[must_use]
    pub fn matches(&self, subject: &Subject) -> bool {
        let username = subject.username.as_deref();
        self.is_client(&subject.subscriber)
            && self
                .username
                .as_deref()
                .is_none_or(|wanted| username.is_some_and(|name| glob(wanted, name)))
            && self.peer.is_none_or(|network| is_in(network, &subject.peer))
            && self
                .listener
                .as_deref()
                .is_none_or(|name| name == subject.listener)
    }

    /// Whether client id and mountpoint are those that are meant.
    #[must_use]
    pub fn is_client(&self, subscriber: &SubscriberId) -> bool {
        let is_it = |pattern: &Pattern| pattern.matches(&subscriber.client_id);
        *self.mountpoint == *subscriber.mountpoint
            && (self.clients.is_empty() || self.clients.iter().any(is_it))
    }

    /// The clients that can be meant; `None` = there may be any.
    #[must_use]
    pub fn known_clients(&self) -> Option<Vec<SubscriberId>> {
        if self.clients.is_empty() {
            return None;
        }
        let known = |pattern: &Pattern| Some(SubscriberId::new(&self.mountpoint, pattern.exact()?));
        self.clients.iter().map(known).collect()
    }

    /// Whether an event is meant that is about this topic; `None` = about something else.
    #[must_use]
    pub fn is_topic(&self, topic: Option<&str>) -> bool {
        let wanted = self.topic.as_deref();
        wanted.is_none_or(|filter| topic.is_some_and(|topic| topic::matches(filter, topic)))
    }

    /// Whether more than client id and mountpoint counts: who is meant is known by the sessions alone.
    #[must_use]
    pub const fn has_filters(&self) -> bool {
        self.username.is_some() || self.peer.is_some() || self.listener.is_some()
    }
}

impl Pattern {
    /// Reads one: a text in which `*` stands for anything, or `~` and a regular expression.
    ///
    /// # Errors
    /// The expression is none, or too large.
    pub fn parse(text: &str) -> Result<Self, regex::Error> {
        let expression = text.strip_prefix('~').map(|expression| {
            RegexBuilder::new(expression)
                .size_limit(REGEX_BYTES_MAX)
                .dfa_size_limit(REGEX_BYTES_MAX)
                .build()
        });
        Ok(Self {
            text: text.to_owned(),
            expression: expression.transpose()?,
        })
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn matches(&self, client_id: &str) -> bool {
        match &self.expression {
            Some(expression) => expression.is_match(client_id),
            None => glob(&self.text, client_id),
        }
    }

    /// The only client id of the pattern.
    fn exact(&self) -> Option<&str> {
        let is_exact = self.expression.is_none() && !self.text.contains('*');
        is_exact.then_some(&*self.text)
    }
}

/// Whether a text is of a pattern in which `*` stands for any text. Its time is bounded by the product of the lengths.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut seen) = (0, 0);
    // Behind the last `*`, and what it stands for so far.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                star = Some((at, seen));
            }
            Some(byte) if *byte == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((behind, until)) = star else { return false };
                star = Some((behind, until + 1));
                (at, seen) = (behind, until + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Whether the peer of a session is in a network. A Unix socket is in none.
fn is_in((network, bits): (IpAddr, u8), peer: &str) -> bool {
    let Ok(peer) = peer.parse::<SocketAddr>() else {
        return false;
    };
    let shift = |width: u8| u32::from(width.saturating_sub(bits));
    match (network, peer.ip().to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let differs = network.to_bits() ^ address.to_bits();
            differs.checked_shr(shift(32)).unwrap_or(0) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let differs = network.to_bits() ^ address.to_bits();
            differs.checked_shr(shift(128)).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text) in [
            ("abc", "abc"),
            ("*", ""),
            ("*", "abc"),
            ("sensor-*", "sensor-7"),
            ("*-7", "sensor-7-7"),
            ("a*b*c", "a1b2b3c"),
            ("", ""),
            ("a**", "a"),
        ] {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("abc", "ab"),
            ("ab", "abc"),
            ("sensor-*", "sensor"),
            ("a*b", "abc"),
            ("", "a"),
        ] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
        assert!(!glob(&"*a".repeat(1000), &"a".repeat(999)));
    }

    #[test]
    fn networks_hold_their_addresses() {
        let network = |text: &str, bits| (text.parse().unwrap(), bits);
        assert!(is_in(network("10.0.0.0", 8), "10.1.2.3:4"));
        assert!(!is_in(network("10.0.0.0", 8), "11.1.2.3:4"));
        assert!(is_in(network("0.0.0.0", 0), "11.1.2.3:4"));
        assert!(is_in(network("127.0.0.1", 32), "127.0.0.1:9"));
        assert!(!is_in(network("127.0.0.1", 32), "127.0.0.2:9"));
        assert!(is_in(network("fd00::", 8), "[fd12::1]:9"));
        assert!(is_in(network("::", 0), "[fd12::1]:9"));
        assert!(!is_in(network("::", 0), "127.0.0.1:9"));
        assert!(!is_in(network("0.0.0.0", 0), "local"));
    }

    #[test]
    fn everything_that_is_given_counts() {
        let subject = Subject {
            pid: 1,
            subscriber: SubscriberId::new("mp", "sensor-7"),
            username: Some(Arc::from("joe")),
            peer: Arc::from("127.0.0.1:4711"),
            listener: "default".to_owned(),
            tls_cn: None,
            version: Version::V4,
        };
        let select = Select {
            clients: vec![Pattern::parse("sensor-*").unwrap()],
            mountpoint: "mp".to_owned(),
            ..Select::default()
        };
        assert!(select.matches(&subject) && !select.has_filters());
        let with = |change: fn(&mut Select)| {
            let mut select = select.clone();
            change(&mut select);
            select.matches(&subject)
        };
        assert!(!with(|select| select.mountpoint = String::new()));
        assert!(with(|select| select.username = Some("j*".to_owned())));
        assert!(!with(|select| select.username = Some("ann".to_owned())));
        assert!(with(|select| select.peer = Some(([127, 0, 0, 0].into(), 8))));
        assert!(!with(|select| select.peer = Some(([10, 0, 0, 0].into(), 8))));
        assert!(with(|select| select.listener = Some("default".to_owned())));
        assert!(!with(|select| select.listener = Some("other".to_owned())));
        let anonymous = Subject {
            username: None,
            ..subject.clone()
        };
        let any_user = Select {
            username: Some("*".to_owned()),
            ..select.clone()
        };
        assert!(any_user.matches(&subject) && !any_user.matches(&anonymous));
    }

    #[test]
    fn several_patterns_mean_any_of_them() {
        let select = |patterns: &[&str]| Select {
            clients: patterns
                .iter()
                .map(|text| Pattern::parse(text).unwrap())
                .collect(),
            ..Select::default()
        };
        let some = select(&["a", "b-*", "~^c[0-9]$"]);
        let is_meant = |id: &str| some.is_client(&SubscriberId::new("", id));
        assert!(is_meant("a") && is_meant("b-1") && is_meant("c7"));
        assert!(!is_meant("ab") && !is_meant("c77"));
        assert!(some.known_clients().is_none());
        assert_eq!(select(&["a", "b"]).known_clients().unwrap().len(), 2);
        assert!(select(&[]).known_clients().is_none());
        assert!(Pattern::parse("~(").is_err());
        assert!(Pattern::parse("~(((a{999}){999}){999})").is_err());
    }
}
