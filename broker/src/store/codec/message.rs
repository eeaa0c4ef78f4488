//! A message as bytes: version, flags, deadline, topic, author, forwarded properties, payload to the end.

use super::cursor::{Cursor, put_bytes};
use crate::message::{Author, Message};
use bytes::Bytes;
use bytestring::ByteString;
use std::sync::Arc;
use vmq_mqtt::topic::check_name;
use vmq_mqtt::{Properties, QoS};

const VERSION: u8 = 1;

/// The longest string and the longest binary data of MQTT.
const STRING_BYTES_MAX: usize = u16::MAX as usize;

const QOS: u8 = 0b0000_0011;
const RETAIN: u8 = 0b0000_0100;
const EXPIRES: u8 = 0b0000_1000;
const PROPERTIES: u8 = 0b0001_0000;
const AUTHOR: u8 = 0b0010_0000;
const NAMED_AUTHOR: u8 = 0b0100_0000;
const KNOWN: u8 = QOS | RETAIN | EXPIRES | PROPERTIES | AUTHOR | NAMED_AUTHOR;

// Properties are written in the order of their tags; only the last may repeat.
const TAG_PAYLOAD_FORMAT: u8 = 1;
const TAG_CONTENT_TYPE: u8 = 2;
const TAG_RESPONSE_TOPIC: u8 = 3;
const TAG_CORRELATION_DATA: u8 = 4;
const TAG_USER_PROPERTY: u8 = 5;

/// Appends a message. Of the properties only those that are forwarded are kept.
pub fn encode_message(message: &Message, out: &mut Vec<u8>) {
    out.reserve(message.topic_bytes().len() + message.payload().len() + 16);
    let mut flags = message.qos.as_u8();
    if message.retain {
        flags |= RETAIN;
    }
    if message.expires_at.is_some() {
        flags |= EXPIRES;
    }
    if message.properties.is_some() {
        flags |= PROPERTIES;
    }
    if let Some(author) = &message.author {
        flags |= AUTHOR;
        if author.username.is_some() {
            flags |= NAMED_AUTHOR;
        }
    }
    out.extend_from_slice(&[VERSION, flags]);
    if let Some(deadline) = message.expires_at {
        out.extend_from_slice(&deadline.to_be_bytes());
    }
    put_bytes(message.topic_bytes(), out);
    if let Some(author) = &message.author {
        put_bytes(author.client_id.as_bytes(), out);
        if let Some(username) = &author.username {
            put_bytes(username.as_bytes(), out);
        }
    }
    if let Some(properties) = &message.properties {
        let mut encoded = Vec::new();
        encode_properties(properties, &mut encoded);
        put_bytes(&encoded, out);
    }
    out.extend_from_slice(message.payload());
}

fn encode_properties(properties: &Properties, out: &mut Vec<u8>) {
    if let Some(format) = properties.payload_format_indicator {
        out.extend_from_slice(&[TAG_PAYLOAD_FORMAT, format]);
    }
    if let Some(content_type) = &properties.content_type {
        out.push(TAG_CONTENT_TYPE);
        put_bytes(content_type.as_bytes(), out);
    }
    if let Some(topic) = &properties.response_topic {
        out.push(TAG_RESPONSE_TOPIC);
        put_bytes(topic.as_bytes(), out);
    }
    if let Some(data) = &properties.correlation_data {
        out.push(TAG_CORRELATION_DATA);
        put_bytes(data, out);
    }
    for (name, value) in properties.user_properties.iter() {
        out.push(TAG_USER_PROPERTY);
        put_bytes(name.as_bytes(), out);
        put_bytes(value.as_bytes(), out);
    }
}

/// Reads a message; `None` if it is damaged.
#[must_use]
pub fn decode_message(bytes: &[u8]) -> Option<Message> {
    let mut cursor = Cursor::new(bytes);
    if cursor.u8()? != VERSION {
        return None;
    }
    let flags = cursor.u8()?;
    if flags & !KNOWN != 0 {
        return None;
    }
    let qos = QoS::from_u8(flags & QOS)?;
    let expires_at = if flags & EXPIRES == 0 {
        None
    } else {
        Some(cursor.u64()?)
    };
    let topic = std::str::from_utf8(cursor.bytes()?).ok()?;
    // What was accepted once is valid; what is not would cut off whoever gets it.
    check_name(topic, usize::MAX).ok()?;
    let author = decode_author(flags, &mut cursor)?;
    let properties = if flags & PROPERTIES == 0 {
        None
    } else {
        Some(Box::new(decode_properties(cursor.bytes()?)?))
    };
    let mut message = Message::new(topic, cursor.rest(), qos, flags & RETAIN != 0);
    message.expires_at = expires_at;
    message.author = author;
    message.properties = properties;
    Some(message)
}

/// Outer `None` = damaged.
fn decode_author(flags: u8, cursor: &mut Cursor<'_>) -> Option<Option<Arc<Author>>> {
    if flags & AUTHOR == 0 {
        return (flags & NAMED_AUTHOR == 0).then_some(None);
    }
    let client_id = std::str::from_utf8(cursor.bytes()?).ok()?.into();
    let username = if flags & NAMED_AUTHOR == 0 {
        None
    } else {
        Some(std::str::from_utf8(cursor.bytes()?).ok()?.into())
    };
    Some(Some(Arc::new(Author { client_id, username })))
}

fn decode_properties(bytes: &[u8]) -> Option<Properties> {
    let mut properties = Properties::default();
    let mut cursor = Cursor::new(bytes);
    let mut last_tag = 0;
    while !cursor.rest().is_empty() {
        let tag = cursor.u8()?;
        if tag < last_tag || (tag == last_tag && tag != TAG_USER_PROPERTY) {
            return None;
        }
        last_tag = tag;
        match tag {
            TAG_PAYLOAD_FORMAT => {
                properties.payload_format_indicator = Some(cursor.u8().filter(|format| *format <= 1)?);
            }
            TAG_CONTENT_TYPE => properties.content_type = Some(text(&mut cursor)?),
            TAG_RESPONSE_TOPIC => {
                let topic = text(&mut cursor)?;
                check_name(&topic, usize::MAX).ok()?;
                properties.response_topic = Some(topic);
            }
            TAG_CORRELATION_DATA => {
                let data = cursor.bytes()?;
                if data.len() > STRING_BYTES_MAX {
                    return None;
                }
                properties.correlation_data = Some(Bytes::copy_from_slice(data));
            }
            TAG_USER_PROPERTY => {
                let name = text(&mut cursor)?;
                properties.user_properties.push(&name, &text(&mut cursor)?);
            }
            _ => return None,
        }
    }
    Some(properties)
}

fn text(cursor: &mut Cursor<'_>) -> Option<ByteString> {
    let text = std::str::from_utf8(cursor.bytes()?).ok()?;
    (text.len() <= STRING_BYTES_MAX && !text.contains('\0')).then(|| ByteString::from(text))
}
