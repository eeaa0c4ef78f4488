//! Something that happens in a trace, and how it is written: the lines of the original, or an object of JSON a line (ours,
//! monitoring.md 8.6).

use super::Subject;
use super::pcapng::{self, Segment};
use super::session::Pid;
use super::text::{self, Line, Payloads};
use crate::logging::render::{Json, Quoted};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Serialize;
use std::fmt::{self, Display, Formatter, Write as _};
use vmq_admin::command::trace::{TraceEvent, TraceEvents, TracePayload};
use vmq_admin::wire::Stream;
use vmq_mqtt::{Packet, Publish};

/// How a trace is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Text,
    /// One object a line.
    Json,
    /// Packets only, as blocks of a capture file; what is said of the trace itself are words beside it.
    Pcapng,
}

/// What is said of an event, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub stream: Stream,
    pub text: String,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something about the trace itself.
    Info,
    /// A session that it matches.
    Found,
    Received,
    Sent,
    /// A hook is asked.
    Call,
    /// A hook has answered.
    Return,
    /// How a publish was routed.
    Routed,
    /// The session is over.
    Stopped,
}

/// Something that happened.
pub(super) struct Event<'a> {
    pub(super) kind: Kind,
    /// Whose session it is.
    pub(super) subject: Option<&'a Subject>,
    pub(super) packet: Option<&'a Packet>,
    /// The packet in its stream of bytes, if a capture is made.
    pub(super) segment: Option<&'a Segment>,
    /// What is shown of payloads.
    pub(super) payloads: Payloads,
    /// In the words of the original.
    pub(super) text: &'a dyn Display,
}

impl<'a> Event<'a> {
    /// Something about the trace itself.
    pub(super) fn info(text: &'a dyn Display) -> Self {
        Self {
            kind: Kind::Info,
            subject: None,
            packet: None,
            segment: None,
            payloads: Payloads {
                form: TracePayload::Hidden,
                bytes_max: 0,
            },
            text,
        }
    }

    /// Something of a session.
    pub(super) fn of(kind: Kind, subject: &'a Subject, text: &'a dyn Display) -> Self {
        Self {
            kind,
            subject: Some(subject),
            ..Self::info(text)
        }
    }

    /// The event in a form.
    pub(super) fn said(&self, form: Form) -> Said {
        let (stream, text) = match (form, self.segment.zip(self.subject)) {
            (Form::Text, _) => (Stream::Out, Line::of(|out| self.words(out))),
            (Form::Json, _) => (Stream::Out, self.object()),
            (Form::Pcapng, Some((segment, subject))) => {
                let block = pcapng::packet(segment, subject);
                (Stream::Bytes, BASE64_STANDARD.encode(block))
            }
            (Form::Pcapng, None) => (Stream::Err, Line::of(|out| self.words(out))),
        };
        Said { stream, text }
    }

    fn words(&self, out: &mut Line) -> fmt::Result {
        write!(out, "{} ", text::now())?;
        let subject = self.subject.filter(|_| self.kind != Kind::Found);
        if let Some(subject) = subject {
            write!(out, "{} ", Pid(subject.pid))?;
            match self.kind {
                Kind::Received => write!(out, "MQTT RECV: {}", Whose(subject))?,
                Kind::Sent => write!(out, "MQTT SEND: {}", Whose(subject))?,
                _ => {}
            }
        }
        write!(out, "{}", self.text)
    }

    fn object(&self) -> String {
        let publish = match self.packet {
            Some(Packet::Publish(publish)) => Some(Published::of(publish, self.payloads)),
            _ => None,
        };
        let object = Object {
            time: text::now().to_string(),
            event: self.kind.name(),
            session: self.subject.map(Session::of),
            packet: self.packet.map(name),
            publish,
            text: Line::of(|out| write!(out, "{}", self.text)),
        };
        // Texts and numbers always have a form in JSON.
        let json = serde_json::to_string(&object).unwrap_or_default();
        Json(&json).to_string()
    }
}

/// What comes before everything else; only a capture has something.
pub(super) fn head(form: Form) -> Option<Said> {
    let stream = Stream::Bytes;
    (form == Form::Pcapng).then(|| Said {
        stream,
        text: BASE64_STANDARD.encode(pcapng::head()),
    })
}

impl Kind {
    /// Whether it is among the kinds that a trace is about. What is said of the trace itself always is.
    pub(super) const fn is_among(self, wanted: TraceEvents, packet: Option<&Packet>) -> bool {
        match (self, packet) {
            (Self::Info | Self::Found | Self::Stopped, _) => true,
            (Self::Call | Self::Return, _) => wanted.has(TraceEvent::Hook),
            (Self::Routed, _) => wanted.has(TraceEvent::Publish),
            (Self::Received | Self::Sent, Some(packet)) => wanted.has(kind_of(packet)),
            (Self::Received | Self::Sent, None) => true,
        }
    }

