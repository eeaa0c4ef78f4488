//! HTTP listeners of a broker: what a load balancer is told, what strangers get, over plain TCP and over TLS. Raw bytes,
//! as everywhere. Every transport detail has its unit tests in `broker/src/http`.

use harness::stream::ByteStream;
use harness::{BrokerBuilder, DEADLINE, TestBroker, Transport, V5, certificates, within};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use vmq_admin::argv::Arguments;
use vmq_admin::command::{self, Parsed};

pub(super) const OK: &str = r#"{"status":"OK"}"#;

pub(super) fn with_http(lines: &str) -> BrokerBuilder {
    TestBroker::builder()
        .conf("listener.http.web = 127.0.0.1:0")
        .conf(lines)
}

/// An answer; its head in lower case.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

async fn connect(broker: &TestBroker) -> TcpStream {
    TcpStream::connect(broker.listener("web")).await.unwrap()
}

async fn read_reply(stream: &mut impl ByteStream) -> Reply {
    let read = async {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest);
        let mut body = vec![0; length.split("\r\n").next().unwrap().parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        Reply {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: String::from_utf8(body).unwrap(),
            head,
        }
    };
    within(DEADLINE, "an answer", read).await
}

/// Asks on a connection of its own.
pub(super) async fn ask(broker: &TestBroker, method: &str, path: &str, headers: &str) -> Reply {
    let mut stream = connect(broker).await;
    let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    read_reply(&mut stream).await
}

pub(super) async fn get(broker: &TestBroker, path: &str) -> Reply {
    ask(broker, "GET", path, "").await
}

/// What comes until the broker closes; a reset ends it too.
async fn rest(stream: &mut impl ByteStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    within(DEADLINE, "the end", stream.read_to_end(&mut bytes))
        .await
        .ok();
    bytes
}

/// monitoring.md 4
#[tokio::test]
async fn a_broker_with_all_its_listeners_is_healthy() {
    let broker = with_http("").start().await;
    for path in [
        "/health",
        "/health/ping",
        "/health/listeners",
        "/health/listeners_full_cluster",
    ] {
        let reply = get(&broker, path).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, OK), "{path}");
        assert!(
            reply.head.contains("\r\ncontent-type: application/json\r\n"),
            "{reply:?}"
        );
    }
    assert_eq!(ask(&broker, "POST", "/health", "").await.status, 200);
}

/// monitoring.md 4, decisions 27: the broker runs without the listener, and says so.
#[tokio::test]
async fn a_listener_that_did_not_open_is_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let line = format!("listener.ws.taken = {}", taken.local_addr().unwrap());
    let broker = with_http(&line).start().await;
    let reason = "Listeners are not ready: [mqttws]";
    for (path, status, body) in [
        (
            "/health",
            503,
            format!(r#"{{"status":"DOWN","reasons":["{reason}"]}}"#),
        ),
        (
            "/health/listeners",
            503,
            format!(r#"{{"status":"DOWN","reason":"{reason}"}}"#),
        ),
        ("/health/ping", 200, OK.to_owned()),
    ] {
        let reply = get(&broker, path).await;
        assert_eq!((reply.status, reply.body), (status, body), "{path}");
    }
}

/// hostile #37
#[tokio::test]
async fn h37_nobody_sends_code() {
    let all = "listener.http.web.http_modules = [vmq_http_mgmt_api, vmq_health_http, vmq_status_http, vmq_http_v2_api]";
    let broker = with_http(all).start().await;
    for path in [
        "/api/v1/plugin/enable?--name=x&--path=/srv/x",
        "/api/v1/script/load?path=/srv/x.lua",
        "/api/v2/plugins",
        "/api/plugins/install",
        "/status/../plugins",
        "/plugins",
        "/health/x.so",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH"] {
            let body = "Content-Type: application/octet-stream\r\nContent-Length: 0\r\n";
            let reply = ask(&broker, method, path, body).await;
            assert!(
                [401, 404, 405, 501].contains(&reply.status),
                "{method} {path}: {reply:?}"
            );
        }
    }
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    // A plugin with a path is refused by its name, see admin/plugin.
    let line = "script load path=/srv/x.lua";
    let parsed = Arguments::parse(words(line)).map(|arguments| command::parse(&arguments));
    assert!(matches!(parsed, Ok(Ok(Parsed::NotAvailable))), "{line}");
}

