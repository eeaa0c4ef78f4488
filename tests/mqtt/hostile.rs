//! Inputs that have broken other brokers. Rows 12, 26 and 35 are in `churn`, 13 and 34 in
//! `peers`, 20 in `reload`, 25, 29 and 30 in `websocket`, 27 in `auth`, row 21 is in `tests/crash`.

use crate::auth::{HENRY, JOE, may_publish};
use harness::exchange::refused;
use harness::wire::{self, frame, string, user_property};
use harness::*;
use std::time::{Duration, Instant};

/// A broker that has been attacked still serves.
pub(crate) async fn still_serves(broker: &TestBroker, v: Version) {
    let mut client = broker.connect(v, "still").await;
    client.subscribe("still/serves", QOS2).await;
    client.publish("still/serves", QOS2, "yes").await;
    client.receive("still/serves", "yes").await;
}

/// Bytes of address space of this process.
pub(crate) fn address_space() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmSize:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// hostile #1
async fn h01_an_announced_length_is_not_allocated(v: Version) {
    let broker = TestBroker::start().await;
    let before = address_space();
    let mut clients = Vec::new();
    for round in 0..100 {
        let mut client = if round % 2 == 0 {
            broker.raw(v).await
        } else {
            broker.connect(v, &format!("{round}")).await
        };
        let first_byte = if round % 2 == 0 { 0x10 } else { 0x30 };
        client
            .send_raw(&[first_byte, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1, b'a', 0])
            .await;
        clients.push(client);
    }
    still_serves(&broker, v).await;
    let grown = address_space().saturating_sub(before);
    assert!(
        grown < 10 << 30,
        "100 announcements of 256 MB grew the process by {} MB",
        grown >> 20
    );
}
versions!(h01_an_announced_length_is_not_allocated: V4, V5);

/// hostile #1
async fn h01_connect_has_a_cap(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.raw(v).await;
    client.send_raw(&hex("10 FF FF FF 7F")).await;
    let chunk = vec![0u8; 1 << 20];
    let start = Instant::now();
    let mut sent = 0;
    while client.try_send_raw(&chunk).await.is_ok() {
        sent += 1;
        assert!(sent <= 32, "{sent} MB of a CONNECT were taken");
    }
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "closed by the connect timer only"
    );
    still_serves(&broker, v).await;
}
versions!(h01_connect_has_a_cap: V4, V5);

/// hostile #2
async fn h02_a_large_first_packet_that_is_not_connect_is_refused_at_once(v: Version) {
    let broker = TestBroker::start().await;
    for first_byte in [0x30, 0x32, 0x82, 0x20, 0xF0, 0x00] {
        let mut client = broker.raw(v).await;
        let start = Instant::now();
        client.send_raw(&[first_byte, 0xFF, 0xFF, 0xFF, 0x7F]).await;
        client.expect_close().await;
        assert!(
            start.elapsed() < Duration::from_secs(4),
            "closed by the connect timer only"
        );
    }
}
versions!(h02_a_large_first_packet_that_is_not_connect_is_refused_at_once: V3, V4, V5);

/// hostile #3
async fn h03_connects_with_bad_will_properties_leave_nothing(v: Version) {
    let broker = TestBroker::start().await;
    let faults = [
        "01 02",
        "23 00 01",
        "11 00 00 00 05",
        "18 00 00",
        "03 00 05 61",
        "7F",
        "26 00 01 61",
        "08 00 01 2B",
    ];
    for round in 0..200 {
        let properties = wire::property_field(v, &hex(faults[round % faults.len()]));
        let payload = string(vec![b'p'; 10_000]);
        let mut client = broker.raw(v).await;
        client
            .send_raw(&wire::connect(
                v,
                0x06,
                &[&string("x"), &properties, &string("will"), &payload],
            ))
            .await;
        client.expect_connect_refused().await;
    }
    eventually("the connections to be gone", async || {
        broker.open_connections() == 0
    })
    .await;
    assert_eq!(broker.metric("queue_setup"), broker.metric("queue_teardown"));
    still_serves(&broker, v).await;
}
versions!(h03_connects_with_bad_will_properties_leave_nothing: V5);

