//! One subscriber: receives, checks order and loss per publisher, acknowledges a batch in one write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};

use crate::flow::{Audience, Flow};
use crate::link::Link;
use crate::measure::{Counter, Latency};
use crate::stamp::{Stamp, now_nanos};
use crate::tally::Tally;
use crate::wire::scan::{Packet, Publish};
use crate::wire::{self, Ack, Qos};

/// What a subscriber is to receive.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) qos: Qos,
    /// Length of the topics it receives: they are all of one length.
    pub(crate) topic_bytes: usize,
    pub(crate) audience: Audience,
    /// Publishers `first_publisher..first_publisher + flows.len()` send to it.
    pub(crate) first_publisher: usize,
    pub(crate) flows: Vec<Arc<Flow>>,
    /// Its place in those flows.
    pub(crate) slot: usize,
}

/// The stream from one publisher.
#[derive(Debug)]
struct Lane {
    flow: Arc<Flow>,
    next: u64,
    messages: u64,
    touched: bool,
}

#[derive(Debug)]
pub(crate) struct Subscriber {
    link: Link,
    inbox: Inbox,
}

/// The receiving side without its socket.
#[derive(Debug)]
struct Inbox {
    qos: Qos,
    audience: Audience,
    topic_bytes: usize,
    first_publisher: usize,
    slot: usize,
    lanes: Vec<Lane>,
    /// Lanes of this batch.
    touched: Vec<usize>,
    /// Send times of the sampled messages of this batch.
    sampled: Vec<(Latency, u64)>,
    /// Messages of this batch.
    fresh: u64,
    number: usize,
    tally: Arc<Tally>,
}

impl Subscriber {
    /// `number` is its place in the tally.
    pub(crate) fn new(link: Link, number: usize, expected: Expected, tally: Arc<Tally>) -> Subscriber {
        let lanes = expected
            .flows
            .into_iter()
            .map(|flow| Lane {
                flow,
                next: 0,
                messages: 0,
                touched: false,
            })
            .collect();
        let inbox = Inbox {
            qos: expected.qos,
            audience: expected.audience,
            topic_bytes: expected.topic_bytes,
            first_publisher: expected.first_publisher,
            slot: expected.slot,
            lanes,
            touched: Vec::new(),
            sampled: Vec::new(),
            fresh: 0,
            number,
            tally,
        };
        Subscriber { link, inbox }
    }

    /// Receives until the link breaks, which is an error, or until the task is aborted.
    pub(crate) async fn run(self) -> Result<()> {
        let Subscriber { mut link, mut inbox } = self;
        loop {
            link.turn(|packet, out| inbox.on_packet(packet, out))
                .await
                .with_context(|| format!("subscriber {}", inbox.number))?;
            inbox.end_batch();
        }
    }
}

impl Inbox {
    #[inline]
    fn on_packet(&mut self, packet: Packet<'_>, out: &mut Vec<u8>) -> Result<()> {
        match packet {
            Packet::Publish(publish) => self.on_publish(&publish, out),
            Packet::Ack {
                ack: Ack::Pubrel,
                packet_id,
                ..
            } if self.qos == Qos::ExactlyOnce => {
                wire::ack(out, Ack::Pubcomp, packet_id);
                Ok(())
            }
            other => bail!("broker sent {other:?}"),
        }
    }

