//! The client side of WebSocket, built by hand: a test sends frames that no library would, and judges those of the
//! broker without the library that made them.

use crate::stream::ByteStream;
use bytes::{Buf, Bytes, BytesMut};
use std::fmt::Write as _;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The last frame of a message.
pub const FIN: u8 = 0x80;
/// Reserved for extensions, of which there are none.
pub const RSV1: u8 = 0x40;
pub const CONTINUATION: u8 = 0;
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// Key and answer of the example in RFC 6455, 1.3: nothing needs to be computed.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// More than any answer of the suite: a broker that goes on is at fault.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// A connection after the upgrade.
pub struct WebSocket {
    stream: Box<dyn ByteStream>,
    received: BytesMut,
    /// The closing handshake is over; only the end of the stream may follow.
    closed: bool,
}

/// A frame of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// FIN, RSV and opcode.
    pub first: u8,
    pub payload: Bytes,
}

/// A request to upgrade, in the making.
#[derive(Clone, Debug)]
pub struct Request {
    line: String,
    headers: Vec<(&'static str, String)>,
}

/// The head of an answer.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// What followed the head.
    pub rest: BytesMut,
}

impl Default for Request {
    /// As an MQTT client asks.
    fn default() -> Self {
        let request = Self {
            line: "GET /mqtt HTTP/1.1".to_owned(),
            headers: Vec::new(),
        };
        request
            .header("Host", "localhost")
            .header("Upgrade", "websocket")
            .header("Connection", "Upgrade")
            .header("Sec-WebSocket-Key", KEY)
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Protocol", "mqtt")
    }
}

impl Request {
    /// Another request line.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        line.clone_into(&mut self.line);
        self
    }

    /// Sets a header in the place of the one of the same name.
    #[must_use]
    pub fn header(self, name: &'static str, value: &str) -> Self {
        self.without(name).further_header(name, value)
    }

    /// Adds a header beside those of the same name.
    #[must_use]
    pub fn further_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Leaves a header out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self
    }

    /// The bytes.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        text + "\r\n"
    }

    /// Sends it and reads the head of the answer.
    ///
    /// # Errors
    /// The connection ended before that.
    pub async fn send(&self, stream: &mut impl ByteStream) -> io::Result<Response> {
        stream.write_all(self.text().as_bytes()).await?;
        stream.flush().await?;
        read_response(stream).await
    }
}

impl Response {
    /// The only header of a name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let value = values.next()?;
        assert!(values.next().is_none(), "{name} twice: {self:?}");
        Some(&value.1)
    }
}

/// Reads the head of an answer.
///
/// # Errors
/// The connection ended before that.
pub async fn read_response(stream: &mut impl ByteStream) -> io::Result<Response> {
    let mut received = BytesMut::new();
    let end = loop {
        if let Some(at) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break at;
        }
        assert!(received.len() < HEAD_BYTES_MAX, "an endless head: {received:?}");
        if stream.read_buf(&mut received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = received.split_to(end + 4);
    let head = std::str::from_utf8(&head).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap();
    assert!(status.starts_with("HTTP/1.1 "), "{head}");
    let headers = lines.filter(|line| !line.is_empty()).map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_owned(), value.trim().to_owned())
    });
    Ok(Response {
        status: status[9..12].parse().unwrap(),
        headers: headers.collect(),
        rest: received,
    })
}

impl WebSocket {
    /// Upgrades as an MQTT client does.
    ///
    /// # Errors
    /// The connection ended before that.
    ///
    /// # Panics
    /// The broker does not want to.
    pub async fn open(stream: Box<dyn ByteStream>) -> io::Result<Self> {
        Self::open_with(stream, &Request::default()).await
    }

    /// Upgrades with a request of the test's own.
    ///
    /// # Errors
    /// The connection ended before that.
    ///
    /// # Panics
    /// The broker does not want to.
    pub async fn open_with(mut stream: Box<dyn ByteStream>, request: &Request) -> io::Result<Self> {
        let response = request.send(&mut stream).await?;
        assert_eq!(response.status, 101, "{response:?}");
        assert_eq!(
            response.header("Sec-WebSocket-Accept"),
            Some(ACCEPT),
            "{response:?}"
        );
        let extensions = response.header("Sec-WebSocket-Extensions");
        assert_eq!(extensions, None, "{response:?}");
        Ok(Self {
            stream,
            received: response.rest,
            closed: false,
        })
    }

    // === sending ===