/// hostile #4
async fn h04_open_qos_two_ids_are_bounded(v: Version) {
    let broker = TestBroker::builder()
        .conf("receive_max_broker = 10")
        .start()
        .await;
    let mut subscriber = broker.connect(v, "subscriber").await;
    subscriber.subscribe("a", QOS0).await;
    let mut client = broker.connect(v, "x").await;
    for id in 1..=10 {
        client
            .send_raw(&wire::publish(v, 0x34, "a", Some(id), b"m"))
            .await;
        assert_eq!(client.recv_raw().await[0], 0x50);
    }
    // Repeating the same ids adds nothing.
    for round in 0..500u16 {
        client
            .send_raw(&wire::publish(v, 0x34, "a", Some(round % 10 + 1), b"m"))
            .await;
        assert_eq!(client.recv_raw().await[0], 0x50);
    }
    for _ in 0..10 {
        subscriber.expect("a", "m").await;
    }
    subscriber.expect_silence().await;
    if v == V5 {
        client
            .send_raw(&wire::publish(v, 0x34, "a", Some(11), b"m"))
            .await;
        client.expect_end(ReasonCode::ReceiveMaximumExceeded).await;
    }
}
versions!(h04_open_qos_two_ids_are_bounded: V3, V4, V5);

/// hostile #5
async fn h05_very_many_user_properties_cost_little(v: Version) {
    let broker = TestBroker::start().await;
    let many = user_property("k", "v").repeat(20_000);
    let packets = [
        wire::publish_with(v, 0x30, "a", None, &many, b"m"),
        wire::subscribe_with(v, 0x82, 1, &many, &[(b"b", 0)]),
        frame(0xE0, &[&[0], &wire::property_field(v, &many)]),
    ];
    let start = Instant::now();
    for bytes in packets {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&bytes).await;
        // Taken or refused, but within the time of an ordinary packet.
        client.send(&Packet::PingReq).await;
        while !matches!(client.next().await, Ok(Packet::PingResp) | Err(_)) {}
    }
    let mut client = broker.raw(v).await;
    client
        .send_raw(&wire::connect_with(v, 2, &many, &[&string("x")]))
        .await;
    drop(client.next().await);
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "took {:?}",
        start.elapsed()
    );
    still_serves(&broker, v).await;
}
versions!(h05_very_many_user_properties_cost_little: V5);

/// hostile #6
async fn h06_a_filter_of_slashes_is_no_recursion(v: Version) {
    let slashes = "/".repeat(65_400);
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client
        .send_raw(&wire::subscribe(v, 0x82, 1, &[(slashes.as_bytes(), 0)]))
        .await;
    client.expect_end(ReasonCode::TopicFilterInvalid).await;
    still_serves(&broker, v).await;

    let broker = TestBroker::builder()
        .conf("topic_max_depth = 65535")
        .start()
        .await;
    let builder = broker.client(v, "deep").persistent();
    let mut client = builder.connect().await;
    let plus = "+/".repeat(32_000);
    for filter in [slashes.as_str(), "/#", plus.as_str()] {
        client.subscribe(filter, QOS1).await;
    }
    client.publish_retained(&slashes, QOS1, "m").await;
    client.receive(&slashes, "m").await;
    client.receive(&slashes, "m").await;
    let mut late = broker.connect(v, "late").await;
    late.subscribe("#", QOS0).await;
    late.expect(&slashes, "m").await;
    client.unsubscribe(&[&slashes, "/#", &plus]).await;
    client.disconnect().await;
    let broker = broker.restart().await;
    still_serves(&broker, v).await;
}
versions!(h06_a_filter_of_slashes_is_no_recursion: V4, V5);