    #[inline]
    fn on_publish(&mut self, publish: &Publish<'_>, out: &mut Vec<u8>) -> Result<()> {
        ensure!(
            publish.qos == self.qos,
            "message came with {:?} instead of {:?}",
            publish.qos,
            self.qos
        );
        ensure!(
            publish.topic.len() == self.topic_bytes,
            "message came with another topic"
        );
        ensure!(!publish.retain, "message came with the retain flag");
        let stamp = Stamp::read(publish.payload).context("message is not ours: its payload is too short")?;
        let lane = (stamp.publisher as usize).wrapping_sub(self.first_publisher);
        self.count(lane, stamp.sequence)?;
        if stamp.sent_nanos != 0 {
            self.sampled.push((Latency::PubToSub, stamp.sent_nanos));
            match self.qos {
                Qos::AtMostOnce => {}
                Qos::AtLeastOnce => self.sampled.push((Latency::PubToSub1, stamp.sent_nanos)),
                Qos::ExactlyOnce => self.sampled.push((Latency::PubToSub2, stamp.sent_nanos)),
            }
        }
        match self.qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => wire::ack(out, Ack::Puback, publish.packet_id),
            Qos::ExactlyOnce => wire::ack(out, Ack::Pubrec, publish.packet_id),
        }
        Ok(())
    }

    #[inline]
    fn count(&mut self, at: usize, sequence: u64) -> Result<()> {
        let received = self
            .tally
            .received
            .get(self.number)
            .context("subscriber has no place in the tally")?;
        let lane = self
            .lanes
            .get_mut(at)
            .context("message came from another publisher's topic")?;
        if sequence < lane.next {
            add(&received.late, 1);
            self.tally.meter.add(Counter::OutOfOrder, 1);
            return Ok(());
        }
        // A shared audience has gaps: somebody else got those. What nobody got is missing in the sum.
        if sequence > lane.next && self.audience == Audience::Each {
            add(&received.missing, sequence - lane.next);
            self.tally.meter.add(Counter::Loss, sequence - lane.next);
        }
        lane.next = sequence + 1;
        lane.messages += 1;
        add(&received.messages, 1);
        self.fresh += 1;
        if !lane.touched {
            lane.touched = true;
            self.touched.push(at);
        }
        Ok(())
    }

    /// Tells the publishers how far this subscriber is.
    fn end_batch(&mut self) {
        for at in self.touched.drain(..) {
            let lane = &mut self.lanes[at];
            lane.touched = false;
            let progress = match self.audience {
                Audience::Each => lane.next,
                Audience::Shared => lane.messages,
            };
            lane.flow.advance(self.slot, progress);
            lane.flow.wake();
        }
        if !self.sampled.is_empty() {
            self.tally.meter.record(&mut self.sampled, now_nanos());
        }
        if self.fresh > 0 {
            self.tally
                .meter
                .add(Counter::Consumed, std::mem::take(&mut self.fresh));
        }
    }
}

/// A counter with one writer needs no locked instruction.
#[inline]
fn add(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Ordering::Relaxed) + count, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Window;
    use crate::measure::Meter;
    use crate::wire::Version;
    use crate::wire::scan;

    fn inbox(qos: Qos, publishers: usize) -> Inbox {
        let window = Window {
            messages: 8,
            batch: 1,
        };
        let lanes = (0..publishers).map(|_| Lane {
            flow: Arc::new(Flow::new(window, Audience::Each, 1)),
            next: 0,
            messages: 0,
            touched: false,
        });
        Inbox {
            qos,
            audience: Audience::Each,
            topic_bytes: 1,
            first_publisher: 5,
            slot: 0,
            lanes: lanes.collect(),
            touched: Vec::new(),
            sampled: Vec::new(),
            fresh: 0,
            number: 0,
            tally: Arc::new(Tally::new(1, &Arc::new(Meter::new()))),
        }
    }

    /// Gives the inbox one message and returns what it answers.
    fn deliver(inbox: &mut Inbox, publisher: u32, sequence: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let template = wire::PublishTemplate::new(Version::V311, "t", inbox.qos, 64);
        template.push(
            &mut bytes,
            77,
            Stamp {
                publisher,
                sequence,
                sent_nanos: 1,
            },
        );
        let (packet, _) = scan::next(&bytes, Version::V311).unwrap().unwrap();
        let mut out = Vec::new();
        inbox.on_packet(packet, &mut out)?;
        Ok(out)
    }

    #[test]
    fn loss_and_disorder_are_seen_per_publisher() {
        let mut inbox = inbox(Qos::AtMostOnce, 2);
        for (publisher, sequence) in [(5, 0), (6, 0), (5, 1), (5, 4), (5, 4), (5, 2), (6, 1)] {
            assert!(deliver(&mut inbox, publisher, sequence).unwrap().is_empty());
        }
        assert_eq!(
            (inbox.tally.messages(), inbox.tally.missing(), inbox.tally.late()),
            (5, 2, 2)
        );
        inbox.end_batch();
        assert_eq!(
            inbox.lanes[0].flow.room(5),
            8,
            "progress is what comes next, not what came"
        );
        assert!(
            deliver(&mut inbox, 7, 0).is_err(),
            "publisher 7 does not send to us"
        );
        assert!(deliver(&mut inbox, 4, 0).is_err());
    }

    #[test]
    fn every_qos_is_answered() {
        assert_eq!(
            deliver(&mut inbox(Qos::AtLeastOnce, 1), 5, 0).unwrap(),
            [0x40, 2, 0, 77]
        );
        let mut exactly = inbox(Qos::ExactlyOnce, 1);
        assert_eq!(deliver(&mut exactly, 5, 0).unwrap(), [0x50, 2, 0, 77]);
        let mut out = Vec::new();
        exactly
            .on_packet(
                Packet::Ack {
                    ack: Ack::Pubrel,
                    packet_id: 77,
                    reason: 0,
                },
                &mut out,
            )
            .unwrap();
        assert_eq!(out, [0x70, 2, 0, 77]);
    }
}
