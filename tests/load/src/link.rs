//! One connection to the broker: handshake, one read per turn, whatever there is to write in one write.
//!
//! Holds: an idle link owns no read buffer; bytes are read into a buffer of the thread and only an incomplete packet
//! is kept. Publishers and subscribers own a link each; nothing else touches the socket.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};

use crate::measure::{Counter, Latency, Meter};
use crate::stamp::now_nanos;
use crate::transport::Transport;
use crate::wire::scan::{self, PACKET_BYTES_MAX, Packet};
use crate::wire::{self, Connect, Qos, Version};

/// Read buffer of a thread. Large enough that a full socket buffer is few reads, small enough for the cache.
const READ_BYTES: usize = 128 * 1024;

/// Connections from one loopback address before the next one is used: below the smallest usual port range.
const PORTS_PER_ADDRESS: usize = 25_000;

thread_local! {
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// What the CONNACK said and how long it took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Welcome {
    pub(crate) session_present: bool,
    pub(crate) receive_maximum: u16,
    /// From the call of `connect` on the socket to the CONNACK.
    pub(crate) connack_nanos: u64,
}

#[derive(Debug)]
pub(crate) struct Link {
    stream: Transport,
    version: Version,
    /// Start of a packet whose end has not come; behind the first packet of a handshake, whatever came with it.
    partial: Vec<u8>,
    /// There may be whole packets in `partial`.
    held: bool,
    /// Bytes to write, from `written` on.
    pub(crate) out: Vec<u8>,
    written: usize,
    presence: Option<Presence>,
}

/// A connection that a meter has counted; it is told when the link is dropped.
#[derive(Debug)]
struct Presence(Arc<Meter>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.add(Counter::Ended, 1);
    }
}

impl Link {
    /// Connects and waits for the CONNACK. `number` is the connection's, to choose a loopback address.
    pub(crate) async fn open(
        target: SocketAddr,
        number: usize,
        options: &Connect,
    ) -> Result<(Link, Welcome)> {
        let start = now_nanos();
        let stream = dial(target, number)
            .await
            .with_context(|| format!("cannot connect to {target}"))?;
        let stream = Transport::over(stream, &options.way).await?;
        Link::greet(stream, options, start).await
    }

    /// The same from one of our addresses.
    pub(crate) async fn open_from(
        source: IpAddr,
        target: SocketAddr,
        options: &Connect,
    ) -> Result<(Link, Welcome)> {
        let start = now_nanos();
        let socket = if target.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket
            .bind(SocketAddr::new(source, 0))
            .with_context(|| format!("cannot connect from {source}"))?;
        let stream = socket
            .connect(target)
            .await
            .with_context(|| format!("cannot connect to {target} from {source}"))?;
        stream.set_nodelay(true)?;
        let stream = Transport::over(stream, &options.way).await?;
        Link::greet(stream, options, start).await
    }

    /// Says CONNECT on a new connection and waits for the CONNACK. `start`: when it was asked for, by `now_nanos`.
    pub(crate) async fn greet(
        stream: impl Into<Transport>,
        options: &Connect,
        start: u64,
    ) -> Result<(Link, Welcome)> {
        let mut link = Link::over(stream, options.version);
        wire::connect(&mut link.out, options);
        let mut welcome = None;
        while welcome.is_none() {
            // The messages of a session that comes back may follow at once: they stay for later.
            link.turn_one(|packet, _| match packet {
                Packet::Connack {
                    reason: 0,
                    session_present,
                    receive_maximum,
                } => {
                    let connack_nanos = now_nanos() - start;
                    welcome = Some(Welcome {
                        session_present,
                        receive_maximum,
                        connack_nanos,
                    });
                    Ok(())
                }
                other => bail!("broker answered the CONNECT with {other:?}"),
            })
            .await?;
        }
        link.release_memory();
        Ok((link, welcome.context("no CONNACK")?))
    }

    /// A connection on which nothing has been said yet.
    pub(crate) fn over(stream: impl Into<Transport>, version: Version) -> Link {
        Link {
            stream: stream.into(),
            version,
            partial: Vec::new(),
            held: false,
            out: Vec::new(),
            written: 0,
            presence: None,
        }
    }

