//! A session's part in traces. While none matches it is a number and a pointer to nothing, and every call here is one
//! comparison; what a traced session says and hears is written down by its own task, in order.

use super::event::{Event, Form, Kind};
use super::hook::{Calling, Returned};
use super::packet::Shown;
use super::pcapng::Flow;
use super::{Subject, Trace, Traces};
use crate::hooks::Identity;
use crate::logging::render::{Plain, Quoted};
use crate::session::Session;
use bytes::BytesMut;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use vmq_mqtt::{Connect, Packet, Properties, Version, decode, next_frame};

pub(crate) use super::hook::Call;

/// What a connection keeps for traces.
#[derive(Debug, Default)]
pub struct Tracing {
    /// Generation of the table that was looked into last; 0 = none has ever begun.
    seen: u64,
    traced: Option<Box<Traced>>,
}

/// A session that at least one trace matches.
#[derive(Debug)]
struct Traced {
    subject: Subject,
    traces: Vec<Arc<Trace>>,
    /// The topic that a hook was asked about last, and has not answered.
    asked: Option<String>,
    /// For captures.
    flow: Flow,
}

impl Tracing {
    /// Looks for traces that have begun or ended. For each time a connection wakes up.
    #[inline]
    pub fn look(&mut self, traces: &Traces, subject: impl FnOnce() -> Subject) {
        if traces.generation() != self.seen {
            self.search(traces, subject());
        }
    }

    /// The broker has given the client its id.
    pub(crate) fn named(&mut self, traces: &Traces, subject: impl FnOnce() -> Subject) {
        if traces.generation() > 0 {
            self.search(traces, subject());
        }
    }

    #[cold]
    fn search(&mut self, traces: &Traces, subject: Subject) {
        self.seen = traces.generation();
        let running = traces.running();
        let matching = running.into_iter().filter(|trace| trace.select.matches(&subject));
        let matching: Vec<_> = matching.collect();
        let before = self.traced.take();
        let (before, flow) = before
            .map(|traced| (traced.traces, traced.flow))
            .unwrap_or_default();
        for trace in &matching {
            let known = before.iter().any(|trace_before| trace_before.id == trace.id);
            let tells = trace.select.topic.is_none();
            if tells && !known && !trace.existing.contains(&subject.pid) {
                let client_id = Quoted(&subject.subscriber.client_id);
                let pid = Pid(subject.pid);
                let text = format_args!("New session with PID {pid} found for client {client_id}");
                trace.feed.remark(&Event::of(Kind::Found, &subject, &text));
            }
        }
        if matching.is_empty() {
            return;
        }
        self.traced = Some(Box::new(Traced {
            subject,
            traces: matching,
            asked: None,
            flow,
        }));
    }

    /// The CONNECT of a client.
    pub(crate) fn connected(&self, connect: &Connect) {
        if self.traced.is_some() {
            self.received(&Packet::Connect(Box::new(connect.clone())), None);
        }
    }

    /// A packet of the client. The session, once there is one, knows the topics that aliases stand for.
    #[inline]
    pub(crate) fn received(&self, packet: &Packet, session: Option<&Session>) {
        if let Some(traced) = &self.traced {
            let topic = topic_of(packet, |alias| session?.inbound_topic(alias));
            traced.packet(Kind::Received, packet, topic);
        }
    }

    /// Packets that were put into the write buffer, as they will leave.
    #[inline]
    pub(crate) fn sent(&self, packets: &[u8], session: Option<&Session>) {
        if let Some(traced) = &self.traced {
            traced.sent(packets, session);
        }
    }

    /// A hook is asked; `properties` are those of the packet that led to it.
    #[inline]
    pub(crate) fn calling(&mut self, call: Call<'_>, properties: Option<&Properties>) {
        if let Some(traced) = &mut self.traced {
            traced.asked = call.topic().map(str::to_owned);
            traced.event(Kind::Call, call.topic(), |trace| Calling {
                call,
                properties,
                payload_max: trace.payload_max,
            });
        }
    }

    /// A hook has answered.
    #[inline]
    pub(crate) fn returned<'a>(&self, answer: impl Into<Returned<'a>>) {
        if let Some(traced) = &self.traced {
            let answer = answer.into();
            traced.event(Kind::Return, traced.asked.as_deref(), |_| answer);
        }
    }

    /// The session is over.
    pub(crate) fn stopped(&mut self) {
        let Some(traced) = self.traced.take() else { return };
        let client_id = Plain(&traced.subject.subscriber.client_id);
        for trace in traced.traces.iter().filter(|trace| trace.select.topic.is_none()) {
            let text = format_args!("Trace session for {client_id} stopped");
            trace
                .feed
                .remark(&Event::of(Kind::Stopped, &traced.subject, &text));
        }
    }
}

impl Traced {
    /// Tells every trace that wants to know what is about this topic, or about none.
    fn event<D: Display>(&self, kind: Kind, topic: Option<&str>, what: impl Fn(&Trace) -> D) {
        for trace in self.traces.iter().filter(|trace| trace.select.is_topic(topic)) {
            trace.feed.event(&Event::of(kind, &self.subject, &what(trace)));
        }
    }

    fn packet(&self, kind: Kind, packet: &Packet, topic: Option<&str>) {
        let version = self.subject.version;
        let is_captured = self.traces.iter().any(|trace| trace.feed.form() == Form::Pcapng);
        let from_client = kind == Kind::Received;
        let segment = is_captured.then(|| self.flow.segment(packet, &self.subject, from_client));
        for trace in self.traces.iter().filter(|trace| trace.select.is_topic(topic)) {
            let payload_max = trace.payload_max;
            let text = Shown {
                packet,
                version,
                payload_max,
            };
            trace.feed.event(&Event {
                packet: Some(packet),
                segment: segment.as_ref(),
                payload_max,
                ..Event::of(kind, &self.subject, &text)
            });
        }
    }

    fn sent(&self, packets: &[u8], session: Option<&Session>) {
        let mut packets = BytesMut::from(packets);
        // What we have encoded can be decoded; if not, there is nothing to show of the rest.
        while let Ok(Some(frame)) = next_frame(&mut packets, 0) {
            if let Ok(packet) = decode(&frame, Some(self.subject.version)) {
                let topic = topic_of(&packet, |alias| session?.outbound_topic(alias));
                self.packet(Kind::Sent, &packet, topic);
            }
        }
    }
}

/// The topic of a PUBLISH, also where an alias stands in its place.
fn topic_of<'a>(packet: &'a Packet, aliased: impl Fn(u16) -> Option<&'a str>) -> Option<&'a str> {
    let Packet::Publish(publish) = packet else {
        return None;
    };
    if !publish.topic.is_empty() {
        return Some(&publish.topic);
    }
    aliased(publish.properties.as_ref()?.topic_alias?)
}

/// The handle of a session, as in logs.
#[derive(Clone, Copy)]
pub(crate) struct Pid(pub(crate) u64);

impl Display for Pid {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "<0.{}.0>", self.0)
    }
}

impl Subject {
    /// Of a session that has begun.
    pub(crate) fn of(pid: u64, identity: &Identity, listener: &str, version: Version) -> Self {
        Self {
            pid,
            subscriber: identity.subscriber.clone(),
            username: identity.username.clone(),
            peer: Arc::clone(&identity.peer),
            listener: listener.to_owned(),
            version,
        }
    }
}
