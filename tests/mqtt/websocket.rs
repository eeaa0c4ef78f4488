//! MQTT over WebSocket: the upgrade, frames and packets, and frames that are none.

use crate::hostile::{address_space, still_serves};
use harness::client::End;
use harness::transport::Transport;
use harness::websocket::{
    BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, RSV1, Request, TEXT, WebSocket, frame, head, unmasked_frame,
};
use harness::wire::{self, string};
use harness::*;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn tcp(broker: &TestBroker) -> TcpStream {
    TcpStream::connect(broker.addr()).await.unwrap()
}

/// The status of the answer to a request; after a refusal the broker closes.
async fn status(broker: &TestBroker, request: &Request) -> u16 {
    let mut stream = tcp(broker).await;
    let response = within(DEADLINE, "an answer", request.send(&mut stream))
        .await
        .unwrap();
    if response.status != 101 {
        let mut rest = Vec::new();
        within(DEADLINE, "the end", stream.read_to_end(&mut rest))
            .await
            .unwrap();
    }
    response.status
}

fn connect(v: Version) -> Vec<u8> {
    wire::connect(v, 2, &[&string("x")])
}

fn connack(v: Version) -> u8 {
    if v == V5 { 3 } else { 2 }
}

/// The broker closes; version 5 may say why.
async fn expect_gone(client: &mut RawClient) {
    match client.next().await {
        Err(_) => {}
        Ok(Packet::Disconnect(packet)) if client.version == V5 => {
            assert!(packet.reason.is_error(), "{packet:?}");
            client.expect_close().await;
        }
        Ok(packet) => panic!("expected the end, got {packet:?}"),
    }
}

/// [MQTT-6.0.0-1] [MQTT5-6.0.0-1] 20.10 #155
async fn c155_a_text_frame_closes(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will", QOS0).await;
    let mut client = broker.raw(v).await;
    client.frames().send_frame(FIN | TEXT, &connect(v)).await.unwrap();
    client.expect_close().await;
    let mut client = broker.client(v, "x").will("will", "text").connect().await;
    client
        .frames()
        .send_frame(FIN | TEXT, &hex("C0 00"))
        .await
        .unwrap();
    expect_gone(&mut client).await;
    observer.expect("will", "text").await;
    // The first fragment of a text message is a text frame too.
    let mut client = broker.connect(v, "x").await;
    client.frames().send_frame(TEXT, b"").await.unwrap();
    expect_gone(&mut client).await;
}
versions!(ws c155_a_text_frame_closes: V4, V5);

/// [MQTT-6.0.0-2] [MQTT5-6.0.0-2] 20.10 #156
async fn c156_packets_span_and_share_frames(v: Version) {
    let broker = TestBroker::start().await;
    // One byte in each frame, and frames of nothing between them.
    let mut client = broker.raw(v).await;
    for byte in connect(v) {
        client.frames().send_binary(&[byte]).await.unwrap();
        client.frames().send_binary(&[]).await.unwrap();
    }
    assert_eq!(client.recv_raw().await[1], connack(v));
    // One frame with three packets and the beginning of a fourth.
    let subscribe = wire::subscribe(v, 0x82, 1, &[(b"a", 0)]);
    let publish = wire::publish(v, 0x30, "a", None, b"payload");
    let bytes = [&subscribe[..], &publish, &publish, &publish[..5]].concat();
    client.frames().send_binary(&bytes).await.unwrap();
    assert!(matches!(client.recv().await, Packet::SubAck(_)));
    client.expect("a", "payload").await;
    client.expect("a", "payload").await;
    client.quiet_for(Duration::from_millis(50)).await;
    client.frames().send_binary(&publish[5..]).await.unwrap();
    client.expect("a", "payload").await;
    // One message in fragments, with a ping between them.
    let frames = client.frames();
    frames.send_frame(BINARY, &publish[..3]).await.unwrap();
    frames.send_frame(FIN | PING, b"between").await.unwrap();
    frames.send_frame(CONTINUATION, &publish[3..4]).await.unwrap();
    frames.send_frame(CONTINUATION, &[]).await.unwrap();
    frames
        .send_frame(FIN | CONTINUATION, &publish[4..])
        .await
        .unwrap();
    client.expect("a", "payload").await;
}
versions!(ws c156_packets_span_and_share_frames: V4, V5);

