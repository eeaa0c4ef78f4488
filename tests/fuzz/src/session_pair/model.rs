//! What the clients know: what was published, and of each client id its session as the protocol has its client keep it.
//! The model only bounds from above what may be delivered: that nothing is lost is asserted where everything is at rest.

use std::collections::{BTreeMap, BTreeSet};
use vmq_mqtt::topic::{matches, split_shared};
use vmq_mqtt::{Publish, QoS};

/// Everything that is known.
pub(super) struct Model {
    messages: Vec<Message>,
    sessions: BTreeMap<String, Session>,
    /// Filters of each client id that were asked for before CONNACK was read. It may never be, and the session goes on.
    early: BTreeMap<String, BTreeSet<String>>,
    /// The connections of each client id.
    opened: BTreeMap<String, BTreeSet<u64>>,
    /// Bytes were sent that nobody has understood, so nothing but decoding is checked any more.
    pub(super) is_lax: bool,
}

/// A message of a client or a will, numbered in its payload.
struct Message {
    topic: String,
    /// The broker may route it once only: QoS 0, QoS 2, and wills.
    is_once: bool,
}

/// A session as its client knows it.
#[derive(Default)]
pub(super) struct Session {
    /// The connection that holds it.
    link: u64,
    /// Every filter that was ever asked for.
    filters: BTreeSet<String>,
    /// QoS 2 exchanges that await PUBREL, with the number of the message.
    received: BTreeMap<u16, u32>,
    delivered: BTreeMap<u32, usize>,
    /// Own publishes without their last acknowledgement.
    pub(super) outgoing: BTreeMap<u16, Outgoing>,
}

/// An own publish on its way.
pub(super) struct Outgoing {
    pub(super) publish: Publish,
    /// PUBREL was sent.
    pub(super) is_released: bool,
}

impl Model {
    pub(super) fn new(is_lax: bool) -> Self {
        Self {
            messages: Vec::new(),
            sessions: BTreeMap::new(),
            early: BTreeMap::new(),
            opened: BTreeMap::new(),
            is_lax,
        }
    }

    /// The payload of a new message.
    pub(super) fn payload(&mut self, topic: &str, is_once: bool) -> Vec<u8> {
        let number = u32::try_from(self.messages.len()).expect("programs are short");
        self.messages.push(Message {
            topic: topic.to_owned(),
            is_once,
        });
        number.to_be_bytes().to_vec()
    }

    /// A CONNECT is sent.
    pub(super) fn opened(&mut self, client_id: &str, link: u64) {
        self.opened.entry(client_id.to_owned()).or_default().insert(link);
    }

    /// A filter is asked for on a connection that has not read its CONNACK.
    pub(super) fn asked_early(&mut self, client_id: &str, filter: &str) {
        let filters = self.early.entry(client_id.to_owned()).or_default();
        filters.insert(filter.to_owned());
    }

    /// CONNACK. One that is read late may tell of a session that has long been resumed by a later connection.
    pub(super) fn connected(&mut self, client_id: &str, link: u64, is_resumed: bool) {
        let session = self.sessions.entry(client_id.to_owned()).or_default();
        if !is_resumed && link > session.link {
            *session = Session::default();
        }
        // Behind a CONNACK that nobody has read it may be another session that is resumed: nothing is repeated in it.
        let earlier = self
            .opened
            .get(client_id)
            .and_then(|links| links.range(..link).last());
        if earlier != Some(&session.link) {
            session.outgoing.clear();
        }
        session.link = link;
        session
            .filters
            .extend(self.early.get(client_id).cloned().unwrap_or_default());
    }

    /// The session, if this connection holds it.
    pub(super) fn session(&mut self, client_id: &str, link: u64) -> Option<&mut Session> {
        self.sessions
            .get_mut(client_id)
            .filter(|session| session.link == link)
    }

    /// A PUBLISH from the broker, with its topic resolved.
    pub(super) fn delivered(&mut self, client_id: &str, link: u64, topic: &str, publish: &Publish) {
        if self.is_lax {
            return;
        }
        let Some(session) = self
            .sessions
            .get_mut(client_id)
            .filter(|session| session.link == link)
        else {
            return;
        };
        let asked = session.filters_of(topic);
        assert!(asked > 0, "{client_id:?} has not asked for {topic:?}");
        let Some(number) = number(&publish.payload) else {
            return;
        };
        let message = &self.messages[number as usize];
        assert_eq!(message.topic, topic, "message {number}");
        if publish.qos == QoS::ExactlyOnce
            && let Some(id) = publish.packet_id
            && session.received.insert(id.get(), number).is_some()
        {
            return;
        }
        // A replay tells so by RETAIN and may come with every SUBSCRIBE.
        if message.is_once && publish.qos != QoS::AtLeastOnce && !publish.retain {
            let times = session.delivered.entry(number).or_default();
            *times += 1;
            assert!(
                *times <= asked,
                "{client_id:?} gets message {number} to {topic:?} {times} times"
            );
        }
    }
}

impl Session {
    pub(super) fn asked_for(&mut self, filter: &str) {
        self.filters.insert(filter.to_owned());
    }

    /// How many filters match a topic.
    fn filters_of(&self, topic: &str) -> usize {
        let inner =
            |filter: &str| split_shared(filter).map_or(filter.to_owned(), |(_, inner)| inner.to_owned());
        self.filters
            .iter()
            .filter(|filter| matches(&inner(filter), topic))
            .count()
    }

    /// PUBREL came.
    pub(super) fn released(&mut self, packet_id: u16) {
        self.received.remove(&packet_id);
    }

    /// The client has refused the message: it has forgotten it, and may get it again if its refusal is lost.
    pub(super) fn refused(&mut self, packet_id: u16) {
        if let Some(number) = self.received.remove(&packet_id) {
            self.delivered.remove(&number);
        }
    }
}

/// The number in a payload; `None` for one that is not ours, such as the empty one.
fn number(payload: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(payload.try_into().ok()?))
}
