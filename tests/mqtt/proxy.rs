//! Listeners behind a proxy: PROXY headers of both versions, and `X-Forwarded-For`. Bodies marked `tcp` open listeners
//! of `tcp` and `ws` themselves, which are those that know the header.

use crate::node::address_of;
use crate::witness::Witness;
use harness::transport::Transport;
use harness::websocket::{Request, WebSocket};
use harness::wire::{self, string};
use harness::*;
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The listeners that know the header (config.md 5).
const BEHIND_A_PROXY: [Transport; 2] = [Transport::Tcp, Transport::Ws];

const ON: &str = "listener.tcp.default.proxy_protocol = on";

/// Version 2, command PROXY.
const PROXY: u8 = 0x21;
const LOCAL: u8 = 0x20;
/// Family and protocol.
const TCP4: u8 = 0x11;
const UDP4: u8 = 0x12;
const TCP6: u8 = 0x21;

/// A header of version 2 around addresses and TLVs.
fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [
        &hex("0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A")[..],
        &[command, family],
        &length,
        body,
    ]
    .concat()
}

/// 192.0.2.7:5000 to 192.0.2.1:1883.
fn addresses4() -> Vec<u8> {
    hex("C0 00 02 07 C0 00 02 01 13 88 07 5B")
}

/// [2001:db8::7]:5000 to [2001:db8::1]:1883.
fn addresses6() -> Vec<u8> {
    hex("20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 07
         20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 01 13 88 07 5B")
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[kind][..], &length, value].concat()
}

/// The TLV about TLS: bits, result of the verification, common name.
fn tls_tlv(client: u8, verify: u32, common_name: Option<&str>) -> Vec<u8> {
    let name = common_name
        .map(|name| tlv(0x22, name.as_bytes()))
        .unwrap_or_default();
    tlv(
        0x20,
        &[
            &[client][..],
            &verify.to_be_bytes(),
            &tlv(0x21, b"TLSv1.3"),
            &name,
        ]
        .concat(),
    )
}

/// A header with a checksum in it: right, or not.
fn with_checksum(right: bool) -> Vec<u8> {
    let body = [addresses4(), tlv(0x03, &[0; 4])].concat();
    let mut header = v2(PROXY, TCP4, &body);
    let at = header.len() - 4;
    let sum = crc32c(&header) ^ u32::from(!right);
    header[at..].copy_from_slice(&sum.to_be_bytes());
    header
}

/// Castagnoli's, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { 0x82F6_3B78 } else { 0 };
        }
    }
    !sum
}

async fn connect_after(
    broker: &TestBroker,
    transport: Transport,
    v: Version,
    header: &[u8],
) -> (RawClient, String) {
    let mut tcp = TcpStream::connect(broker.addr()).await.unwrap();
    let own = tcp.local_addr().unwrap().to_string();
    tcp.write_all(header).await.unwrap();
    let mut client = RawClient::over(tcp, transport, v).await.unwrap();
    let connect = ConnectBuilder::new(broker.addr(), v, "x").user("mqtt", "secret");
    client.send(&connect.packet()).await;
    match client.recv().await {
        Packet::ConnAck(ack) => assert_eq!(ack.reason, ReasonCode::Success),
        other => panic!("expected CONNACK, got {other:?}"),
    }
    (client, own)
}

/// The broker closes without a word.
async fn refused(broker: &TestBroker, bytes: &[u8], what: &str) {
    let mut tcp = TcpStream::connect(broker.addr()).await.unwrap();
    // It may be closed before all is written.
    tcp.write_all(bytes).await.ok();
    let mut answer = Vec::new();
    let ended = tcp.read_to_end(&mut answer);
    within(Duration::from_secs(8), what, ended).await.ok();
    assert!(answer.is_empty(), "{what}: {answer:02x?}");
}

