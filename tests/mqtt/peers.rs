//! Other brokers as peers: bridges, and links between servers.

use crate::hostile::still_serves;
use harness::wire::{self, frame};
use harness::*;
use tokio::net::TcpStream;

/// hostile #13
async fn h13_a_bridge_is_a_client_like_any_other(v: Version) {
    let broker = TestBroker::builder()
        .acl("topic local/#\ntopic read remote/#\n")
        .start()
        .await;
    let crafted = [
        wire::publish(v, 0x32, "local/x", Some(1), b"m"),
        wire::publish(v, 0x32, "remote/x", Some(1), b"m"),
        wire::publish(v, 0x32, "", Some(1), b"m"),
        wire::publish(v, 0x32, "local/#", Some(1), b"m"),
        wire::publish(v, 0x32, "local/+/x", Some(1), b"m"),
        wire::publish(v, 0x32, "local/\u{0}", Some(1), b"m"),
        wire::publish(v, 0x32, [b"local/".as_slice(), &[0xFF]].concat(), Some(1), b"m"),
        wire::publish(v, 0x32, "local/x", Some(0), b"m"),
        wire::publish(v, 0x36, "local/x", Some(1), b"m"),
        wire::publish(v, 0x32, vec!["local"; 1000].join("/"), Some(1), b"m"),
        wire::publish(v, 0x32, "$SYS/broker", Some(1), b"m"),
        wire::publish(v, 0x34, "local/x", Some(1), &[b'x'; 100]).repeat(50),
        frame(0x32, &[&[0xFF, 0xFF], b"local/x"]),
    ];
    for packet in crafted {
        let plain = outcome(&broker.client(v, "plain"), &packet).await;
        let bridge = outcome(&broker.client(v, "bridge").bridge(), &packet).await;
        assert_eq!(plain, bridge, "{:02x?}", &packet[..packet.len().min(20)]);
    }
    still_allowed(&broker, v).await;
}
versions!(h13_a_bridge_is_a_client_like_any_other: V3, V4);

/// All that a client gets after these bytes and a ping.
async fn outcome(builder: &ConnectBuilder, bytes: &[u8]) -> (Vec<Packet>, bool) {
    let mut client = builder.connect().await;
    client.send_raw(&[bytes, &hex("C0 00")].concat()).await;
    let mut packets = Vec::new();
    loop {
        match client.next().await {
            Ok(Packet::PingResp) => return (packets, true),
            Ok(packet) => packets.push(packet),
            Err(_) => return (packets, false),
        }
    }
}

async fn still_allowed(broker: &TestBroker, v: Version) {
    let mut client = broker.connect(v, "still").await;
    client.subscribe("local/x", QOS1).await;
    client.publish("local/x", QOS1, "yes").await;
    client.receive("local/x", "yes").await;
}

// `tcp`: the listeners in question speak no MQTT.
/// hostile #34
async fn h34_nobody_gets_in_between_servers(v: Version) {
    // A port that nobody had a moment ago.
    let free = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let (plain, secure) = (free(), free());
    let builder = TestBroker::builder().certificates(Transport::Ssl);
    let home = builder.home().display().to_string();
    let broker = builder
        .conf(&format!(
            "listener.vmq.clustering = {plain}\nlistener.vmqs.clustering = {secure}\n\
             listener.vmqs.certfile = {home}/server.pem\nlistener.vmqs.keyfile = {home}/server.key"
        ))
        .start()
        .await;
    for address in [plain, secure] {
        let connected = TcpStream::connect(address).await;
        assert!(connected.is_err(), "{address} is open");
    }
    still_serves(&broker, v).await;
}
versions!(tcp h34_nobody_gets_in_between_servers: V4);
