//! Frames that no client should send (hostile-inputs.md 25, 29, 30). Whatever comes: no panic, no memory by announcement.

use super::*;
use crate::listener::websocket::STRANGER_BYTES_MAX;

const STRANGER: u64 = STRANGER_BYTES_MAX as u64;

#[tokio::test]
async fn text_is_refused() {
    violates(&frame(TEXT, b"hello"), Violation::TextFrame, 1003).await;
    violates(&frame(0x01, b"hello"), Violation::TextFrame, 1003).await;
}

#[tokio::test]
async fn broken_frames_are_refused() {
    violates(&[BINARY, 0x01, b'x'], Violation::Unmasked, 1002).await;
    for reserved in [0x40, 0x20, 0x10] {
        violates(&frame(BINARY | reserved, b"x"), Violation::ReservedBits, 1002).await;
    }
    for opcode in [0x83, 0x87, 0x8b, 0x8f] {
        violates(&frame(opcode, b"x"), Violation::Opcode, 1002).await;
    }
    violates(&frame(0x80, b"x"), Violation::Fragments, 1002).await;
    violates(
        &[frame(0x02, b"x"), frame(BINARY, b"y")].concat(),
        Violation::Fragments,
        1002,
    )
    .await;
    violates(
        &[frame(0x02, b"x"), frame(TEXT, b"y")].concat(),
        Violation::Fragments,
        1002,
    )
    .await;
    violates(&frame(0x09, b"x"), Violation::Control, 1002).await;
    violates(&frame(PING, &[0; 126]), Violation::Control, 1002).await;
}

