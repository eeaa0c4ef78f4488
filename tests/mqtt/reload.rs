//! Reloading under pressure. What a reload does otherwise is in `tests/ops`.

use crate::auth::HENRY;
use crate::node::address_of;
use harness::*;

/// hostile #20
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h20_a_reload_without_free_descriptors_opens_nothing() {
    let node = Node::new("allow_anonymous = off\nmax_online_messages = 7");
    std::fs::write(node.home().join("vmq.passwd"), HENRY).unwrap();
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "ulimit -n 256; exec \"$@\"", "sh"])
        .arg(harness::process::program())
        .args(["run", "-c"])
        .arg(node.conf());
    let daemon = node.foreground(&mut limited);
    let address = address_of(&node, "default");
    let mut clients = Vec::new();
    for _ in 0..300 {
        clients.push(RawClient::open(address, V4).await);
    }
    // The reload must find its files, and the operator the socket.
    node.add_conf("max_online_messages = 8");
    daemon.signal("HUP");
    node.wait_for_log("configuration changed: max_online_messages: 7 -> 8");
    let said = node.verb(&["reload"]);
    assert_eq!(said.code, 0, "{said:?}");
    drop(clients);
    let stranger = ConnectBuilder::new(address, V4, "x");
    stranger.refused(ReasonCode::NotAuthorized).await;
    stranger.user("henry", "secret").connect().await;
}
