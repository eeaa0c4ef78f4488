//! The upgrade: what is followed, what is refused, and how the client learns why.

use super::*;
use crate::listener::websocket::{UpgradeRefusal, Upgraded, upgrade};

/// Lines of a request that is followed; `change` may replace one by its name, leave it out or add one.
const GOOD: [&str; 7] = [
    "GET /mqtt HTTP/1.1",
    "Host: broker",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: mqtt",
];

/// The good request with one line replaced; an empty replacement leaves it out.
pub(super) fn request(line: usize, with: &str) -> String {
    let mut lines = GOOD.to_vec();
    lines[line] = with;
    lines.retain(|line| !line.is_empty());
    lines.join("\r\n") + "\r\n\r\n"
}

fn good() -> String {
    request(0, GOOD[0])
}

/// The answer to a request, and what became of it.
async fn ask(request: &[u8], config: &WebSocketConfig) -> (Result<Upgraded, UpgradeRefusal>, String) {
    let (mut client, stream) = tokio::io::duplex(256 * 1024);
    client.write_all(request).await.unwrap();
    let result = upgrade(stream, config, None, false).await;
    let result = result.map(|(socket, upgraded)| {
        drop(socket);
        upgraded
    });
    let mut response = String::new();
    client.read_to_string(&mut response).await.unwrap();
    (result, response)
}

async fn refused(request: &str, refusal: UpgradeRefusal, status: u16) -> String {
    let (result, response) = ask(request.as_bytes(), &config()).await;
    assert_eq!(result.unwrap_err(), refusal, "{request}");
    assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains(&format!("Content-Length: {}", body.len())),
        "{response}"
    );
    assert!(head.contains("close"), "{response}");
    assert!(body.starts_with(&refusal.to_string()), "{response}");
    response
}

async fn followed(request: &str, subprotocol: &str) {
    let (result, response) = ask(request.as_bytes(), &config()).await;
    assert_eq!(result, Ok(Upgraded::default()), "{request}");
    let expected = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
    );
    assert_eq!(response, expected);
}

#[tokio::test]
async fn good_requests_are_followed() {
    followed(&good(), "mqtt").await;
    followed(&request(0, "GET /mqtt?a=b HTTP/1.1"), "mqtt").await;
    followed(&request(0, "GET http://broker:8080/mqtt HTTP/1.1"), "mqtt").await;
    followed(&request(2, "upgrade: WebSocket"), "mqtt").await;
    followed(&request(3, "CONNECTION: keep-alive, Upgrade"), "mqtt").await;
    followed(&request(1, "Content-Length: 0"), "mqtt").await;
    followed(&good().replace("\r\n", "\n"), "mqtt").await;
    // No extension is ever agreed on.
    followed(
        &request(1, "Sec-WebSocket-Extensions: permessage-deflate"),
        "mqtt",
    )
    .await;
}

#[tokio::test]
async fn the_first_known_subprotocol_of_the_client_is_taken() {
    for (offer, taken) in [
        ("Sec-WebSocket-Protocol: mqttv3.1", "mqttv3.1"),
        ("Sec-WebSocket-Protocol: mqttv3.1, mqtt", "mqttv3.1"),
        ("Sec-WebSocket-Protocol: mqtt,mqttv3.1", "mqtt"),
        ("Sec-WebSocket-Protocol: mqttv5 , chat,  mqtt", "mqtt"),
        (
            "Sec-WebSocket-Protocol: chat\r\nsec-websocket-protocol: mqttv3.1\r\nSec-WebSocket-Protocol: mqtt",
            "mqttv3.1",
        ),
    ] {
        followed(&request(6, offer), taken).await;
    }
}

