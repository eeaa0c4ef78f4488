//! Live topics, one topic, and `topic publish` (console.md 4.3, 6).

use crate::tool::{answer, client, vmq_admin};
use harness::{DEADLINE, Node, QOS0, QOS1, V4, V5};
use vmq_admin::client::{Next, Subscription};
use vmq_admin::live::{OneTopic, Subscribe, Topic, Topics, View};
use vmq_admin::{Client, Value};

fn level(parent: Option<&str>, contains: &str) -> Topic {
    Topic::Topics(Topics {
        parent: parent.map(str::to_owned),
        contains: contains.to_owned(),
        limit: 100,
        ..Topics::default()
    })
}

/// Waits for a picture of which this holds.
fn until(subscription: &mut Subscription<'_>, holds: impl Fn(&View) -> bool) -> View {
    for _ in 0..200 {
        match subscription.next(DEADLINE).unwrap() {
            Next::View(view) if holds(view) => return view.clone(),
            Next::View(_) => {}
            Next::Ended(outcome) => panic!("{outcome:?}"),
        }
    }
    panic!("{:?}", subscription.view());
}

/// `name below retained subscribers` of each row, those of the node's own topics left out.
fn rows(view: &View) -> Vec<String> {
    let cell = |row: &vmq_admin::Row, name: &str| row.get(name).unwrap().cell();
    let names = ["name", "below", "retained", "subscribers"];
    let line = |row: &vmq_admin::Row| names.map(|name| cell(row, name)).join(" ");
    let lines = view.rows().map(|(_, row)| line(row));
    lines.filter(|line| !line.starts_with('$')).collect()
}

fn rate_of(view: &View, topic: &str) -> f64 {
    let row = view
        .rows()
        .map(|(_, row)| row)
        .find(|row| row.get("topic").unwrap().cell() == topic);
    match row.and_then(|row| row.get("rate")) {
        Some(Value::Float(rate)) => *rate,
        _ => 0.0,
    }
}

/// The tree is summed up by the broker, level by level; nothing from before somebody looked is in it but what is retained.
#[tokio::test]
async fn live_topics_are_a_tree() {
    let node = Node::started("");
    let mut publisher = client(&node, V5, "p").connect().await;
    let mut subscriber = client(&node, V4, "s").connect().await;
    subscriber.subscribe("plant/#", QOS0).await;
    answer(&node, "topic publish topic=before payload=x");
    answer(&node, "topic publish topic=config/a/b payload=x --retain");
    let mut socket = Client::connect(&node.socket()).unwrap();
    let mut looking = socket
        .subscribe(Subscribe::to(level(None, "")).every(500), DEADLINE)
        .unwrap();
    let view = until(&mut looking, |_| true);
    assert_eq!(rows(&view), ["config true true 0"]);
    for topic in ["plant/1/temp", "plant/1/rpm", "plant/2"] {
        publisher.publish(topic, QOS1, b"12345").await;
    }
    let view = until(&mut looking, |view| rows(view).len() == 2);
    assert_eq!(rows(&view), ["config true true 0", "plant true false 1"]);
    assert!(rate_of(&view, "plant") > 0.0);
    let topics = view
        .rows()
        .find(|(_, row)| row.get("topic").unwrap().cell() == "plant");
    assert_eq!(topics.unwrap().1.get("topics"), Some(&Value::Number(3)));

    let mut socket = Client::connect(&node.socket()).unwrap();
    let mut looking = socket
        .subscribe(Subscribe::to(level(Some("plant"), "")).every(500), DEADLINE)
        .unwrap();
    assert_eq!(
        rows(&until(&mut looking, |_| true)),
        ["1 true false 1", "2 false false 1"]
    );
    let mut socket = Client::connect(&node.socket()).unwrap();
    let mut looking = socket
        .subscribe(Subscribe::to(level(Some("plant/1"), "RP")).every(500), DEADLINE)
        .unwrap();
    let view = until(&mut looking, |_| true);
    assert_eq!(rows(&view), ["rpm false false 1"]);
    assert_eq!(
        (view.fact("rows"), view.fact("of")),
        (Some(&Value::Number(1)), Some(&Value::Number(2)))
    );
}