/// hostile #7
async fn h07_deep_topics_are_refused(v: Version) {
    let broker = TestBroker::start().await;
    for depth in [11, 1000, 30_000] {
        let topic = vec!["a"; depth].join("/");
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&wire::publish(v, 0x31, &topic, None, b"m")).await;
        client.expect_end(ReasonCode::TopicNameInvalid).await;
    }
    let mut late = broker.connect(v, "late").await;
    late.subscribe("#", QOS0).await;
    late.expect_silence().await;
}
versions!(h07_deep_topics_are_refused: V3, V4, V5);

/// hostile #8
async fn h08_a_topic_of_length_zero_is_refused(v: Version) {
    let broker = TestBroker::start().await;
    for bytes in [
        "30 02 00 00",
        "31 02 00 00",
        "30 00",
        "30 01 00",
        "32 04 00 00 00 01",
        "34 04 00 00 00 01",
    ] {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&hex(bytes)).await;
        if v == V5 {
            assert!(matches!(client.recv().await, Packet::Disconnect(_)));
        }
        client.expect_close().await;
    }
    still_serves(&broker, v).await;
}
versions!(h08_a_topic_of_length_zero_is_refused: V3, V4, V5);

/// hostile #9
async fn h09_other_dollar_topics_do_no_harm(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    for topic in [
        "$",
        "$foo",
        "$foo/bar",
        "$SYS",
        "$share",
        "$share/g",
        "$share/g/a",
        "$queue/a",
        "$/",
    ] {
        for qos in [QOS0, QOS1, QOS2] {
            let reason = client
                .publish_packet(Publish {
                    qos,
                    ..publish(topic, "m")
                })
                .await;
            assert_eq!(reason.is_error(), v == V5 && qos != QOS0, "{topic} {qos:?}");
        }
        broker
            .client(v, "willed")
            .will(topic, "m")
            .send()
            .await
            .drop_connection();
    }
    for filter in ["$", "$foo/#", "$SYS", "$/+"] {
        client.subscribe(filter, QOS1).await;
    }
    still_serves(&broker, v).await;
    client.expect_silence().await;
}
versions!(h09_other_dollar_topics_do_no_harm: V3, V4, V5);

/// hostile #10
async fn h10_connack_from_a_client(v: Version) {
    let broker = TestBroker::start().await;
    for bytes in ["20 02 00 00", "20 03 00 00 00", "20 00"] {
        let mut client = broker.raw(v).await;
        client.send_raw(&hex(bytes)).await;
        client.expect_close().await;
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&hex(bytes)).await;
        if v == V5 {
            assert!(matches!(client.recv().await, Packet::Disconnect(_)));
        }
        client.expect_close().await;
    }
    still_serves(&broker, v).await;
}
versions!(h10_connack_from_a_client: V3, V4, V5);

/// hostile #11
async fn h11_will_delay_and_expiry_in_every_combination(v: Version) {
    let broker = TestBroker::start().await;
    let mut observer = broker.connect(v, "observer").await;
    observer.subscribe("will/#", QOS1).await;
    let times = [0, 1, 2, 3600, u32::MAX];
    let mut soon = std::collections::BTreeSet::new();
    let mut parked = Vec::new();
    for delay in times {
        for expiry in times {
            let name = format!("{delay}-{expiry}");
            let topic = format!("will/{name}");
            let builder = broker.client(v, &name).clean(false).expiry(expiry);
            let willed = builder.clone().will(&topic, "m").will_qos(QOS1).will_delay(delay);
            willed.connect_present(false).await.drop_connection();
            if delay.min(expiry) <= 2 {
                soon.insert(topic);
            } else {
                parked.push((builder, topic));
            }
        }
    }
    while !soon.is_empty() {
        let message = observer.message().await;
        observer.acknowledge(&message).await;
        assert!(soon.remove(&*message.topic), "{message:?}");
    }
    observer.expect_silence().await;
    // A clean start ends the session, and with it the delay.
    for (builder, topic) in parked {
        builder
            .clean(true)
            .connect_present(false)
            .await
            .disconnect()
            .await;
        observer.receive(&topic, "m").await;
    }
    observer.expect_silence().await;
}
versions!(slow h11_will_delay_and_expiry_in_every_combination: V5);

