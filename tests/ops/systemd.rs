//! What a service manager is told (packaging.md 4), with a datagram socket in its place.

use harness::{DEADLINE, Node};
use std::os::unix::net::UnixDatagram;

/// The manager's end.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn new(node: &Node) -> Self {
        let socket = UnixDatagram::bind(node.home().join("notify")).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self {
            socket,
            heard: Vec::new(),
        }
    }

    /// Listens until a message has this line.
    fn hears(&mut self, line: &str) -> &str {
        loop {
            let mut bytes = [0; 4096];
            let length = self
                .socket
                .recv(&mut bytes)
                .unwrap_or_else(|error| panic!("{error} while waiting for {line}, heard {:?}", self.heard));
            self.heard
                .push(String::from_utf8(bytes[..length].to_vec()).unwrap());
            if self.heard.last().unwrap().lines().any(|found| found == line) {
                return self.heard.last().unwrap();
            }
        }
    }
}

#[test]
fn the_manager_is_told_of_every_step() {
    let node = Node::new("");
    let mut manager = Manager::new(&node);
    let mut command = node.command(&["run"]);
    command
        .env("NOTIFY_SOCKET", node.home().join("notify"))
        .env("WATCHDOG_USEC", "200000");
    let daemon = node.foreground(&mut command);
    assert!(manager.hears("READY=1").contains("STATUS=serving, 1 listeners"));
    assert_eq!(manager.heard[0], "STATUS=starting");
    manager.hears("WATCHDOG=1");
    daemon.signal("HUP");
    manager.hears("RELOADING=1");
    manager.hears("READY=1");
    daemon.signal("TERM");
    manager.hears("STOPPING=1");
    assert_eq!(daemon.code(), 0);
}

/// admin.md 1.2: `start` under a service manager stays in the foreground.
#[test]
fn start_stays_with_its_manager() {
    let node = Node::new("");
    let mut manager = Manager::new(&node);
    let mut command = node.command(&["start"]);
    command.env("NOTIFY_SOCKET", node.home().join("notify"));
    let daemon = node.foreground(&mut command);
    manager.hears("READY=1");
    assert_eq!(node.verb(&["getpid"]).out, format!("{}\n", daemon.pid()));
    assert_eq!(node.verb(&["stop"]).out, "ok\n");
    manager.hears("STOPPING=1");
    assert_eq!(daemon.code(), 0);
}

#[test]
fn a_listener_that_failed_is_named_in_the_status() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let node = Node::new(&format!("listener.tcp.second = {address}"));
    let mut manager = Manager::new(&node);
    let mut command = node.command(&["run"]);
    command.env("NOTIFY_SOCKET", node.home().join("notify"));
    let daemon = node.foreground(&mut command);
    let status = manager.hears("READY=1").to_owned();
    assert!(
        status.contains("STATUS=serving, 1 of 2 listeners; can't start listener mqtt"),
        "{status}"
    );
    daemon.signal("TERM");
    assert_eq!(daemon.code(), 0);
}
