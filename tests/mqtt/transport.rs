//! How connections end, and slow readers.

use harness::client::End;
use harness::wire::{self, string};
use harness::*;
use std::time::Duration;

/// [-] 20.10 #158
async fn c158_the_last_packet_arrives_before_the_end(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_message_size = 1000")
        .start()
        .await;
    // What the client goes on sending must not turn the end into a reset that eats the last packet.
    let ballast = wire::publish(v, 0x30, "a", None, &[b'x'; 500]).repeat(200);
    for fault in [
        hex("36 05 00 01 61 00 01"),
        wire::publish(v, 0x30, "a", None, &[b'x'; 2000]),
    ] {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&[fault.clone(), ballast.clone()].concat()).await;
        if v == V5 {
            let raw = client.recv_raw().await;
            assert_eq!(raw[0], 0xE0, "{raw:02x?}");
        }
        assert_eq!(
            client.expect_close().await,
            End::Closed,
            "after {:02x?}",
            &fault[..7]
        );
    }
    let closed = TestBroker::builder().closed().start().await;
    let mut client = closed.raw(v).await;
    client
        .send_raw(&[wire::connect(v, 2, &[&string("x")]), ballast].concat())
        .await;
    let refused = if v == V5 {
        hex("20 03 00 86 00")
    } else {
        hex("20 02 00 05")
    };
    client.expect_raw(&refused).await;
    assert_eq!(client.expect_close().await, End::Closed);
}
versions!(all c158_the_last_packet_arrives_before_the_end: V3, V4, V5);

/// [-] 20.10 #159
async fn c159_a_reader_that_stands_still_is_closed(v: Version) {
    let broker = TestBroker::builder()
        .conf("tcp_listen_options = [{send_timeout, 1000}, {sndbuf, 8192}]")
        .start()
        .await;
    let mut stuck = broker
        .client(v, "stuck")
        .keepalive(0)
        .will("will", "stuck")
        .connect()
        .await;
    stuck.subscribe("flood", QOS0).await;
    let mut other = broker.connect(v, "other").await;
    other.subscribe("will", QOS0).await;
    let mut publisher = broker.connect(v, "publisher").await;
    let payload = vec![b'x'; 100_000];
    // More than the socket buffers of both sides and the queue (1000 messages) hold; the publisher is not slowed.
    for _ in 0..300 {
        publisher.send(&Packet::Publish(publish("flood", &payload))).await;
    }
    within(
        Duration::from_secs(10),
        "the publisher to be served",
        publisher.ping(),
    )
    .await;
    other.expect("will", "stuck").await;
    other.expect_silence().await;
}
versions!(slow c159_a_reader_that_stands_still_is_closed: V4, V5);

/// mqtt.md 15
async fn a_slow_reader_loses_messages_and_nothing_else(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_online_messages = 10")
        .start()
        .await;
    let mut slow = broker.client(v, "slow").keepalive(0).connect().await;
    slow.subscribe("flood", QOS0).await;
    let mut publisher = broker.connect(v, "publisher").await;
    let payload = vec![b'x'; 200_000];
    for number in 0..200u8 {
        let mut payload = payload.clone();
        payload[0] = number;
        publisher.send(&Packet::Publish(publish("flood", payload))).await;
    }
    publisher.ping().await;
    assert!(broker.metric("queue_message_drop") > 0);
    publisher.publish("flood", QOS0, "").await;
    let mut last = None;
    for _ in 0..200 {
        slow.send(&Packet::PingReq).await;
        let mut idle = false;
        match slow.recv().await {
            Packet::Publish(message) => {
                let number = message.payload.first().copied();
                assert!(
                    number.is_none() || number > last,
                    "out of order: {number:?} after {last:?}"
                );
                last = number.or(last);
            }
            Packet::PingResp => idle = true,
            other => panic!("unexpected {other:?}"),
        }
        if idle && last.is_some() {
            break;
        }
    }
    assert!(last.is_some());
    publisher.publish("flood", QOS0, "again").await;
    loop {
        if let Packet::Publish(message) = slow.recv().await
            && message.payload == "again"
        {
            break;
        }
    }
}
versions!(a_slow_reader_loses_messages_and_nothing_else: V4, V5);

/// mqtt.md 15
async fn many_packets_in_both_directions_do_not_block(v: Version) {
    let broker = TestBroker::builder()
        .conf("max_online_messages = -1")
        .start()
        .await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("a", QOS0).await;
    // The client sends before it reads: the broker must go on reading while its own packets wait.
    let batch = wire::publish(v, 0x30, "a", None, &[b'x'; 1000]).repeat(100);
    for _ in 0..20 {
        client.send_raw(&batch).await;
    }
    for _ in 0..2000 {
        client.message().await;
    }
    client.expect_silence().await;
}
versions!(all many_packets_in_both_directions_do_not_block: V4, V5);