/// A file of the original names a cluster listener; a node alone is well without.
#[tokio::test]
async fn a_cluster_listener_does_not_make_a_node_ill() {
    let broker = with_http("listener.vmq.clustering = 127.0.0.1:0").start().await;
    assert_eq!(get(&broker, "/health").await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let broker = with_http("").start().await;
    for path in ["/", "/health/x", "/nothing", "/webui"] {
        let reply = get(&broker, path).await;
        assert_eq!((reply.status, reply.body.as_str()), (404, ""), "{path}");
    }
    let reply = ask(&broker, "DELETE", "/metrics", "").await;
    assert_eq!(reply.status, 405);
    assert!(
        reply.head.contains("\r\nallow: get, head, options\r\n"),
        "{reply:?}"
    );
}

/// config.md 6.6: `listener.http.NAME.http_modules`
#[tokio::test]
async fn a_listener_serves_its_own_modules_only() {
    let broker = with_http("listener.http.web.http_modules = [vmq_health_http]")
        .start()
        .await;
    assert_eq!(get(&broker, "/health").await.status, 200);
    for path in ["/metrics", "/status", "/api/v1/session/show"] {
        assert_eq!(get(&broker, path).await.status, 404, "{path}");
    }
}

/// monitoring.md 4.1, admin.md 16
#[tokio::test]
async fn without_a_key_nothing_is_told() {
    let broker = with_http("http_module.vmq_health_http.auth.mode = apikey")
        .start()
        .await;
    let paths = [
        "/health",
        "/health/listeners",
        "/api/v1/session/show",
        "/api/v2/client",
    ];
    for headers in ["", "x-api-key: guess\r\n", "Authorization: Basic Z3Vlc3M6\r\n"] {
        for path in paths {
            let reply = ask(&broker, "GET", path, headers).await;
            assert_eq!((reply.status, reply.body.as_str()), (401, ""), "{path} {headers}");
            let challenge = "\r\nwww-authenticate: basic realm=\"vernemq\"\r\n";
            assert!(reply.head.contains(challenge), "{reply:?}");
        }
    }
    assert_eq!(get(&broker, "/health/ping").await.status, 200);
}

/// config.md 6.1: max_request_line_length, max_header_value_length
#[tokio::test]
async fn long_heads_are_refused() {
    let line = |bytes: usize| format!("/health?{}", "a".repeat(bytes - "GET /health? HTTP/1.1".len()));
    let header = |bytes| format!("X-Y: {}\r\n", "v".repeat(bytes));
    let broker = with_http("").start().await;
    assert_eq!(get(&broker, &line(8000)).await.status, 200);
    assert_eq!(get(&broker, &line(8001)).await.status, 414);
    assert_eq!(ask(&broker, "GET", "/health", &header(4096)).await.status, 200);
    assert_eq!(ask(&broker, "GET", "/health", &header(4097)).await.status, 431);
    // Far beyond: the answer arrives although most of the head was never looked at.
    assert_eq!(ask(&broker, "GET", "/health", &header(400_000)).await.status, 431);
    let broker = with_http(
        "listener.http.web.max_request_line_length = 40\nlistener.http.web.max_header_value_length = 10",
    )
    .start()
    .await;
    assert_eq!(get(&broker, &line(40)).await.status, 200);
    assert_eq!(get(&broker, &line(41)).await.status, 414);
    assert_eq!(ask(&broker, "GET", "/health", &header(11)).await.status, 431);
}

/// It costs the broker ten seconds, and nobody else anything.
#[tokio::test]
async fn a_slow_head_is_given_up() {
    let broker = with_http("").start().await;
    let began = Instant::now();
    let mut slow = connect(&broker).await;
    let mut silent = connect(&broker).await;
    slow.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        .await
        .unwrap();
    assert_eq!(get(&broker, "/health").await.status, 200);
    assert!(rest(&mut slow).await.is_empty());
    assert!(rest(&mut silent).await.is_empty());
    assert!(began.elapsed() >= Duration::from_secs(9), "{:?}", began.elapsed());
    assert_eq!(get(&broker, "/health").await.status, 200);
}

#[tokio::test]
async fn mqtt_is_not_spoken_here() {
    let broker = with_http("").start().await;
    let mut stream = connect(&broker).await;
    stream
        .write_all(b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01x")
        .await
        .unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{answer:02x?}");
    assert_eq!(broker.metric("mqtt_connect_received"), 0);
    broker.connect(V5, "x").await.ping().await;
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_a_stop() {
    let broker = with_http("").start().await;
    let mut idle = connect(&broker).await;
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(read_reply(&mut idle).await.status, 200);
    let mut half = connect(&broker).await;
    half.write_all(b"GET /hea").await.unwrap();
    let began = Instant::now();
    broker.stop().await;
    // Well below the ten seconds after which connections are cut off.
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert!(rest(&mut idle).await.is_empty());
}

/// config.md 7.1: honoured on http too.
#[tokio::test]
async fn a_proxy_may_stand_in_front() {
    let broker = with_http("listener.http.web.proxy_protocol = on").start().await;
    let mut stream = connect(&broker).await;
    stream
        .write_all(b"PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(read_reply(&mut stream).await.status, 200);
    // Without the header nothing is served.
    let mut stream = connect(&broker).await;
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(rest(&mut stream).await.is_empty());
}

async fn https(lines: &str) -> TestBroker {
    let builder = TestBroker::builder().certificates(Transport::Ssl);
    let home = builder.home().display().to_string();
    builder
        .conf(&format!(
            "listener.https.web = 127.0.0.1:0\nlistener.https.certfile = {home}/server.pem\n\
             listener.https.keyfile = {home}/server.key\nlistener.https.tls_version = tlsv1.3"
        ))
        .conf(lines)
        .start()
        .await
}

async fn connect_tls(broker: &TestBroker, offer: &[&str]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificates::authority().der()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = offer.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::IpAddress(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST).into());
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, connect(broker).await).await.unwrap()
}

fn agreed(stream: &TlsStream<TcpStream>) -> Option<&str> {
    let protocol = stream.get_ref().1.alpn_protocol();
    protocol.map(|name| std::str::from_utf8(name).unwrap())
}

/// config.md 6.6: HTTP/1.1 and HTTP/2 on both.
#[tokio::test]
async fn over_tls_the_client_chooses_the_version() {
    let broker = https("").await;
    for (offer, protocol) in [
        (&["http/1.1"][..], Some("http/1.1")),
        (&[], None),
        (&["http/1.0", "http/1.1"], Some("http/1.1")),
    ] {
        let mut stream = connect_tls(&broker, offer).await;
        assert_eq!(agreed(&stream), protocol);
        stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        let reply = read_reply(&mut stream).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, OK));
    }
    let mut stream = connect_tls(&broker, &["http/1.1", "h2"]).await;
    assert_eq!(agreed(&stream), Some("h2"));
    assert_eq!(get_by_http2(&mut stream).await, OK);
}

