//! Why sockets are given up before a client says its name: log, metric and the list of the broker agree. The other reasons of
//! the list take the same way; their metrics and lines are in the suites of their transports.

use super::closed::address;
use super::{metric, started};
use crate::tool::rows;
use harness::control::eventually_blocking;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

#[tokio::test]
async fn sockets_that_do_not_get_in() {
    let node = started(
        "listener.tcp.default.proxy_protocol = on\nlistener.ws.web = 127.0.0.1:0",
        "topic #\n",
        "",
    );
    let mut open = Vec::new();
    for (kind, reason, text) in [
        ("mqtt", "proxy_protocol_error", "Proxy Protocol Error: "),
        ("mqttws", "websocket_upgrade", "WebSocket upgrade of 127.0.0.1:"),
    ] {
        let mut socket = TcpStream::connect(address(&node, kind)).await.unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        open.push(socket);
        let event = || {
            let events = rows(&node, "events show");
            let mut events = events
                .iter()
                .map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
            events.find(|columns| columns[3] == "connection_refused" && columns[4] == reason)
        };
        eventually_blocking(reason, || event().is_some());
        let columns = event().unwrap();
        assert_eq!(
            columns[2],
            metric(&node, "connection_refused", reason).to_string()
        );
        assert!(columns[8].starts_with("127.0.0.1:"), "{columns:?}");
        node.wait_for_log(text);
    }
}
