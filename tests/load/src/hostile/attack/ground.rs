//! Ground: what all attackers share: where the broker is, from which addresses they come, and what they have counted.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::pace::Pace;
use super::packets::Hello;
use crate::link::{Link, dial_from};
use crate::wire::Version;
use crate::wire::scan::Packet;

/// Loopback addresses the attackers use, one after the other: the ports of one would not do.
const SOURCES: u32 = 64;
const FIRST_SOURCE: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);

/// After this long without a CONNACK the broker counts as silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Unsent bytes at which a flooding client waits.
const OUT_BYTES_MAX: usize = 512 * 1024;

/// Pause after a connect or CONNECT that failed: files or ports are used up, the broker's backlog is full, or it does not
/// want us. An attacker that is refused does not turn into a busy loop.
const DIAL_PAUSE: Duration = Duration::from_millis(20);

/// What the attackers of one phase have done and met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Achieved {
    /// TCP connections.
    pub(crate) connections: u64,
    /// TCP connects that failed or were not answered.
    pub(crate) connect_failures: u64,
    /// CONNACK with success.
    pub(crate) accepted: u64,
    /// CONNACK, SUBACK, ack or DISCONNECT with an error code.
    pub(crate) refusals: u64,
    /// Connections the broker ended.
    pub(crate) closed: u64,
    /// Packets sent, or pieces of what is none.
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl AddAssign for Achieved {
    fn add_assign(&mut self, other: Achieved) {
        self.connections += other.connections;
        self.connect_failures += other.connect_failures;
        self.accepted += other.accepted;
        self.refusals += other.refusals;
        self.closed += other.closed;
        self.sent += other.sent;
        self.received += other.received;
    }
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    connect_failures: AtomicU64,
    accepted: AtomicU64,
    refusals: AtomicU64,
    closed: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    source: AtomicU32,
}

#[derive(Clone, Debug)]
pub(super) struct Ground {
    target: SocketAddr,
    counts: Arc<Counts>,
}

impl Ground {
    pub(super) fn new(target: SocketAddr) -> Ground {
        Ground {
            target,
            counts: Arc::default(),
        }
    }

    pub(super) fn achieved(&self) -> Achieved {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Achieved {
            connections: read(&self.counts.connections),
            connect_failures: read(&self.counts.connect_failures),
            accepted: read(&self.counts.accepted),
            refusals: read(&self.counts.refusals),
            closed: read(&self.counts.closed),
            sent: read(&self.counts.sent),
            received: read(&self.counts.received),
        }
    }

    /// A socket, from the next of the source addresses. Closing it resets the connection.
    pub(super) async fn dial(&self) -> Option<TcpStream> {
        self.dial_prepared(|_| Ok(())).await
    }

    /// As `dial`; `prepare` sees the socket before it connects.
    pub(super) async fn dial_prepared(
        &self,
        prepare: impl FnOnce(&TcpSocket) -> io::Result<()>,
    ) -> Option<TcpStream> {
        let dialled = timeout(PATIENCE, self.try_dial(prepare)).await;
        if let Ok(Ok(stream)) = dialled {
            add(&self.counts.connections, 1);
            return Some(stream);
        }
        add(&self.counts.connect_failures, 1);
        tokio::time::sleep(DIAL_PAUSE).await;
        None
    }

    async fn try_dial(&self, prepare: impl FnOnce(&TcpSocket) -> io::Result<()>) -> io::Result<TcpStream> {
        let number = self.counts.source.fetch_add(1, Ordering::Relaxed) % SOURCES;
        let source = Ipv4Addr::from_bits(FIRST_SOURCE.to_bits() + number);
        let stream = dial_from(Some(source), self.target, prepare).await?;
        rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
        Ok(stream)
    }

    /// Connects and waits for a good CONNACK; `None` = there was none, and a short pause has passed.
    pub(super) async fn enter(&self, hello: &Hello) -> Option<Link> {
        let stream = self.dial().await?;
        let mut link = Link::over(stream, hello.version);
        hello.encode(&mut link.out);
        self.sent(1);
        let mut accepted = false;
        let answered = timeout(PATIENCE, self.turn_noting(&mut link, &mut accepted)).await;
        if answered == Ok(true) && accepted {
            return Some(link);
        }
        drop(link);
        tokio::time::sleep(DIAL_PAUSE).await;
        None
    }

    /// One read of whatever the broker says; `false` = it has closed, or said what is no MQTT.
    pub(super) async fn turn(&self, link: &mut Link) -> bool {
        self.turn_noting(link, &mut false).await
    }

    /// As `turn`; a good CONNACK sets `accepted`.
    async fn turn_noting(&self, link: &mut Link, accepted: &mut bool) -> bool {
        let counts = &self.counts;
        let turned = link
            .turn(|packet, out| {
                add(&counts.received, 1);
                match packet {
                    Packet::Connack { reason: 0, .. } => {
                        *accepted = true;
                        add(&counts.accepted, 1);
                    }
                    Packet::Connack { .. } | Packet::Disconnect { .. } => add(&counts.refusals, 1),
                    Packet::Suback { reason, .. } | Packet::Ack { reason, .. } => {
                        add(&counts.refusals, u64::from(reason >= 0x80));
                    }
                    Packet::Publish(publish) if publish.packet_id != 0 => {
                        crate::wire::ack(out, crate::wire::Ack::Puback, publish.packet_id);
                    }
                    Packet::Publish(_) | Packet::Unsuback { .. } | Packet::Pingresp => {}
                }
                Ok(())
            })
            .await;
        if turned.is_err() {
            self.closed();
        }
        turned.is_ok()
    }

    /// Reads until the broker closes.
    pub(super) async fn read_to_end(&self, link: &mut Link) {
        while self.turn(link).await {}
    }

    /// Sends what `make` appends, at `pace`, and reads everything, until the broker closes or `make` says that it is
    /// enough.
    pub(super) async fn push(
        &self,
        link: &mut Link,
        pace: &mut Pace,
        mut make: impl FnMut(&mut Vec<u8>) -> bool,
    ) {
        loop {
            let room = link.out.len() < OUT_BYTES_MAX;
            tokio::select! {
                open = self.turn(link) => if !open { return },
                () = pace.due(), if room => {
                    for _ in 0..pace.take(Instant::now()) {
                        self.sent(1);
                        if !make(&mut link.out) {
                            return;
                        }
                    }
                }
            }
        }
    }

    pub(super) fn sent(&self, packets: u64) {
        add(&self.counts.sent, packets);
    }

    pub(super) fn closed(&self) {
        add(&self.counts.closed, 1);
    }
}

/// A client id nobody else has.
pub(super) fn client_id(attack: &str, number: usize) -> String {
    format!("hostile-{attack}-{number}")
}

/// Attackers alternate between the versions.
pub(super) fn version(number: usize) -> Version {
    if number.is_multiple_of(2) {
        Version::V5
    } else {
        Version::V311
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
