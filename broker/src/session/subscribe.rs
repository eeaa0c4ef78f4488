//! SUBSCRIBE and UNSUBSCRIBE: which filters are valid, what was granted, what is answered (mqtt.md 7).

use super::{Replay, Session};
use crate::events::CloseReason;
use crate::message::Message;
use crate::retain::Cursor;
use crate::router::Subscription;
use bytestring::ByteString;
use std::sync::Arc;
use vmq_mqtt::topic;
use vmq_mqtt::{QoS, ReasonCode, RetainHandling, Subscribe, SubscribeFilter, Version};

impl Session {
    /// Checks the syntax of every filter; one bad filter fails the packet.
    ///
    /// # Errors
    /// The connection must end.
    pub fn check_subscribe(&self, subscribe: &Subscribe) -> Result<(), CloseReason> {
        for SubscribeFilter { filter, options } in &subscribe.filters {
            self.check_filter(filter)?;
            if options.no_local && topic::split_shared(filter).is_some() {
                // [MQTT-3.8.3-4]
                return Err(CloseReason::violation(
                    ReasonCode::ProtocolError,
                    "no_local_on_shared_subscription",
                ));
            }
        }
        Ok(())
    }

    /// Checks the filters of an UNSUBSCRIBE.
    ///
    /// # Errors
    /// The connection must end.
    pub fn check_unsubscribe(&self, filters: &[ByteString]) -> Result<(), CloseReason> {
        filters.iter().try_for_each(|filter| self.check_filter(filter))
    }

    fn check_filter(&self, filter: &str) -> Result<(), CloseReason> {
        topic::check_filter(filter, self.config.topic_max_depth)
            .map_err(|_| CloseReason::violation(ReasonCode::TopicFilterInvalid, "topic_filter_invalid"))
    }

    /// The subscription a filter asks for. Bridges get No Local and Retain As Published.
    #[must_use]
    pub fn subscription(&self, filter: &SubscribeFilter, id: u32) -> Subscription {
        let shared = topic::split_shared(&filter.filter).is_some();
        Subscription {
            qos: filter.options.qos,
            no_local: filter.options.no_local || (self.level.bridge && !shared),
            retain_as_published: filter.options.retain_as_published || self.level.bridge,
            m5: self.version() == Version::V5,
            id,
        }
    }

    /// Starts the replay of retained messages for a granted filter, unless its options or `$share` forbid it.
    pub fn start_replay(&mut self, filter: &SubscribeFilter, subscription: Subscription, existed: bool) {
        let wanted = match filter.options.retain_handling {
            RetainHandling::Send => true,
            RetainHandling::SendIfNew => !existed,
            RetainHandling::Never => false,
        };
        if wanted && topic::split_shared(&filter.filter).is_none() {
            let cursor = Cursor::new(&self.identity.subscriber.mountpoint, &filter.filter);
            // A replay of the same filter that has not begun would only repeat this one.
            self.replays
                .retain(|replay| replay.cursor.is_started() || replay.cursor.filter() != &*filter.filter);
            self.replays.push_back(Replay { cursor, subscription });
        }
    }

    /// A subscription was revoked: from now on only messages that one of these filters matches are delivered.
    pub fn restrict(&mut self, filters: Vec<Arc<str>>) {
        self.permitted = Some(filters.into_boxed_slice());
    }

    /// A filter was granted: its messages may be delivered.
    pub fn permit(&mut self, filter: &str) {
        if let Some(permitted) = &mut self.permitted
            && !permitted.iter().any(|known| **known == *filter)
        {
            let mut filters = std::mem::take(permitted).into_vec();
            filters.push(Arc::from(filter));
            *permitted = filters.into_boxed_slice();
        }
    }

    /// Whether a message may be delivered.
    pub(super) fn is_permitted(&self, message: &Message) -> bool {
        let Some(permitted) = &self.permitted else {
            return true;
        };
        permitted.iter().any(|filter| {
            let filter = topic::split_shared(filter).map_or(&**filter, |(_, inner)| inner);
            topic::matches(filter, message.topic())
        })
    }

    /// The SUBACK code of a refused filter.
    #[must_use]
    pub fn refused_filter(&self, reason: ReasonCode) -> ReasonCode {
        if self.version() == Version::V5 {
            reason
        } else {
            ReasonCode::UnspecifiedError
        }
    }
}

/// The SUBACK code of a granted filter.
#[must_use]
pub const fn granted(qos: QoS) -> ReasonCode {
    match qos {
        QoS::AtMostOnce => ReasonCode::Success,
        QoS::AtLeastOnce => ReasonCode::GrantedQoS1,
        QoS::ExactlyOnce => ReasonCode::GrantedQoS2,
    }
}

#[cfg(test)]
mod tests;