/// [MQTT-6.0.0-3] [MQTT-6.0.0-4] [MQTT5-6.0.0-3] [MQTT5-6.0.0-4] 20.10 #157
async fn c157_the_first_known_sub_protocol_is_chosen(v: Version) {
    let broker = TestBroker::start().await;
    let offers: &[(&[&str], Option<&str>)] = &[
        (&["mqtt"], Some("mqtt")),
        (&["mqttv3.1"], Some("mqttv3.1")),
        (&["mqttv3.1, mqtt"], Some("mqttv3.1")),
        (&["mqtt,mqttv3.1"], Some("mqtt")),
        (&["chat, mqtt"], Some("mqtt")),
        (&["chat", "mqtt"], Some("mqtt")),
        (&[], None),
        (&["chat"], None),
        (&["mqttv5"], None),
        (&["mqttv3.1.1"], None),
        (&["mqttx, xmqtt"], None),
    ];
    let mut refused = 0;
    for (offer, chosen) in offers {
        let mut request = Request::default().without("Sec-WebSocket-Protocol");
        for value in *offer {
            request = request.further_header("Sec-WebSocket-Protocol", value);
        }
        let mut stream = tcp(&broker).await;
        let response = request.send(&mut stream).await.unwrap();
        assert_eq!(response.header("Sec-WebSocket-Protocol"), *chosen, "{offer:?}");
        assert_eq!(
            response.status,
            if chosen.is_some() { 101 } else { 400 },
            "{offer:?}"
        );
        if chosen.is_none() {
            refused += 1;
            continue;
        }
        let mut socket = WebSocket::open_with(Box::new(tcp(&broker).await), &request)
            .await
            .unwrap();
        socket.send_binary(&connect(v)).await.unwrap();
        let answer = socket.next_frame().await.unwrap();
        assert_eq!(answer.first, FIN | BINARY, "{answer:?}");
        assert_eq!(answer.payload[..2], [0x20, answer.payload[1]]);
    }
    eventually("the refusals to be counted", async || {
        broker.metric_of("connection_refused", "websocket_upgrade") == refused
    })
    .await;
}
versions!(ws c157_the_first_known_sub_protocol_is_chosen: V4, V5);

/// config.md 6.3
async fn what_is_no_upgrade_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    let request = Request::default;
    let long = "x".repeat(9000);
    let cases = [
        (request().line("GET /mqtt?token=1 HTTP/1.1"), 101),
        (request().line("GET / HTTP/1.1"), 404),
        (request().line("GET /mqtt/ HTTP/1.1"), 404),
        (request().line("GET /mqttx HTTP/1.1"), 404),
        (request().line("GET /MQTT HTTP/1.1"), 404),
        (request().line("GET /x/../mqtt HTTP/1.1"), 404),
        (request().without("Upgrade").without("Connection"), 426),
        (request().without("Upgrade"), 426),
        (request().header("Upgrade", "h2c"), 426),
        (request().header("Upgrade", "WebSocket"), 101),
        (request().header("Connection", "keep-alive, Upgrade"), 101),
        (request().without("Sec-WebSocket-Key"), 400),
        (request().header("Sec-WebSocket-Key", "short"), 400),
        (request().line(&format!("GET /mqtt?{long} HTTP/1.1")), 414),
        (request().header("Cookie", &long), 431),
    ];
    for (request, expected) in &cases {
        let got = status(&broker, request).await;
        assert_eq!(got, *expected, "{:.200}", request.text());
    }
    let old = request().header("Sec-WebSocket-Version", "8");
    let response = old.send(&mut tcp(&broker).await).await.unwrap();
    assert!((400..500).contains(&response.status), "{response:?}");
    assert_eq!(response.header("Sec-WebSocket-Version"), Some("13"));
    for line in ["POST /mqtt HTTP/1.1", "HEAD /mqtt HTTP/1.1", "GET /mqtt HTTP/1.0"] {
        let got = status(&broker, &request().line(line)).await;
        assert!((400..500).contains(&got), "{line}: {got}");
    }
    still_serves(&broker, v).await;
}
versions!(ws what_is_no_upgrade_is_refused: V5);

