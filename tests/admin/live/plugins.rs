//! The hooks of the plugins, with what they are asked (console.md 4.8).

use super::{connect, subscribe, until};
use crate::tool::client;
use harness::{Node, QOS0, V5};
use vmq_admin::live::{Topic, View};
use vmq_admin::{Row, Value};

fn hook(view: &View, name: &str) -> Option<Row> {
    let is_it = |row: &&Row| row.get("hook") == Some(&Value::from(name));
    view.rows().map(|(_, row)| row).find(is_it).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_refusals_of_each_hook() {
    let node = Node::started("plugins.vmq_acl = on");
    std::fs::write(node.home().join("vmq.acl"), "topic write good/#\n").unwrap();
    assert_eq!(node.verb(&["reload"]).code, 0);
    let mut publisher = client(&node, V5, "p").connect().await;
    for topic in ["good/1", "good/2", "bad/1"] {
        publisher.publish(topic, QOS0, "x").await;
    }
    let mut admin = connect(&node);
    let mut live = subscribe(&mut admin, Topic::Plugins);
    let counts = |view: &View| {
        let row = hook(view, "auth_on_publish")?;
        Some(["plugin", "calls", "refused", "errors"].map(|name| row.get(name).unwrap().cell()))
    };
    let expected = ["vmq_acl", "3", "1", "0"].map(str::to_owned);
    let first = until(&mut live, "three publishes", |view| {
        counts(view) == Some(expected.clone())
    });
    assert!(hook(&first, "auth_on_subscribe").is_some());
    assert!(
        hook(&first, "auth_on_publish_m5").is_none(),
        "both versions are one"
    );
    let view = until(&mut live, "a rate", |view| {
        let rate = hook(view, "auth_on_publish").and_then(|row| row.get("calls_rate").cloned());
        matches!(rate, Some(Value::Float(_)))
    });
    assert_eq!(counts(&view), Some(expected));
}
