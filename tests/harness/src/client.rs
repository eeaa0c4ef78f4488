//! `RawClient`: a socket that speaks packets and bytes. Whole exchanges (subscribe, publish with its acks) are in
//! `exchange`.
//!
//! Packets are split here, by hand, and decoded by `vmq-mqtt`. While an exchange waits for its ack, other packets are
//! parked and handed out later in the order in which they came.

use crate::stream::Stream;
use crate::tls::ClientTls;
use crate::transport::{self, Transport};
use crate::wait::{DEADLINE, within};
use crate::websocket::WebSocket;
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use vmq_mqtt::{Frame, Packet, ReasonCode, Version};

/// How long a message may be on its way from the store to a client that has just come.
const MOMENT: Duration = Duration::from_millis(25);

/// One connection of a test.
#[derive(Debug)]
pub struct RawClient {
    pub version: Version,
    stream: Stream,
    buffer: BytesMut,
    pub(crate) parked: VecDeque<Packet>,
    pub(crate) last_id: u16,
    may_be_cut: bool,
}

/// How the peer ended the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The closing message of the transport (FIN, after `close_notify` or a Close frame where there are such): all that
    /// was sent has arrived.
    Closed,
    /// RST, or an end without that message: what was on its way may be lost.
    Reset,
}

impl RawClient {
    /// A connection on which no MQTT has been sent, over what the address speaks.
    pub async fn open(address: SocketAddr, version: Version) -> Self {
        Self::try_open(address, version).await.unwrap()
    }

    /// The same, of a broker that may be gone.
    ///
    /// # Errors
    /// Nobody listens.
    pub async fn try_open(address: SocketAddr, version: Version) -> io::Result<Self> {
        Self::try_open_with(address, version, &ClientTls::default()).await
    }

    /// The same as somebody.
    ///
    /// # Errors
    /// Nobody listens, or the handshake failed.
    pub async fn try_open_with(address: SocketAddr, version: Version, tls: &ClientTls) -> io::Result<Self> {
        let opened = Stream::open(address, transport::spoken_at(address), tls);
        let stream = within(DEADLINE, "a connection", opened).await?;
        Ok(Self::new(stream, version))
    }

    /// A client on a TCP connection that exists, such as one on which a PROXY header was sent.
    ///
    /// # Errors
    /// The handshake failed.
    pub async fn over(tcp: TcpStream, transport: Transport, version: Version) -> io::Result<Self> {
        let tls = ClientTls::default();
        let opened = Stream::over(tcp, transport, &tls);
        let stream = within(DEADLINE, "a handshake", opened).await?;
        Ok(Self::new(stream, version))
    }

    /// A client on a stream that exists.
    #[must_use]
    pub fn new(stream: Stream, version: Version) -> Self {
        let (buffer, parked) = (BytesMut::new(), VecDeque::new());
        Self {
            version,
            stream,
            buffer,
            parked,
            last_id: 0,
            may_be_cut: false,
        }
    }

    /// The transport under the packets: frames, or what the handshake has shown.
    pub fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// The frames of a WebSocket.
    pub fn frames(&mut self) -> &mut WebSocket {
        self.stream.frames()
    }

    /// The broker will be killed: the connection may end inside a packet.
    #[must_use]
    pub fn may_be_cut(mut self) -> Self {
        self.may_be_cut = true;
        self
    }

    // === sending ===

    /// Sends a packet. That the peer has gone is noticed by the next read.
    pub async fn send(&mut self, packet: &Packet) {
        let mut bytes = BytesMut::new();
        vmq_mqtt::encode(packet, self.version, &mut bytes);
        assert!(!bytes.is_empty(), "{:?} has no packet {packet:?}", self.version);
        self.send_raw(&bytes).await;
    }

    /// Sends several packets in one write.
    pub async fn send_all(&mut self, packets: &[Packet]) {
        let mut bytes = BytesMut::new();
        for packet in packets {
            vmq_mqtt::encode(packet, self.version, &mut bytes);
        }
        self.send_raw(&bytes).await;
    }

