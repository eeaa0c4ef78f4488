//! Limits of listeners, and queues of other shapes of the same rules as seen by an operator.

use harness::transport::under_test;
use harness::wire::{self, string};
use harness::*;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use tokio::net::TcpSocket;

/// mqtt.md 16
async fn excess_connections_wait_for_a_place(v: Version) {
    let broker = TestBroker::builder()
        .conf("listener.tcp.default.max_connections = 2")
        .start()
        .await;
    let mut one = broker.connect(v, "one").await;
    let _two = broker.connect(v, "two").await;
    let third = broker.client(v, "three");
    // It is in the system's queue: not refused, and no handshake of its transport goes on.
    let waiting = tokio::spawn(async move { third.connect().await });
    one.quiet_for(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    one.disconnect().await;
    within(DEADLINE, "a place", waiting).await.unwrap().ping().await;
}
versions!(all excess_connections_wait_for_a_place: V4, V5);

/// Opens connections one after the other; how many the broker has let in. Over TLS and WebSocket the others do not even
/// shake hands.
async fn let_in(broker: &TestBroker, v: Version, source: Ipv4Addr, attempts: usize) -> u64 {
    let mut count = 0;
    for number in 0..attempts {
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.bind((source, 0).into()).unwrap();
        let tcp = tcp.connect(broker.addr()).await.unwrap();
        let Ok(mut client) = RawClient::over(tcp, under_test(), v).await else {
            continue;
        };
        let connect = broker.client(v, &format!("{source}{number}"));
        client.send(&connect.packet()).await;
        count += u64::from(client.next().await.is_ok());
    }
    count
}

const ONE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
const ANOTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// decisions 20
async fn a_listener_takes_so_many_connections_a_second(v: Version) {
    let broker = TestBroker::builder()
        .conf("listener.tcp.default.connect_rate = 3")
        .start()
        .await;
    let start = Instant::now();
    let accepted = let_in(&broker, v, ONE, 20).await + let_in(&broker, v, ANOTHER, 20).await;
    let most = 3 * (2 + start.elapsed().as_secs());
    assert!(
        (3..=most).contains(&accepted),
        "{accepted} of 40 in {:?}",
        start.elapsed()
    );
    let refused = 40 - accepted;
    eventually("the refusals to be counted", async || {
        broker.metric_of("connection_refused", "connect_rate") == refused
    })
    .await;
    eventually("the next second", async || let_in(&broker, v, ONE, 1).await == 1).await;
}
versions!(all a_listener_takes_so_many_connections_a_second: V5);

/// decisions 20
async fn a_source_takes_no_place_of_another(v: Version) {
    let broker = TestBroker::builder()
        .conf("listener.tcp.default.connect_rate_per_source = 3")
        .start()
        .await;
    let start = Instant::now();
    let accepted = let_in(&broker, v, ONE, 20).await;
    let most = 3 * (2 + start.elapsed().as_secs());
    assert!(
        (3..=most).contains(&accepted),
        "{accepted} of 20 in {:?}",
        start.elapsed()
    );
    assert_eq!(let_in(&broker, v, ANOTHER, 3).await, 3);
    let refused = 20 - accepted;
    eventually("the refusals to be counted", async || {
        broker.metric_of("connection_refused", "connect_rate_per_source") == refused
    })
    .await;
}
versions!(all a_source_takes_no_place_of_another: V5);

// `tcp`: TLS listeners know no PROXY header.
/// decisions 20
async fn behind_a_proxy_the_source_is_the_client(v: Version) {
    let broker = TestBroker::builder()
        .conf("listener.tcp.default.connect_rate_per_source = 1\nlistener.tcp.default.proxy_protocol = on")
        .start()
        .await;
    let connect = wire::connect(v, 2, &[&string("x")]);
    for (number, accepted) in [(1, true), (2, true), (3, true), (3, false)] {
        let header = format!("PROXY TCP4 192.0.2.{number} 192.0.2.200 5000 1883\r\n");
        let mut client = broker.raw(v).await;
        client.send_raw(&[header.as_bytes(), &connect].concat()).await;
        assert_eq!(client.next().await.is_ok(), accepted, "{number}");
    }
    eventually("the refusal to be counted", async || {
        broker.metric_of("connection_refused", "connect_rate_per_source") == 1
    })
    .await;
}
versions!(tcp behind_a_proxy_the_source_is_the_client: V5);

/// config.md 5.1
async fn the_lifetime_of_a_connection_ends_on_every_transport(v: Version) {
    let others = [Transport::Ssl, Transport::Ws, Transport::Wss];
    let mut builder = TestBroker::builder()
        .conf("listener.max_connection_lifetime = 1")
        .certificates(Transport::Ssl)
        .certificates(Transport::Wss);
    for kind in others.map(Transport::key_word) {
        builder = builder.conf(&format!("listener.{kind}.on_{kind} = 127.0.0.1:0"));
    }
    let broker = builder.start().await;
    let mut clients = Vec::new();
    for kind in others.map(Transport::key_word) {
        let builder = broker.client_on(&format!("on_{kind}"), v, kind);
        clients.push((kind, builder.connect().await, Instant::now()));
    }
    for (kind, mut client, start) in clients {
        client.expect_end(ReasonCode::AdministrativeAction).await;
        let lived = start.elapsed();
        assert!(
            lived > Duration::from_millis(800) && lived < Duration::from_secs(5),
            "{kind}: {lived:?}"
        );
    }
}
versions!(slow the_lifetime_of_a_connection_ends_on_every_transport: V4, V5);

/// mqtt.md 7.1
async fn an_existing_filter_may_always_be_replaced(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_subscriptions_per_client = 1")
        .start()
        .await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    client.subscribe("a", QOS0).await;
    client.subscribe("a", QOS1).await;
    client.disconnect().await;
    // The count belongs to the session, not to the connection.
    let mut client = builder.connect_present(true).await;
    let quota = harness::exchange::refused(v, ReasonCode::QuotaExceeded);
    assert_eq!(client.subscribe_all(&[("b", options(QOS0))]).await, [quota]);
    client.subscribe("a", QOS2).await;
}
versions!(an_existing_filter_may_always_be_replaced: V3, V4, V5);

/// mqtt.md 18
async fn what_an_operator_counts(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS1).await;
    client.publish("a", QOS1, "m").await;
    client.receive("a", "m").await;
    client.ping().await;
    let expected = [
        ("socket_open", 1),
        ("mqtt_connect_received", 1),
        ("mqtt_connack_sent", 1),
        ("mqtt_subscribe_received", 1),
        ("mqtt_suback_sent", 1),
        ("mqtt_publish_received", 1),
        ("mqtt_puback_sent", 1),
        ("mqtt_publish_sent", 1),
        ("mqtt_puback_received", 1),
        ("mqtt_pingreq_received", 1),
        ("router_matches_local", 1),
        ("queue_setup", 1),
        ("queue_message_in", 1),
        ("queue_message_out", 1),
    ];
    for (name, value) in expected {
        assert_eq!(broker.metric(name), value, "{name}");
    }
    client.disconnect().await;
    for (name, value) in [
        ("socket_close", 1),
        ("mqtt_disconnect_received", 1),
        ("queue_teardown", 1),
    ] {
        eventually(name, async || broker.metric(name) == value).await;
    }
    assert!(broker.metric("bytes_received") > 0 && broker.metric("bytes_sent") > 0);
}
versions!(all what_an_operator_counts: V3, V4, V5);

/// mqtt.md 18
async fn what_an_operator_sees_now(v: Version) {
    let broker = TestBroker::start().await;
    let names = [
        "total_active_connections",
        "queue_processes",
        "router_subscriptions",
        "retain_messages",
    ];
    let see = || names.map(|name| broker.metric(name));
    assert_eq!(see(), [0; 4], "{names:?}");
    let mut client = broker.client(v, "x").persistent().connect().await;
    client.subscribe("a", QOS1).await;
    client.subscribe("$share/g/b", QOS1).await;
    client.publish_retained("c", QOS1, "m").await;
    let mut other = broker.connect(v, "y").await;
    other.subscribe("a", QOS1).await;
    assert_eq!(see(), [2, 2, 3, 1], "{names:?}");
    other.disconnect().await;
    client.publish_retained("c", QOS1, "").await;
    client.disconnect().await;
    eventually("the counts of an offline session", async || see() == [0, 1, 2, 0]).await;
    broker.client(v, "x").connect().await.disconnect().await;
    eventually("the counts of nothing", async || see() == [0; 4]).await;
}
versions!(what_an_operator_sees_now: V3, V4, V5);
