//! HTTP/1.1: each answer, and each bound of a request.

use super::super::health::NodeState;
use super::{Link, all_modules};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vmq_config::{HttpAuth, HttpConfig, HttpModule};

/// The status, and the whole text with header names in lower case.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Link {
    /// The next answer. One to HEAD has no body, whatever it announces.
    pub(super) async fn reply(&mut self, has_body: bool) -> Reply {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(self.client.read_u8().await.unwrap());
        }
        let head = String::from_utf8(bytes).unwrap().to_lowercase();
        let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest);
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; if has_body { length } else { 0 }];
        self.client.read_exact(&mut body).await.unwrap();
        Reply {
            status: head[9..12].parse().unwrap(),
            body: String::from_utf8(body).unwrap(),
            head,
        }
    }

    async fn ask(&mut self, method: &str, path: &str, headers: &str) -> Reply {
        self.send(format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n"))
            .await;
        self.reply(method != "HEAD").await
    }

    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "").await
    }
}

fn down(kinds: &[&'static str], is_stopping: bool) -> NodeState {
    NodeState {
        is_stopping,
        listeners_down: kinds.to_vec(),
    }
}

/// monitoring.md 4
#[tokio::test]
async fn a_healthy_node_says_ok() {
    let mut link = Link::open();
    for path in [
        "/health",
        "/health/ping",
        "/health/listeners",
        "/health/listeners_full_cluster",
        "/health?x=y",
    ] {
        let reply = link.get(path).await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (200, r#"{"status":"OK"}"#),
            "{path}"
        );
        assert!(
            reply.head.contains("\r\ncontent-type: application/json\r\n"),
            "{reply:?}"
        );
    }
}

/// monitoring.md 4
#[tokio::test]
async fn listeners_that_do_not_run_are_named() {
    let mut link = Link::to(all_modules(HttpAuth::Open), down(&["mqtt", "mqttws"], false));
    let reasons = r#"{"status":"DOWN","reasons":["Listeners are not ready: [mqtt,mqttws]"]}"#;
    let reason = r#"{"status":"DOWN","reason":"Listeners are not ready: [mqtt,mqttws]"}"#;
    for (path, status, body) in [
        ("/health", 503, reasons),
        ("/health/listeners_full_cluster", 503, reasons),
        ("/health/listeners", 503, reason),
        ("/health/ping", 200, r#"{"status":"OK"}"#),
    ] {
        let reply = link.get(path).await;
        assert_eq!((reply.status, reply.body.as_str()), (status, body), "{path}");
    }
}

#[tokio::test]
async fn a_node_that_stops_is_not_ready() {
    let mut link = Link::to(all_modules(HttpAuth::Open), down(&["http"], true));
    let reply = link.get("/health").await;
    let reasons = r#"["Unknown cluster status","Listeners are not ready: [http]"]"#;
    assert_eq!(reply.body, format!(r#"{{"status":"DOWN","reasons":{reasons}}}"#));
    let reply = link.get("/health/listeners_full_cluster").await;
    assert!(
        reply.body.contains(r#"["At least one node is offline","#),
        "{reply:?}"
    );
    assert_eq!(link.get("/health/ping").await.status, 200);
}

/// monitoring.md 4: any method is answered like GET.
#[tokio::test]
async fn health_answers_any_method_but_connect() {
    let mut link = Link::open();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
        assert_eq!(link.ask(method, "/health", "").await.status, 200, "{method}");
    }
    assert_eq!(link.ask("CONNECT", "x:1", "").await.status, 404);
}

#[tokio::test]
async fn head_tells_the_length_only() {
    let mut link = Link::open();
    let reply = link.ask("HEAD", "/health", "").await;
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("\r\ncontent-length: 15\r\n"), "{reply:?}");
    // Nothing followed: the next answer is in its place.
    assert_eq!(link.get("/health").await.status, 200);
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let mut link = Link::open();
    for path in ["/", "/health/", "/health/x", "/metrics2", "*"] {
        let reply = link.get(path).await;
        assert_eq!((reply.status, reply.body.as_str()), (404, ""), "{path}");
    }
}

#[tokio::test]
async fn modules_that_are_not_configured_are_not_found() {
    let config = HttpConfig {
        modules: vec![(HttpModule::Health, HttpAuth::Open)],
        ..all_modules(HttpAuth::Open)
    };
    let mut link = Link::to(config, NodeState::default());
    assert_eq!(link.get("/metrics").await.status, 404);
    assert_eq!(link.get("/health").await.status, 200);
}

#[tokio::test]
async fn modules_of_later_versions_say_so() {
    let mut link = Link::open();
    let reply = link.get("/webui").await;
    let body = r#"{"error":"vmq_web_ui is not available in this version"}"#;
    assert_eq!((reply.status, reply.body.as_str()), (501, body));
    for path in ["/assets/x", "/webui/"] {
        assert_eq!(link.get(path).await.status, 501, "{path}");
    }
    let publish = link.ask("POST", "/restmqtt/api/v1/publish", "").await;
    assert_eq!(publish.status, 501);
}

/// A form is read for who wants one.
#[tokio::test]
async fn management_gets_the_query_and_the_form() {
    let mut link = Link::open();
    let reply = link.get("/api/v1/session/show?--a=%20").await;
    assert_eq!(
        (reply.status, reply.body.as_str()),
        (200, "/api/v1/session/show?--a=%20 ")
    );
    link.send("POST /api/v2/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n2\r\n&c\r\n0\r\n\r\n")
        .await;
    assert_eq!(link.reply(true).await.body, "/api/v2/x a=b&c");
    let large = "x".repeat(64 * 1024);
    let length = large.len();
    link.send(format!(
        "POST /api/v1/set HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{large}"
    ))
    .await;
    assert_eq!(link.reply(true).await.status, 200);
    let reply = link.ask("POST", "/api/v1/set", "Content-Length: 65537\r\n").await;
    assert_eq!(reply.status, 413);
}

/// admin.md 14.2: a browser asks before it has a key.
#[tokio::test]
async fn options_of_management_need_no_key() {
    let mut link = Link::to(all_modules(HttpAuth::ApiKey), NodeState::default());
    assert_eq!(link.ask("OPTIONS", "/api/v1/session/show", "").await.status, 200);
    assert_eq!(link.get("/api/v1/session/show").await.status, 401);
    assert_eq!(link.ask("POST", "/api/v1/session/show", "").await.status, 401);
    assert_eq!(link.ask("PUT", "/api/v1/session/show", "").await.status, 405);
}

/// monitoring.md 5.1
#[tokio::test]
async fn the_status_has_a_page_and_a_feed() {
    let mut link = Link::open();
    let page = link.get("/status").await;
    assert_eq!(page.status, 200);
    assert!(page.body.starts_with("<!doctype html>") && page.body.ends_with("</script>\n"));
    for header in [
        "content-type: text/html; charset=utf-8",
        "content-security-policy: default-src 'none'; style-src 'sha256-",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    ] {
        assert!(
            page.head.contains(&format!("\r\n{header}")),
            "{header}: {}",
            page.head
        );
    }
    let feed = link.get("/status.json").await;
    assert_eq!((feed.status, feed.body.as_str()), (200, "[\"well\"]"));
    assert!(feed.head.contains("\r\ncontent-type: application/json\r\n"));
    let moved = link.get("/status/").await;
    assert_eq!(moved.status, 308);
    assert!(
        moved.head.contains("\r\nlocation: ../status\r\n"),
        "{}",
        moved.head
    );
    for path in ["/status/css/x.css", "/status/..", "/status.json/"] {
        assert_eq!(link.get(path).await.status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert_eq!(link.ask(method, "/status.json", "").await.status, 405, "{method}");
    }
    assert_eq!(link.ask("POST", "/status", "").await.status, 405);
}

/// monitoring.md 2.5: whatever the client says that it accepts.
#[tokio::test]
async fn metrics_are_a_text() {
    let mut link = Link::open();
    let reply = link.ask("GET", "/metrics", "Accept: application/json\r\n").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "up 1\n"));
    assert!(
        reply.head.contains("\r\ncontent-type: text/plain\r\n"),
        "{reply:?}"
    );
    let reply = link.ask("HEAD", "/metrics", "").await;
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("\r\ncontent-length: 5\r\n"), "{reply:?}");
    let reply = link.ask("OPTIONS", "/metrics", "").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    assert!(
        reply.head.contains("\r\nallow: get, head, options\r\n"),
        "{reply:?}"
    );
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let mut link = Link::open();
    let reply = link.ask("DELETE", "/metrics", "").await;
    assert_eq!((reply.status, reply.body.as_str()), (405, ""));
    assert!(
        reply.head.contains("\r\nallow: get, head, options\r\n"),
        "{reply:?}"
    );
    assert_eq!(link.get("/restmqtt/api/v1/publish").await.status, 405);
}

/// monitoring.md 4.1
#[tokio::test]
async fn without_a_key_nothing_is_told() {
    let mut link = Link::to(all_modules(HttpAuth::ApiKey), NodeState::default());
    for headers in [
        "",
        "X-API-Key: k\r\n",
        "Authorization: Basic azo=\r\n",
        "Authorization: nonsense\r\n",
    ] {
        for path in ["/health", "/metrics", "/api/v1/session/show", "/status.json"] {
            let reply = link.ask("GET", path, headers).await;
            assert_eq!((reply.status, reply.body.as_str()), (401, ""), "{path} {headers}");
            let challenge = "\r\nwww-authenticate: basic realm=\"vernemq\"\r\n";
            assert!(reply.head.contains(challenge), "{reply:?}");
        }
    }
    assert_eq!(link.get("/health/ping").await.status, 200);
}

/// config.md 6.1: max_request_line_length
#[tokio::test]
async fn a_long_request_line_is_refused() {
    // `GET /health?aaa HTTP/1.1`
    let padded = |bytes: usize| format!("/health?{}", "a".repeat(bytes - "GET /health? HTTP/1.1".len()));
    assert_eq!(Link::open().get(&padded(200)).await.status, 200);
    let mut link = Link::open();
    let reply = link.get(&padded(201)).await;
    assert_eq!((reply.status, reply.body.as_str()), (414, ""));
    assert!(reply.head.contains("\r\nconnection: close\r\n"), "{reply:?}");
    assert!(link.rest().await.is_empty());
}

/// config.md 6.1: max_header_value_length
#[tokio::test]
async fn a_long_header_value_is_refused() {
    let header = |bytes| format!("X-Y: {}\r\n", "v".repeat(bytes));
    assert_eq!(Link::open().ask("GET", "/health", &header(100)).await.status, 200);
    let mut link = Link::open();
    assert_eq!(link.ask("GET", "/health", &header(101)).await.status, 431);
    assert!(link.rest().await.is_empty());
}

#[tokio::test]
async fn many_headers_are_refused() {
    // Beside Host.
    assert_eq!(
        Link::open()
            .ask("GET", "/health", &"a: b\r\n".repeat(99))
            .await
            .status,
        200
    );
    assert_eq!(
        Link::open()
            .ask("GET", "/health", &"a: b\r\n".repeat(100))
            .await
            .status,
        431
    );
}

/// The answer arrives although the broker stopped reading long before the end.
#[tokio::test(start_paused = true)]
async fn an_endless_head_is_cut_off() {
    let mut link = Link::open();
    link.send("GET /health HTTP/1.1\r\nHost: x\r\n").await;
    let (mut reader, mut writer) = tokio::io::split(link.client);
    let flood = tokio::spawn(async move {
        let mut sent = 0_usize;
        while writer.write_all(&[b'a'; 1024]).await.is_ok() {
            sent += 1024;
        }
        sent
    });
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).await.unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 431 "),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    drop(reader);
    link.server.await.unwrap();
    assert!(flood.await.unwrap() < 2 * 1024 * 1024);
}

