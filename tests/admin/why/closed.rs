//! Why connections end.

use super::{closed, started};
use crate::tool::{answer, client, rows};
use harness::control::eventually_blocking;
use harness::{Node, Packet, QOS0, QOS2, RawClient, ReasonCode, Transport, V4, V5, hex, publish};
use std::net::SocketAddr;
use tokio::net::TcpStream;

const NORMAL: &str = "session normally stopped";

/// style.md 6, decisions.md 33
#[tokio::test]
async fn ends_that_the_client_decides() {
    let node = started("receive_max_broker = 1\nmax_message_size = 1000", "topic #\n", "");
    client(&node, V4, "leaves").connect().await.disconnect().await;
    closed("leaves", "client_disconnect", NORMAL, "client").agrees(&node);

    let with_will = harness::exchange::disconnect(ReasonCode::DisconnectWithWill);
    client(&node, V5, "wills").connect().await.send(&with_will).await;
    closed("wills", "client_disconnect_with_will", NORMAL, "client").agrees(&node);

    let mut gone = client(&node, V4, "gone").connect().await;
    gone.shut_down().await;
    closed("gone", "peer_closed", NORMAL, "client").agrees(&node);

    let mut silent = client(&node, V4, "silent").keepalive(1).connect().await;
    silent.expect_close().await;
    let text = "stopped due to keepalive expired";
    closed("silent", "keep_alive_timeout", text, "client's keep_alive=1").agrees(&node);

    // What it has not read makes the system send a reset.
    let mut reset = client(&node, V4, "reset").connect().await;
    let pings = 20;
    reset.send_raw(&hex("C0 00").repeat(pings)).await;
    eventually_blocking("the answers", || {
        let lines = rows(&node, "metrics show --mqtt_version=4");
        lines.contains(&format!("counter.mqtt_pingresp_sent = {pings}"))
    });
    reset.drop_connection();
    closed(
        "reset",
        "socket_error",
        "stopped abnormally due to 'econnreset'",
        "network",
    )
    .agrees(&node);
}

#[tokio::test]
async fn ends_that_a_rule_decides() {
    let node = started(
        "receive_max_broker = 1\nlistener.ws.web = 127.0.0.1:0",
        "topic read #\n",
        "",
    );
    let mut bad = client(&node, V4, "bad").connect().await;
    bad.send_raw(&hex("36 00")).await;
    bad.expect_close().await;
    closed("bad", "malformed_packet", "stopped abnormally due to", "protocol").agrees(&node);

    let mut writer = client(&node, V4, "writer").connect().await;
    writer.send(&Packet::Publish(publish("a", "m"))).await;
    writer.expect_close().await;
    closed("writer", "publish_not_authorized", NORMAL, "protocol").agrees(&node);

    let web = RawClient::over(
        TcpStream::connect(address(&node, "mqttws")).await.unwrap(),
        Transport::Ws,
        V4,
    );
    let mut web = web.await.unwrap();
    web.send(&client(&node, V4, "web").packet()).await;
    web.recv().await;
    web.frames().send_frame(0x81, b"text").await.unwrap();
    let text = "stopped abnormally due to 'transport_error'";
    closed("web", "transport_error", text, "protocol").agrees(&node);
}

#[tokio::test]
async fn ends_that_a_limit_decides() {
    let node = started(
        "receive_max_broker = 1\nmax_message_size = 1000\nmqtt_connect_timeout = 300\n\
         listener.max_connection_lifetime = 2",
        "topic #\n",
        "",
    );
    let mut eager = client(&node, V5, "eager").connect().await;
    for id in [1, 2] {
        let mut packet = publish("a", "m");
        (packet.qos, packet.packet_id) = (QOS2, Some(harness::id(id)));
        eager.send(&Packet::Publish(packet)).await;
    }
    assert!(matches!(eager.recv().await, Packet::PubRec(_)));
    eager.expect_end(ReasonCode::ReceiveMaximumExceeded).await;
    let text = "stopped abnormally due to 'receive_max_exceeded'";
    closed("eager", "protocol_error", text, "receive_max_broker=1").agrees(&node);

    let mut large = client(&node, V5, "large").connect().await;
    large.send(&Packet::Publish(publish("a", vec![b'x'; 2000]))).await;
    large.expect_end(ReasonCode::PacketTooLarge).await;
    let text = "stopped abnormally due to";
    closed("large", "malformed_packet", text, "max_message_size=1000").agrees(&node);

    let mut old = client(&node, V5, "old").connect().await;
    old.expect_end(ReasonCode::AdministrativeAction).await;
    let by = "max_connection_lifetime=2";
    let text = "stop due to max connection lifetime reached";
    closed("old", "max_connection_lifetime", text, by).agrees(&node);
}

