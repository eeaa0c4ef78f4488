//! `node stop` and `node start`: the broker ends and comes back, the process and its admin socket stay (admin.md 5.1).

use crate::tool::{answer, client, rows, vmq_admin};
use harness::{Node, QOS1, ReasonCode, V4, V5};

/// Texts, exit code: `Done`, and for everything else `node is stopped`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_and_starts() {
    let node = Node::started("");
    let mut keeper = client(&node, V4, "keeper").persistent().connect().await;
    keeper.subscribe("a", QOS1).await;
    keeper.disconnect().await;
    let mut publisher = client(&node, V5, "publisher").connect().await;
    publisher.publish_retained("r", QOS1, "retained").await;
    publisher.publish("a", QOS1, "waits").await;
    assert_eq!(answer(&node, "node start"), "Done\n", "it runs");

    assert_eq!(answer(&node, "node stop"), "Done\n");
    publisher.expect_end(ReasonCode::ServerShuttingDown).await;

    assert_eq!(node.verb(&["ping"]).out, "pong\n");
    for line in [
        "session show",
        "node stop",
        "node history",
        "log show config",
        "node upgrade",
    ] {
        let said = vmq_admin(&node, &line.split(' ').collect::<Vec<_>>());
        assert_eq!((said.out.as_str(), said.code), ("node is stopped\n", 1), "{line}");
    }
    let shown = answer(&node, "cluster show --format=json");
    assert!(shown.contains("\"Running\":false"), "{shown}");
    let status = rows(&node, "node status");
    assert_eq!(status.len(), 13);
    assert_eq!(
        status[..3],
        ["num_online\t0", "num_offline\tundefined", "msg_in\tundefined"]
    );
    assert!(status[12].starts_with("version\t"));

    assert_eq!(answer(&node, "node start"), "Done\n");
    assert!(answer(&node, "cluster show --format=json").contains("\"Running\":true"));
    let mut keeper = client(&node, V4, "keeper").persistent().connect().await;
    keeper.expect("a", "waits").await;
    keeper.subscribe("r", QOS1).await;
    keeper.expect("r", "retained").await;
    node.wait_for_log("the broker is stopped");
}

/// As an entrypoint does it: stop, then end the process.
#[test]
fn a_stopped_node_ends() {
    let node = Node::started("");
    assert_eq!(
        answer(&node, "node stop --format=json"),
        "{\"text\":\"Done\",\"type\":\"text\"}\n"
    );
    assert_eq!(node.verb(&["stop"]).out, "ok\n");
    assert_eq!(node.verb(&["ping"]).code, 1);
}

/// What was set stays; what cannot be opened is told, and can be tried again.
#[test]
fn a_start_uses_the_settings_in_force_and_may_fail() {
    let node = Node::started("");
    assert_eq!(vmq_admin(&node, &["set", "retry_interval=7"]).code, 0);
    answer(&node, "node stop");
    let data = node.home().join("data");
    let aside = node.home().join("aside");
    std::fs::rename(&data, &aside).unwrap();
    std::fs::write(&data, "in the way").unwrap();
    let said = vmq_admin(&node, &["node", "start"]);
    assert_eq!(said.code, 1);
    assert!(
        said.out.starts_with("cannot start without the message store"),
        "{said:?}"
    );
    assert_eq!(vmq_admin(&node, &["session", "show"]).out, "node is stopped\n");
    std::fs::remove_file(&data).unwrap();
    std::fs::rename(&aside, &data).unwrap();
    assert_eq!(answer(&node, "node start"), "Done\n");
    assert!(rows(&node, "show retry_interval")[0].ends_with("\t7"));
}