    /// Whether a capture has it: hooks are no packets.
    pub(super) const fn is_for(self, form: Form) -> bool {
        !matches!(
            (form, self),
            (Form::Pcapng, Self::Call | Self::Return | Self::Routed)
        )
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Found => "start",
            Self::Received => "recv",
            Self::Sent => "send",
            Self::Call => "call",
            Self::Return => "return",
            Self::Routed => "route",
            Self::Stopped => "stop",
        }
    }
}

/// Whose packet it is, before the packet.
struct Whose<'a>(&'a Subject);

impl Display for Whose<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let subscriber = &self.0.subscriber;
        if !subscriber.mountpoint.is_empty() {
            write!(f, "MP: {} ", Quoted(&subscriber.mountpoint))?;
        }
        write!(f, "CID: {} ", Quoted(&subscriber.client_id))
    }
}

/// The members of an event, in their order.
#[derive(Serialize)]
struct Object<'a> {
    time: String,
    event: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    session: Option<Session<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    publish: Option<Published<'a>>,
    text: String,
}

#[derive(Serialize)]
struct Session<'a> {
    pid: String,
    mountpoint: &'a str,
    client_id: &'a str,
    username: Option<&'a str>,
    peer: &'a str,
}

#[derive(Serialize)]
struct Published<'a> {
    topic: &'a str,
    qos: u8,
    retain: bool,
    dup: bool,
    packet_id: Option<u16>,
    /// As in the lines: what is no text is `\xNN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    /// Bytes of the whole payload.
    payload_bytes: usize,
}

impl<'a> Session<'a> {
    fn of(subject: &'a Subject) -> Self {
        Self {
            pid: Pid(subject.pid).to_string(),
            mountpoint: &subject.subscriber.mountpoint,
            client_id: &subject.subscriber.client_id,
            username: subject.username.as_deref(),
            peer: &subject.peer,
        }
    }
}

impl<'a> Published<'a> {
    fn of(publish: &'a Publish, payloads: Payloads) -> Self {
        let payload = &publish.payload;
        Self {
            topic: &publish.topic,
            qos: publish.qos.as_u8(),
            retain: publish.retain,
            dup: publish.dup,
            packet_id: publish.packet_id.map(u16::from),
            payload: payloads.shown(payload),
            payload_bytes: payload.len(),
        }
    }
}

const fn kind_of(packet: &Packet) -> TraceEvent {
    match packet {
        Packet::Connect(_) | Packet::ConnAck(_) | Packet::Disconnect(_) => TraceEvent::Connect,
        Packet::Publish(_) => TraceEvent::Publish,
        Packet::PubAck(_) | Packet::PubRec(_) | Packet::PubRel(_) | Packet::PubComp(_) => TraceEvent::Ack,
        Packet::Subscribe(_) | Packet::SubAck(_) | Packet::Unsubscribe(_) | Packet::UnsubAck(_) => {
            TraceEvent::Subscribe
        }
        Packet::PingReq | Packet::PingResp => TraceEvent::Ping,
        Packet::Auth(_) => TraceEvent::Auth,
    }
}

/// The same of an encoded packet (MQTT 2.1.2).
pub(super) const fn kind_of_byte(first_byte: u8) -> TraceEvent {
    match first_byte >> 4 {
        1 | 2 | 14 => TraceEvent::Connect,
        3 => TraceEvent::Publish,
        4..=7 => TraceEvent::Ack,
        8..=11 => TraceEvent::Subscribe,
        12 | 13 => TraceEvent::Ping,
        _ => TraceEvent::Auth,
    }
}

/// The name of a packet.
const fn name(packet: &Packet) -> &'static str {
    match packet {
        Packet::Connect(_) => "CONNECT",
        Packet::ConnAck(_) => "CONNACK",
        Packet::Publish(_) => "PUBLISH",
        Packet::PubAck(_) => "PUBACK",
        Packet::PubRec(_) => "PUBREC",
        Packet::PubRel(_) => "PUBREL",
        Packet::PubComp(_) => "PUBCOMP",
        Packet::Subscribe(_) => "SUBSCRIBE",
        Packet::SubAck(_) => "SUBACK",
        Packet::Unsubscribe(_) => "UNSUBSCRIBE",
        Packet::UnsubAck(_) => "UNSUBACK",
        Packet::PingReq => "PINGREQ",
        Packet::PingResp => "PINGRESP",
        Packet::Disconnect(_) => "DISCONNECT",
        Packet::Auth(_) => "AUTH",
    }
}
