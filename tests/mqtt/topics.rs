//! Topic names, filters and matching, on the live path and for retained messages.

use harness::wire;
use harness::*;

/// [MQTT-4.7.2-1] [MQTT5-4.7.2-1] 20.6 #102
async fn c102_wildcards_do_not_match_dollar_topics(v: Version) {
    for retain in ["off", "on"] {
        let conf = format!("systree_enabled = on\nsystree_interval = 200\nsystree_retain = {retain}");
        let broker = TestBroker::builder().conf(&conf).start().await;
        let mut system = broker.connect(v, "system").await;
        system.subscribe("$SYS/#", QOS0).await;
        let mut everything = broker.connect(v, "everything").await;
        for filter in ["#", "+/#", "+/+/#"] {
            everything.subscribe(filter, QOS0).await;
        }
        let first = system.message().await;
        assert!(first.topic.starts_with("$SYS/"), "{first:?}");
        let depth = first.topic.split('/').count();
        everything.subscribe(&["+"].repeat(depth).join("/"), QOS0).await;
        // A second round of values has come when the same topic comes again.
        while system.message().await.topic != first.topic {}
        everything.expect_silence().await;
        let mut late = broker.connect(v, "late").await;
        late.subscribe("#", QOS0).await;
        late.subscribe("+/#", QOS0).await;
        late.expect_silence().await;
        let mut exact = broker.connect(v, "exact").await;
        exact.subscribe(&first.topic, QOS0).await;
        assert_eq!(exact.message().await.retain, retain == "on");
    }
}
versions!(c102_wildcards_do_not_match_dollar_topics: V3, V4, V5);

/// [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT5-4.7.1-1] [MQTT5-4.7.1-2] 20.6 #103
async fn c103_filters_match_as_the_table_says(v: Version) {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("#", &["a", "/a", "a/b", "/"], &[]),
        (
            "a/#",
            &["a", "a/b", "a//b", "a/b/c", "a/"],
            &["b", "/a", "A", "ab"],
        ),
        ("+", &["a", "b"], &["a/b", "/a", "a/"]),
        ("+/+", &["/a", "a/", "a/b", "/"], &["a", "a/b/c"]),
        ("/+", &["/a", "/"], &["a/b", "a"]),
        ("a/+/c", &["a/b/c", "a//c"], &["a/c", "a/b/b/c"]),
        ("a/+", &["a/", "a/b"], &["a", "a/b/c"]),
        ("foo/+/baz/#", &["foo/bar/baz", "foo/bar/baz/x"], &["foo/baz"]),
        (
            "+/+/+/+/+/+/+/+/+/test",
            &["one/two/three/four/five/six/seven/eight/nine/test"],
            &["one/two/three/four/five/six/seven/eight/nine/ten"],
        ),
        ("foo/+/baz//", &["foo//baz//"], &["foo//baz/"]),
        ("/#", &["////foo///bar", "/", "/a"], &["a"]),
        ("foo//baz/#", &["foo//baz/bar", "foo//baz"], &["foo/baz/bar"]),
        ("test/topic/+", &["test/topic/", "test/topic/x"], &["test/topic"]),
    ];
    let broker = TestBroker::start().await;
    let mut publisher = broker.connect(v, "publisher").await;
    for (filter, matching, others) in cases {
        let mut live = broker.connect(v, "live").await;
        live.subscribe(filter, QOS0).await;
        for topic in matching.iter().chain(*others) {
            publisher.publish_retained(topic, QOS0, filter).await;
        }
        for topic in *matching {
            live.expect(topic, filter).await;
        }
        live.expect_silence().await;
        let mut late = broker.connect(v, "late").await;
        late.subscribe(filter, QOS0).await;
        let mut got = Vec::new();
        for _ in *matching {
            got.push(late.message().await.topic.to_string());
        }
        late.expect_silence().await;
        let mut expected: Vec<String> = matching.iter().map(ToString::to_string).collect();
        got.sort();
        expected.sort();
        assert_eq!(got, expected, "retained for {filter}");
        for topic in matching.iter().chain(*others) {
            publisher.publish_retained(topic, QOS0, "").await;
        }
    }
}
versions!(c103_filters_match_as_the_table_says: V3, V4, V5);