/// hostile #14
async fn h14_a_connection_must_become_a_session_in_time(v: Version) {
    let broker = TestBroker::builder()
        .conf("mqtt_connect_timeout = 400")
        .start()
        .await;
    let start = Instant::now();
    let mut clients = Vec::new();
    for length in 0..20 {
        let mut client = broker.raw(v).await;
        client
            .send_raw(&wire::connect(v, 2, &[&string("a client id")])[..length])
            .await;
        clients.push(client);
    }
    for mut client in clients {
        client.expect_close().await;
    }
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "took {:?}",
        start.elapsed()
    );
    eventually("all to be counted", async || {
        broker.metric("socket_close_timeout") == 20
    })
    .await;
}
versions!(h14_a_connection_must_become_a_session_in_time: V4, V5);

/// hostile #14
async fn h14_long_keepalives_can_be_capped(v: Version) {
    let broker = TestBroker::builder().conf("max_keepalive = 1").start().await;
    for asked in [0, 65_535] {
        let (mut client, ack) = broker.client(v, "x").keepalive(asked).ack().await;
        assert_eq!(ack.properties.and_then(|p| p.server_keep_alive_secs), Some(1));
        client.expect_end(ReasonCode::KeepAliveTimeout).await;
    }
}
versions!(slow h14_long_keepalives_can_be_capped: V5);

/// hostile #15
async fn h15_wildcards_in_names_do_not_widen_patterns(v: Version) {
    let rules = "pattern by-id/%c/data\npattern by-user/%u/#\n";
    let broker = TestBroker::builder().acl(rules).start().await;
    for name in ["+", "#", "a/b", "+/+", "a/#", "/"] {
        let builder = broker.client(v, name).username(name);
        let mut client = builder.connect().await;
        for filter in [
            "by-id/+/data",
            "by-id/victim/data",
            "by-user/#",
            "by-user/+/x",
            "by-user/victim/x",
        ] {
            let codes = client.subscribe_all(&[(filter, options(QOS0))]).await;
            assert_eq!(codes, [refused(v, ReasonCode::NotAuthorized)], "{name} {filter}");
        }
        client.disconnect().await;
        for topic in [
            "by-id/victim/data",
            "by-user/victim/x",
            "by-id/a/b/data",
            "by-user/a/b/x",
        ] {
            assert!(!may_publish(&broker, &builder, topic).await, "{name} {topic}");
        }
    }
    let mut client = broker.client(v, "victim").username("victim").connect().await;
    client.subscribe("by-id/victim/data", QOS0).await;
    client.subscribe("by-user/victim/#", QOS0).await;
}
versions!(h15_wildcards_in_names_do_not_widen_patterns: V3, V4, V5);

/// hostile #17
async fn h17_an_empty_acl_file_denies_all(v: Version) {
    for rules in ["", "# only a comment\n", "\n\n"] {
        let broker = TestBroker::builder().acl(rules).start().await;
        let builder = broker.client(v, "x");
        let mut client = builder.connect().await;
        for filter in ["a", "#", "$SYS/#", "$share/g/a"] {
            let codes = client.subscribe_all(&[(filter, options(QOS0))]).await;
            assert_eq!(
                codes,
                [refused(v, ReasonCode::NotAuthorized)],
                "{rules:?} {filter}"
            );
        }
        client.disconnect().await;
        assert!(!may_publish(&broker, &builder, "a").await);
    }
}
versions!(h17_an_empty_acl_file_denies_all: V3, V4, V5);