/// config.md 5.1
async fn limits_of_the_upgrade_can_be_set(_v: Version) {
    let broker = TestBroker::builder()
        .conf("listener.ws.default.max_request_line_length = 100\nlistener.ws.default.max_header_value_length = 50")
        .start()
        .await;
    let long = "x".repeat(100);
    let line = Request::default().line(&format!("GET /mqtt?{long} HTTP/1.1"));
    assert_eq!(status(&broker, &line).await, 414);
    let header = Request::default().header("Cookie", &long);
    assert_eq!(status(&broker, &header).await, 431);
    let short = Request::default().header("Cookie", &long[..50]);
    assert_eq!(status(&broker, &short).await, 101);
}
versions!(ws limits_of_the_upgrade_can_be_set: V5);

/// config.md 6.3
async fn what_is_no_http_is_refused(v: Version) {
    let broker = TestBroker::builder()
        .conf("mqtt_connect_timeout = 500")
        .start()
        .await;
    let endless = vec![b'x'; 1 << 20];
    for bytes in [
        &connect(v)[..],
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        &hex("16 03 01 00 05"),
        b"\0\0\0\0",
        &endless,
    ] {
        let mut stream = tcp(&broker).await;
        // The broker may have closed before it is all written.
        stream.write_all(bytes).await.ok();
        let mut answer = Vec::new();
        within(DEADLINE, "the end", stream.read_to_end(&mut answer))
            .await
            .ok();
        assert!(
            answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"),
            "{:?}",
            String::from_utf8_lossy(&answer)
        );
    }
    still_serves(&broker, v).await;
}
versions!(ws what_is_no_http_is_refused: V4, V5);

/// mqtt.md 2.1
async fn an_upgrade_that_does_not_come_is_closed_in_time(v: Version) {
    let broker = TestBroker::builder()
        .conf("mqtt_connect_timeout = 500")
        .start()
        .await;
    let request = Request::default().text();
    for part in ["", "GET /mqtt", &request[..request.len() - 2]] {
        let mut stream = tcp(&broker).await;
        stream.write_all(part.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        within(DEADLINE, "the end", stream.read_to_end(&mut answer))
            .await
            .ok();
        assert!(!answer.starts_with(b"HTTP/1.1 101"), "{part:?}");
    }
    still_serves(&broker, v).await;
}
versions!(ws an_upgrade_that_does_not_come_is_closed_in_time: V5);

/// hostile #25
async fn h25_frames_do_not_frame_packets(v: Version) {
    let broker = TestBroker::start().await;
    // A Remaining Length that the frame does not hold.
    let mut client = broker.raw(v).await;
    let whole = connect(v);
    client.frames().send_binary(&whole[..7]).await.unwrap();
    client.quiet_for(Duration::from_millis(50)).await;
    client.frames().send_binary(&whole[7..]).await.unwrap();
    assert!(matches!(client.recv().await, Packet::ConnAck(_)));
    // Its frame ends the connection in good order: the packet is not taken.
    let publish = wire::publish(v, 0x30, "a", None, &[b'x'; 300]);
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("#", QOS0).await;
    client.frames().send_binary(&publish[..200]).await.unwrap();
    client.shut_down().await;
    client.expect_close().await;
    observer.expect_silence().await;
    // However the bytes are cut, the answers are the same.
    let mut random = Random::new(25);
    let bytes = [
        connect(v),
        wire::subscribe(v, 0x82, 1, &[(b"cut", 0)]),
        wire::publish(v, 0x30, "cut", None, b"one"),
        wire::publish(v, 0x32, "cut", Some(2), &[b'x'; 500]),
        hex("C0 00"),
    ]
    .concat();
    for _ in 0..50 {
        let mut client = broker.raw(v).await;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (part, left) = rest.split_at(1 + random.below(rest.len()));
            client.frames().send_binary(part).await.unwrap();
            rest = left;
        }
        assert!(matches!(client.recv().await, Packet::ConnAck(_)));
        client
            .wait_for("SUBACK", |packet| {
                matches!(packet, Packet::SubAck(_)).then_some(())
            })
            .await;
        client
            .wait_for("PUBACK", |packet| {
                matches!(packet, Packet::PubAck(_)).then_some(())
            })
            .await;
        client
            .wait_for("PINGRESP", |packet| (*packet == Packet::PingResp).then_some(()))
            .await;
        client.expect("cut", "one").await;
        client.expect("cut", [b'x'; 500]).await;
    }
}
versions!(ws h25_frames_do_not_frame_packets: V4, V5);