/// config.md 7.1
async fn the_peer_is_the_client_of_the_proxy(v: Version) {
    let four = "192.0.2.7:5000";
    let six = "[2001:db8::7]:5000";
    let many = [
        addresses4(),
        tlv(0x01, b"mqtt"),
        tlv(0x02, b"broker.example"),
        tlv(0x04, b"nothing"),
        tlv(0x05, &[7; 128]),
        tlv(0x30, b"netns"),
        tlv(0xEA, b"of a cloud"),
    ]
    .concat();
    let cases = [
        (b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 1883\r\n".to_vec(), four),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 5000 1883\r\n".to_vec(), six),
        (v2(PROXY, TCP4, &addresses4()), four),
        (v2(PROXY, UDP4, &addresses4()), four),
        (v2(PROXY, TCP6, &addresses6()), six),
        (v2(PROXY, TCP4, &many), four),
        (with_checksum(true), four),
    ];
    for transport in BEHIND_A_PROXY {
        let (witness, builder) = Witness::builder();
        let broker = builder.transport(transport).conf(ON).start().await;
        for (header, expected) in &cases {
            connect_after(&broker, transport, v, header).await;
            assert_eq!(witness.only().peer, *expected, "{transport:?} {header:02x?}");
        }
    }
}
versions!(tcp the_peer_is_the_client_of_the_proxy: V4, V5);

/// config.md 7.1
async fn a_header_without_a_client_leaves_the_peer(v: Version) {
    let unix = [0; 216];
    let headers = [
        b"PROXY UNKNOWN\r\n".to_vec(),
        b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n".to_vec(),
        v2(LOCAL, 0, &[]),
        v2(LOCAL, TCP4, &addresses4()),
        v2(PROXY, 0, &[]),
        v2(PROXY, 0x31, &unix),
    ];
    for transport in BEHIND_A_PROXY {
        let (witness, builder) = Witness::builder();
        let broker = builder.transport(transport).conf(ON).start().await;
        for header in &headers {
            let (_client, own) = connect_after(&broker, transport, v, header).await;
            assert_eq!(witness.only().peer, own, "{transport:?} {header:02x?}");
        }
    }
}
versions!(tcp a_header_without_a_client_leaves_the_peer: V4, V5);

