//! `vmq-admin session disconnect`, `unsubscribe` and `reauthorize` (admin.md 6.2-6.4).

use crate::tool::{answer, client, rows, vmq_admin};
use harness::control::eventually_blocking;
use harness::{Node, QOS1, ReasonCode, V4, V5};

/// The clients that are online, and those that are known at all.
fn known(node: &Node) -> (Vec<String>, Vec<String>) {
    (
        rows(node, "session show --client_id --is_online=true"),
        rows(node, "session show --client_id --is_online"),
    )
}

/// admin.md 6.2: version 5 is told 0x98; a session that outlives its connection stays.
#[tokio::test]
async fn a_client_is_disconnected() {
    let node = Node::started("");
    for version in [V4, V5] {
        let mut gone = client(&node, version, "gone").connect().await;
        let mut stays = client(&node, version, "stays").persistent().connect().await;
        stays.subscribe("a", QOS1).await;
        for id in ["gone", "stays"] {
            assert_eq!(
                answer(&node, &format!("session disconnect client-id={id}")),
                "Done\n"
            );
        }
        gone.expect_end(ReasonCode::AdministrativeAction).await;
        stays.expect_end(ReasonCode::AdministrativeAction).await;
        assert_eq!(known(&node), (vec![], vec!["stays\tfalse".to_owned()]));
        assert_eq!(rows(&node, "session show --topic --client_id=stays"), ["a"]);
        assert_eq!(
            answer(&node, "session disconnect client-id=stays"),
            "Done\n",
            "nothing to do"
        );
        let resumed = client(&node, version, "stays")
            .persistent()
            .connect_present(true)
            .await;
        resumed.disconnect().await;
    }
    assert_eq!(answer(&node, "session disconnect client-id=nobody"), "Done\n");
    node.wait_for_log("cmd=\"session disconnect client-id=gone\"");
    assert_eq!(
        answer(&node, "session disconnect client-id=nobody --format=json"),
        "{\"text\":\"Done\",\"type\":\"text\"}\n"
    );
}

/// `-c`: subscriptions, waiting messages and the queue go, of clients that are offline too.
#[tokio::test]
async fn cleanup_leaves_nothing() {
    let node = Node::started("");
    for version in [V4, V5] {
        for online in [true, false] {
            let mut x = client(&node, version, "x")
                .persistent()
                .connect_present(false)
                .await;
            x.subscribe("a", QOS1).await;
            if !online {
                x.disconnect().await;
                let mut publisher = client(&node, version, "p").connect().await;
                publisher.publish("a", QOS1, "waits").await;
                publisher.disconnect().await;
            }
            assert_eq!(answer(&node, "session disconnect client-id=x -c"), "Done\n");
            eventually_blocking("nobody to be known", || known(&node).1.is_empty());
        }
    }
    drop(client(&node, V5, "x").persistent().connect_present(false).await);
    // Nor does anything come back from the disk.
    assert_eq!(answer(&node, "session disconnect client-id=x -c"), "Done\n");
    assert_eq!(node.verb(&["restart"]).code, 0);
    assert_eq!(known(&node), (vec![], vec![]));
}

#[tokio::test]
async fn several_are_disconnected_at_once() {
    let node = Node::started("");
    let mut clients = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        clients.push(client(&node, V5, name).connect().await);
    }
    let list = "session disconnect clients client-ids=a,nobody,b --verbose";
    assert_eq!(answer(&node, list), "Disconnected 2 sessions\n");
    assert_eq!(known(&node).0, ["c", "d", "e"]);
    let elsewhere = "session disconnect batch count=9 --node=other@host";
    assert_eq!(answer(&node, elsewhere), "Done\n");
    assert_eq!(known(&node).0.len(), 3);
    let batch = "session disconnect batch count=1 -f c,d -n other@host,VerneMQ@127.0.0.1 --verbose";
    assert_eq!(answer(&node, batch), "Disconnected 1 sessions\n");
    assert_eq!(known(&node).0, ["c", "d"]);
    assert_eq!(
        answer(&node, "session disconnect batch count=9 -m other"),
        "Done\n"
    );
    assert_eq!(known(&node).0, ["c", "d"]);
    assert_eq!(answer(&node, "session disconnect batch count=9"), "Done\n");
    assert_eq!(known(&node).0, [""; 0]);
}

/// Issue 4 point 8: first who it would be, then the deed.
#[tokio::test]
async fn an_expression_says_whom_first() {
    let node = Node::started("");
    let _pump = client(&node, V5, "pump-1").username("joe").connect().await;
    let _other = client(&node, V5, "other").connect().await;
    let dry = rows(&node, "session disconnect --filter=pump --dry-run");
    assert!(dry.len() == 1 && dry[0].starts_with("pump-1\ttrue\t"), "{dry:?}");
    assert_eq!(known(&node).0, ["other", "pump-1"]);
    let deed = "session disconnect --filter=pump --verbose";
    assert_eq!(answer(&node, deed), "Disconnected 1 sessions\n");
    assert_eq!(known(&node).0, ["other"]);
}