#[tokio::test]
async fn nonsense_is_a_bad_request() {
    for nonsense in [
        "\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0\r\n\r\n",
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET /he\x01alth HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /health HTTP/3.7\r\nHost: a\r\n\r\n",
    ] {
        let mut link = Link::open();
        link.send(nonsense).await;
        let answer = String::from_utf8(link.rest().await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{nonsense:?}: {answer}");
    }
}

#[tokio::test]
async fn http_1_0_is_served_once() {
    let mut link = Link::open();
    link.send("GET /health/ping HTTP/1.0\r\n\r\n").await;
    let answer = String::from_utf8(link.rest().await).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let mut link = Link::open();
    let one = |path| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    link.send(one("/health") + &one("/nowhere") + &one("/metrics") + &one("/webui"))
        .await;
    for status in [200, 404, 200, 501] {
        assert_eq!(link.reply(true).await.status, status);
    }
}

#[tokio::test]
async fn a_small_body_is_ignored() {
    let mut link = Link::open();
    link.send("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nGET")
        .await;
    link.send(" /nope").await;
    assert_eq!(link.reply(true).await.status, 200);
    link.send("POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        .await;
    assert_eq!(link.reply(true).await.status, 200);
    assert_eq!(link.get("/health").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_large_body_is_refused() {
    let mut link = Link::open();
    // Not a byte of it is asked for.
    let announced = "Content-Length: 65537\r\nExpect: 100-continue\r\n";
    assert_eq!(link.ask("POST", "/health", announced).await.status, 413);
    assert!(link.rest().await.is_empty());
    let mut link = Link::open();
    link.send("POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    for _ in 0..17 {
        link.send(format!("1000\r\n{}\r\n", "b".repeat(4096))).await;
    }
    assert_eq!(link.reply(true).await.status, 413);
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_given_up() {
    let mut link = Link::open();
    link.send("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na")
        .await;
    assert_eq!(link.reply(true).await.status, 408);
    assert!(link.rest().await.is_empty());
    assert_eq!(link.opened.elapsed().as_secs(), 10);
}
