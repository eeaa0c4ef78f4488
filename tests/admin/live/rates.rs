//! Sessions in the order of a rate (console.md 3, 5): what a counter grows by between two searches.

use super::{connect, refusal, rows, subscribe, until};
use crate::tool::client;
use harness::{Node, QOS1, RawClient, V4};
use std::time::Duration;
use vmq_admin::Value;
use vmq_admin::command::session::{Field, Sort};
use vmq_admin::live::{Sessions, Subscribe, Topic, View};

fn by_rate(field: Field, descending: bool) -> Topic {
    Topic::Sessions(Sessions {
        filter: "!display".to_owned(),
        sort: Some(Sort { field, descending }),
        by_rate: true,
        columns: vec![Field::ClientId],
        ..Sessions::default()
    })
}

async fn publish(client: &mut RawClient, count: usize) {
    for _ in 0..count {
        client.publish("t", QOS1, "x").await;
    }
}

/// Who has sent most so far is not who sends most now; who is not connected has no rate and comes last.
#[tokio::test(flavor = "multi_thread")]
async fn who_sends_most_now_comes_first() {
    let node = Node::started("");
    let gone = client(&node, V4, "a-gone").persistent().connect().await;
    gone.disconnect().await;
    let mut old = client(&node, V4, "b-old").connect().await;
    publish(&mut old, 400).await;
    let mut calm = client(&node, V4, "c-calm").connect().await;
    let mut mad = client(&node, V4, "d-mad").connect().await;
    let flood = tokio::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        loop {
            publish(&mut mad, 9).await;
            publish(&mut calm, 1).await;
            pace.tick().await;
        }
    });
    let is_measured = |view: &View| !matches!(view.fact("measured_secs"), None | Some(Value::Null));
    let mut admin = connect(&node);
    let orders = [
        (Field::MessagesIn, true, ["d-mad", "c-calm", "b-old", "a-gone"]),
        (Field::MessagesIn, false, ["a-gone", "b-old", "c-calm", "d-mad"]),
        (Field::BytesIn, true, ["d-mad", "c-calm", "b-old", "a-gone"]),
    ];
    for (field, descending, expected) in orders {
        let mut live = subscribe(&mut admin, by_rate(field, descending));
        // Rates are what is found between two searches.
        until(&mut live, "no rates yet", |view| !is_measured(view));
        until(&mut live, "the order of rates", |view| {
            is_measured(view) && rows(view) == expected
        });
        live.cancel(harness::DEADLINE).unwrap();
    }
    flood.abort();
}

#[tokio::test]
async fn what_does_not_grow_has_no_rate() {
    let node = Node::started("");
    for (field, name) in [(Field::QueueSize, "queue_size"), (Field::ClientId, "client_id")] {
        let text = refusal(&node, Subscribe::to(by_rate(field, true)));
        assert_eq!(text, format!("Invalid value: \"{name}\" for flag: sort"));
    }
}
