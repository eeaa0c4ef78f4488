//! Top lists (console.md 4.5): who sends, gets, loses and is refused the most, with a name.

use super::{connect, refusal, subscribe, until};
use crate::tool::client;
use harness::{Node, QOS0, QOS1, RawClient, ReasonCode, V4, V5};
use std::time::Duration;
use vmq_admin::live::{Hot, Subscribe, TOP_ROWS_MAX, TopList, Topic, View};

fn top(list: TopList) -> Topic {
    Topic::Hot(Hot {
        list,
        limit: TOP_ROWS_MAX,
    })
}

/// Waits for a list of which this holds; gives its first row as texts, by these names.
fn first<const N: usize>(node: &Node, list: TopList, names: [&str; N], what: &str) -> [String; N] {
    let mut admin = connect(node);
    let mut live = subscribe(&mut admin, top(list));
    let cells = |view: &View| {
        let (_, row) = view.rows().next()?;
        Some(names.map(|name| row.get(name).map(vmq_admin::Value::cell).unwrap_or_default()))
    };
    let is_it = |view: &View| {
        let said = cells(view).map(|cells| cells.join(" ")).unwrap_or_default();
        said.starts_with(what)
    };
    cells(&until(&mut live, what, is_it)).unwrap()
}

async fn publish(client: &mut RawClient, topic: &str, count: usize) {
    for _ in 0..count {
        client.publish(topic, QOS1, "x").await;
    }
}

/// The one that has sent most so far is not the one that sends most now.
#[tokio::test(flavor = "multi_thread")]
async fn publishers_by_what_they_send_now() {
    let node = Node::started("");
    let mut old = client(&node, V4, "old").connect().await;
    publish(&mut old, "t", 400).await;
    let mut mad = client(&node, V4, "mad").user("joe", "p").connect().await;
    let flood = tokio::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        loop {
            publish(&mut mad, "t", 5).await;
            pace.tick().await;
        }
    });
    for list in [TopList::MessagesIn, TopList::BytesIn] {
        let [_, user, rate, total] = first(&node, list, ["client_id", "user", "rate", "total"], "mad ");
        assert_eq!(user, "joe");
        assert!(rate.parse::<f64>().unwrap() > 0.0, "{rate}");
        assert!(total.parse::<u64>().unwrap() > 0, "{total}");
    }
    flood.abort();
}

/// Topics are counted from the look on: what was published before is no part of it.
#[tokio::test(flavor = "multi_thread")]
async fn topics_that_are_published_to_now() {
    let node = Node::started("");
    let mut display = client(&node, V4, "display").connect().await;
    display.subscribe("plant/+", QOS0).await;
    let mut publisher = client(&node, V4, "p").connect().await;
    publish(&mut publisher, "quiet", 400).await;
    let flood = tokio::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        loop {
            publish(&mut publisher, "plant/a", 5).await;
            publish(&mut publisher, "plant/b", 1).await;
            pace.tick().await;
        }
    });
    let mut admin = connect(&node);
    let mut live = subscribe(&mut admin, top(TopList::Topics));
    let names = |view: &View| -> Vec<String> {
        let cell = |row: &vmq_admin::Row, name: &str| row.get(name).unwrap().cell();
        let rows = view
            .rows()
            .map(|(_, row)| row)
            .filter(|row| !cell(row, "topic").starts_with('$'));
        rows.map(|row| format!("{} {}", cell(row, "topic"), cell(row, "subscribers")))
            .collect()
    };
    let view = until(&mut live, "both topics", |view| {
        names(view) == ["plant/a 1", "plant/b 1"]
    });
    let number = |name: &str| -> f64 {
        let mut rows = view.rows().map(|(_, row)| row);
        let row = rows
            .find(|row| row.get("topic").unwrap().cell() == "plant/a")
            .unwrap();
        row.get(name).unwrap().cell().parse().unwrap()
    };
    // Payloads of one byte.
    assert!(number("rate") > 0.0 && (number("bytes") / number("rate") - 1.0).abs() < 0.1);
    assert!(view.fact("unlisted").unwrap().cell().parse::<f64>().unwrap() < 0.05);
    flood.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_drops_and_what_waits_longest() {
    let node = Node::started("max_inflight_messages = 3\nmax_online_messages = 5");
    let mut slow = client(&node, V4, "slow").connect().await;
    slow.subscribe("a", QOS1).await;
    let mut publisher = client(&node, V4, "p").connect().await;
    publish(&mut publisher, "a", 20).await;
    // How far the window was filled when the queue was full is a matter of microseconds.
    let at_least = |text: &str, least: u64| assert!(text.parse::<u64>().unwrap() >= least, "{text}");
    let drops = first(&node, TopList::Drops, ["client_id", "total"], "slow ");
    at_least(&drops[1], 5);
    let names = ["client_id", "waiting", "oldest_ms"];
    let [_, waiting, oldest] = first(&node, TopList::OldestMessages, names, "slow ");
    at_least(&waiting, 1);
    at_least(&oldest, 1);
    let got = first(&node, TopList::MessagesOut, ["client_id", "total"], "slow ");
    at_least(&got[1], 1);
    // Its publisher got acknowledgements.
    let bytes = first(&node, TopList::BytesOut, ["mountpoint", "total"], " ");
    at_least(&bytes[1], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn take_overs_with_both_peers() {
    let node = Node::started("");
    let mut last = client(&node, V4, "twin").connect().await;
    for _ in 0..4 {
        let next = client(&node, V4, "twin").connect().await;
        last.expect_close().await;
        last = next;
    }
    let names = ["client_id", "count", "peer", "by"];
    let [_, _, went, came] = first(&node, TopList::TakeOvers, names, "twin 4 ");
    assert!(went.starts_with("127.0.0.1:"), "{went}");
    assert!(came.starts_with("connection from 127.0.0.1:"), "{came}");
    assert!(!came.ends_with(&went), "{went} {came}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_by_address_and_by_user() {
    let node = Node::started("allow_anonymous = off");
    for user in ["root", "admin", "root"] {
        let mallory = client(&node, V5, "mallory").user(user, "guess");
        mallory.refused(ReasonCode::BadUsernameOrPassword).await;
    }
    let names = ["address", "count", "user", "client_id", "event"];
    let [.., event] = first(
        &node,
        TopList::RefusedAddresses,
        names,
        "127.0.0.1 3 root mallory ",
    );
    assert_eq!(event, "connect_refused");
    let said = first(
        &node,
        TopList::RefusedUsers,
        ["user", "count", "address"],
        "root 2 ",
    );
    assert_eq!(said[2], "127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_biggest_retained_messages() {
    let node = Node::started("");
    let mut publisher = client(&node, V4, "p").connect().await;
    // More than a page of small ones, and a large one behind them.
    for nth in 0..600 {
        publisher.publish_retained(&format!("a/{nth}"), QOS0, "x").await;
    }
    publisher
        .publish_retained("z/large", QOS1, &"x".repeat(5000))
        .await;
    let said = first(&node, TopList::Retained, ["topic", "bytes"], "z/large ");
    assert_eq!(said[1], "5000");
}

#[tokio::test]
async fn what_is_no_list_is_refused() {
    let node = Node::started("");
    let text = refusal(&node, Subscribe::to(top(TopList::Unknown)));
    assert_eq!(text, "This version knows no such list.");
    let many = Topic::Hot(Hot {
        list: TopList::Drops,
        limit: 101,
    });
    let text = refusal(&node, Subscribe::to(many));
    assert_eq!(text, "Invalid value: \"101\" for flag: limit");
}