#[tokio::test]
async fn everything_else_is_refused() {
    use UpgradeRefusal::*;
    let cases = [
        (request(0, "GET /mqtt/ HTTP/1.1"), NotFound, 404),
        (request(0, "GET /mqttx HTTP/1.1"), NotFound, 404),
        (request(0, "GET / HTTP/1.1"), NotFound, 404),
        (request(0, "OPTIONS * HTTP/1.1"), NotFound, 404),
        (request(0, "POST /mqtt HTTP/1.1"), MethodNotAllowed, 405),
        (request(0, "GET /mqtt HTTP/1.0"), UpgradeRequired, 426),
        (request(0, "GET /mqtt HTTP/2.0"), BadRequest, 400),
        (request(0, "GET /mqtt"), BadRequest, 400),
        (request(0, "GET mqtt:/\u{7f} HTTP/1.1"), BadRequest, 400),
        (request(1, "no colon"), BadRequest, 400),
        (request(1, "Content-Length: 3"), UnexpectedBody, 400),
        (request(1, "Transfer-Encoding: chunked"), UnexpectedBody, 400),
        (request(2, ""), UpgradeRequired, 426),
        (request(2, "Upgrade: h2c"), UpgradeRequired, 426),
        (request(3, ""), UpgradeRequired, 426),
        (request(3, "Connection: close"), UpgradeRequired, 426),
        (request(4, ""), UnsupportedVersion, 426),
        (request(4, "Sec-WebSocket-Version: 8"), UnsupportedVersion, 426),
        (
            request(4, "Sec-WebSocket-Version: 13, 8"),
            UnsupportedVersion,
            426,
        ),
        (request(5, ""), BadKey, 400),
        (request(5, "Sec-WebSocket-Key: c2hvcnQ="), BadKey, 400),
        (
            request(5, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!="),
            BadKey,
            400,
        ),
        (request(5, &[GOOD[5], GOOD[5]].join("\r\n")), BadKey, 400),
        (request(6, ""), NoKnownSubprotocol, 400),
        (
            request(6, "Sec-WebSocket-Protocol: mqttv5, mqttv3.1.1, MQTT"),
            NoKnownSubprotocol,
            400,
        ),
    ];
    for (request, refusal, status) in cases {
        let response = refused(&request, refusal, status).await;
        match refusal {
            UpgradeRequired => assert!(response.contains("\r\nUpgrade: websocket\r\n")),
            UnsupportedVersion => assert!(response.contains("\r\nSec-WebSocket-Version: 13\r\n")),
            MethodNotAllowed => assert!(response.contains("\r\nAllow: GET\r\n")),
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_is_not_http_is_refused_at_its_first_byte() {
    for bytes in [&b"\x10\x0c\x00\x04MQTT"[..], b"\x16\x03\x01", b"\r\n\r\n", b"\0"] {
        let (result, response) = ask(bytes, &config()).await;
        assert_eq!(result.unwrap_err(), UpgradeRefusal::BadRequest);
        assert!(response.starts_with("HTTP/1.1 400 "));
    }
}

#[tokio::test]
async fn heads_are_bounded() {
    use UpgradeRefusal::*;
    let config = WebSocketConfig {
        request_line_max: 100,
        header_value_max: 50,
        ..config()
    };
    let line = |length: usize| request(0, &format!("GET /mqtt?{} HTTP/1.1", "x".repeat(length - 19)));
    let value = |length: usize| request(1, &format!("Cookie: {}", "x".repeat(length)));
    let many = |count: usize| request(1, &vec!["A: b"; count].join("\r\n"));
    for (request, expected) in [
        (line(100), None),
        (line(101), Some(UriTooLong)),
        ("GET /".to_owned() + &"x".repeat(200), Some(UriTooLong)),
        (value(50), None),
        (value(51), Some(HeadersTooLarge)),
        (many(95), None),
        (many(96), Some(HeadersTooLarge)),
        // No end in sight.
        (
            "GET /mqtt HTTP/1.1\r\n".to_owned() + &"A: b\r\n".repeat(6000),
            Some(HeadersTooLarge),
        ),
        (
            "GET /mqtt HTTP/1.1\r\nA: ".to_owned() + &"b".repeat(40_000),
            Some(HeadersTooLarge),
        ),
    ] {
        let (result, response) = ask(request.as_bytes(), &config).await;
        assert_eq!(result.err(), expected);
        let status = match expected {
            None => "101",
            Some(UriTooLong) => "414",
            _ => "431",
        };
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
    }
}

#[tokio::test]
async fn a_head_may_come_byte_by_byte_with_frames_behind_it() {
    let (mut client, stream) = tokio::io::duplex(1);
    let mut bytes = good().into_bytes();
    bytes.extend(frame(BINARY, b"first packet"));
    let client = tokio::spawn(async move {
        let (mut reader, mut writer) = tokio::io::split(&mut client);
        let reading = async {
            let mut response = Vec::new();
            while !response.ends_with(b"\r\n\r\n") {
                response.push(reader.read_u8().await.unwrap());
            }
            assert!(response.starts_with(b"HTTP/1.1 101 "));
        };
        let (written, ()) = tokio::join!(writer.write_all(&bytes), reading);
        written.unwrap();
        client
    });
    let (mut socket, _) = upgrade(stream, &config(), None, false).await.unwrap();
    let mut packet = [0; 12];
    socket.read_exact(&mut packet).await.unwrap();
    assert_eq!(&packet, b"first packet");
    drop(client.await.unwrap());
}

#[tokio::test]
async fn frames_in_the_same_segment_as_the_head_are_not_lost() {
    let (mut client, stream) = tokio::io::duplex(64 * 1024);
    client
        .write_all(
            &[
                good().as_bytes(),
                &frame(BINARY, b"one"),
                &frame(BINARY, &[7; 3000]),
            ]
            .concat(),
        )
        .await
        .unwrap();
    let (mut socket, _) = upgrade(stream, &config(), None, false).await.unwrap();
    drop(client);
    let (all, end) = read_all(&mut socket).await;
    end.unwrap();
    assert_eq!(all, [&b"one"[..], &[7; 3000]].concat());
    assert_eq!(socket.heap_bytes(), 0);
}

#[tokio::test]
async fn a_peer_that_goes_gets_no_answer() {
    for length in [0, 1, 30, good().len() - 1] {
        let (mut client, stream) = tokio::io::duplex(4096);
        client.write_all(&good().as_bytes()[..length]).await.unwrap();
        client.shutdown().await.unwrap();
        let refusal = upgrade(stream, &config(), None, false).await.unwrap_err();
        assert_eq!(refusal, UpgradeRefusal::PeerClosed);
        let mut response = Vec::new();
        client.read_to_end(&mut response).await.unwrap();
        assert!(response.is_empty());
    }
}

#[test]
fn names_are_words_and_texts_have_no_full_stop() {
    use UpgradeRefusal::*;
    let all = [
        BadRequest,
        UnexpectedBody,
        NotFound,
        MethodNotAllowed,
        UpgradeRequired,
        UnsupportedVersion,
        BadKey,
        NoKnownSubprotocol,
        UriTooLong,
        HeadersTooLarge,
        UntrustedProxy,
        ForwardedForMissing,
        ForwardedForInvalid,
        UsernameMissing,
        PeerClosed,
    ];
    let mut names: Vec<_> = all.iter().map(|refusal| refusal.name()).collect();
    names.dedup();
    assert_eq!(names.len(), all.len());
    assert!(
        names
            .iter()
            .all(|name| name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()))
    );
    assert!(all.iter().all(|refusal| !refusal.to_string().ends_with('.')));
}
