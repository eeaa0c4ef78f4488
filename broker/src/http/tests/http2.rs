//! HTTP/2, frame by frame (RFC 9113): the same answers, and what only a client of HTTP/2 can do to waste time.

use super::super::deadline::{FIRST_REQUEST, IDLE};
use super::super::health::NodeState;
use super::{Link, all_modules};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::interval;
use vmq_config::HttpAuth;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Status lines as the encoder writes them: one of the static table, the others in Huffman code.
const STATUS_200: &[u8] = &[0x88];
const STATUS_404: &[u8] = &[0x8d];
const STATUS_413: &[u8] = &[0x48, 0x83, 0x68, 0x2c, 0xff];
const STATUS_414: &[u8] = &[0x48, 0x83, 0x68, 0x2d, 0x7f];
const STATUS_431: &[u8] = &[0x48, 0x83, 0x69, 0x90, 0xff];
const STATUS_401: &[u8] = &[0x48, 0x82, 0x68, 0x01];

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A string of HPACK without Huffman code, and its length as an integer with a prefix of seven bits.
fn text(value: &str) -> Vec<u8> {
    let mut length = value.len();
    let mut bytes = Vec::new();
    if length < 127 {
        bytes.push(u8::try_from(length).unwrap());
    } else {
        bytes.push(127);
        length -= 127;
        while length >= 128 {
            bytes.push(u8::try_from(length % 128).unwrap() | 128);
            length /= 128;
        }
        bytes.push(u8::try_from(length).unwrap());
    }
    bytes.extend(value.as_bytes());
    bytes
}

/// GET, scheme http, authority x.
fn get(path: &str, header: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x01, 1, b'x', 0x04];
    block.extend(text(path));
    if !header.is_empty() {
        block.extend([0, 1, b'h']);
        block.extend(text(header));
    }
    block
}

impl Link {
    async fn greet(&mut self) {
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        self.send(frame(SETTINGS, 0, 0, &[])).await;
    }

    async fn request(&mut self, stream: u32, path: &str, header: &str) {
        let block = get(path, header);
        self.send(frame(HEADERS, END_STREAM | END_HEADERS, stream, &block))
            .await;
    }

    async fn frame(&mut self) -> Frame {
        let mut head = [0; 9];
        self.client.read_exact(&mut head).await.unwrap();
        let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        let mut payload = vec![0; number(&head[..3]) as usize];
        self.client.read_exact(&mut payload).await.unwrap();
        Frame {
            kind: head[3],
            flags: head[4],
            stream: number(&head[5..]),
            payload,
        }
    }

    /// The next frame of a kind.
    async fn next(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.frame().await;
            if frame.kind == kind {
                return frame;
            }
        }
    }
}

