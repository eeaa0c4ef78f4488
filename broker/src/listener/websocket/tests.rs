//! WebSocket as bytes in and bytes out: what a client may send, what it gets.

mod upgrading;
mod proxied;
mod reading;
mod writing;
mod hostile;
mod library;

use super::{Violation, WebSocket};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use vmq_config::WebSocketConfig;

const BINARY: u8 = 0x82;
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

fn config() -> WebSocketConfig {
    WebSocketConfig {
        frame_bytes_max: Some(256 * 1024 * 1024),
        request_line_max: 8000,
        header_value_max: 4096,
        forwarded_for: None,
    }
}

fn server(room: usize) -> (DuplexStream, WebSocket<DuplexStream>) {
    let (client, stream) = tokio::io::duplex(room);
    (client, WebSocket::server(stream, &config()))
}

/// The header of a client's frame with its mask.
fn header(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(0x80 | length as u8),
        126..65536 => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes
}

const MASK: [u8; 4] = [0x11, 0xa2, 0x33, 0xc4];

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, payload.len() as u64);
    bytes.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}

/// One frame of the server.
async fn answer(client: &mut DuplexStream) -> (u8, Vec<u8>) {
    let first = client.read_u8().await.unwrap();
    let length = match client.read_u8().await.unwrap() {
        126 => u64::from(client.read_u16().await.unwrap()),
        127 => client.read_u64().await.unwrap(),
        short => u64::from(short),
    };
    let mut payload = vec![0; length as usize];
    client.read_exact(&mut payload).await.unwrap();
    (first, payload)
}

/// The code of the server's close frame, which is the next frame.
async fn close_code(client: &mut DuplexStream) -> u16 {
    let (first, payload) = answer(client).await;
    assert_eq!(first, CLOSE);
    u16::from_be_bytes([payload[0], payload[1]])
}

/// Reads until the end of the stream or an error.
async fn read_all(socket: &mut WebSocket<DuplexStream>) -> (Vec<u8>, io::Result<()>) {
    let mut all = Vec::new();
    let mut buffer = [0; 1000];
    loop {
        match socket.read(&mut buffer).await {
            Ok(0) => return (all, Ok(())),
            Ok(n) => all.extend(&buffer[..n]),
            Err(error) => return (all, Err(error)),
        }
    }
}

/// Polls once; nobody is woken.
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Feeds `bytes`, and expects `violation` with its close code.
async fn violates(bytes: &[u8], violation: Violation, code: u16) {
    let (mut client, mut socket) = server(4096);
    client.write_all(bytes).await.unwrap();
    let error = read_all(&mut socket).await.1.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(Violation::of_io(&error), Some(violation));
    assert_eq!(close_code(&mut client).await, code);
    let refused = socket.write(b"late").await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::BrokenPipe);
}