/// hostile #29
async fn h29_compression_is_never_agreed_on(v: Version) {
    let broker = TestBroker::start().await;
    for offer in [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits; server_max_window_bits=8",
        "x-webkit-deflate-frame, permessage-deflate",
    ] {
        let request = Request::default().header("Sec-WebSocket-Extensions", offer);
        // `open_with` looks at the answer: no extension.
        let mut socket = WebSocket::open_with(Box::new(tcp(&broker).await), &request)
            .await
            .unwrap();
        socket.send_binary(&connect(v)).await.unwrap();
        assert_eq!(socket.next_frame().await.unwrap().payload[0], 0x20);
        socket
            .send_frame(FIN | RSV1 | BINARY, &hex("0A 28 00 00 00 FF FF"))
            .await
            .unwrap();
        expect_end("compressed", &mut socket).await;
        // Nor before anybody has said who they are.
        let mut socket = WebSocket::open_with(Box::new(tcp(&broker).await), &request)
            .await
            .unwrap();
        socket.send_frame(FIN | RSV1 | BINARY, &connect(v)).await.unwrap();
        expect_end("compressed", &mut socket).await;
    }
    still_serves(&broker, v).await;
}
versions!(ws h29_compression_is_never_agreed_on: V4, V5);

/// The connection ends; before that come at most a DISCONNECT and a Close.
async fn expect_end(what: &str, socket: &mut WebSocket) {
    // Sooner than the timer of CONNECT would do it.
    within(
        Duration::from_secs(4),
        &format!("the end of the connection: {what}"),
        async {
            while let Ok(frame) = socket.next_frame().await {
                let disconnect = frame.first == FIN | BINARY && frame.payload[0] == 0xE0;
                assert!(disconnect || frame.first == FIN | CLOSE, "{frame:?}");
            }
        },
    )
    .await;
}

/// The whole head of a frame, of which nothing else comes.
fn announcing(length: u64) -> Vec<u8> {
    [head(FIN | BINARY, true, length), vec![0; 4]].concat()
}

/// Frames that no client may send.
fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let ping = hex("C0 00");
    let fragment = frame(BINARY, &ping[..1]);
    let medium = [&hex("82 FE 00 02")[..], &[0; 4], &ping].concat();
    let long = [&hex("82 FF 00 00 00 00 00 00 00 02")[..], &[0; 4], &ping].concat();
    vec![
        ("no mask", unmasked_frame(FIN | BINARY, &ping)),
        ("RSV1", frame(FIN | RSV1 | BINARY, &ping)),
        ("RSV2", frame(FIN | 0x20 | BINARY, &ping)),
        ("RSV3", frame(FIN | 0x10 | BINARY, &ping)),
        ("opcode 3", frame(FIN | 3, &ping)),
        ("opcode 7", frame(FIN | 7, &ping)),
        ("opcode 11", frame(FIN | 11, &ping)),
        ("opcode 15", frame(FIN | 15, &ping)),
        ("a continuation of nothing", frame(FIN | CONTINUATION, &ping)),
        (
            "a message inside another",
            [fragment.clone(), frame(FIN | BINARY, &ping)].concat(),
        ),
        (
            "a text frame inside a message",
            [fragment, frame(FIN | TEXT, b"")].concat(),
        ),
        ("a ping in fragments", frame(PING, b"")),
        ("a close in fragments", frame(CLOSE, b"")),
        ("a long ping", frame(FIN | PING, &[0; 126])),
        ("a long close", frame(FIN | CLOSE, &[3, 232].repeat(70))),
        ("a close of one byte", frame(FIN | CLOSE, &[3])),
        (
            "a close with a code of nobody",
            frame(FIN | CLOSE, &999u16.to_be_bytes()),
        ),
        (
            "a close with a code that is never sent",
            frame(FIN | CLOSE, &1006u16.to_be_bytes()),
        ),
        (
            "a close with a reason that is no text",
            frame(FIN | CLOSE, &hex("03 E8 C3 28")),
        ),
        ("a length of two in three bytes", medium),
        ("a length of two in nine bytes", long),
        ("a length of more than 63 bits", announcing(1 << 63)),
        ("a length of 64 ones", announcing(u64::MAX)),
        ("a length above the limit", announcing(268_435_457)),
    ]
}