/// hostile #18
async fn h18_a_bad_password_line_refuses_the_file(v: Version) {
    let nobody = if v == V5 {
        ReasonCode::BadUsernameOrPassword
    } else {
        ReasonCode::NotAuthorized
    };
    for bad in [
        "mallory\n",
        "mallory:\n",
        "mallory:plain\n",
        "mallory:$6$\n",
        "mallory:$6$salt\n",
        "mallory:$9$a$b\n",
        ":\n",
    ] {
        let broker = TestBroker::builder()
            .closed()
            .passwd(&format!("{HENRY}{bad}"))
            .start()
            .await;
        for (user, password) in [
            ("mallory", ""),
            ("mallory", "plain"),
            ("henry", "secret"),
            ("", ""),
        ] {
            broker.client(v, "x").user(user, password).refused(nobody).await;
        }
        broker.client(v, "x").username("mallory").refused(nobody).await;
    }
}
versions!(h18_a_bad_password_line_refuses_the_file: V4, V5);

/// hostile #18
async fn h18_a_bad_reload_keeps_the_old_passwords(v: Version) {
    let broker = TestBroker::builder().closed().passwd(HENRY).start().await;
    let mut clock = broker.client(v, "clock").user("henry", "secret").connect().await;
    broker.write_passwd(&format!("{JOE}mallory\n"));
    clock.quiet_for(Duration::from_millis(1500)).await;
    broker.client(v, "x").user("henry", "secret").connect().await;
    let (_, ack) = broker.client(v, "x").user("joe", "pässword").ack().await;
    assert!(ack.reason.is_error());
}
versions!(slow h18_a_bad_reload_keeps_the_old_passwords: V4, V5);

/// hostile #22
async fn h22_each_listener_has_its_own_rules_for_authentication(v: Version) {
    let broker = TestBroker::builder()
        .closed()
        .passwd(HENRY)
        .acl("topic yes\n")
        .listener("open")
        .conf("listener.tcp.open.allow_anonymous_override = on")
        .listener("passwd")
        .conf("listener.tcp.passwd.auth_plugins = [vmq_passwd]")
        .listener("nobody")
        .conf("listener.tcp.nobody.auth_plugins = []")
        .listener("norights")
        .conf("listener.tcp.norights.allow_anonymous_override = on\nlistener.tcp.norights.authz_plugins = []")
        .start()
        .await;
    // listener, anonymous accepted, henry accepted, topic allowed
    let matrix = [
        ("default", false, true, true),
        ("open", true, true, true),
        ("passwd", false, true, true),
        ("nobody", false, false, true),
        ("norights", true, true, false),
    ];
    for (listener, anonymous, henry, allowed) in matrix {
        let plain = broker.client_on(listener, v, "x");
        let known = plain.clone().user("henry", "secret");
        let wrong = plain.clone().user("henry", "wrong");
        for (builder, accepted) in [(&plain, anonymous), (&known, henry), (&wrong, anonymous)] {
            let (mut client, ack) = builder.ack().await;
            assert_eq!(!ack.reason.is_error(), accepted, "{listener}");
            if accepted {
                let granted = client.subscribe_all(&[("yes", options(QOS0))]).await[0] == ReasonCode::Success;
                assert_eq!(granted, allowed, "{listener}");
                let codes = client.subscribe_all(&[("no", options(QOS0))]).await;
                assert_eq!(codes, [refused(v, ReasonCode::NotAuthorized)], "{listener}");
            }
        }
    }
}
versions!(h22_each_listener_has_its_own_rules_for_authentication: V3, V4, V5);

/// hostile #24
async fn h24_lengths_must_be_short_and_minimal(v: Version) {
    let broker = TestBroker::start().await;
    for bytes in [
        "C0 80 00",
        "C0 80 80 00",
        "C0 80 80 80 00",
        "C0 80 80 80 80 00",
        "30 85 00 00 01 61 00 6D",
    ] {
        let mut client = broker.connect(v, "x").await;
        client.send_raw(&hex(bytes)).await;
        client.expect_end(ReasonCode::MalformedPacket).await;
    }
    if v == V5 {
        for properties in [
            "80 80 80 80 00",
            "FF FF FF FF FF",
            "FF FF FF 7F",
            "05 26 00 01",
            "02 0B 80",
        ] {
            let mut client = broker.connect(v, "x").await;
            client
                .send_raw(&frame(0x82, &[&[0, 1], &hex(properties), &string("a"), &[0]]))
                .await;
            client.expect_end(ReasonCode::MalformedPacket).await;
        }
    }
    still_serves(&broker, v).await;
}
versions!(h24_lengths_must_be_short_and_minimal: V3, V4, V5);