/// HTTP/2 without TLS, by a client that knows.
#[tokio::test]
async fn without_tls_http_2_is_understood() {
    let broker = with_http("").start().await;
    assert_eq!(get_by_http2(&mut connect(&broker).await).await, OK);
}

/// GET `/health` in frames of RFC 9113; gives the body of the answer.
async fn get_by_http2(stream: &mut impl ByteStream) -> String {
    let mut request = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    request.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    // HEADERS, the last of stream 1: GET, https, authority x, path.
    request.extend([0, 0, 14, 1, 5, 0, 0, 0, 1, 0x82, 0x87, 0x01, 1, b'x', 0x04, 7]);
    request.extend(b"/health");
    stream.write_all(&request).await.unwrap();
    let read = async {
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            let length = head[..3]
                .iter()
                .fold(0, |sum: usize, byte| sum << 8 | usize::from(*byte));
            let mut payload = vec![0; length];
            stream.read_exact(&mut payload).await.unwrap();
            match head[3] {
                // :status 200
                1 => assert_eq!(payload[0], 0x88, "{payload:02x?}"),
                0 => return String::from_utf8(payload).unwrap(),
                _ => {}
            }
        }
    };
    within(DEADLINE, "an answer", read).await
}

#[tokio::test]
async fn over_tls_a_slow_head_costs_no_more() {
    let broker = https("").await;
    let mut slow = connect_tls(&broker, &[]).await;
    slow.write_all(b"GET /health HTTP/1.1\r\n").await.unwrap();
    assert!(rest(&mut slow).await.is_empty());
}
