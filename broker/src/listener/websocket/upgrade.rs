//! The upgrade: reads the request's head within bounds, answers it, and hands on what came behind it.
//!
//! How long it may take is the caller's affair; dropping the future closes the connection and nothing else.

use super::WebSocket;
use super::forwarded;
use super::head::Head;
use super::refusal::UpgradeRefusal;
use bytes::BytesMut;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use vmq_config::WebSocketConfig;

/// Bytes of a head beside the request line and the longest value that the listener allows.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Bytes of one read of the head; most heads are shorter.
const READ_BYTES: usize = 1024;

/// Bytes of a refused client that are thrown away at most.
const LEFTOVER_BYTES_MAX: usize = 64 * 1024;

/// What the upgrade told about the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upgraded {
    /// From `X-Forwarded-For`; `None` = the peer of the socket is the client.
    pub client: Option<IpAddr>,
    /// From the proxy: replaces the username of CONNECT.
    pub username: Option<String>,
}

/// Turns an HTTP connection into a WebSocket. `peer` is the other end of the socket, `None` for a Unix socket; `proxied`
/// says that a PROXY header has named the client already, which leaves `X-Forwarded-For` out of it.
///
/// # Errors
/// The request is not one for MQTT over WebSocket. The client was told why.
pub async fn upgrade<S>(
    mut stream: S,
    config: &WebSocketConfig,
    peer: Option<IpAddr>,
    proxied: bool,
) -> Result<(WebSocket<S>, Upgraded), UpgradeRefusal>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut received = BytesMut::new();
    let verdict = match read_head(&mut stream, &mut received, config).await {
        Ok(head_bytes) => {
            let head = received.split_to(head_bytes);
            judge(&head, config, peer, proxied)
        }
        Err(refusal) => Err(refusal),
    };
    match verdict {
        Ok((response, upgraded)) => {
            say(&mut stream, &response)
                .await
                .map_err(|_| UpgradeRefusal::PeerClosed)?;
            Ok((WebSocket::with_early(stream, config, received), upgraded))
        }
        Err(refusal) => {
            refuse(&mut stream, refusal).await;
            Err(refusal)
        }
    }
}

/// A head to the answer for it.
fn judge(
    head: &[u8],
    config: &WebSocketConfig,
    peer: Option<IpAddr>,
    proxied: bool,
) -> Result<(String, Upgraded), UpgradeRefusal> {
    let head = Head::parse(head, config)?;
    head.check_request()?;
    let upgraded = match &config.forwarded_for {
        Some(forwarded_for) if !proxied => forwarded::read(&head, forwarded_for, peer)?,
        _ => Upgraded::default(),
    };
    let answer = head.check_offer()?;
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {}\r\n\r\n",
        derive_accept_key(answer.key.as_bytes()),
        answer.subprotocol
    );
    Ok((response, upgraded))
}

/// Reads until the head is complete, and returns its length in bytes.
async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut S,
    received: &mut BytesMut,
    config: &WebSocketConfig,
) -> Result<usize, UpgradeRefusal> {
    let head_bytes_max = HEAD_BYTES_MAX
        .saturating_add(config.request_line_max)
        .saturating_add(config.header_value_max);
    let mut end = HeadEnd::default();
    loop {
        received.reserve(READ_BYTES);
        match stream.read_buf(received).await {
            Ok(n) if n > 0 => {}
            _ => return Err(UpgradeRefusal::PeerClosed),
        }
        // MQTT without WebSocket, or TLS: no request will come of it.
        if !received[0].is_ascii_uppercase() {
            return Err(UpgradeRefusal::BadRequest);
        }
        let found = end.find(received);
        let line_bytes = end.line_bytes.unwrap_or_else(|| without_cr(received).len());
        if line_bytes > config.request_line_max {
            return Err(UpgradeRefusal::UriTooLong);
        }
        if found.unwrap_or(received.len()) > head_bytes_max {
            return Err(UpgradeRefusal::HeadersTooLarge);
        }
        if let Some(head_bytes) = found {
            return Ok(head_bytes);
        }
    }
}

/// Looks for the empty line, each byte once however the head is cut.
#[derive(Debug, Default)]
struct HeadEnd {
    /// Bytes looked at.
    seen: usize,
    /// Where the present line begins.
    line_start: usize,
    /// The length of the first line without its end.
    line_bytes: Option<usize>,
}

impl HeadEnd {
    /// The length of the head in bytes, once it is complete.
    fn find(&mut self, received: &[u8]) -> Option<usize> {
        while let Some(n) = received[self.seen..].iter().position(|byte| *byte == b'\n') {
            let line = &received[self.line_start..self.seen + n];
            let line = without_cr(line);
            self.line_bytes.get_or_insert(line.len());
            self.seen += n + 1;
            self.line_start = self.seen;
            if line.is_empty() {
                return Some(self.seen);
            }
        }
        self.seen = received.len();
        None
    }
}

/// The carriage return may be the first half of the line's end, whose other half is still on its way.
fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, response: &str) -> io::Result<()> {
    stream.write_all(response.as_bytes()).await?;
    stream.flush().await
}

/// Answers and closes. A client that is gone misses nothing.
async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, refusal: UpgradeRefusal) {
    let Some(response) = refusal.response() else {
        return;
    };
    if say(stream, &response).await.is_ok() && stream.shutdown().await.is_ok() {
        discard_arrived(stream).await;
    }
}

/// Throws away what has arrived, without waiting for more: closing over unread bytes resets the connection, and the answer
/// is lost.
async fn discard_arrived<S: AsyncRead + Unpin>(stream: &mut S) {
    let mut left = LEFTOVER_BYTES_MAX;
    poll_fn(|cx| {
        while left > 0 {
            let mut scrap = [0; READ_BYTES];
            let mut scrap = ReadBuf::new(&mut scrap);
            match Pin::new(&mut *stream).poll_read(cx, &mut scrap) {
                Poll::Ready(Ok(())) if !scrap.filled().is_empty() => {
                    left = left.saturating_sub(scrap.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(())
    })
    .await;
}