/// hostile #30
async fn h30_malformed_frames_close_and_nothing_else(v: Version) {
    let broker = TestBroker::start().await;
    let mut bystander = broker.connect(v, "bystander").await;
    for (what, bytes) in malformed() {
        let mut socket = WebSocket::open(Box::new(tcp(&broker).await)).await.unwrap();
        socket.send_raw(&bytes).await.unwrap();
        expect_end(what, &mut socket).await;
        let mut client = broker.connect(v, "x").await;
        client.frames().send_raw(&bytes).await.unwrap();
        expect_end(what, client.frames()).await;
        // A broker may wait for its peer to close too.
        drop((socket, client));
        bystander.ping().await;
        eventually(what, async || broker.open_connections() == 1).await;
    }
}
versions!(ws h30_malformed_frames_close_and_nothing_else: V4, V5);

/// hostile #30
async fn h30_damaged_frames_do_no_harm(v: Version) {
    let broker = TestBroker::start().await;
    let mut bystander = broker.connect(v, "bystander").await;
    let good = [
        frame(FIN | BINARY, &connect(v)),
        frame(BINARY, &wire::subscribe(v, 0x82, 1, &[(b"a", 0)])),
        frame(FIN | PING, b"ping"),
        frame(
            FIN | CONTINUATION,
            &wire::publish(v, 0x30, "a", None, &[b'x'; 200]),
        ),
        frame(FIN | CLOSE, &hex("03 E8")),
    ]
    .concat();
    let mut random = Random::new(30);
    for _ in 0..200 {
        let mut bytes = good.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at] = *random.pick(&[0, 0x7F, 0x80, 0xFF]),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let mut stream = tcp(&broker).await;
        let upgraded = Request::default().send(&mut stream).await.unwrap();
        assert_eq!(upgraded.status, 101);
        // It may be closed before all is written.
        stream.write_all(&bytes).await.ok();
        stream.shutdown().await.ok();
        let mut answer = Vec::new();
        within(DEADLINE, "the end", stream.read_to_end(&mut answer))
            .await
            .ok();
    }
    bystander.ping().await;
    eventually("all to be closed", async || broker.open_connections() == 1).await;
}
versions!(ws h30_damaged_frames_do_no_harm: V4, V5);

/// hostile #30
async fn h30_an_announced_frame_is_not_allocated(v: Version) {
    let broker = TestBroker::start().await;
    let before = address_space();
    let mut clients = Vec::new();
    for number in 0..50 {
        let mut client = broker.connect(v, &number.to_string()).await;
        let announced = [announcing(268_435_456), hex("30")].concat();
        client.frames().send_raw(&announced).await.unwrap();
        clients.push(client);
    }
    still_serves(&broker, v).await;
    let grown = address_space().saturating_sub(before);
    assert!(
        grown < 5 << 30,
        "50 announcements of 256 MB grew the process by {} MB",
        grown >> 20
    );
}
versions!(ws h30_an_announced_frame_is_not_allocated: V5);

/// config.md 6.3
async fn a_ping_is_answered_at_any_time(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.raw(v).await;
    for connected in [false, true] {
        for payload in [&b""[..], b"abc", &[0xFF; 125]] {
            let frames = client.frames();
            // A pong that nobody asked for is nothing.
            frames.send_frame(FIN | PONG, b"unasked").await.unwrap();
            frames.send_frame(FIN | PING, payload).await.unwrap();
            let answer = within(DEADLINE, "a pong", frames.next_frame()).await.unwrap();
            assert_eq!((answer.first, &answer.payload[..]), (FIN | PONG, payload));
        }
        if !connected {
            client.send_raw(&connect(v)).await;
            assert!(matches!(client.recv().await, Packet::ConnAck(_)));
        }
    }
    client.ping().await;
}
versions!(ws a_ping_is_answered_at_any_time: V4, V5);

