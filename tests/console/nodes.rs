//! Two brokers, and one console that goes from one to the other (console.md 10).

use crate::end_to_end::address;
use crate::terminal::Terminal;
use harness::{ConnectBuilder, Node, V5};
use std::fs;

/// What was seen of one is not shown of the other; the view and its filter stay.
#[tokio::test(flavor = "multi_thread")]
async fn node_goes_to_another_broker() {
    let (here, there) = (
        Node::started("nodename = here@127.0.0.1"),
        Node::started("nodename = there@127.0.0.1"),
    );
    let _near = ConnectBuilder::new(address(&here), V5, "pump-near")
        .connect()
        .await;
    let _far = ConnectBuilder::new(address(&there), V5, "pump-far")
        .connect()
        .await;
    let _other = ConnectBuilder::new(address(&there), V5, "meter").connect().await;
    // The terminal looks for its settings where the first node lives.
    let folder = here.home().join("vernemq");
    fs::create_dir_all(&folder).unwrap();
    let socket = |node: &Node| node.socket().display().to_string();
    let text = format!(
        "[sockets]\nhere = \"{}\"\nthere = \"{}\"\n",
        socket(&here),
        socket(&there)
    );
    fs::write(folder.join("console.toml"), text).unwrap();
    let mut terminal = Terminal::open(&here, &["--view", "sessions", "--filter", "pump"]);
    terminal.until("the first broker", |screen| {
        screen.contains("here@127.0.0.1") && screen.contains("pump-near")
    });
    terminal.press(":node t\t\r");
    terminal.until("the second broker", |screen| {
        screen.contains("there@127.0.0.1")
            && screen.contains("pump-far")
            && screen.contains("1 of 2")
            && screen.contains("filter: pump")
            && !screen.contains("pump-near")
    });
    terminal.press(":node nowhere\r");
    terminal.shows("there is no node 'nowhere'; known are here, there");
    // One that has stopped is told of, and one comes back from there.
    assert_eq!(here.verb(&["stop"]).code, 0);
    terminal.press(":node here\r");
    terminal.until("nobody there", |screen| {
        screen.contains("LOST") && !screen.contains("pump-far")
    });
    terminal.press(":node there\r");
    terminal.until("the second one again", |screen| {
        screen.contains("there@127.0.0.1") && screen.contains("pump-far") && !screen.contains("LOST")
    });
    terminal.press("q");
    assert!(terminal.end().0.success());
}