/// config.md 7.1
async fn a_header_may_come_in_pieces_and_with_the_packet(v: Version) {
    let (witness, builder) = Witness::builder();
    let broker = builder.conf(ON).start().await;
    let connect = wire::connect(v, 2, &[&string("x")]);
    for header in [
        b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 1883\r\n".to_vec(),
        v2(PROXY, TCP4, &[addresses4(), tlv(0xEA, &[7; 5000])].concat()),
    ] {
        for cut in [1, 11, header.len()] {
            let mut tcp = TcpStream::connect(broker.addr()).await.unwrap();
            tcp.set_nodelay(true).unwrap();
            let mut pieces: Vec<&[u8]> = header[..cut].chunks(1).collect();
            pieces.push(&header[cut..]);
            for piece in pieces.into_iter().take(60) {
                tcp.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
            let sent = cut.min(60);
            let rest = if sent < cut { &header[sent..] } else { &[] };
            tcp.write_all(&[rest, &connect].concat()).await.unwrap();
            let mut answer = [0; 2];
            within(DEADLINE, "CONNACK", tcp.read_exact(&mut answer))
                .await
                .unwrap();
            assert_eq!(answer[0], 0x20);
            assert_eq!(witness.only().peer, "192.0.2.7:5000");
        }
    }
}
versions!(tcp a_header_may_come_in_pieces_and_with_the_packet: V4, V5);

/// Bytes that are no header.
fn no_headers(v: Version) -> Vec<(&'static str, Vec<u8>)> {
    let line = |text: &str| format!("{text}\r\n").into_bytes();
    let bad_command = v2(0x2F, TCP4, &addresses4());
    vec![
        ("a plain CONNECT", wire::connect(v, 2, &[&string("x")])),
        ("HTTP", Request::default().text().into_bytes()),
        ("another word", line("PROXIES TCP4 192.0.2.7 192.0.2.1 5000 1883")),
        ("small letters", line("proxy TCP4 192.0.2.7 192.0.2.1 5000 1883")),
        ("another family", line("PROXY TCP5 192.0.2.7 192.0.2.1 5000 1883")),
        ("two addresses missing", line("PROXY TCP4 192.0.2.7")),
        (
            "a bad address",
            line("PROXY TCP4 192.0.2.777 192.0.2.1 5000 1883"),
        ),
        (
            "an address of the other family",
            line("PROXY TCP4 2001:db8::7 2001:db8::1 5000 1883"),
        ),
        (
            "a bad address of six",
            line("PROXY TCP6 192.0.2.7 192.0.2.1 5000 1883"),
        ),
        ("port 0", line("PROXY TCP4 192.0.2.7 192.0.2.1 0 1883")),
        ("port 65536", line("PROXY TCP4 192.0.2.7 192.0.2.1 65536 1883")),
        (
            "a port of letters",
            line("PROXY TCP4 192.0.2.7 192.0.2.1 abc 1883"),
        ),
        (
            "a line without end",
            format!("PROXY TCP4 {}", "1".repeat(200)).into_bytes(),
        ),
        ("version 3", v2(0x31, TCP4, &addresses4())),
        ("an unknown command", bad_command),
        ("an unknown family", v2(PROXY, 0x41, &addresses4())),
        ("an unknown protocol", v2(PROXY, 0x13, &addresses4())),
        (
            "too short for its addresses",
            v2(PROXY, TCP4, &addresses4()[..11]),
        ),
        (
            "a TLV beyond the end",
            v2(PROXY, TCP4, &[addresses4(), hex("EA 00 05 01")].concat()),
        ),
        ("a wrong checksum", with_checksum(false)),
        (
            "a long unique id",
            v2(PROXY, TCP4, &[addresses4(), tlv(0x05, &[7; 129])].concat()),
        ),
    ]
}

/// config.md 7.1
async fn what_is_no_header_is_closed_without_a_word(v: Version) {
    for transport in BEHIND_A_PROXY {
        let (witness, builder) = Witness::builder();
        let broker = builder.transport(transport).conf(ON).start().await;
        for (number, (what, bytes)) in no_headers(v).into_iter().enumerate() {
            refused(&broker, &bytes, what).await;
            eventually(what, async || {
                broker.metric_of("connection_refused", "proxy_protocol_error") == number as u64 + 1
            })
            .await;
        }
        assert!(witness.saw_nobody());
        connect_after(&broker, transport, v, &v2(LOCAL, 0, &[])).await;
    }
}
versions!(tcp what_is_no_header_is_closed_without_a_word: V4, V5);

/// config.md 7.1
async fn a_header_has_its_time(_v: Version) {
    let builder = TestBroker::builder().transport(Transport::Ws).conf(ON);
    let broker = builder.start().await;
    let start = Instant::now();
    refused(&broker, b"PROXY TCP4 ", "the time of a header").await;
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(900) && took < Duration::from_secs(5),
        "{took:?}"
    );
    // Ten seconds where there is no HTTP.
    let broker = TestBroker::builder()
        .transport(Transport::Tcp)
        .conf(ON)
        .start()
        .await;
    let mut client = RawClient::open(broker.addr(), V4).await;
    client.send_raw(b"PROXY TCP4 ").await;
    client.quiet_for(Duration::from_secs(9)).await;
    client.expect_close().await;
}
versions!(slow a_header_has_its_time: V4);

/// decisions 20
async fn headers_of_strangers_are_not_believed(v: Version) {
    let header = b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 1883\r\n";
    for transport in BEHIND_A_PROXY {
        for (trusted, believed) in [
            ("10.0.0.0/8", false),
            ("127.0.0.2; ::1", false),
            ("127.0.0.1", true),
            ("10.0.0.0/8;127.0.0.0/8", true),
        ] {
            let (witness, builder) = Witness::builder();
            let broker = builder
                .transport(transport)
                .conf(ON)
                .conf(&format!(
                    "listener.tcp.default.proxy_protocol_trusted = {trusted}"
                ))
                .start()
                .await;
            if believed {
                connect_after(&broker, transport, v, header).await;
                assert_eq!(witness.only().peer, "192.0.2.7:5000", "{trusted}");
                continue;
            }
            refused(&broker, header, trusted).await;
            eventually("the refusal to be counted", async || {
                broker.metric_of("connection_refused", "untrusted_proxy") == 1
            })
            .await;
            assert!(witness.saw_nobody(), "{trusted}");
        }
    }
}
versions!(tcp headers_of_strangers_are_not_believed: V5);