    /// From now on `meter` counts this connection and times its subscriptions.
    pub(crate) fn count_in(&mut self, meter: &Arc<Meter>, welcome: &Welcome) {
        meter.add(Counter::Connects, 1);
        meter.time(Latency::Connack, welcome.connack_nanos);
        self.presence = Some(Presence(Arc::clone(meter)));
    }

    /// Subscribes to one filter and waits for the SUBACK, which must grant `qos`.
    pub(crate) async fn subscribe(&mut self, filter: &str, qos: Qos) -> Result<()> {
        wire::subscribe(&mut self.out, self.version, 1, filter, qos);
        let asked = now_nanos();
        let mut granted = None;
        while granted.is_none() {
            self.turn_one(|packet, _| match packet {
                Packet::Suback { packet_id: 1, reason } => {
                    granted = Some(reason);
                    Ok(())
                }
                // Of another subscription; whoever subscribes to more amid traffic does not count what comes.
                Packet::Publish(publish) if publish.qos == Qos::AtMostOnce => Ok(()),
                other => bail!("broker answered the SUBSCRIBE with {other:?}"),
            })
            .await?;
        }
        if let Some(Presence(meter)) = &self.presence {
            meter.time(Latency::Suback, now_nanos().saturating_sub(asked));
            meter.add(Counter::Subacks, 1);
            meter.add(Counter::SubackErrors, u64::from(granted >= Some(0x80)));
        }
        self.release_memory();
        ensure!(
            granted == Some(qos.level()),
            "broker granted {granted:?} instead of qos {}",
            qos.level()
        );
        Ok(())
    }

    /// Writes a DISCONNECT and waits until the broker closes, so that no port is left in TIME_WAIT on our side.
    pub(crate) async fn close(mut self) {
        wire::disconnect(&mut self.out);
        while self.turn(|_, _| Ok(())).await.is_ok() {}
    }

    /// Writes what is pending, waits for bytes, and gives every complete packet of one read to `handle`.
    pub(crate) async fn turn(
        &mut self,
        mut handle: impl FnMut(Packet<'_>, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        std::future::poll_fn(|cx| {
            self.poll_flush(cx)?;
            ready!(self.poll_read_batch(cx, &mut handle))?;
            self.poll_flush(cx)?;
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// The same, but ends too when everything is written.
    pub(crate) async fn turn_or_flush(
        &mut self,
        mut handle: impl FnMut(Packet<'_>, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        std::future::poll_fn(|cx| {
            if self.poll_flush(cx)? {
                return Poll::Ready(Ok(()));
            }
            self.poll_read_batch(cx, &mut handle)
        })
        .await
    }

    /// Nothing waits to be written.
    pub(crate) fn is_flushed(&self) -> bool {
        self.out.is_empty()
    }

    /// The same, but no more than one packet; none at all when only a part of it has come.
    async fn turn_one(
        &mut self,
        mut handle: impl FnMut(Packet<'_>, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        std::future::poll_fn(|cx| {
            self.poll_flush(cx)?;
            self.poll_packets(cx, true, &mut handle)
        })
        .await
    }

    /// Reads what is there, if anything is, and forgets it.
    pub(crate) async fn read_once(&mut self) -> Result<()> {
        std::future::poll_fn(|cx| match self.poll_read_batch(cx, &mut |_, _| Ok(())) {
            Poll::Pending => Poll::Ready(Ok(())),
            ready => ready,
        })
        .await
    }