/// hostile #28
async fn h28_damaged_packets_do_no_harm(v: Version) {
    let broker = TestBroker::start().await;
    let good = [
        wire::connect(v, 0xC2, &[&string("fuzz"), &string("user"), &string("secret")]),
        wire::subscribe(v, 0x82, 1, &[(b"a/+", 1), (b"$share/g/b", 2)]),
        wire::publish(v, 0x33, "a/b", Some(2), b"payload"),
        wire::publish(v, 0x35, "b", Some(3), b"payload"),
        hex("62 02 00 03"),
        wire::unsubscribe(v, 0xA2, 4, &[b"a/+"]),
        hex("40 02 00 01 C0 00 E0 00"),
    ]
    .concat();
    let mut random = Random::new(28);
    for _ in 0..400 {
        let mut bytes = good.clone();
        for _ in 0..=random.below(4) {
            damage(&mut bytes, &mut random);
        }
        let mut client = broker.raw(v).await;
        client.send_raw(&bytes).await;
        client.shut_down().await;
        client.read_to_end().await;
    }
    for _ in 0..100 {
        let length = 1 + random.below(200);
        let mut bytes: Vec<u8> = (0..length).map(|_| random.bits().to_le_bytes()[3]).collect();
        let mut client = if random.one_in(2) {
            broker.raw(v).await
        } else {
            broker.connect(v, "noise").await
        };
        bytes[0] = if random.one_in(2) {
            bytes[0]
        } else {
            0x10 * (1 + bytes[0] % 15)
        };
        client.send_raw(&bytes).await;
        client.shut_down().await;
        client.read_to_end().await;
    }
    still_serves(&broker, v).await;
}
versions!(h28_damaged_packets_do_no_harm: V3, V4, V5);

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(5) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = *random.pick(&[0, 0x7F, 0x80, 0xFF]),
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, *random.pick(&[0, 1, 0x80, 0xFF])),
        _ => bytes.truncate(at.max(1)),
    }
}

/// hostile #31
async fn h31_internal_topics_obey_the_rules(v: Version) {
    let broker = TestBroker::builder()
        .acl("topic a/#\ntopic +/x\n")
        .conf("systree_enabled = on\nsystree_interval = 100")
        .start()
        .await;
    let mut client = broker.connect(v, "x").await;
    for filter in ["$SYS/#", "$SYS/+/x", "$internal/a", "#", "$share/g/$SYS/#"] {
        let codes = client.subscribe_all(&[(filter, options(QOS0))]).await;
        assert_eq!(codes, [refused(v, ReasonCode::NotAuthorized)], "{filter}");
    }
    client.quiet_for(Duration::from_millis(400)).await;
}
versions!(h31_internal_topics_obey_the_rules: V3, V4, V5);

/// hostile #19 #32
async fn h32_rights_are_checked_again_when_a_client_comes_back(v: Version) {
    let broker = TestBroker::builder().acl("topic #\n").start().await;
    let builder = broker.client(v, "x").persistent();
    let mut client = builder.connect().await;
    for filter in ["lost", "kept", "group/#"] {
        client.subscribe(filter, QOS1).await;
    }
    client.disconnect().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for topic in ["lost", "kept", "group/a"] {
        publisher.publish_retained(topic, QOS1, "queued").await;
    }
    broker.write_acl("topic kept\ntopic write lost\ntopic write group/a\ntopic new\n");
    let mut probe = broker.connect(v, "probe").await;
    eventually("the new rules", async || {
        probe.subscribe_all(&[("other", options(QOS0))]).await != [ReasonCode::Success]
    })
    .await;
    let mut client = builder.connect_present(true).await;
    client.receive("kept", "queued").await;
    client.expect_silence().await;
    for topic in ["lost", "kept", "group/a"] {
        publisher.publish(topic, QOS1, "live").await;
    }
    client.receive("kept", "live").await;
    client.expect_silence().await;
    let codes = client.subscribe_all(&[("lost", options(QOS0))]).await;
    assert_eq!(codes, [refused(v, ReasonCode::NotAuthorized)]);
    client.expect_silence().await;
}
versions!(slow h32_rights_are_checked_again_when_a_client_comes_back: V4, V5);