/// Who gets a message to a topic, exactly, by wildcard or in a group; and what is retained.
#[tokio::test]
async fn one_topic_tells_everything() {
    let node = Node::started("");
    let mut clients = Vec::new();
    for (id, filters) in [
        ("both", vec!["a/b", "a/+"]),
        ("exact", vec!["a/b"]),
        ("group", vec!["$share/g/a/#"]),
        ("other", vec!["b"]),
    ] {
        let mut client = client(&node, V5, id).connect().await;
        for filter in filters {
            client.subscribe(filter, QOS1).await;
        }
        clients.push(client);
    }
    let one = || {
        let wanted = OneTopic {
            name: "a/b".to_owned(),
            limit: 10,
            ..OneTopic::default()
        };
        Subscribe::to(Topic::OneTopic(wanted)).every(500)
    };
    let mut socket = Client::connect(&node.socket()).unwrap();
    let mut looking = socket.subscribe(one(), DEADLINE).unwrap();
    let view = until(&mut looking, |_| true);
    let cell = |row: &vmq_admin::Row, name: &str| row.get(name).unwrap().cell();
    let subscribers: Vec<String> = view
        .rows()
        .map(|(_, row)| {
            ["client_id", "kind", "filter", "online"]
                .map(|name| cell(row, name))
                .join(" ")
        })
        .collect();
    assert_eq!(
        subscribers,
        [
            "both exact a/b true",
            "exact exact a/b true",
            "group shared $share/g/a/# true",
            "both wildcard a/+ true",
        ]
    );
    assert_eq!(view.fact("rows"), Some(&Value::Number(4)));
    assert_eq!(view.fact("retained"), Some(&Value::Flag(false)));
    assert_eq!(
        answer(&node, "topic publish topic=a/b payload=hi --qos=1 --retain"),
        "Published, 4 subscriptions match\n"
    );
    let view = until(&mut looking, |view| {
        view.fact("retained") == Some(&Value::Flag(true))
    });
    assert_eq!(view.fact("payload"), Some(&Value::Text("aGk=".to_owned())));
    assert_eq!(view.fact("expires_in_secs"), Some(&Value::Null));
    assert_eq!(view.fact("qos"), Some(&Value::Number(1)));
}

#[tokio::test]
async fn a_test_message_takes_the_way_of_all_messages() {
    let node = Node::started("");
    let mut subscriber = client(&node, V4, "s").connect().await;
    subscriber.subscribe("test/#", QOS1).await;
    assert_eq!(
        answer(&node, "topic publish topic=test/a payload=hello --qos=1"),
        "Published, 1 subscription matches\n"
    );
    subscriber.expect("test/a", "hello").await;
    assert_eq!(
        answer(&node, "topic publish topic=nobody/a payload=hello --format=json"),
        "{\"text\":\"Published, 0 subscriptions match\",\"type\":\"text\"}\n"
    );
    for (words, said) in [
        (vec!["topic=a/#", "payload=x"], "No valid topic given.\n"),
        (vec!["topic=a/+/b"], "No valid topic given.\n"),
        (vec!["payload=x"], "Usage: vmq-admin topic publish"),
        (
            vec!["topic=a", "payload=x", "--qos=3"],
            "Invalid value: \"3\" for flag: qos\n",
        ),
    ] {
        let words: Vec<&str> = ["topic", "publish"].into_iter().chain(words).collect();
        let refused = vmq_admin(&node, &words);
        assert_eq!(refused.code, 1, "{words:?}");
        assert!(refused.out.contains(said.trim()), "{refused:?}");
    }
    // The audit log has no payloads.
    node.wait_for_log("topic publish topic=test/a payload=(5 bytes) --qos=1");
}

/// The mountpoints that there are are told with every level, the default one first.
#[tokio::test]
async fn mountpoints_are_told() {
    let node = Node::started("listener.tcp.default.mountpoint = tenant-b");
    let mut pump = client(&node, V4, "pump").connect().await;
    answer(&node, "topic publish topic=outside/a payload=x --retain");
    let of = |mountpoint: &str| {
        Subscribe::to(Topic::Topics(Topics {
            mountpoint: mountpoint.to_owned(),
            limit: 100,
            ..Topics::default()
        }))
    };
    let mut socket = Client::connect(&node.socket()).unwrap();
    let mut looking = socket.subscribe(of("tenant-b").every(500), DEADLINE).unwrap();
    let view = until(&mut looking, |_| true);
    assert_eq!(
        view.fact("mountpoints"),
        Some(&Value::Text("\ntenant-b".to_owned()))
    );
    pump.publish("inside/a", QOS1, "x").await;
    until(&mut looking, |view| rows(view) == ["inside true false 0"]);
    let mut socket = Client::connect(&node.socket()).unwrap();
    let mut looking = socket.subscribe(of("").every(500), DEADLINE).unwrap();
    until(&mut looking, |view| rows(view) == ["outside true true 0"]);
}
