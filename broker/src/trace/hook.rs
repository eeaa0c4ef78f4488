//! Questions to the authorisation hooks and their answers, as they stand in a trace (monitoring.md 8.4). Passwords and
//! authentication data are never shown.

use super::packet::subscription;
use super::properties::with_properties;
use super::text::{Payload, Payloads};
use crate::hooks::{AuthStep, Authenticate, Identity, Publish, Refusal, Register};
use crate::logging::render::{Plain, Subscriber};
use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, SocketAddr};
use vmq_mqtt::{Properties, SubscribeFilter};

/// A question.
#[derive(Clone, Copy)]
pub(crate) enum Call<'a> {
    Register(&'a Register),
    Publish(&'a Publish<'a>),
    Subscribe(&'a Identity, &'a [SubscribeFilter]),
    Auth(&'a Authenticate),
}

impl<'a> Call<'a> {
    /// The topic that a publish is asked about.
    pub(super) const fn topic(self) -> Option<&'a str> {
        match self {
            Self::Publish(asked) => Some(asked.topic),
            Self::Register(_) | Self::Subscribe(..) | Self::Auth(_) => None,
        }
    }
}

/// A question as it is shown.
pub(super) struct Calling<'a> {
    pub(super) call: Call<'a>,
    /// Of the packet that led to it.
    pub(super) properties: Option<&'a Properties>,
    pub(super) payloads: Payloads,
}

impl Display for Calling<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Calling ")?;
        match self.call {
            Call::Register(asked) => {
                let identity = &asked.identity;
                write!(
                    f,
                    "auth_on_register{}({},{},{},pw_no_print,{}) ",
                    m5(identity),
                    Peer(&identity.peer),
                    subscriber(identity),
                    user(identity),
                    asked.clean_start,
                )
            }
            Call::Publish(asked) => {
                let identity = asked.identity;
                let (bytes, payloads) = (asked.payload, self.payloads);
                write!(
                    f,
                    "auth_on_publish{}({},{},{},{},{}){}",
                    m5(identity),
                    user(identity),
                    subscriber(identity),
                    asked.qos.as_u8(),
                    Plain(asked.topic),
                    asked.retain,
                    Payload { bytes, payloads },
                )
            }
            Call::Subscribe(identity, filters) => {
                write!(
                    f,
                    "auth_on_subscribe{}({},{}) with topics:",
                    m5(identity),
                    user(identity),
                    subscriber(identity)
                )?;
                filters
                    .iter()
                    .try_for_each(|filter| subscription(f, filter, identity.m5))
            }
            Call::Auth(asked) => {
                let identity = &asked.identity;
                write!(f, "on_auth_m5({},{})", user(identity), subscriber(identity))
            }
        }?;
        with_properties(f, self.properties)
    }
}

/// An answer.
#[derive(Clone, Copy)]
pub(crate) enum Returned<'a> {
    Ok,
    /// Enhanced authentication goes on.
    Continue,
    Refused(&'a Refusal),
    /// No plugin has the hook.
    Nobody,
}

impl<'a, T> From<&'a Result<T, Refusal>> for Returned<'a> {
    fn from(result: &'a Result<T, Refusal>) -> Self {
        result.as_ref().map_or_else(Self::Refused, |_| Self::Ok)
    }
}

impl<'a> From<&'a Option<Result<AuthStep, Refusal>>> for Returned<'a> {
    fn from(result: &'a Option<Result<AuthStep, Refusal>>) -> Self {
        match result {
            Some(Ok(AuthStep::Success(_))) => Self::Ok,
            Some(Ok(AuthStep::Continue(_))) => Self::Continue,
            Some(Err(refusal)) => Self::Refused(refusal),
            None => Self::Nobody,
        }
    }
}

impl Display for Returned<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Hook returned ")?;
        match self {
            Self::Ok => f.write_str("\"ok\""),
            Self::Continue => {
                f.write_str("\"ok\" with modifiers:\n    {reason_code,continue_authentication}")
            }
            Self::Refused(refusal) => write!(f, "{{error,{}}}", refusal.word),
            Self::Nobody => f.write_str("{error,no_matching_hook_found}"),
        }
    }
}

const fn m5(identity: &Identity) -> &'static str {
    if identity.m5 { "_m5" } else { "" }
}

fn user(identity: &Identity) -> Plain<'_> {
    Plain(identity.username.as_deref().unwrap_or("undefined"))
}

fn subscriber(identity: &Identity) -> Subscriber<'_> {
    Subscriber {
        mountpoint: &identity.subscriber.mountpoint,
        client_id: &identity.subscriber.client_id,
    }
}

/// An address as the original has it: `{{127,0,0,1},34274}`, `{local,<<>>}` for a Unix socket.
struct Peer<'a>(&'a str);

impl Display for Peer<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Ok(address) = self.0.parse::<SocketAddr>() else {
            return f.write_str("{local,<<>>}");
        };
        let port = address.port();
        match address.ip() {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                write!(f, "{{{{{a},{b},{c},{d}}},{port}}}")
            }
            IpAddr::V6(ip) => {
                let [a, b, c, d, e, g, h, i] = ip.segments();
                write!(f, "{{{{{a},{b},{c},{d},{e},{g},{h},{i}}},{port}}}")
            }
        }
    }
}

#[cfg(test)]
mod tests;
