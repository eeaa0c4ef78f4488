//! A session's part in traces. While none matches it is a number and a pointer to nothing, and every call here is one
//! comparison; what a traced session says and hears is written down by its own task, in order.

use super::event::{Event, Kind, kind_of_byte};
use super::hook::{Calling, Returned};
use super::packet::Shown;
use super::pcapng::Flow;
use super::routing::Routing;
use super::{Subject, Trace, Traces};
use crate::events::CloseReason;
use crate::hooks::Identity;
use crate::logging::render::{Plain, Quoted};
use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::queue::Queue;
use crate::session::Session;
use bytes::BytesMut;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use vmq_mqtt::{Connect, Packet, Properties, Version, decode, next_frame, varint};

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
    /// One of them is about a topic.
    by_topic: bool,
    asked: Asked,
    /// For captures.
    flow: Flow,
}

/// What a hook was asked about last, and has not answered.
#[derive(Debug, Default)]
struct Asked {
    is_topic: bool,
    topic: String,
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
            if tells && !known && trace.show.verbose {
                trace
                    .feed
                    .remark(&Event::of(Kind::Info, &subject, &Known(&subject)));
            }
        }
        if matching.is_empty() {
            return;
        }
        self.traced = Some(Box::new(Traced {
            subject,
            by_topic: matching.iter().any(|trace| trace.select.topic.is_some()),
            traces: matching,
            asked: Asked::default(),
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
            traced.ask(call.topic());
            traced.event(Kind::Call, call.topic(), |trace| Calling {
                call,
                properties,
                payloads: trace.show.payloads,
            });
        }
    }

    /// A hook has answered.
    #[inline]
    pub(crate) fn returned<'a>(&self, answer: impl Into<Returned<'a>>) {
        if let Some(traced) = &self.traced {
            let answer = answer.into();
            traced.event(Kind::Return, traced.asked(), |_| answer);
        }
    }

    /// Where a batch notes how it was routed; `None` = nobody wants to know.
    #[inline]
    pub(crate) fn routing(&self) -> Option<Box<Routing>> {
        self.traced.as_ref()?.by_topic.then(Box::default)
    }

    /// A batch was routed.
    pub(crate) fn routed(&self, routing: &Routing) {
        let Some(traced) = &self.traced else { return };
        for trace in traced.traces.iter().filter(|trace| trace.select.topic.is_some()) {
            traced.routed(trace, routing);
        }
    }

    /// The session is over.
    pub(crate) fn stopped(&mut self, reason: &CloseReason) {
        let Some(traced) = self.traced.take() else { return };
        let client_id = Plain(&traced.subject.subscriber.client_id);
        for trace in traced.traces.iter().filter(|trace| trace.select.topic.is_none()) {
            let mut text = format!("Trace session for {client_id} stopped");
            if trace.show.verbose {
                text.push_str(&format!(" (reason: {})", reason.name()));
            }
            trace
                .feed
                .remark(&Event::of(Kind::Stopped, &traced.subject, &text));
        }
    }
}

impl Traced {
    fn ask(&mut self, topic: Option<&str>) {
        self.asked.is_topic = topic.is_some();
        // To nobody else does it matter what the answer is about.
        if self.by_topic {
            self.asked.topic.clear();
            self.asked.topic.push_str(topic.unwrap_or_default());
        }
    }

    fn asked(&self) -> Option<&str> {
        self.asked.is_topic.then_some(&*self.asked.topic)
    }

    /// Tells every trace that wants to know what is about this topic, or about none.
    fn event<D: Display>(&self, kind: Kind, topic: Option<&str>, what: impl Fn(&Trace) -> D) {
        let wants =
            |trace: &&Arc<Trace>| trace.select.is_topic(topic) && kind.is_among(trace.show.events, None);
        for trace in self.traces.iter().filter(wants) {
            if trace.feed.leaves_out(kind) {
                continue;
            }
            trace.feed.event(&Event::of(kind, &self.subject, &what(trace)));
        }
    }