    /// Sends bytes. That the peer has gone is noticed by the next read.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        if let Err(error) = self.try_send_raw(bytes).await {
            assert!(is_gone(&error), "cannot send: {error}");
        }
    }

    /// Sends bytes and tells whether the socket took them.
    ///
    /// # Errors
    /// The peer has gone.
    pub async fn try_send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        within(DEADLINE, "room to send", self.stream.send(bytes)).await
    }

    /// Vanishes without a DISCONNECT.
    pub fn drop_connection(self) {
        drop(self.stream);
    }

    /// Ends the sending direction only; what the broker still sends can be read. That the peer has gone is noticed by
    /// the next read.
    pub async fn shut_down(&mut self) {
        if let Err(error) = self.stream.shut_down().await {
            assert!(is_gone(&error), "cannot shut down: {error}");
        }
    }

    // === receiving ===

    /// The next packet.
    ///
    /// # Panics
    /// When the connection ends instead, or nothing comes.
    pub async fn recv(&mut self) -> Packet {
        match self.next().await {
            Ok(packet) => packet,
            Err(end) => panic!(
                "{:?}: the connection ended ({end:?}) where a packet was expected",
                self.version
            ),
        }
    }

    /// The next packet or the end of the connection.
    ///
    /// # Errors
    /// How the connection ended.
    pub async fn next(&mut self) -> Result<Packet, End> {
        if let Some(packet) = self.parked.pop_front() {
            return Ok(packet);
        }
        self.next_unparked().await
    }

    pub(crate) async fn next_unparked(&mut self) -> Result<Packet, End> {
        self.next_frame().await.map(|frame| self.decode(&frame))
    }

    /// All bytes of the next packet.
    pub async fn recv_raw(&mut self) -> Vec<u8> {
        assert!(
            self.parked.is_empty(),
            "packets were parked before: {:?}",
            self.parked
        );
        match self.next_frame().await {
            Ok(frame) => frame,
            Err(end) => panic!(
                "{:?}: the connection ended ({end:?}) where a packet was expected",
                self.version
            ),
        }
    }

    /// The next packet is exactly these bytes.
    pub async fn expect_raw(&mut self, expected: &[u8]) {
        let got = self.recv_raw().await;
        assert!(
            got == expected,
            "{:?}: expected {expected:02x?}, got {got:02x?}",
            self.version
        );
    }

    /// Everything until the connection ends.
    pub async fn read_to_end(&mut self) -> Vec<u8> {
        within(DEADLINE, "the end of the connection", async {
            while self.fill().await.is_ok() {}
        })
        .await;
        self.buffer.split().to_vec()
    }

    /// The connection ends, and nothing comes before that.
    pub async fn expect_close(&mut self) -> End {
        match self.next().await {
            Err(end) => end,
            Ok(packet) => panic!(
                "{:?}: expected the end of the connection, got {packet:?}",
                self.version
            ),
        }
    }

    /// How the broker ends a connection for a reason: version 5 DISCONNECT with the reason and then the end, 3.x just
    /// the end. The DISCONNECT never holds a Session Expiry Interval [MQTT5-3.14.2-2].
    pub async fn expect_end(&mut self, reason: ReasonCode) {
        if self.version == Version::V5 {
            match self.recv().await {
                Packet::Disconnect(packet) => {
                    assert_eq!(packet.reason, reason, "reason of the DISCONNECT");
                    let expiry = packet
                        .properties
                        .and_then(|properties| properties.session_expiry_secs);
                    assert_eq!(expiry, None, "the server sent a Session Expiry Interval");
                }
                other => panic!("expected DISCONNECT {reason:?}, got {other:?}"),
            }
        }
        self.expect_close().await;
    }

    /// A CONNECT with a fault that is answered by closing: nothing is sent, except that version 5 allows a CONNACK
    /// with an error before the end.
    pub async fn expect_connect_refused(&mut self) {
        match self.next().await {
            Err(_) => {}
            Ok(Packet::ConnAck(ack)) if self.version == Version::V5 && ack.reason.is_error() => {
                self.expect_close().await;
            }
            Ok(packet) => panic!("{:?}: expected a refused CONNECT, got {packet:?}", self.version),
        }
    }

    /// Nothing was sent to this client: PINGREQ is answered by PINGRESP and by nothing else. Twice, with a moment
    /// between, because what was queued before the first may still be on its way from the store.
    pub async fn expect_silence(&mut self) {
        for round in 0..2 {
            self.send(&Packet::PingReq).await;
            match self.next().await {
                Ok(Packet::PingResp) => {}
                other => panic!("{:?}: expected silence, got {other:?}", self.version),
            }
            if round == 0 {
                self.quiet_for(MOMENT).await;
            }
        }
    }

    /// The next packet, or nothing for a while. For collecting what comes, when the number is not known.
    pub async fn next_soon(&mut self) -> Option<Packet> {
        match timeout(10 * MOMENT, self.next()).await {
            Ok(Ok(packet)) => Some(packet),
            Ok(Err(end)) => panic!("{:?}: the connection ended ({end:?})", self.version),
            Err(_) => None,
        }
    }

    /// The connection stays open and nothing is sent for this time. For rules about time only; whether something was
    /// delivered is asked with `expect_silence`.
    pub async fn quiet_for(&mut self, time: Duration) {
        if let Some(packet) = self.parked.pop_front() {
            panic!("{:?}: expected silence, got {packet:?}", self.version);
        }
        if let Ok(got) = timeout(time, self.next_unparked()).await {
            panic!("{:?}: expected {time:?} of silence, got {got:?}", self.version);
        }
    }

    /// Packets came while something else was awaited, and `recv` has not handed them out yet.
    #[must_use]
    pub fn has_parked(&self) -> bool {
        !self.parked.is_empty()
    }

    /// Forgets parked packets that a test does not look at.
    pub fn forget_parked(&mut self, which: impl Fn(&Packet) -> bool) {
        self.parked.retain(|packet| !which(packet));
    }

    async fn next_frame(&mut self) -> Result<Vec<u8>, End> {
        let what = format!("a packet or the end of the connection ({:?})", self.version);
        within(DEADLINE, &what, async {
            loop {
                if let Some(length) = frame_length(&self.buffer) {
                    return Ok(self.buffer.split_to(length).to_vec());
                }
                if let Err(end) = self.fill().await {
                    assert!(
                        self.buffer.is_empty(),
                        "the connection ended inside a packet: {:02x?}",
                        self.buffer
                    );
                    return Err(end);
                }
            }
        })
        .await
    }

    async fn fill(&mut self) -> Result<(), End> {
        match self.stream.fill(&mut self.buffer).await {
            Ok(0) => Err(End::Closed),
            Ok(_) => Ok(()),
            Err(_) => Err(End::Reset),
        }
    }

    fn decode(&self, frame: &[u8]) -> Packet {
        let mut body = Bytes::copy_from_slice(frame);
        body.advance(header_length(frame).unwrap());
        let parts = Frame {
            first_byte: frame[0],
            body,
        };
        match vmq_mqtt::decode(parts, Some(self.version)) {
            Ok(packet) => packet,
            Err(error) => panic!(
                "{:?}: the broker sent a bad packet ({error}): {frame:02x?}",
                self.version
            ),
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::NotConnected
    )
}

/// Bytes of the fixed header, if it is complete.
fn header_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().skip(1).position(|byte| byte & 0x80 == 0)?;
    assert!(
        end < 4,
        "the broker sent a Remaining Length of more than four bytes"
    );
    Some(end + 2)
}

/// Bytes of the first packet, if it is complete.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let header = header_length(bytes)?;
    let remaining = bytes[1..header]
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7F));
    (bytes.len() >= header + remaining).then_some(header + remaining)
}