    /// Writes as much of `out` as the socket takes. `true`: nothing is left; else the task is woken when there is
    /// room.
    pub(crate) fn poll_flush(&mut self, cx: &mut TaskContext<'_>) -> Result<bool> {
        while self.written < self.out.len() {
            let pending = &self.out[self.written..];
            match Pin::new(&mut self.stream).poll_write(cx, pending) {
                Poll::Pending => return Ok(false),
                Poll::Ready(written) => self.written += written.context("cannot write to the broker")?,
            }
        }
        self.out.clear();
        self.written = 0;
        if self.stream.is_plain() {
            return Ok(true);
        }
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Pending => Ok(false),
            Poll::Ready(flushed) => flushed.map(|()| true).context("cannot write to the broker"),
        }
    }

    /// One read, and every complete packet of it to `handle`, which may append answers to `out`. An error when the
    /// broker has closed, or when what it sent is no MQTT.
    pub(crate) fn poll_read_batch(
        &mut self,
        cx: &mut TaskContext<'_>,
        handle: &mut impl FnMut(Packet<'_>, &mut Vec<u8>) -> Result<()>,
    ) -> Poll<Result<()>> {
        self.poll_packets(cx, false, handle)
    }

    fn poll_packets(
        &mut self,
        cx: &mut TaskContext<'_>,
        only_one: bool,
        handle: &mut impl FnMut(Packet<'_>, &mut Vec<u8>) -> Result<()>,
    ) -> Poll<Result<()>> {
        if std::mem::take(&mut self.held) {
            let held = std::mem::take(&mut self.partial);
            self.partial = self.scan_all(&held, only_one, handle)?.to_vec();
            return Poll::Ready(Ok(()));
        }
        READ_BUFFER.with_borrow_mut(|buffer| {
            let kept = self.partial.len();
            if buffer.len() < kept + READ_BYTES / 2 {
                buffer.resize(kept + READ_BYTES, 0);
            }
            let mut into = ReadBuf::new(&mut buffer[kept..]);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut into))
                .context("cannot read from the broker")?;
            let end = kept + into.filled().len();
            ensure_open(end > kept)?;
            buffer[..kept].copy_from_slice(&self.partial);
            let rest = self.scan_all(&buffer[..end], only_one, handle)?;
            self.partial.clear();
            self.partial.extend_from_slice(rest);
            Poll::Ready(Ok(()))
        })
    }

    /// Handles the complete packets of `bytes`, or only the first, and returns what is left.
    fn scan_all<'a>(
        &mut self,
        mut bytes: &'a [u8],
        only_one: bool,
        handle: &mut impl FnMut(Packet<'_>, &mut Vec<u8>) -> Result<()>,
    ) -> Result<&'a [u8]> {
        loop {
            match scan::next(bytes, self.version) {
                Ok(Some((packet, used))) => {
                    handle(packet, &mut self.out)?;
                    bytes = &bytes[used..];
                    if only_one {
                        self.held = !bytes.is_empty();
                        return Ok(bytes);
                    }
                }
                Ok(None) => break,
                Err(malformed) => bail!("broker sent a wrong packet: {}", malformed.0),
            }
        }
        ensure!(
            bytes.len() <= PACKET_BYTES_MAX + 5,
            "broker sent a packet without end"
        );
        Ok(bytes)
    }

    /// Gives back the buffers of the handshake: an idle connection costs a socket and this struct.
    fn release_memory(&mut self) {
        self.partial.shrink_to_fit();
        if self.out.is_empty() {
            self.out = Vec::new();
        }
    }
}

fn ensure_open(open: bool) -> Result<()> {
    if open {
        Ok(())
    } else {
        bail!("broker closed the connection")
    }
}

/// Connects without Nagle's delay. On loopback, every `PORTS_PER_ADDRESS` connections have their own source address.
async fn dial(target: SocketAddr, number: usize) -> std::io::Result<TcpStream> {
    let block = number / PORTS_PER_ADDRESS;
    let source = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + u32::try_from(block).unwrap_or(0));
    dial_from((block > 0).then_some(source), target, |_| Ok(())).await
}

/// Connects without Nagle's delay, from `source` where the target is on loopback. `prepare` sees the socket before.
pub(crate) async fn dial_from(
    source: Option<Ipv4Addr>,
    target: SocketAddr,
    prepare: impl FnOnce(&TcpSocket) -> std::io::Result<()>,
) -> std::io::Result<TcpStream> {
    let socket = if target.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if let Some(source) = source
        && target.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST)
    {
        socket.bind(SocketAddr::new(source.into(), 0))?;
    }
    prepare(&socket)?;
    let stream = socket.connect(target).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
