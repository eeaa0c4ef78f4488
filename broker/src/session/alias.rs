//! Topic aliases of one connection (mqtt.md 13.2): what the client announced to us, and what we announced to it.

use crate::events::CloseReason;
use ahash::AHashMap;
use bytestring::ByteString;
use std::sync::Arc;
use vmq_mqtt::ReasonCode;

/// Aliases set by the client. Grows with the aliases it uses, up to `topic_alias_max_client`.
#[derive(Debug)]
pub struct InboundAliases {
    max: u16,
    topics: Vec<Option<Arc<str>>>,
}

impl InboundAliases {
    pub(super) const fn new(max: u16) -> Self {
        Self {
            max,
            topics: Vec::new(),
        }
    }

    /// The topic of a PUBLISH. A topic with an alias sets the alias.
    ///
    /// # Errors
    /// Alias 0, above the maximum or unknown [MQTT-3.3.2-8..10]; neither topic nor alias.
    pub(super) fn resolve(
        &mut self,
        topic: ByteString,
        alias: Option<u16>,
    ) -> Result<ByteString, CloseReason> {
        let invalid = CloseReason::violation(ReasonCode::TopicAliasInvalid, "topic_alias_invalid");
        let Some(alias) = alias else {
            if topic.is_empty() {
                return Err(CloseReason::violation(ReasonCode::ProtocolError, "empty_topic"));
            }
            return Ok(topic);
        };
        if alias == 0 || alias > self.max {
            return Err(invalid);
        }
        let slot = usize::from(alias) - 1;
        if topic.is_empty() {
            return match self.topics.get(slot) {
                Some(Some(known)) => Ok(ByteString::from(&**known)),
                _ => Err(invalid),
            };
        }
        if self.topics.len() <= slot {
            self.topics.resize(slot + 1, None);
        }
        self.topics[slot] = Some(Arc::from(&*topic));
        Ok(topic)
    }

    /// What an alias stands for.
    pub(super) fn topic(&self, alias: u16) -> Option<&str> {
        let slot = usize::from(alias).checked_sub(1)?;
        self.topics.get(slot)?.as_deref()
    }
}

/// Aliases given by the broker; `None` = the client takes none, as most do.
#[derive(Debug)]
pub struct OutboundAliases(Option<Box<Given>>);

/// The aliases that were given.
#[derive(Debug)]
struct Given {
    max: u16,
    by_topic: AHashMap<Box<[u8]>, u16>,
}

/// How the topic of an outgoing PUBLISH is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicForm {
    Full,
    /// Topic and alias: the first use.
    Introduce(u16),
    /// Empty topic and alias.
    Alias(u16),
}

impl OutboundAliases {
    pub(super) fn new(max: u16) -> Self {
        let given = || Given {
            max,
            by_topic: AHashMap::new(),
        };
        Self((max > 0).then(given).map(Box::new))
    }

    /// How many aliases the client takes.
    pub(super) fn max(&self) -> u16 {
        self.0.as_ref().map_or(0, |given| given.max)
    }

    /// The form `form` will give for a topic, without introducing an alias.
    pub(super) fn form_of(&self, topic: &[u8]) -> TopicForm {
        let given = self.0.as_ref();
        given.map_or(TopicForm::Full, |given| given.form_of(topic))
    }

    /// What an alias stands for; looks at all of them.
    pub(super) fn topic(&self, alias: u16) -> Option<&str> {
        let mut given = self.0.as_ref()?.by_topic.iter();
        let (topic, _) = given.find(|(_, given)| **given == alias)?;
        std::str::from_utf8(topic).ok()
    }

    /// The form for a topic; remembers the alias it introduces.
    pub(super) fn form(&mut self, topic: &[u8]) -> TopicForm {
        let given = self.0.as_mut();
        given.map_or(TopicForm::Full, |given| given.form(topic))
    }
}

impl Given {
    fn form_of(&self, topic: &[u8]) -> TopicForm {
        if let Some(alias) = self.by_topic.get(topic) {
            return TopicForm::Alias(*alias);
        }
        self.next_alias().map_or(TopicForm::Full, TopicForm::Introduce)
    }

    /// The alias to introduce next; `None` = the table is full.
    fn next_alias(&self) -> Option<u16> {
        u16::try_from(self.by_topic.len() + 1)
            .ok()
            .filter(|next| *next <= self.max)
    }

    fn form(&mut self, topic: &[u8]) -> TopicForm {
        let form = self.form_of(topic);
        if let TopicForm::Introduce(next) = form {
            self.by_topic.insert(topic.into(), next);
        }
        form
    }
}

#[cfg(test)]
mod tests;