    /// Sends bytes in one binary frame.
    ///
    /// # Errors
    /// The peer has gone.
    pub async fn send_binary(&mut self, payload: &[u8]) -> io::Result<()> {
        self.send_frame(FIN | BINARY, payload).await
    }

    /// Sends a frame whose first byte is given.
    ///
    /// # Errors
    /// The peer has gone.
    pub async fn send_frame(&mut self, first: u8, payload: &[u8]) -> io::Result<()> {
        self.send_raw(&frame(first, payload)).await
    }

    /// Sends a Close frame.
    ///
    /// # Errors
    /// The peer has gone.
    pub async fn send_close(&mut self, code: u16) -> io::Result<()> {
        self.send_frame(FIN | CLOSE, &code.to_be_bytes()).await
    }

    /// Sends bytes that may be no frame.
    ///
    /// # Errors
    /// The peer has gone.
    pub async fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    // === receiving ===

    /// The next frame, whatever it is. May be given up at any time.
    ///
    /// # Errors
    /// The connection ended.
    ///
    /// # Panics
    /// A server must not send this.
    pub async fn next_frame(&mut self) -> io::Result<Frame> {
        loop {
            if let Some(frame) = parse(&mut self.received) {
                return Ok(frame);
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// The code of the Close frame, which must be the next one, and then the end of the connection.
    pub async fn expect_close(&mut self) -> u16 {
        let frame = self.next_frame().await.unwrap();
        assert_eq!(frame.first, FIN | CLOSE, "{frame:?}");
        let mut payload = frame.payload;
        let code = payload.get_u16();
        self.finish(code).await.unwrap();
        code
    }

    /// Payloads of binary frames; 0 = Close and then FIN.
    pub(crate) async fn fill(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        while !self.closed {
            let frame = self.next_frame().await?;
            match frame.first & 0x0F {
                BINARY | CONTINUATION if !frame.payload.is_empty() => {
                    buffer.extend_from_slice(&frame.payload);
                    return Ok(frame.payload.len());
                }
                BINARY | CONTINUATION | PONG => {}
                CLOSE => self.closed = true,
                _ => panic!("the broker sent {frame:?}"),
            }
        }
        self.finish(1000).await?;
        Ok(0)
    }

    /// Answers a Close and waits for the end of the stream.
    async fn finish(&mut self, code: u16) -> io::Result<()> {
        // The broker may have gone without waiting for it.
        self.send_close(code).await.ok();
        self.received.clear();
        let after = self.stream.read_buf(&mut self.received).await?;
        assert_eq!(after, 0, "after its Close the broker sent {:?}", self.received);
        Ok(())
    }
}

/// A frame as a client must send it.
#[must_use]
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, true, payload.len() as u64);
    bytes.extend_from_slice(&MASK);
    bytes.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    bytes
}

/// A frame without a mask, as only a server may send it.
#[must_use]
pub fn unmasked_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, false, payload.len() as u64);
    bytes.extend_from_slice(payload);
    bytes
}

/// The head of a frame with an announced length, in the shortest form; mask and payload are to follow.
#[must_use]
pub fn head(first: u8, masked: bool, length: u64) -> Vec<u8> {
    let mask_bit = u8::from(masked) << 7;
    let mut bytes = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => bytes.push(mask_bit | short),
        (_, Ok(medium)) => {
            bytes.push(mask_bit | 126);
            bytes.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            bytes.push(mask_bit | 127);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes
}

/// Takes the first frame of a server, if it is complete.
fn parse(received: &mut BytesMut) -> Option<Frame> {
    let (&first, &second) = (received.first()?, received.get(1)?);
    assert_eq!(first & 0x70, 0, "a reserved bit in a frame of the broker");
    assert_eq!(second & 0x80, 0, "the broker masked a frame");
    let (head, length) = match second {
        126 => (
            4,
            u64::from(u16::from_be_bytes(received.get(2..4)?.try_into().unwrap())),
        ),
        127 => (10, u64::from_be_bytes(received.get(2..10)?.try_into().unwrap())),
        short => (2, u64::from(short)),
    };
    let shortest = match length {
        0..126 => 2,
        126..65536 => 4,
        _ => 10,
    };
    assert_eq!(head, shortest, "a length of {length} in a head of {head} bytes");
    let end = head + usize::try_from(length).unwrap();
    if received.len() < end {
        return None;
    }
    received.advance(head);
    let payload = received.split_to(end - head).freeze();
    Some(Frame { first, payload })
}
