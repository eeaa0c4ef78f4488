//! Clients that behave well: publishers with a message now and then, each with its subscriber, all QoS 1, every other
//! pair with MQTT 5. They are in the measuring process and never know what else goes on.
//!
//! Holds: every client comes from its own address, as clients of the internet do. One that is thrown out is counted and
//! comes back; its messages stay due when they were due.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

use super::meter::Meter;
use super::plan::HostilePlan;
use crate::link::{Link, dial_from};
use crate::metronome::{Beat, Metronome};
use crate::schedule::Schedule;
use crate::stamp::{Stamp, now_nanos};
use crate::wire::scan::Packet;
use crate::wire::{self, Ack, Connect, PublishTemplate, Qos, Version};

const PAYLOAD_BYTES: usize = 64;
const KEEPALIVE_SECS: u16 = 60;
/// Between two PINGREQs of a subscriber; publishers need none.
const PING: Duration = Duration::from_secs(20);

/// From the last connect to the first message.
const LEAD_NANOS: u64 = 50_000_000;

/// Address of the first client; the attackers have none of the same network.
const FIRST_SOURCE: Ipv4Addr = Ipv4Addr::new(127, 0, 2, 1);

/// For a connect, and between two attempts of one that was thrown out.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(100);

/// Dropping it ends every client.
#[derive(Debug)]
pub(super) struct WellBehaved {
    _tasks: JoinSet<()>,
    _metronome: Metronome,
    pub(super) meter: Arc<Meter>,
}

#[derive(Clone, Copy, Debug)]
struct Client {
    target: SocketAddr,
    pair: usize,
    side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Publisher,
    Subscriber,
}

// === impl WellBehaved ===

impl WellBehaved {
    /// Connects all, subscribers first; messages are due from then on.
    pub(super) async fn start(target: SocketAddr, plan: &HostilePlan) -> Result<WellBehaved> {
        let client = |pair, side| Client { target, pair, side };
        let mut pairs = Vec::with_capacity(plan.pairs);
        for pair in 0..plan.pairs {
            let (subscriber, publisher) = (client(pair, Side::Subscriber), client(pair, Side::Publisher));
            let heard = subscriber.enter().await?;
            let spoken = publisher.enter().await?;
            pairs.push(((subscriber, heard), (publisher, spoken)));
        }
        let start_nanos = now_nanos() + LEAD_NANOS;
        let beats: Vec<_> = (0..plan.pairs)
            .map(|pair| Schedule::spread(start_nanos, plan.messages_per_sec, pair, plan.pairs))
            .map(Beat::new)
            .collect();
        let meter = Arc::new(Meter::new(beats.iter().map(|beat| beat.schedule)));
        let mut tasks = JoinSet::new();
        for (((subscriber, heard), (publisher, spoken)), beat) in pairs.into_iter().zip(&beats) {
            tasks.spawn(subscriber.subscribe(heard, Arc::clone(&meter)));
            tasks.spawn(publisher.publish(spoken, beat.clone(), Arc::clone(&meter)));
        }
        Ok(WellBehaved {
            _tasks: tasks,
            _metronome: Metronome::start(beats)?,
            meter,
        })
    }
}

// === impl Client ===

impl Client {
    fn name(self) -> String {
        match self.side {
            Side::Publisher => format!("publisher-{}", self.pair),
            Side::Subscriber => format!("subscriber-{}", self.pair),
        }
    }

    fn topic(self) -> String {
        format!("well-behaved/{}", self.pair)
    }

    fn version(self) -> Version {
        if self.pair.is_multiple_of(2) {
            Version::V5
        } else {
            Version::V311
        }
    }

    fn source(self) -> Ipv4Addr {
        let number = 2 * self.pair + usize::from(self.side == Side::Subscriber);
        Ipv4Addr::from_bits(FIRST_SOURCE.to_bits() + u32::try_from(number).unwrap_or(0))
    }