/// A connection that stands still; nobody else may suffer, and nobody else decides.
#[tokio::test]
async fn a_reader_that_stands_still() {
    let node = started(
        "tcp_listen_options = [{send_timeout, 1000}, {sndbuf, 8192}]",
        "topic #\n",
        "",
    );
    let mut stuck = client(&node, V4, "stuck").keepalive(0).connect().await;
    stuck.subscribe("flood", QOS0).await;
    let mut publisher = client(&node, V4, "publisher").connect().await;
    let payload = vec![b'x'; 100_000];
    for _ in 0..300 {
        publisher.send(&Packet::Publish(publish("flood", &payload))).await;
    }
    publisher.ping().await;
    let text = "stopped abnormally due to 'send_timeout'";
    closed(
        "stuck",
        "send_timeout",
        text,
        "tcp_listen_options.send_timeout=1000",
    )
    .agrees(&node);
    drop(stuck);
}

/// Who took over from where, and which operator disconnected.
#[tokio::test]
async fn ends_that_somebody_else_decides() {
    let node = started("", "topic #\n", "");
    let mut first = client(&node, V5, "twice").connect().await;
    let _second = client(&node, V5, "twice").connect().await;
    first.expect_end(ReasonCode::SessionTakenOver).await;
    let port = rows(&node, "session show --peer_port --client_id=twice").remove(0);
    let by = format!("connection from 127.0.0.1:{port}");
    closed("twice", "session_taken_over", NORMAL, &by).agrees(&node);

    let mut kicked = client(&node, V5, "kicked").connect().await;
    answer(&node, "session disconnect client-id=kicked");
    kicked.expect_end(ReasonCode::AdministrativeAction).await;
    let output = std::process::Command::new("id").arg("-u").output().unwrap();
    let by = format!("admin uid={}", String::from_utf8(output.stdout).unwrap().trim());
    closed("kicked", "administrative_action", NORMAL, &by).agrees(&node);
}

/// Who has not said its name has no history; the list of the broker has it.
#[tokio::test]
async fn ends_without_a_name() {
    let node = started("mqtt_connect_timeout = 300", "topic #\n", "");
    let address = address(&node, "mqtt");
    let mut silent = RawClient::open(address, V4).await;
    silent.expect_close().await;
    let mut rude = RawClient::open(address, V4).await;
    rude.send_raw(&hex("C0 00")).await;
    rude.expect_close().await;
    for (reason, text, by) in [
        (
            "connect_timeout",
            "stop due to timeout",
            "mqtt_connect_timeout=300",
        ),
        (
            "first_packet_not_connect",
            "session for undefined stopped abnormally due to 'first_packet_not_connect'",
            "protocol",
        ),
    ] {
        let event = || {
            let events = rows(&node, "events show");
            events
                .iter()
                .map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>())
                .find(|columns| columns[3] == "disconnected" && columns[4] == reason)
        };
        eventually_blocking(reason, || event().is_some());
        let columns = event().unwrap();
        assert_eq!(
            (columns[2].as_str(), columns[6].as_str()),
            ("1", "null"),
            "{columns:?}"
        );
        assert_eq!(columns[8], by, "{columns:?}");
        assert_eq!(super::metric(&node, "connection_closed", reason), 1);
        eventually_blocking("the line", || {
            let log = node.log();
            let mut lines = log.lines();
            lines.any(|line| line.contains(text) && line.contains(&format!("\"reason\":\"{reason}\"")))
        });
    }
}

/// Where a kind of listener is open.
pub(super) fn address(node: &Node, kind: &str) -> SocketAddr {
    let listeners = rows(node, "listener show");
    let mut rows = listeners.iter().map(|line| line.split('\t').collect::<Vec<_>>());
    let columns = rows.find(|columns| columns[0] == kind).unwrap();
    format!("{}:{}", columns[2], columns[3]).parse().unwrap()
}
