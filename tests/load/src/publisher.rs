//! One publisher: fills its window in batches, follows the exchanges of QoS 1 and 2, and stops when told to.
//!
//! It is one hand-written poll function instead of a select: acks, room in the window and a writable socket are three
//! reasons to go on, and all three wake the same task.

use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use anyhow::{Context, Result, bail};

use crate::flow::Flow;
use crate::inflight::{Inflight, Step};
use crate::link::Link;
use crate::measure::{Counter, Latency, Meter};
use crate::stamp::{Stamp, now_nanos};
use crate::tally::Tally;
use crate::wire::scan::Packet;
use crate::wire::{self, Ack, PublishTemplate, Qos, Version};

/// Most bytes encoded before they are written.
const BURST_BYTES: usize = 256 * 1024;

/// What a publisher sends.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) version: Version,
    pub(crate) topic: String,
    pub(crate) qos: Qos,
    pub(crate) payload_bytes: usize,
    /// Most publishes of QoS 1 or 2 without their last ack.
    pub(crate) inflight_max: u16,
    /// Every so many messages carry their time.
    pub(crate) sample_every: u64,
    /// After so many it is done; else when the flow is stopped.
    pub(crate) messages_max: u64,
}

#[derive(Debug)]
pub(crate) struct Publisher {
    link: Link,
    flow: Arc<Flow>,
    tally: Arc<Tally>,
    outbox: Outbox,
}

/// What came in a batch, counted.
#[derive(Debug, Default)]
struct Came {
    /// Exchanges that have ended.
    ended: u64,
    pubacks: u64,
    pubrecs: u64,
    pubcomps: u64,
    refused: u64,
}

impl Came {
    #[inline]
    fn count(&mut self, ack: Ack, refused: bool) {
        match ack {
            Ack::Puback => self.pubacks += 1,
            Ack::Pubcomp => self.pubcomps += 1,
            _ => self.pubrecs += 1,
        }
        self.ended += u64::from(ack != Ack::Pubrec || refused);
        self.refused += u64::from(refused);
    }

    /// Tells the meter, and begins anew.
    fn flush(&mut self, meter: &Meter) {
        let Came {
            ended,
            pubacks,
            pubrecs,
            pubcomps,
            refused,
        } = std::mem::take(self);
        for (counter, count) in [
            (Counter::AckedDone, ended),
            (Counter::Pubacks, pubacks),
            (Counter::Pubrecs, pubrecs),
            (Counter::Pubcomps, pubcomps),
            (Counter::Refused, refused),
        ] {
            if count > 0 {
                meter.add(counter, count);
            }
        }
    }
}

/// The sending side without its socket.
#[derive(Debug)]
struct Outbox {
    number: u32,
    qos: Qos,
    template: PublishTemplate,
    burst_max: u64,
    sample_every: u64,
    /// `None` with QoS 0.
    inflight: Option<Inflight>,
    /// Free exchanges that make a refill worth while: a quarter of the limit.
    refill: usize,
    sent: u64,
    sent_max: u64,
    /// Of sampled messages, what ended in this batch, and since when it lasted.
    acked: Vec<(Latency, u64)>,
    came: Came,
    /// One look at the clock for each read.
    now: u64,
}

impl Publisher {
    /// `number` goes into every stamp.
    pub(crate) fn new(
        link: Link,
        number: u32,
        stream: &Stream,
        flow: Arc<Flow>,
        tally: Arc<Tally>,
    ) -> Publisher {
        let template = PublishTemplate::new(stream.version, &stream.topic, stream.qos, stream.payload_bytes);
        let burst_max = (BURST_BYTES / template.wire_bytes()).max(1) as u64;
        let exactly_once = stream.qos == Qos::ExactlyOnce;
        let outbox = Outbox {
            number,
            qos: stream.qos,
            template,
            burst_max,
            sample_every: stream.sample_every.max(1),
            inflight: (stream.qos != Qos::AtMostOnce)
                .then(|| Inflight::new(exactly_once, stream.inflight_max)),
            refill: usize::from(stream.inflight_max / 4).max(1),
            sent: 0,
            sent_max: stream.messages_max,
            acked: Vec::new(),
            came: Came::default(),
            now: 0,
        };
        Publisher {
            link,
            flow,
            tally,
            outbox,
        }
    }

    /// Sends until the flow is stopped, or all is sent, and every exchange has ended; returns how many messages it sent, and the
    /// link, which stays open until the subscribers have everything.
    pub(crate) async fn run(mut self) -> Result<(u64, Link)> {
        let number = self.outbox.number;
        std::future::poll_fn(|cx| self.poll_run(cx))
            .await
            .with_context(|| format!("publisher {number}"))?;
        Ok((self.outbox.sent, self.link))
    }

