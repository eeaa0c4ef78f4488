//! The property block of version 5, for every packet but PUBLISH.

use super::sink::{Counter, Sink};
use crate::property::{Allowed, id};
use crate::{Properties, Props};

/// Writes the block with its length; no properties are length 0.
pub(super) fn put(properties: &Props, allowed: Allowed, out: &mut impl Sink) {
    let Some(properties) = properties else {
        return out.u8(0);
    };
    let mut counter = Counter::default();
    put_values(properties, allowed, &mut counter);
    // A block over the protocol's limit makes the packet one too, which is then not written.
    out.varint(u32::try_from(counter.bytes()).unwrap_or(u32::MAX));
    put_values(properties, allowed, out);
}

/// Whether the block would be empty, so that short forms apply.
pub(super) fn are_none(properties: &Props, allowed: Allowed) -> bool {
    let Some(properties) = properties else { return true };
    let mut counter = Counter::default();
    put_values(properties, allowed, &mut counter);
    counter.bytes() == 0
}

/// Writes the allowed ones, in the order of their identifiers; user properties last, in their own order.
fn put_values(from: &Properties, allowed: Allowed, out: &mut impl Sink) {
    let mut fields = Fields { allowed, out };
    fields.byte(id::PAYLOAD_FORMAT_INDICATOR, from.payload_format_indicator);
    fields.four(id::MESSAGE_EXPIRY, from.message_expiry_secs);
    fields.string(id::CONTENT_TYPE, from.content_type.as_deref());
    fields.string(id::RESPONSE_TOPIC, from.response_topic.as_deref());
    fields.binary(id::CORRELATION_DATA, from.correlation_data.as_deref());
    fields.subscription_ids(&from.subscription_ids);
    fields.four(id::SESSION_EXPIRY, from.session_expiry_secs);
    fields.string(id::ASSIGNED_CLIENT_ID, from.assigned_client_id.as_deref());
    fields.two(id::SERVER_KEEP_ALIVE, from.server_keep_alive_secs);
    fields.string(id::AUTHENTICATION_METHOD, from.authentication_method.as_deref());
    fields.binary(id::AUTHENTICATION_DATA, from.authentication_data.as_deref());
    fields.flag(id::REQUEST_PROBLEM_INFORMATION, from.request_problem_information);
    fields.four(id::WILL_DELAY, from.will_delay_secs);
    fields.flag(
        id::REQUEST_RESPONSE_INFORMATION,
        from.request_response_information,
    );
    fields.string(id::RESPONSE_INFORMATION, from.response_information.as_deref());
    fields.string(id::SERVER_REFERENCE, from.server_reference.as_deref());
    fields.string(id::REASON_STRING, from.reason_string.as_deref());
    fields.two(id::RECEIVE_MAXIMUM, from.receive_maximum);
    fields.two(id::TOPIC_ALIAS_MAXIMUM, from.topic_alias_maximum);
    fields.two(id::TOPIC_ALIAS, from.topic_alias);
    fields.byte(id::MAXIMUM_QOS, from.maximum_qos);
    fields.flag(id::RETAIN_AVAILABLE, from.retain_available);
    fields.four(id::MAXIMUM_PACKET_SIZE, from.maximum_packet_size);
    fields.flag(
        id::WILDCARD_SUBSCRIPTION_AVAILABLE,
        from.wildcard_subscription_available,
    );
    fields.flag(id::SUBSCRIPTION_IDS_AVAILABLE, from.subscription_ids_available);
    fields.flag(
        id::SHARED_SUBSCRIPTION_AVAILABLE,
        from.shared_subscription_available,
    );
    fields.user_properties(from);
}

/// Writes identifier and value of what is present and allowed.
pub(super) struct Fields<'a, S> {
    pub(super) allowed: Allowed,
    pub(super) out: &'a mut S,
}

impl<S: Sink> Fields<'_, S> {
    pub(super) fn byte(&mut self, id: u8, value: Option<u8>) {
        if let Some(value) = self.admit(id, value) {
            self.out.raw(&[id, value]);
        }
    }

    pub(super) fn flag(&mut self, id: u8, value: Option<bool>) {
        self.byte(id, value.map(u8::from));
    }

    pub(super) fn two(&mut self, id: u8, value: Option<u16>) {
        if let Some(value) = self.admit(id, value) {
            self.out.u8(id);
            self.out.u16(value);
        }
    }

    pub(super) fn four(&mut self, id: u8, value: Option<u32>) {
        if let Some(value) = self.admit(id, value) {
            self.out.u8(id);
            self.out.u32(value);
        }
    }

    pub(super) fn string(&mut self, id: u8, value: Option<&str>) {
        if let Some(value) = self.admit(id, value) {
            self.out.u8(id);
            self.out.string(value);
        }
    }

    pub(super) fn binary(&mut self, id: u8, value: Option<&[u8]>) {
        if let Some(value) = self.admit(id, value) {
            self.out.u8(id);
            self.out.binary(value);
        }
    }

    pub(super) fn subscription_ids(&mut self, ids: &[u32]) {
        if self.allowed.has(id::SUBSCRIPTION_ID) {
            for &value in ids {
                self.out.u8(id::SUBSCRIPTION_ID);
                self.out.varint(value);
            }
        }
    }

    pub(super) fn user_properties(&mut self, from: &Properties) {
        if self.allowed.has(id::USER_PROPERTY) {
            self.out.raw(from.user_properties.wire());
        }
    }

    fn admit<T>(&self, id: u8, value: Option<T>) -> Option<T> {
        value.filter(|_| self.allowed.has(id))
    }
}
