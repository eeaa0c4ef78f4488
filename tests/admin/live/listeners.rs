//! What goes on at the doors of listeners (console.md 4.6): connections per second, and why others were not let in.

use super::{connect, subscribe, until};
use harness::Node;
use std::net::TcpStream;
use vmq_admin::live::{Topic, View};
use vmq_admin::{Row, Value};

fn first(view: &View) -> &Row {
    view.rows().next().unwrap().1
}

fn number(row: &Row, name: &str) -> u64 {
    row.get(name).unwrap().cell().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_and_refused_by_reason() {
    let node = Node::started("listener.tcp.default.connect_rate = 2");
    let mut admin = connect(&node);
    let mut live = subscribe(&mut admin, Topic::Listeners);
    let view = until(&mut live, "the listener", |view| view.rows().count() == 1);
    let row = first(&view);
    assert_eq!(
        row.get("accepts"),
        Some(&Value::Null),
        "there is nothing to compare with"
    );
    assert_eq!((number(row, "accepted"), number(row, "refused")), (0, 0));
    let port = u16::try_from(number(row, "port")).unwrap();
    let _open: Vec<TcpStream> = (0..10)
        .map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap())
        .collect();
    let view = until(&mut live, "all of them", |view| {
        number(first(view), "accepted") + number(first(view), "refused") == 10
    });
    let (row, refused) = (first(&view), number(first(&view), "refused"));
    assert!(refused > 0, "{row:?}");
    assert_eq!(
        row.get("reasons"),
        Some(&Value::Text(format!("connect_rate {refused}")))
    );
    assert!(
        matches!(row.get("accepts"), Some(Value::Float(rate)) if *rate >= 0.0),
        "{row:?}"
    );
}