#[tokio::test]
async fn odd_lengths_are_refused() {
    let long_forms = [
        vec![BINARY, 0xfe, 0, 125],
        vec![BINARY, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
        vec![BINARY, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0],
        vec![BINARY, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    for form in long_forms {
        violates(&[form, MASK.to_vec()].concat(), Violation::Length, 1002).await;
    }
}

#[tokio::test]
async fn bad_close_frames_are_refused() {
    violates(&frame(CLOSE, b"x"), Violation::CloseCode, 1002).await;
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        violates(&frame(CLOSE, &code.to_be_bytes()), Violation::CloseCode, 1002).await;
    }
    violates(&frame(CLOSE, b"\x03\xe8\xff"), Violation::CloseReason, 1007).await;
}

#[tokio::test]
async fn strangers_may_send_one_mebibyte() {
    let too_big = |limit_bytes| Violation::TooBig { limit_bytes };
    violates(&header(BINARY, STRANGER + 1), too_big(STRANGER), 1009).await;
    // As a message, too.
    let fragments = [frame(0x02, b"x"), header(0x00, STRANGER)].concat();
    violates(&fragments, too_big(STRANGER), 1009).await;
    let (mut client, mut socket) = server(4096);
    client.write_all(&header(BINARY, STRANGER)).await.unwrap();
    assert!(poll_once(socket.read_u8()).is_pending());
}

#[tokio::test]
async fn the_setting_holds_after_connect_and_before_if_it_is_lower() {
    for (limit, before) in [(Some(3_000_000), STRANGER), (Some(1000), 1000), (None, STRANGER)] {
        let config = WebSocketConfig {
            frame_bytes_max: limit,
            ..config()
        };
        let (mut client, stream) = tokio::io::duplex(4096);
        let mut socket = WebSocket::server(stream, &config);
        client.write_all(&header(BINARY, before + 1)).await.unwrap();
        let error = read_all(&mut socket).await.1.unwrap_err();
        assert_eq!(
            Violation::of_io(&error),
            Some(Violation::TooBig { limit_bytes: before })
        );

        let after = limit.map_or(1 << 40, |limit| limit as u64);
        let (mut client, stream) = tokio::io::duplex(4096);
        let mut socket = WebSocket::server(stream, &config);
        socket.accepted();
        client.write_all(&header(BINARY, after)).await.unwrap();
        client.write_all(b"x").await.unwrap();
        assert!(socket.read_u8().await.is_ok());
        if limit.is_some() {
            let (mut client, stream) = tokio::io::duplex(4096);
            let mut socket = WebSocket::server(stream, &config);
            socket.accepted();
            client.write_all(&header(BINARY, after + 1)).await.unwrap();
            let error = read_all(&mut socket).await.1.unwrap_err();
            assert_eq!(
                Violation::of_io(&error),
                Some(Violation::TooBig { limit_bytes: after })
            );
            assert_eq!(close_code(&mut client).await, 1009);
        }
    }
}

#[tokio::test]
async fn an_announced_length_costs_nothing() {
    let (mut client, mut socket) = server(4096);
    socket.accepted();
    client
        .write_all(&header(BINARY, 200 * 1024 * 1024))
        .await
        .unwrap();
    client.write_all(&[0; 10]).await.unwrap();
    let mut buffer = [0; 64];
    assert_eq!(socket.read(&mut buffer).await.unwrap(), 10);
    assert!(poll_once(socket.read(&mut buffer)).is_pending());
    assert_eq!(socket.heap_bytes(), 0);
}

#[tokio::test]
async fn a_flood_of_empty_fragments_costs_nothing_and_yields() {
    let (mut client, mut socket) = server(1024 * 1024);
    client.write_all(&frame(0x02, b"")).await.unwrap();
    client.write_all(&frame(0x00, b"").repeat(20_000)).await.unwrap();
    client.write_all(&frame(0x80, b"x")).await.unwrap();
    let mut buffer = [0; 64];
    // A poll handles a bounded number of reads, whatever waits.
    assert!(poll_once(socket.read(&mut buffer)).is_pending());
    assert_eq!(socket.heap_bytes(), 0);
    assert_eq!(socket.read(&mut buffer).await.unwrap(), 1);
    assert_eq!(buffer[0], b'x');
}

#[tokio::test]
async fn a_flood_of_pings_from_a_client_that_does_not_read_is_bounded() {
    let (mut client, mut socket) = server(64);
    let flood = tokio::spawn(async move {
        for _ in 0..5_000 {
            client.write_all(&frame(PING, &[9; 125])).await.unwrap();
        }
        client.write_all(&frame(PING, b"last")).await.unwrap();
        client.write_all(&frame(BINARY, b"x")).await.unwrap();
        client
    });
    let mut buffer = [0; 4096];
    assert_eq!(socket.read(&mut buffer).await.unwrap(), 1);
    assert!(socket.heap_bytes() < 10_000, "{}", socket.heap_bytes());
    let mut client = flood.await.unwrap();
    let writing = tokio::spawn(async move { socket.flush().await });
    while answer(&mut client).await != (PONG, b"last".to_vec()) {}
    writing.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_small() {
    let (mut client, mut socket) = server(4096);
    let mut buffer = [0; 64];
    client.write_all(&frame(BINARY, b"packet")).await.unwrap();
    assert_eq!(socket.read(&mut buffer).await.unwrap(), 6);
    socket.write_all(b"answer").await.unwrap();
    socket.flush().await.unwrap();
    assert!(poll_once(socket.read(&mut buffer)).is_pending());
    assert_eq!(socket.heap_bytes(), 0);
    let own = size_of::<WebSocket<DuplexStream>>() - size_of::<DuplexStream>();
    assert!(own <= 256, "{own} bytes");
}

/// Numbers that look random and are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// Mostly frames, some of them spoilt.
    fn stream(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..self.below(12) {
            let opcodes = [BINARY, 0x02, 0x00, 0x80, PING, PONG, CLOSE, TEXT];
            let first = opcodes[self.below(8) as usize];
            let length = [0, 1, 125, 126, 300, 5000][self.below(6) as usize];
            bytes.extend(frame(first, &vec![self.below(256) as u8; length]));
        }
        for _ in 0..self.below(4) {
            let at = self.below(bytes.len() as u64 + 1) as usize;
            match self.below(3) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.below(256) as u8),
                _ => bytes.extend((0..at % 50).map(|_| self.below(256) as u8)),
            }
        }
        bytes
    }
}

#[tokio::test]
async fn random_bytes_never_panic_and_never_multiply() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for _ in 0..3000 {
        let bytes = numbers.stream();
        let (mut client, mut socket) = server(128 * 1024);
        client.write_all(&bytes).await.unwrap();
        client.shutdown().await.unwrap();
        let (all, _) = read_all(&mut socket).await;
        assert!(all.len() <= bytes.len());
        assert!(socket.heap_bytes() <= bytes.len() + 1024);
        drop(socket.write_all(b"answer").await);
        drop(socket.shutdown().await);
    }
}