/// mqtt.md 3
async fn pings_of_websocket_do_not_keep_a_client_alive(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.client(v, "x").keepalive(1).connect().await;
    let start = std::time::Instant::now();
    let ended = async {
        let frames = client.frames();
        loop {
            if frames.send_frame(FIN | PING, b"").await.is_err() {
                return;
            }
            match tokio::time::timeout(Duration::from_millis(200), frames.next_frame()).await {
                Ok(Ok(frame)) if frame.first == FIN | PONG => {
                    // Not as fast as the broker answers.
                    tokio::time::timeout(Duration::from_millis(200), std::future::pending::<()>())
                        .await
                        .ok();
                }
                Ok(_) => return,
                Err(_) => {}
            }
        }
    };
    within(Duration::from_secs(5), "the keep-alive to end", ended).await;
    assert!(
        start.elapsed() > Duration::from_millis(1400),
        "{:?}",
        start.elapsed()
    );
}
versions!(slow ws pings_of_websocket_do_not_keep_a_client_alive: V4, V5);

/// config.md 6.3
async fn a_session_ends_with_pending_bytes_then_close(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will", QOS0).await;
    // DISCONNECT.
    let mut client = broker.client(v, "x").will("will", "no").connect().await;
    client.send_raw(&hex("E0 00")).await;
    assert_eq!(client.frames().expect_close().await, 1000);
    observer.expect_silence().await;
    // A Close without DISCONNECT is a connection that is lost, and is answered.
    let mut client = broker.client(v, "x").will("will", "yes").connect().await;
    client.frames().send_close(1001).await.unwrap();
    client.frames().expect_close().await;
    observer.expect("will", "yes").await;
    // The broker's reason comes before its Close.
    let mut client = broker.connect(v, "x").await;
    client.send_raw(&hex("36 05 00 01 61 00 01")).await;
    if v == V5 {
        assert_eq!(client.recv_raw().await[0], 0xE0);
    }
    assert_eq!(client.expect_close().await, End::Closed);
}
versions!(ws a_session_ends_with_pending_bytes_then_close: V4, V5);

/// config.md 6.3
async fn a_frame_above_the_limit_closes_with_1009(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_ws_frame_size = 1000")
        .start()
        .await;
    let publish = |bytes: usize| {
        let empty = wire::publish(v, 0x30, "a", None, &[b'x'; 200]).len() - 200;
        let packet = wire::publish(v, 0x30, "a", None, &vec![b'x'; bytes - empty]);
        assert_eq!(packet.len(), bytes);
        packet
    };
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS0).await;
    client.frames().send_binary(&publish(1000)).await.unwrap();
    client.message().await;
    client.frames().send_binary(&publish(1001)).await.unwrap();
    let frame = client.frames().next_frame().await.unwrap();
    let close = if frame.first == FIN | BINARY && v == V5 {
        client.frames().next_frame().await.unwrap()
    } else {
        frame
    };
    assert_eq!(
        (close.first, &close.payload[..2]),
        (FIN | CLOSE, &1009u16.to_be_bytes()[..])
    );
    // The limit is for frames, not for packets.
    let mut client = broker.connect(v, "y").await;
    client.subscribe("a", QOS0).await;
    for part in publish(5000).chunks(1000) {
        client.frames().send_binary(part).await.unwrap();
    }
    client.message().await;
}
versions!(ws a_frame_above_the_limit_closes_with_1009: V4, V5);

/// config.md 6.4
async fn secure_websocket_is_both(v: Version) {
    let broker = TestBroker::start().await;
    assert_eq!(transport::under_test(), Transport::Wss);
    let mut client = broker.connect(v, "x").await;
    let shown = client.stream().server_certificate.clone();
    assert_eq!(shown.as_ref(), Some(certificates::server().der()));
    client.frames().send_frame(FIN | PING, b"a").await.unwrap();
    assert_eq!(client.frames().next_frame().await.unwrap().first, FIN | PONG);
    // Neither without the other.
    let tcp = TcpStream::connect(broker.addr()).await.unwrap();
    let mut tls = ClientTls::default().handshake(tcp).await.unwrap();
    tls.write_all(&connect(v)).await.unwrap();
    let mut answer = Vec::new();
    within(DEADLINE, "the end", tls.read_to_end(&mut answer))
        .await
        .ok();
    assert_ne!(answer.first(), Some(&0x20), "{answer:02x?}");
    let mut tcp = TcpStream::connect(broker.addr()).await.unwrap();
    assert!(Request::default().send(&mut tcp).await.is_err());
    still_serves(&broker, v).await;
}
versions!(wss secure_websocket_is_both: V4, V5);