    fn poll_run(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<()>> {
        loop {
            let stopped = self.is_done();
            let mut flushed = self.link.poll_flush(cx)?;
            let mut went_on = false;
            if flushed && !stopped && self.fill() > 0 {
                flushed = self.link.poll_flush(cx)?;
                went_on = true;
            }
            match self.poll_acks(cx) {
                Poll::Ready(result) => {
                    result?;
                    continue;
                }
                Poll::Pending if went_on => continue,
                Poll::Pending => {}
            }
            if stopped && flushed && self.outbox.is_settled() {
                return Poll::Ready(Ok(()));
            }
            self.flow.wait(cx.waker());
            let changed = self.is_done() != stopped;
            if !changed && (stopped || !flushed || self.outbox.room(&self.flow) == 0) {
                return Poll::Pending;
            }
        }
    }

    fn fill(&mut self) -> u64 {
        let sent = self.outbox.fill(&self.flow, &mut self.link.out);
        if sent > 0 {
            self.tally.meter.add(Counter::Published, sent);
            if let Some(counter) = Counter::sent_with(self.outbox.qos) {
                self.tally.meter.add(Counter::AckedSent, sent);
                self.tally.meter.add(counter, sent);
            }
        }
        sent
    }

    fn is_done(&self) -> bool {
        self.outbox.sent >= self.outbox.sent_max || self.flow.is_stopped()
    }

    fn poll_acks(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<()>> {
        let outbox = &mut self.outbox;
        let polled = self
            .link
            .poll_read_batch(cx, &mut |packet, out| outbox.on_packet(&packet, out));
        let meter = &self.tally.meter;
        outbox.came.flush(meter);
        if !outbox.acked.is_empty() {
            let now = outbox.now();
            meter.record(&mut outbox.acked, now);
        }
        outbox.now = 0;
        polled
    }
}

impl Outbox {
    /// Messages that may be sent now; 0 while it is not worth while.
    fn room(&self, flow: &Flow) -> u64 {
        let open = match &self.inflight {
            None => u64::MAX,
            Some(inflight) if inflight.room() < self.refill => 0,
            Some(inflight) => inflight.room() as u64,
        };
        if open == 0 {
            0
        } else {
            flow.room(self.sent)
                .min(open)
                .min(self.burst_max)
                .min(self.sent_max.saturating_sub(self.sent))
        }
    }

    /// Appends as many messages as there is room for, and tells how many.
    fn fill(&mut self, flow: &Flow, out: &mut Vec<u8>) -> u64 {
        let room = self.room(flow);
        for done in 0..room {
            let sampled = self.sent.is_multiple_of(self.sample_every);
            // With a fixed rate latency counts from when the message was due (no coordinated omission).
            let due = || flow.due_nanos(self.sent).unwrap_or_else(now_nanos);
            let sent_nanos = if sampled { due() } else { 0 };
            let packet_id = match &mut self.inflight {
                None => 0,
                Some(inflight) => match inflight.open(sent_nanos) {
                    Some(packet_id) => packet_id,
                    None => return done,
                },
            };
            let stamp = Stamp {
                publisher: self.number,
                sequence: self.sent,
                sent_nanos,
            };
            self.template.push(out, packet_id, stamp);
            self.sent += 1;
        }
        room
    }

    fn on_packet(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<()> {
        let (
            Packet::Ack {
                ack,
                packet_id,
                reason,
            },
            Some(inflight),
        ) = (packet, &mut self.inflight)
        else {
            bail!("broker sent {packet:?} to a publisher");
        };
        let refused = *reason >= 0x80;
        self.came.count(*ack, refused);
        match inflight.on_ack(*ack, *packet_id, refused) {
            Ok(Step::Release { sent_nanos }) => {
                wire::ack(out, Ack::Pubrel, *packet_id);
                if sent_nanos != 0 {
                    self.acked.push((Latency::Pubrec, sent_nanos));
                    let now = self.now();
                    if let Some(inflight) = &mut self.inflight {
                        inflight.released(*packet_id, now);
                    }
                }
            }
            Ok(Step::Done {
                sent_nanos,
                half_nanos,
            }) => {
                if sent_nanos != 0 {
                    self.acked.push(match ack {
                        Ack::Puback => (Latency::Puback, sent_nanos),
                        Ack::Pubrec => (Latency::Pubrec, sent_nanos),
                        _ => (Latency::Pubcomp, half_nanos),
                    });
                    self.acked.push((Latency::Exchange, sent_nanos));
                }
            }
            Err(unexpected) => bail!("broker sent an ack nobody waits for: {unexpected:?}"),
        }
        Ok(())
    }

    fn now(&mut self) -> u64 {
        if self.now == 0 {
            self.now = now_nanos();
        }
        self.now
    }

    fn is_settled(&self) -> bool {
        self.inflight.as_ref().is_none_or(Inflight::is_empty)
    }
}