    /// A connection with, of a subscriber, its subscription.
    async fn enter(self) -> Result<Link> {
        let entered = timeout(CONNECT_WITHIN, self.try_enter()).await;
        let entered = entered.with_context(|| format!("no answer within {CONNECT_WITHIN:?}"));
        entered
            .and_then(|link| link)
            .with_context(|| format!("well-behaved {}", self.name()))
    }

    async fn try_enter(self) -> Result<Link> {
        let options = Connect {
            keepalive_secs: KEEPALIVE_SECS,
            ..Connect::new(self.version(), format!("well-behaved-{}", self.name()))
        };
        let start = now_nanos();
        let stream = dial_from(Some(self.source()), self.target, |_| Ok(())).await?;
        let (mut link, _) = Link::greet(stream, &options, start).await?;
        if self.side == Side::Subscriber {
            link.subscribe(&self.topic(), Qos::AtLeastOnce).await?;
        }
        Ok(link)
    }

    /// Tries until it is let in again.
    async fn enter_again(self, meter: &Meter, why: &anyhow::Error) -> Link {
        meter.disconnected(&self.name(), why);
        loop {
            sleep(RETRY).await;
            if let Ok(link) = self.enter().await {
                return link;
            }
        }
    }

    async fn subscribe(self, mut link: Link, meter: Arc<Meter>) {
        let mut ping = interval(PING);
        loop {
            let turned = tokio::select! {
                turned = link.turn(|packet, out| {
                    match packet {
                        Packet::Publish(publish) => {
                            meter.delivered(self.pair, Stamp::read(publish.payload), now_nanos());
                            ensure!(publish.packet_id != 0, "broker delivered with QoS 0");
                            wire::ack(out, Ack::Puback, publish.packet_id);
                        }
                        Packet::Pingresp => {}
                        other => bail!("broker sent {other:?}"),
                    }
                    Ok(())
                }) => turned,
                _ = ping.tick() => {
                    wire::pingreq(&mut link.out);
                    Ok(())
                }
            };
            if let Err(error) = turned {
                link = self.enter_again(&meter, &error).await;
            }
        }
    }

    async fn publish(self, mut link: Link, beat: Beat, meter: Arc<Meter>) {
        let template = PublishTemplate::new(self.version(), &self.topic(), Qos::AtLeastOnce, PAYLOAD_BYTES);
        let publisher = u32::try_from(self.pair).unwrap_or(u32::MAX);
        let mut sequence = 0;
        loop {
            let turned = tokio::select! {
                turned = link.turn(|packet, _| {
                    match packet {
                        // 16 is "no matching subscribers": the subscriber was thrown out, which counts elsewhere.
                        Packet::Ack { ack: Ack::Puback, reason: 0 | 16, .. } => {}
                        Packet::Ack { .. } => meter.wrong(),
                        other => bail!("broker sent {other:?}"),
                    }
                    Ok(())
                }) => turned,
                () = beat.bell.notified() => {
                    let end = beat.schedule.due_before(now_nanos() + 1);
                    for sequence in sequence..end {
                        let sent_nanos = beat.schedule.due(sequence);
                        template.push(&mut link.out, packet_id(sequence), Stamp { publisher, sequence, sent_nanos });
                    }
                    sequence = sequence.max(end);
                    Ok(())
                }
            };
            if let Err(error) = turned {
                link = self.enter_again(&meter, &error).await;
            }
        }
    }
}

/// 1 to 65,535, over and over: far more than are ever without their ack.
fn packet_id(sequence: u64) -> u16 {
    (sequence % u64::from(u16::MAX)) as u16 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_ids_never_are_zero() {
        assert_eq!(packet_id(0), 1);
        assert_eq!(packet_id(65_534), 65_535);
        assert_eq!(packet_id(65_535), 1);
    }

    #[test]
    fn every_client_has_its_address() {
        let target = "127.0.0.1:1883".parse().unwrap();
        let of = |pair, side| Client { target, pair, side }.source();
        let mut all: Vec<_> = (0..120)
            .flat_map(|pair| [of(pair, Side::Publisher), of(pair, Side::Subscriber)])
            .collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 240);
        assert!(all.iter().all(|address| address.octets()[..3] == [127, 0, 2]));
    }
}
