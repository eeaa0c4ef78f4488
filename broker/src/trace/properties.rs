//! Properties of version 5 as they stand in a trace: a map with sorted keys (monitoring.md 8.3). Authentication data are
//! never shown.

use super::packet::list;
use super::text::Bytes;
use crate::logging::render::Binary;
use std::fmt::{self, Display, Formatter};
use vmq_mqtt::Properties;

/// The line of a packet's properties; nothing without any.
pub(super) fn with_properties(f: &mut Formatter<'_>, properties: Option<&Properties>) -> fmt::Result {
    match properties {
        Some(properties) if *properties != Properties::default() => {
            write!(f, "\n    with properties: {}", Map(properties))
        }
        _ => Ok(()),
    }
}

struct Map<'a>(&'a Properties);

/// A value in its map.
enum Value<'a> {
    Number(u64),
    Flag(bool),
    Text(&'a str),
    Data(&'a [u8]),
    Ids(&'a [u32]),
    Pairs(&'a vmq_mqtt::UserProperties),
}

impl Display for Map<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("#{")?;
        list(f, pairs(self.0), |f, (key, value)| write!(f, "{key} => {value}"))?;
        f.write_str("}")
    }
}

/// What is there, by key.
fn pairs(properties: &Properties) -> impl Iterator<Item = (&'static str, Value<'_>)> {
    let p = properties;
    [
        (
            "p_assigned_client_id",
            p.assigned_client_id.as_deref().map(Value::Text),
        ),
        (
            "p_authentication_data",
            p.authentication_data.as_ref().map(|_| Value::Text("redacted")),
        ),
        (
            "p_authentication_method",
            p.authentication_method.as_deref().map(Value::Text),
        ),
        ("p_content_type", p.content_type.as_deref().map(Value::Text)),
        (
            "p_correlation_data",
            p.correlation_data.as_deref().map(Value::Data),
        ),
        ("p_max_packet_size", number(p.maximum_packet_size)),
        ("p_max_qos", number(p.maximum_qos)),
        ("p_message_expiry_interval", number(p.message_expiry_secs)),
        ("p_payload_format_indicator", number(p.payload_format_indicator)),
        ("p_reason_string", p.reason_string.as_deref().map(Value::Text)),
        ("p_receive_max", number(p.receive_maximum)),
        (
            "p_request_problem_info",
            p.request_problem_information.map(Value::Flag),
        ),
        (
            "p_request_response_info",
            p.request_response_information.map(Value::Flag),
        ),
        (
            "p_response_info",
            p.response_information.as_deref().map(Value::Text),
        ),
        ("p_response_topic", p.response_topic.as_deref().map(Value::Text)),
        ("p_retain_available", p.retain_available.map(Value::Flag)),
        ("p_server_keep_alive", number(p.server_keep_alive_secs)),
        ("p_server_ref", p.server_reference.as_deref().map(Value::Text)),
        ("p_session_expiry_interval", number(p.session_expiry_secs)),
        (
            "p_shared_subs_available",
            p.shared_subscription_available.map(Value::Flag),
        ),
        (
            "p_sub_ids_available",
            p.subscription_ids_available.map(Value::Flag),
        ),
        ("p_subscription_id", some(&p.subscription_ids).map(Value::Ids)),
        ("p_topic_alias", number(p.topic_alias)),
        ("p_topic_alias_max", number(p.topic_alias_maximum)),
        (
            "p_user_property",
            (!p.user_properties.is_empty()).then_some(Value::Pairs(&p.user_properties)),
        ),
        (
            "p_wildcard_subs_available",
            p.wildcard_subscription_available.map(Value::Flag),
        ),
        ("p_will_delay_interval", number(p.will_delay_secs)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
}

fn number<'a>(number: Option<impl Into<u64>>) -> Option<Value<'a>> {
    number.map(|number| Value::Number(number.into()))
}

fn some<T>(all: &[T]) -> Option<&[T]> {
    (!all.is_empty()).then_some(all)
}

impl Display for Value<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Text(text) => Binary(text).fmt(f),
            Self::Data(data) => match std::str::from_utf8(data) {
                Ok(text) => Binary(text).fmt(f),
                Err(_) => write!(f, "<<\"{}\">>", Bytes(data)),
            },
            Self::Ids(ids) => {
                f.write_str("[")?;
                list(f, ids.iter(), |f, id| id.fmt(f))?;
                f.write_str("]")
            }
            Self::Pairs(pairs) => {
                f.write_str("[")?;
                list(f, pairs.iter(), |f, (name, value)| {
                    write!(f, "{{{},{}}}", Binary(name), Binary(value))
                })?;
                f.write_str("]")
            }
        }
    }
}