    fn packet(&self, kind: Kind, packet: &Packet, topic: Option<&str>) {
        let version = self.subject.version;
        let is_captured = self.traces.iter().any(|trace| trace.is_capture());
        let from_client = kind == Kind::Received;
        let segment = is_captured.then(|| self.flow.segment(packet, &self.subject, from_client));
        for trace in self.traces.iter().filter(|trace| trace.select.is_topic(topic)) {
            if !kind.is_among(trace.show.events, Some(packet)) || trace.feed.leaves_out(kind) {
                continue;
            }
            let payloads = trace.show.payloads;
            let text = Shown {
                packet,
                version,
                payloads,
            };
            trace.feed.event(&Event {
                packet: Some(packet),
                segment: segment.as_ref(),
                payloads,
                ..Event::of(kind, &self.subject, &text)
            });
        }
    }

    /// What became of the messages that a trace is about, and of the queues they were for.
    fn routed(&self, trace: &Trace, routing: &Routing) {
        if !Kind::Routed.is_among(trace.show.events, None) {
            return;
        }
        let tell = |text: &dyn Display| trace.feed.event(&Event::of(Kind::Routed, &self.subject, text));
        let is_meant = |(message, _): &&(_, u64)| {
            let message: &Arc<Message> = message;
            trace.select.is_topic(Some(message.topic()))
        };
        let mut any = false;
        for (message, matches) in routing.matched.iter().filter(is_meant) {
            any = true;
            let topic = Quoted(message.topic());
            // This version is one node alone.
            tell(&format_args!(
                "Routed {topic}: local matches {matches}, remote matches 0"
            ));
        }
        for (queue, count) in routing.dropped.iter().filter(|_| any) {
            let client_id = Quoted(&queue.subscriber.client_id);
            tell(&format_args!(
                "Queue of client {client_id} dropped {count} messages"
            ));
        }
    }

    fn sent(&self, packets: &[u8], session: Option<&Session>) {
        let nobody_looks =
            |trace: &Arc<Trace>| trace.select.topic.is_none() && trace.feed.is_full() && !trace.is_capture();
        if self.traces.iter().all(nobody_looks) {
            return self.left_out(packets);
        }
        let mut packets = BytesMut::from(packets);
        // What we have encoded can be decoded; if not, there is nothing to show of the rest.
        while let Ok(Some(frame)) = next_frame(&mut packets, 0) {
            if let Ok(packet) = decode(frame, Some(self.subject.version)) {
                let topic = topic_of(&packet, |alias| session?.outbound_topic(alias));
                self.packet(Kind::Sent, &packet, topic);
            }
        }
    }

    /// Packets that no trace will show are counted, and not looked into.
    fn left_out(&self, packets: &[u8]) {
        for trace in &self.traces {
            let wanted = |first_byte: &u8| trace.show.events.has(kind_of_byte(*first_byte));
            let count = first_bytes(packets).filter(wanted).count();
            trace.feed.left_out(count as u64);
        }
    }
}

/// The first byte of each of these packets.
fn first_bytes(mut packets: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (first_byte, rest) = packets.split_first()?;
        let (remaining, length_size) = varint::read(rest).ok()??;
        packets = rest.get(length_size + remaining as usize..)?;
        Some(*first_byte)
    })
}

/// What a session is known by, for a trace with `--verbose`.
struct Known<'a>(&'a Subject);

impl Display for Known<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(subject) = self;
        write!(
            f,
            "INFO listener: {}, peer: {}",
            Plain(&subject.listener),
            subject.peer
        )?;
        match &subject.tls_cn {
            Some(name) => write!(f, ", tls_cn: {}", Plain(name)),
            None => Ok(()),
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
    /// Of a session that is attached to a queue; `None` = its CONNECT is being looked at.
    pub(super) fn of_queue(queue: &Queue, mailbox: &Mailbox) -> Option<Self> {
        let facts = mailbox.facts()?;
        Some(Self {
            pid: mailbox.connection,
            subscriber: queue.subscriber.clone(),
            username: facts.username.clone(),
            peer: Arc::clone(&mailbox.peer),
            listener: facts.listener.name.clone(),
            tls_cn: facts.tls_cn().cloned(),
            version: facts.level.version,
        })
    }

    /// Of a session that has begun.
    pub(crate) fn of(mailbox: &Mailbox, identity: &Identity, listener: &str, version: Version) -> Self {
        Self {
            pid: mailbox.connection,
            tls_cn: mailbox.facts().and_then(|facts| facts.tls_cn().cloned()),
            subscriber: identity.subscriber.clone(),
            username: identity.username.clone(),
            peer: Arc::clone(&identity.peer),
            listener: listener.to_owned(),
            version,
        }
    }
}

#[cfg(test)]
mod tests;
