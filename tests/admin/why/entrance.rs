//! Why sockets are given up before a client says its name: log, metric and the list of the broker agree. What a TLS or
//! WebSocket handshake failed at is said beside the reason, and in its place in the log.

use super::Witness as _;
use super::inside::{Inside, Seen};
use harness::{TestBroker, Transport, eventually};
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// One kind of refusal.
struct Refused {
    listener: &'static str,
    /// What is sent, and nothing after it.
    says: &'static [u8],
    reason: &'static str,
    /// What it failed at.
    detail: Option<&'static str>,
    /// A part of the log line's text.
    text: &'static str,
}

const fn refused(
    listener: &'static str,
    says: &'static [u8],
    reason: &'static str,
    detail: Option<&'static str>,
    text: &'static str,
) -> Refused {
    Refused {
        listener,
        says,
        reason,
        detail,
        text,
    }
}

const GET: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

const LISTENERS: &str = "\
mqtt_connect_timeout = 300
listener.tcp.proxied = 127.0.0.1:0
listener.tcp.proxied.proxy_protocol = on
listener.tcp.strange = 127.0.0.1:0
listener.tcp.strange.proxy_protocol = on
listener.tcp.strange.proxy_protocol_trusted = 10.0.0.0/8
listener.ws.waiting = 127.0.0.1:0
listener.ws.waiting.proxy_protocol = on
listener.ws.web = 127.0.0.1:0
listener.ssl.tls = 127.0.0.1:0
listener.tcp.busy = 127.0.0.1:0
listener.tcp.busy.connect_rate = 1
listener.tcp.eager = 127.0.0.1:0
listener.tcp.eager.connect_rate_per_source = 1";

impl Refused {
    /// Opens sockets until one of them is refused: those of a rate only if they come fast enough. They stay open: one that
    /// is closed would be refused for that.
    async fn is_provoked(&self, address: SocketAddr, seen: &Seen, open: &mut Vec<TcpStream>) {
        let before = open.len();
        eventually(self.reason, async || {
            if self.of_list(seen).is_some() {
                return true;
            }
            // A refusal that takes time is provoked once.
            if open.len() == before || self.reason.starts_with("connect_rate") {
                let mut socket = TcpStream::connect(address).await.unwrap();
                // It may be closed already.
                drop(socket.write_all(self.says).await);
                open.push(socket);
            }
            false
        })
        .await;
    }

    /// Count and detail in the list of the broker.
    fn of_list(&self, seen: &Seen) -> Option<(u64, Option<Box<str>>)> {
        let events = seen.core.histories.recent.snapshot().into_iter();
        let mut events = events.map(|event| event.entry);
        let entry =
            events.find(|entry| entry.kind.word() == "connection_refused" && entry.reason == self.reason)?;
        let peer = entry.peer.as_deref().unwrap_or_default();
        assert!(peer.starts_with("127.0.0.1:"), "{}: {peer}", self.reason);
        Some((entry.count, entry.detail))
    }

    async fn agrees(&self, seen: &Seen) {
        let Self { reason, detail, .. } = *self;
        eventually(&format!("list and metric of {reason}"), async || {
            let told = self.of_list(seen).map_or(0, |(count, _)| count);
            told == seen.metric("connection_refused", reason)
        })
        .await;
        assert_eq!(self.of_list(seen).unwrap().1.as_deref(), detail, "{reason}");
        let logged = format!("\"reason\":\"{}\"", detail.unwrap_or(reason));
        eventually(&format!("a line about {reason}"), async || {
            let log = seen.log();
            log.lines()
                .any(|line| line.contains(&logged) && line.contains(self.text))
        })
        .await;
    }
}

#[tokio::test]
async fn sockets_that_do_not_get_in() {
    let builder = TestBroker::builder().transport(Transport::Tcp);
    let builder = builder.certificates(Transport::Ssl).conf(LISTENERS);
    let Inside { broker, seen } = Inside::start(builder).await;
    let cases = [
        refused(
            "proxied",
            GET,
            "proxy_protocol_error",
            None,
            "Proxy Protocol Error: ",
        ),
        refused(
            "strange",
            b"",
            "untrusted_proxy",
            None,
            "refused: untrusted_proxy",
        ),
        refused(
            "waiting",
            b"",
            "proxy_protocol_timeout",
            None,
            "refused: proxy_protocol_timeout",
        ),
        refused(
            "web",
            GET,
            "websocket_upgrade",
            Some("not_found"),
            "WebSocket upgrade of 127.0.0.1:",
        ),
        refused(
            "web",
            b"GET ",
            "websocket_upgrade_timeout",
            None,
            "refused: websocket_upgrade_timeout",
        ),
        refused(
            "tls",
            GET,
            "tls_handshake_failed",
            Some("not_tls"),
            "TLS handshake with 127.0.0.1:",
        ),
        refused("busy", b"", "connect_rate", None, "refused: connect_rate"),
        refused(
            "eager",
            b"",
            "connect_rate_per_source",
            None,
            "refused: connect_rate_per_source",
        ),
    ];
    let mut open = Vec::new();
    for case in &cases {
        let address = broker.listener(case.listener);
        case.is_provoked(address, &seen, &mut open).await;
    }
    for case in &cases {
        case.agrees(&seen).await;
    }
}