/// [MQTT-4.7.3-4] [MQTT5-4.7.3-4] 20.6 #104
async fn c104_topics_are_not_normalised(v: Version) {
    let broker = TestBroker::start().await;
    let names = [
        "a",
        "A",
        "a/",
        "/a",
        "a//b",
        "a/b",
        "caf\u{E9}",
        "cafe\u{301}",
        " a",
        "a ",
        "\u{10FFFF}",
    ];
    let mut clients = Vec::new();
    for name in names {
        let mut client = broker.connect(v, &format!("client {name}")).await;
        client.subscribe(name, QOS0).await;
        clients.push(client);
    }
    let mut publisher = broker.connect(v, "publisher").await;
    for name in names {
        publisher.publish(name, QOS0, name).await;
    }
    for (name, client) in names.iter().zip(&mut clients) {
        client.expect(name, name).await;
        client.expect_silence().await;
    }
}
versions!(c104_topics_are_not_normalised: V3, V4, V5);

/// [-] 20.6 #113
async fn c113_the_depth_of_topics_is_limited(v: Version) {
    let broker = TestBroker::start().await;
    let ten = "a/b/c/d/e/f/g/h/i/k";
    let mut client = broker.connect(v, "x").await;
    client.subscribe(ten, QOS0).await;
    client.subscribe("$share/g/3/4/5/6/7/8/9/#", QOS0).await;
    client.publish(ten, QOS1, "m").await;
    client.expect(ten, "m").await;
    client.publish("/////////", QOS1, "m").await;
    for topic in ["a/b/c/d/e/f/g/h/i/k/l", "//////////"] {
        let mut client = broker.connect(v, "deep").await;
        client
            .send_raw(&wire::publish(v, 0x32, topic, Some(1), b"m"))
            .await;
        client.expect_end(ReasonCode::TopicNameInvalid).await;
    }
    for filter in [
        "a/b/c/d/e/f/g/h/i/k/l",
        "//////////",
        "+/+/+/+/+/+/+/+/+/+/#",
        "$share/g/3/4/5/6/7/8/9/10/11",
    ] {
        let mut client = broker.connect(v, "deep").await;
        client
            .send_raw(&wire::subscribe(v, 0x82, 1, &[(filter.as_bytes(), 0)]))
            .await;
        client.expect_end(ReasonCode::TopicFilterInvalid).await;
    }
}
versions!(c113_the_depth_of_topics_is_limited: V3, V4, V5);

/// mqtt.md 8.2
async fn long_topics_and_filters_work(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    let longest = "x".repeat(65_535);
    client.subscribe(&longest, QOS1).await;
    client.publish(&longest, QOS1, "m").await;
    client.receive(&longest, "m").await;
    assert_eq!(client.unsubscribe(&[&longest]).await.len(), usize::from(v == V5));
}
versions!(long_topics_and_filters_work: V3, V4, V5);

/// mqtt.md 9
async fn dollar_queue_is_an_ordinary_filter(v: Version) {
    let broker = TestBroker::start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("$queue/a", QOS1).await;
    broker.connect(v, "publisher").await.publish("a", QOS1, "m").await;
    client.expect_silence().await;
}
versions!(dollar_queue_is_an_ordinary_filter: V3, V4, V5);

/// mqtt.md 11
async fn mountpoints_share_nothing(v: Version) {
    let broker = TestBroker::builder()
        .listener("other")
        .conf("listener.tcp.other.mountpoint = tenant/")
        .start()
        .await;
    let here = broker.client(v, "same").persistent();
    let there = broker.client_on("other", v, "same").persistent();
    let mut one = here.connect_present(false).await;
    let mut two = there.connect_present(false).await;
    for client in [&mut one, &mut two] {
        client.subscribe("#", QOS1).await;
        client.subscribe("tenant/a", QOS1).await;
        client.subscribe("$share/g/a", QOS1).await;
    }
    one.publish_retained("a", QOS1, "here").await;
    for _ in 0..2 {
        one.receive("a", "here").await;
    }
    two.expect_silence().await;
    two.publish_retained("a", QOS1, "there").await;
    for _ in 0..2 {
        two.receive("a", "there").await;
    }
    one.expect_silence().await;
    let mut late = broker.client_on("other", v, "late").connect().await;
    late.subscribe("a", QOS1).await;
    late.receive("a", "there").await;
    late.expect_silence().await;
}
versions!(mountpoints_share_nothing: V4, V5);
