//! Frames out: what was taken arrives once, in order, and waits for the client where it must.

use super::*;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that takes a few bytes at a time, of several buffers at once.
struct Trickle(DuplexStream, usize);

impl AsyncRead for Trickle {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Trickle {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let n = data.len().min(self.1);
        Pin::new(&mut self.0).poll_write(cx, &data[..n])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let data: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        self.poll_write(cx, &data)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Payload of binary frames up to the close frame, whose code must be 1000; and the number of frames.
async fn received(client: &mut DuplexStream) -> (Vec<u8>, usize) {
    let (mut all, mut frames) = (Vec::new(), 0);
    loop {
        match answer(client).await {
            (BINARY, payload) => all.extend(payload),
            (CLOSE, payload) => {
                assert_eq!(payload, [0x03, 0xe8]);
                let mut rest = Vec::new();
                client.read_to_end(&mut rest).await.unwrap();
                assert!(rest.is_empty(), "bytes behind the close frame");
                return (all, frames);
            }
            other => panic!("{other:?}"),
        }
        frames += 1;
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn one_write_is_one_frame_of_at_most_64_kib() {
    let (mut client, mut socket) = server(1024 * 1024);
    for (length, taken) in [
        (1, 1),
        (125, 125),
        (126, 126),
        (65_535, 65_535),
        (65_536, 65_536),
        (100_000, 65_536),
    ] {
        assert_eq!(socket.write(&pattern(length)).await.unwrap(), taken);
        socket.flush().await.unwrap();
        assert_eq!(answer(&mut client).await, (BINARY, pattern(taken)));
        assert_eq!(socket.heap_bytes(), 0);
    }
    assert_eq!(socket.write(b"").await.unwrap(), 0);
}

#[tokio::test]
async fn a_full_socket_takes_nothing_more_and_loses_nothing() {
    let data = pattern(400_000);
    let (mut client, mut socket) = server(1000);
    // The first frame is taken whole, the second has to wait.
    let n = socket.write(&data).await.unwrap();
    assert_eq!(n, 65_536);
    for _ in 0..10 {
        assert!(poll_once(socket.write(&data[n..])).is_pending());
        assert!(poll_once(socket.flush()).is_pending());
    }
    assert!(socket.heap_bytes() <= 65_536 + 10, "{}", socket.heap_bytes());
    let rest = data[n..].to_vec();
    let writing = tokio::spawn(async move {
        socket.write_all(&rest).await.unwrap();
        socket.shutdown().await.unwrap();
        socket
    });
    let (all, frames) = received(&mut client).await;
    assert!(all == data);
    assert_eq!(frames, 7);
    assert_eq!(writing.await.unwrap().heap_bytes(), 0);
}

#[tokio::test]
async fn vectored_writes_may_stop_anywhere() {
    for step in [1, 2, 3, 4, 5, 9, 10, 11, 64] {
        let (mut client, stream) = tokio::io::duplex(7);
        let mut socket = WebSocket::server(Trickle(stream, step), &config());
        let data = pattern(3000);
        let sent = data.clone();
        let writing = tokio::spawn(async move {
            for chunk in sent.chunks(700) {
                socket.write_all(chunk).await.unwrap();
            }
            socket.flush().await.unwrap();
            socket.shutdown().await.unwrap();
            socket
        });
        assert_eq!(received(&mut client).await, (data, 5));
        drop(writing.await.unwrap());
    }
}

#[tokio::test]
async fn shutdown_says_close_and_still_reads_the_answer() {
    let (mut client, mut socket) = server(4096);
    socket.write_all(b"bye").await.unwrap();
    socket.shutdown().await.unwrap();
    assert_eq!(received(&mut client).await, (b"bye".to_vec(), 1));
    client.write_all(&frame(BINARY, b"crossed")).await.unwrap();
    client.write_all(&frame(PING, b"no answer")).await.unwrap();
    client.write_all(&frame(CLOSE, b"\x03\xe8")).await.unwrap();
    let (all, end) = read_all(&mut socket).await;
    assert_eq!(all, b"crossed");
    end.unwrap();
}

#[tokio::test]
async fn a_ping_between_frames_of_data_keeps_them_whole() {
    let (mut client, stream) = tokio::io::duplex(50);
    let mut socket = WebSocket::server(stream, &config());
    let mut buffer = [0; 100];
    assert_eq!(socket.write(&pattern(200)).await.unwrap(), 200);
    for n in 0..3 {
        client.write_all(&frame(PING, &[n])).await.unwrap();
        assert!(poll_once(socket.read(&mut buffer)).is_pending());
    }
    let writing = tokio::spawn(async move {
        socket.write_all(b"next").await.unwrap();
        socket.flush().await.unwrap();
        socket
    });
    assert_eq!(answer(&mut client).await, (BINARY, pattern(200)));
    for n in 0..3 {
        assert_eq!(answer(&mut client).await, (PONG, vec![n]));
    }
    assert_eq!(answer(&mut client).await, (BINARY, b"next".to_vec()));
    assert_eq!(writing.await.unwrap().heap_bytes(), 0);
}