#[tokio::test]
async fn requests_are_answered() {
    let mut link = Link::open();
    link.greet().await;
    link.request(1, "/health", "").await;
    let head = link.next(HEADERS).await;
    assert_eq!((head.stream, head.flags & END_HEADERS), (1, END_HEADERS));
    assert!(head.payload.starts_with(STATUS_200), "{:02x?}", head.payload);
    assert_eq!(link.next(DATA).await.payload, br#"{"status":"OK"}"#);
    link.request(3, "/nowhere", "").await;
    assert!(link.next(HEADERS).await.payload.starts_with(STATUS_404));
}

/// config.md 6.1, monitoring.md 4.1
#[tokio::test]
async fn the_same_bounds_and_keys_hold() {
    let mut link = Link::to(all_modules(HttpAuth::ApiKey), NodeState::default());
    link.greet().await;
    for (stream, path, header, status) in [
        (1, "/health", "", STATUS_401),
        (3, &*format!("/health/ping?{}", "a".repeat(200)), "", STATUS_414),
        (5, "/health/ping", &*"v".repeat(101), STATUS_431),
        (7, "/health/ping", "v", STATUS_200),
    ] {
        link.request(stream, path, header).await;
        let head = link.next(HEADERS).await;
        assert_eq!(head.stream, stream);
        assert!(
            head.payload.starts_with(status),
            "{stream}: {:02x?}",
            head.payload
        );
    }
}

/// More than the decoder keeps.
#[tokio::test]
async fn a_huge_head_is_refused() {
    let mut link = Link::open();
    link.greet().await;
    let block = get("/health", &"v".repeat(40_000));
    let pieces: Vec<&[u8]> = block.chunks(16_000).collect();
    for (n, piece) in pieces.iter().enumerate() {
        let (kind, end_stream) = if n == 0 {
            (HEADERS, END_STREAM)
        } else {
            (CONTINUATION, 0)
        };
        let end_headers = if n == pieces.len() - 1 { END_HEADERS } else { 0 };
        link.send(frame(kind, end_stream | end_headers, 1, piece)).await;
    }
    assert!(link.next(HEADERS).await.payload.starts_with(STATUS_431));
}

/// RFC 9113 8.1: a complete answer, then the stream is reset without an error.
#[tokio::test]
async fn a_large_body_is_refused() {
    let mut link = Link::open();
    link.greet().await;
    // POST, content-length.
    let mut block = get("/health", "");
    block[0] = 0x83;
    block.extend([0x0f, 0x0d]);
    block.extend(text("65537"));
    link.send(frame(HEADERS, END_HEADERS, 1, &block)).await;
    let head = link.next(HEADERS).await;
    assert!(head.payload.starts_with(STATUS_413), "{:02x?}", head.payload);
    assert_eq!(head.flags & END_STREAM, END_STREAM);
    let reset = link.next(RST_STREAM).await;
    assert_eq!((reset.stream, reset.payload), (1, vec![0; 4]));
    // The connection stays.
    link.request(3, "/health", "").await;
    assert_eq!(link.next(HEADERS).await.stream, 3);
}

#[tokio::test(start_paused = true)]
async fn pings_do_not_keep_a_connection() {
    let mut link = Link::open();
    link.greet().await;
    link.request(1, "/health", "").await;
    link.next(DATA).await;
    let opened = link.opened;
    let (mut reader, mut writer) = tokio::io::split(link.client);
    let pings = tokio::spawn(async move {
        let mut seconds = interval(Duration::from_secs(1));
        while writer.write_all(&frame(PING, 0, 0, &[7; 8])).await.is_ok() {
            seconds.tick().await;
        }
    });
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    drop(reader);
    link.server.await.unwrap();
    let least = IDLE.as_secs();
    assert!((least..=least + 4).contains(&opened.elapsed().as_secs()));
    pings.await.unwrap();
}

/// A head that has no end keeps the connection for itself, and not for long.
#[tokio::test(start_paused = true)]
async fn a_head_in_pieces_gains_no_time() {
    let mut link = Link::open();
    link.greet().await;
    link.send(frame(HEADERS, END_STREAM, 1, &get("/health", "")))
        .await;
    let secs = link.ended().await;
    assert!(secs <= FIRST_REQUEST.as_secs() + 4, "{secs} s");
}

/// CVE-2023-44487
#[tokio::test(start_paused = true)]
async fn streams_that_are_reset_at_once_end_the_connection() {
    let link = Link::open();
    let (mut reader, mut writer) = tokio::io::split(link.client);
    let flood = tokio::spawn(async move {
        let preface = [
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            frame(SETTINGS, 0, 0, &[]),
        ]
        .concat();
        writer.write_all(&preface).await.unwrap();
        let mut streams = 0_u32;
        loop {
            let stream = streams * 2 + 1;
            let head = frame(HEADERS, END_STREAM | END_HEADERS, stream, &get("/health", ""));
            let pair = [head, frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat();
            if streams == 100_000 || writer.write_all(&pair).await.is_err() {
                return streams;
            }
            streams += 1;
        }
    });
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    drop(reader);
    link.server.await.unwrap();
    assert!(flood.await.unwrap() < 100_000);
}

#[tokio::test(start_paused = true)]
async fn when_the_broker_stops_clients_are_told() {
    let mut link = Link::open();
    link.greet().await;
    link.request(1, "/health", "").await;
    link.next(DATA).await;
    link.stopping.send_replace(true);
    link.next(GOAWAY).await;
    // The last word: pings that find out what is still on its way.
    let ping = link.next(PING).await;
    link.send(frame(PING, ACK, 0, &ping.payload)).await;
    link.rest().await;
    drop(link.client);
    link.server.await.unwrap();
    assert!(link.opened.elapsed() < Duration::from_secs(2));
}