/// hostile #33
async fn h33_a_shared_filter_is_checked_as_its_inner_filter(v: Version) {
    let rules = "topic read a\ntopic read b/+\ntopic read $share/special/c\n";
    let broker = TestBroker::builder().acl(rules).start().await;
    let mut client = broker.connect(v, "x").await;
    for filter in ["$share/g/a", "$share/h/b/c", "$share/g/b/+", "$share/special/c"] {
        client.subscribe(filter, QOS0).await;
    }
    for filter in [
        "$share/g/d",
        "$share/g/#",
        "$share/g/b/#",
        "$share/g/+",
        "c",
        "$share/other/c",
        "$share/a/d",
    ] {
        let codes = client.subscribe_all(&[(filter, options(QOS0))]).await;
        assert_eq!(codes, [refused(v, ReasonCode::NotAuthorized)], "{filter}");
    }
}
versions!(h33_a_shared_filter_is_checked_as_its_inner_filter: V3, V4, V5);

/// hostile #38
async fn h38_a_wildcard_subscription_does_not_pass_a_narrower_rule(v: Version) {
    let rules = "topic read a/+\ntopic read b/#\ntopic read c/+/d\ntopic read e\n";
    let broker = TestBroker::builder().acl(rules).start().await;
    let mut client = broker.connect(v, "x").await;
    for filter in [
        "a/+", "a/x", "a/", "b", "b/#", "b/+", "b/x/+/#", "c/+/d", "c/x/d", "e",
    ] {
        client.subscribe(filter, QOS0).await;
    }
    for filter in [
        "#", "+", "+/#", "a/#", "a/+/#", "a", "+/+", "+/x", "c/#", "c/+/+", "c/+/#", "e/#", "/#", "+/b/#",
    ] {
        let codes = client.subscribe_all(&[(filter, options(QOS0))]).await;
        assert_eq!(codes, [refused(v, ReasonCode::NotAuthorized)], "{filter}");
    }
    let codes = client
        .subscribe_all(&[("e", options(QOS0)), ("#", options(QOS0))])
        .await;
    assert_eq!(
        codes,
        [refused(v, ReasonCode::NotAuthorized); 2],
        "one bad filter"
    );
}
versions!(h38_a_wildcard_subscription_does_not_pass_a_narrower_rule: V3, V4, V5);

/// hostile #16
async fn h16_a_retained_message_goes_with_the_rights_of_its_author(v: Version) {
    let broker = TestBroker::builder()
        .acl("topic #\n")
        .conf("vmq_acl.revoke_on_reload = on")
        .start()
        .await;
    let mut author = broker.client(v, "author").username("mallory").connect().await;
    author.publish_retained("a", QOS1, "from mallory").await;
    let mut other = broker.connect(v, "other").await;
    other.publish_retained("b", QOS1, "from nobody").await;
    // The author is found again after a restart.
    let broker = broker.restart().await;
    broker.write_acl("topic read #\ntopic write b\nuser alice\ntopic a\n");
    eventually("the message to go", async || {
        broker.metric("retain_messages") == 1
    })
    .await;
    let mut late = broker.connect(v, "late").await;
    late.subscribe("#", QOS1).await;
    late.receive("b", "from nobody").await;
    late.expect_silence().await;
}
versions!(slow h16_a_retained_message_goes_with_the_rights_of_its_author: V4, V5);