#[test]
fn wrong_arguments_change_nothing() {
    let node = Node::started("");
    let said = |line: &str| {
        let said = vmq_admin(&node, &line.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, 1, "{line}");
        said.out
    };
    assert_eq!(
        said("session disconnect client-id=x -m"),
        "Invalid mountpoint value\n"
    );
    assert!(said("session disconnect").starts_with("Usage: vmq-admin session disconnect client-id="));
    assert_eq!(
        said("session disconnect client-id="),
        "Empty value in argument: \"client-id\"\n"
    );
    assert!(said("session disconnect --filter=(= -c").contains("is no field"));
}

#[tokio::test]
async fn a_subscription_is_removed() {
    let node = Node::started("");
    let mut x = client(&node, V5, "x").persistent().connect().await;
    x.subscribe("a/#", QOS1).await;
    x.subscribe("b", QOS1).await;
    let line = "session unsubscribe client-id=x topic=a/#";
    assert_eq!(answer(&node, line), "Done\n");
    assert_eq!(answer(&node, line), "Not successfull\n");
    assert_eq!(
        answer(&node, "session unsubscribe client-id=nobody topic=a"),
        "Not successfull\n"
    );
    assert_eq!(
        answer(&node, &format!("{line} --format=json")),
        "{\"text\":\"Not successfull\",\"type\":\"text\"}\n"
    );
    assert_eq!(rows(&node, "session show --topic --client_id=x"), ["b"]);
    x.expect_silence().await;
    let mut publisher = client(&node, V4, "p").connect().await;
    publisher.publish("a/1", QOS1, "no").await;
    publisher.publish("b", QOS1, "yes").await;
    x.receive("b", "yes").await;
    x.subscribe("c", QOS1).await;
    // No plugin of this version has the hook.
    assert_eq!(
        answer(&node, "session unsubscribe client-id=x topic=c -p"),
        "Done\n"
    );
    x.disconnect().await;
    assert_eq!(node.verb(&["restart"]).code, 0);
    assert_eq!(rows(&node, "session show --topic --client_id=x"), ["b"]);
}

/// admin.md 6.4: what the rules refuse by now is removed, whether the client is there or not.
#[tokio::test]
async fn rights_are_asked_for_again() {
    let node = Node::started("vmq_acl.acl_reload_interval = 1");
    let mut offline = client(&node, V4, "off")
        .username("joe")
        .persistent()
        .connect()
        .await;
    offline.subscribe("a/1", QOS1).await;
    offline.disconnect().await;
    let mut online = client(&node, V5, "on").username("joe").connect().await;
    online.subscribe("a/1", QOS1).await;
    online.subscribe("b/1", QOS1).await;
    let line = |id: &str| format!("session reauthorize username=joe client-id={id}");
    assert_eq!(answer(&node, &line("on")), "Unchanged\n");
    assert_eq!(answer(&node, &line("nobody")), "Unchanged\n");
    assert_eq!(
        answer(&node, &format!("{} --format=json", line("on"))),
        "{\"text\":\"Unchanged\",\"type\":\"text\"}\n"
    );
    std::fs::write(node.home().join("vmq.acl"), "user joe\ntopic b/#\n").unwrap();
    eventually_blocking("the rules to be read", || answer(&node, &line("on")) == "Done\n");
    assert_eq!(rows(&node, "session show --topic --client_id=on"), ["b/1"]);
    assert_eq!(answer(&node, &line("off")), "Done\n");
    assert_eq!(answer(&node, &line("off")), "Unchanged\n");
    assert_eq!(rows(&node, "session show --topic"), ["b/1"]);
    let anonymous = "session reauthorize client-id=on --anonymous";
    assert_eq!(
        answer(&node, anonymous),
        "Done\n",
        "without a name nothing is allowed"
    );
}

/// What waits already for a subscription that is refused by now is not delivered.
#[tokio::test]
async fn what_waits_for_a_refused_subscription_stays_away() {
    let node = Node::started("vmq_acl.acl_reload_interval = 1\nmax_inflight_messages = 1");
    let mut reader = client(&node, V4, "reader").username("joe").connect().await;
    reader.subscribe("a/1", QOS1).await;
    reader.subscribe("b/1", QOS1).await;
    let mut publisher = client(&node, V4, "p").username("ann").connect().await;
    publisher.publish("b/1", QOS1, "first").await;
    publisher.publish("a/1", QOS1, "secret").await;
    publisher.publish("b/1", QOS1, "second").await;
    // Not acknowledged: the others wait behind it.
    let first = reader.expect("b/1", "first").await;
    std::fs::write(node.home().join("vmq.acl"), "user joe\ntopic b/#\n").unwrap();
    let line = "session reauthorize username=joe client-id=reader";
    eventually_blocking("the rules to be read", || answer(&node, line) == "Done\n");
    reader.acknowledge(&first).await;
    let second = reader.expect("b/1", "second").await;
    reader.acknowledge(&second).await;
}
