//! Frames in: whatever way MQTT is cut into frames, and frames into reads, the bytes are the same.

use super::*;

#[tokio::test]
async fn packets_span_and_share_frames() {
    let (mut client, mut socket) = server(4096);
    let mut bytes = frame(BINARY, b"one two ");
    bytes.extend(frame(BINARY, b"thr"));
    bytes.extend(frame(BINARY, b""));
    bytes.extend(frame(BINARY, b"ee"));
    client.write_all(&bytes).await.unwrap();
    drop(client);
    let (all, end) = read_all(&mut socket).await;
    assert_eq!(all, b"one two three");
    end.unwrap();
}

#[tokio::test]
async fn one_byte_a_frame_and_one_byte_a_read() {
    let (mut client, mut socket) = server(64 * 1024);
    let text: Vec<u8> = (0..=255).collect();
    for byte in &text {
        client.write_all(&frame(BINARY, &[*byte])).await.unwrap();
    }
    drop(client);
    let mut byte = [0];
    for expected in &text {
        assert_eq!(socket.read(&mut byte).await.unwrap(), 1);
        assert_eq!(byte[0], *expected);
    }
    assert_eq!(socket.read(&mut byte).await.unwrap(), 0);
}

#[tokio::test]
async fn every_cut_of_the_stream_gives_the_same() {
    let mut bytes = frame(0x02, b"frag");
    bytes.extend(frame(PING, b"in between"));
    bytes.extend(frame(0x00, &[b'x'; 300]));
    bytes.extend(frame(0x80, b"end"));
    bytes.extend(frame(BINARY, &vec![b'y'; 70_000]));
    let expected = [
        b"frag".to_vec(),
        vec![b'x'; 300],
        b"end".to_vec(),
        vec![b'y'; 70_000],
    ]
    .concat();
    for cut in (1..400).chain([65_000, bytes.len() - 1]) {
        let (mut client, mut socket) = server(128 * 1024);
        let mut buffer = vec![0; 128 * 1024];
        client.write_all(&bytes[..cut]).await.unwrap();
        let mut all = Vec::new();
        while let Poll::Ready(n) = poll_once(socket.read(&mut buffer)) {
            all.extend(&buffer[..n.unwrap()]);
        }
        client.write_all(&bytes[cut..]).await.unwrap();
        client.shutdown().await.unwrap();
        let (rest, end) = read_all(&mut socket).await;
        end.unwrap();
        all.extend(rest);
        assert!(all == expected, "cut at {cut}");
        assert_eq!(answer(&mut client).await, (PONG, b"in between".to_vec()));
    }
}

#[tokio::test]
async fn bytes_behind_the_head_come_first() {
    let (mut client, stream) = tokio::io::duplex(4096);
    let early = frame(BINARY, b"early");
    let mut socket = WebSocket::with_early(stream, &config(), bytes::BytesMut::from(&early[..7]));
    client.write_all(&early[7..]).await.unwrap();
    drop(client);
    assert_eq!(read_all(&mut socket).await.0, b"early");
    assert_eq!(socket.heap_bytes(), 0);
}

#[tokio::test]
async fn a_ping_is_answered_while_mqtt_is_silent() {
    let (mut client, mut socket) = server(4096);
    client.write_all(&frame(PING, b"here?")).await.unwrap();
    let mut buffer = [0; 100];
    assert!(poll_once(socket.read(&mut buffer)).is_pending());
    assert_eq!(answer(&mut client).await, (PONG, b"here?".to_vec()));
    assert_eq!(socket.heap_bytes(), 0);
}

#[tokio::test]
async fn every_ping_of_a_few_is_answered() {
    let (mut client, mut socket) = server(4096);
    for n in 0..10 {
        client.write_all(&frame(PING, &[n; 125])).await.unwrap();
    }
    client.write_all(&frame(PONG, b"not asked for")).await.unwrap();
    let mut buffer = [0; 4096];
    assert!(poll_once(socket.read(&mut buffer)).is_pending());
    for n in 0..10 {
        assert_eq!(answer(&mut client).await, (PONG, vec![n; 125]));
    }
}

#[tokio::test]
async fn a_pong_waits_for_a_client_that_does_not_read() {
    let (mut client, mut socket) = server(16);
    assert_eq!(socket.write(&[7; 20]).await.unwrap(), 20);
    client.write_all(&frame(PING, b"p")).await.unwrap();
    let mut buffer = [0; 100];
    assert!(poll_once(socket.read(&mut buffer)).is_pending());
    let reading = tokio::spawn(async move { socket.read(&mut buffer).await.map(|n| buffer[..n].to_vec()) });
    assert_eq!(answer(&mut client).await, (BINARY, vec![7; 20]));
    assert_eq!(answer(&mut client).await, (PONG, b"p".to_vec()));
    client.write_all(&frame(BINARY, b"!")).await.unwrap();
    assert_eq!(reading.await.unwrap().unwrap(), b"!");
}

#[tokio::test]
async fn a_close_is_answered_with_its_code_and_is_the_end() {
    for (payload, echoed) in [
        (&b""[..], &b""[..]),
        (b"\x03\xe8", b"\x03\xe8"),
        (b"\x03\xe9bye", b"\x03\xe9"),
        (b"\x0f\xa0own", b"\x0f\xa0"),
    ] {
        let (mut client, mut socket) = server(4096);
        client.write_all(&frame(BINARY, b"last")).await.unwrap();
        client.write_all(&frame(CLOSE, payload)).await.unwrap();
        client.write_all(&frame(BINARY, b"ignored")).await.unwrap();
        let (all, end) = read_all(&mut socket).await;
        assert_eq!(all, b"last");
        end.unwrap();
        assert_eq!(answer(&mut client).await, (CLOSE, echoed.to_vec()));
        assert_eq!(
            socket.write(b"x").await.unwrap_err().kind(),
            io::ErrorKind::BrokenPipe
        );
        drop(client);
        assert_eq!(read_all(&mut socket).await.0, b"");
    }
}

#[tokio::test]
async fn after_the_end_the_rest_is_thrown_away_within_bounds() {
    let (mut client, mut socket) = server(256 * 1024);
    client.write_all(&frame(TEXT, b"")).await.unwrap();
    client.write_all(&vec![0; 100 * 1024]).await.unwrap();
    assert!(read_all(&mut socket).await.1.is_err());
    // The client has not closed, but enough is enough.
    let (all, end) = read_all(&mut socket).await;
    assert_eq!(all, b"");
    end.unwrap();
}

#[tokio::test]
async fn payload_before_a_violation_is_told() {
    let (mut client, mut socket) = server(4096);
    client
        .write_all(&[frame(BINARY, b"good"), frame(TEXT, b"bad")].concat())
        .await
        .unwrap();
    let (all, end) = read_all(&mut socket).await;
    assert_eq!(all, b"good");
    assert!(end.unwrap_err().to_string().contains("text frame"));
    assert_eq!(close_code(&mut client).await, 1003);
}