/// config.md 7.1
async fn a_verified_common_name_is_the_username(v: Version) {
    let header = |client: u8, verify: u32, name: Option<&str>| {
        v2(
            PROXY,
            TCP4,
            &[addresses4(), tls_tlv(client, verify, name)].concat(),
        )
    };
    let without = "listener.tcp.default.proxy_protocol_use_cn_as_username = off";
    let of_kind = "listener.tcp.proxy_protocol_use_cn_as_username = off";
    // Bits: 1 TLS, 2 certificate on this connection, 4 certificate in this session.
    let cases = [
        ("verified", "", header(3, 0, Some("device")), "device"),
        (
            "verified in the session",
            "",
            header(5, 0, Some("device")),
            "device",
        ),
        ("not verified", "", header(3, 1, Some("device")), "mqtt"),
        ("no certificate", "", header(1, 0, Some("device")), "mqtt"),
        ("not even TLS", "", header(0, 0, Some("device")), "mqtt"),
        ("no name", "", header(3, 0, None), "mqtt"),
        ("no TLV", "", v2(PROXY, TCP4, &addresses4()), "mqtt"),
        ("not wanted", without, header(3, 0, Some("device")), "mqtt"),
        (
            "not wanted by the kind",
            of_kind,
            header(3, 0, Some("device")),
            "mqtt",
        ),
    ];
    for transport in BEHIND_A_PROXY {
        for (what, lines, header, expected) in &cases {
            let (witness, builder) = Witness::builder();
            let broker = builder.transport(transport).conf(ON).conf(lines).start().await;
            connect_after(&broker, transport, v, header).await;
            let seen = witness.only();
            assert_eq!(seen.username.as_deref(), Some(*expected), "{transport:?} {what}");
            assert_eq!(
                seen.password.as_deref(),
                Some(&b"secret"[..]),
                "{transport:?} {what}"
            );
        }
    }
}
versions!(tcp a_verified_common_name_is_the_username: V5);

/// config.md 7.1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_knows_the_client_and_the_fault() {
    let node = Node::started("listener.tcp.default.proxy_protocol = on\nallow_anonymous = off");
    let address = address_of(&node, "default");
    let mut tcp = TcpStream::connect(address).await.unwrap();
    let header = b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 1883\r\n";
    let connect = wire::connect(V4, 2, &[&string("x")]);
    tcp.write_all(&[&header[..], &connect].concat()).await.unwrap();
    node.wait_for_log("192.0.2.7:5000");
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&connect).await.unwrap();
    node.wait_for_log(
        "Proxy Protocol Error: The PROXY protocol header signature was not recognized. (PP 2.1, PP 2.2)",
    );
}

// === X-Forwarded-For ===

const XFF: &str = "listener.ws.default.proxy_xff_support = on
listener.ws.default.proxy_xff_trusted_intermediate = 10.0.0.1;127.0.0.1";

const XFF_CN: &str = "listener.ws.default.proxy_xff_use_cn_as_username = on";

async fn upgrade(broker: &TestBroker, request: &Request) -> io::Result<u16> {
    let mut tcp = TcpStream::connect(broker.addr()).await?;
    Ok(request.send(&mut tcp).await?.status)
}

/// Peer and username of a client that comes with these headers.
async fn seen_of(
    broker: &TestBroker,
    witness: &Witness,
    v: Version,
    request: &Request,
) -> (String, String, u16) {
    let tcp = TcpStream::connect(broker.addr()).await.unwrap();
    let port = tcp.local_addr().unwrap().port();
    let mut socket = WebSocket::open_with(Box::new(tcp), request).await.unwrap();
    let connect = wire::connect(v, 0xC2, &[&string("x"), &string("mqtt"), &string("secret")]);
    socket.send_binary(&connect).await.unwrap();
    assert_eq!(socket.next_frame().await.unwrap().payload[0], 0x20);
    let seen = witness.only();
    assert_eq!(seen.password.as_deref(), Some(&b"secret"[..]));
    (seen.peer, seen.username.unwrap(), port)
}

/// config.md 7.2
async fn the_first_forwarded_address_is_the_client(v: Version) {
    let (witness, builder) = Witness::builder();
    let broker = builder.conf(XFF).start().await;
    for (value, ip) in [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 10.0.0.1", "192.0.2.7"),
        ("192.0.2.7,10.0.0.1,10.0.0.2", "192.0.2.7"),
        ("2001:db8::7", "[2001:db8::7]"),
    ] {
        let request = Request::default().header("X-Forwarded-For", value);
        let (peer, username, port) = seen_of(&broker, &witness, v, &request).await;
        // The port of the client is not told; it is the one of the proxy.
        assert_eq!(
            (peer, username.as_str()),
            (format!("{ip}:{port}"), "mqtt"),
            "{value}"
        );
    }
}
versions!(ws the_first_forwarded_address_is_the_client: V4, V5);

/// config.md 7.2
async fn a_proxy_must_tell_and_be_trusted(_v: Version) {
    let (witness, builder) = Witness::builder();
    let broker = builder.conf(XFF).start().await;
    assert_eq!(upgrade(&broker, &Request::default()).await.unwrap(), 400);
    for value in ["", "unknown", "192.0.2.777", "localhost, 192.0.2.7", ",192.0.2.7"] {
        let request = Request::default().header("X-Forwarded-For", value);
        assert_eq!(upgrade(&broker, &request).await.unwrap(), 400, "{value:?}");
    }
    let stranger = "listener.ws.default.proxy_xff_trusted_intermediate = 10.0.0.1";
    let (_, builder) = Witness::builder();
    let broker = builder.conf(XFF).conf(stranger).start().await;
    let request = Request::default().header("X-Forwarded-For", "192.0.2.7");
    assert_eq!(upgrade(&broker, &request).await.unwrap(), 403);
    assert!(witness.saw_nobody());
}
versions!(ws a_proxy_must_tell_and_be_trusted: V5);

/// config.md 7.2
async fn without_the_key_nobody_is_believed(v: Version) {
    let (witness, builder) = Witness::builder();
    let broker = builder.start().await;
    let request = Request::default()
        .header("X-Forwarded-For", "192.0.2.7")
        .header("X-SSL-Client-CN", "device");
    let (peer, username, port) = seen_of(&broker, &witness, v, &request).await;
    assert_eq!((peer, username.as_str()), (format!("127.0.0.1:{port}"), "mqtt"));
}
versions!(ws without_the_key_nobody_is_believed: V5);

/// config.md 7.2
async fn a_header_of_the_proxy_is_the_username(v: Version) {
    let from = |name: &'static str, value: &str| {
        Request::default()
            .header("X-Forwarded-For", "192.0.2.7")
            .header(name, value)
    };
    let (witness, builder) = Witness::builder();
    let broker = builder.conf(XFF).conf(XFF_CN).start().await;
    let (_, username, _) = seen_of(&broker, &witness, v, &from("X-SSL-Client-CN", "device")).await;
    assert_eq!(username, "device");
    let missing = Request::default().header("X-Forwarded-For", "192.0.2.7");
    assert_eq!(upgrade(&broker, &missing).await.unwrap(), 401);
    let empty = from("X-SSL-Client-CN", "");
    assert_eq!(upgrade(&broker, &empty).await.unwrap(), 401);
    let (witness, builder) = Witness::builder();
    let broker = builder
        .conf(XFF)
        .conf(XFF_CN)
        .conf("listener.ws.default.proxy_xff_cn_header = X-User")
        .start()
        .await;
    let (_, username, _) = seen_of(&broker, &witness, v, &from("x-user", "device")).await;
    assert_eq!(username, "device");
    assert_eq!(
        upgrade(&broker, &from("X-SSL-Client-CN", "device"))
            .await
            .unwrap(),
        401
    );
}
versions!(ws a_header_of_the_proxy_is_the_username: V5);

/// config.md 7.2
async fn a_proxy_header_goes_before_forwarded_for(v: Version) {
    let (witness, builder) = Witness::builder();
    let broker = builder
        .conf(XFF)
        .conf("listener.ws.default.proxy_protocol = on")
        .start()
        .await;
    let mut tcp = TcpStream::connect(broker.addr()).await.unwrap();
    tcp.write_all(&v2(PROXY, TCP6, &addresses6())).await.unwrap();
    let request = Request::default().header("X-Forwarded-For", "192.0.2.7");
    let mut socket = WebSocket::open_with(Box::new(tcp), &request).await.unwrap();
    socket
        .send_binary(&wire::connect(v, 2, &[&string("x")]))
        .await
        .unwrap();
    assert_eq!(socket.next_frame().await.unwrap().payload[0], 0x20);
    assert_eq!(witness.only().peer, "[2001:db8::7]:5000");
}
versions!(ws a_proxy_header_goes_before_forwarded_for: V5);
