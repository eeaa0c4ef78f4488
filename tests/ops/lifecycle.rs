//! From start to stop: in the background, in the foreground, twice, with faults.

use harness::control::eventually_blocking;
use harness::{ConnectBuilder, Node, V5};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn start_ping_getpid_restart_stop() {
    let node = Node::new("");
    let said = node.verb(&["start"]);
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("", "", 0));
    let pong = node.verb(&["ping"]);
    assert_eq!(
        (pong.out.as_str(), pong.err.as_str(), pong.code),
        ("pong\n", "", 0)
    );
    let first = node.verb(&["getpid"]);
    assert_eq!(first.code, 0);
    assert_eq!(fs::read_to_string(node.pid_file()).unwrap(), first.out);
    let said = node.verb(&["restart"]);
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("ok\n", "", 0));
    let second = node.verb(&["getpid"]);
    assert_ne!(first.out, second.out);
    let said = node.verb(&["stop"]);
    assert_eq!((said.out.as_str(), said.err.as_str(), said.code), ("ok\n", "", 0));
    assert!(!node.pid_file().exists());
    assert!(!node.socket().exists());
}

#[test]
fn verbs_without_a_daemon_say_so() {
    let node = Node::new("nodename = VerneMQ@10.0.0.1");
    let no_pong = "Node 'VerneMQ@10.0.0.1' not responding to pings.\n";
    for (verb, out) in [
        ("ping", ""),
        ("reload", ""),
        ("stop", "Node is not running!\n"),
        ("restart", "Node is not running!\n"),
        ("getpid", "Node is not running!\n"),
    ] {
        let said = node.verb(&[verb]);
        assert_eq!(
            (said.out.as_str(), said.err.as_str(), said.code),
            (out, no_pong, 1),
            "{verb}"
        );
    }
    let said = node.verb(&["attach"]);
    assert_eq!(
        (said.err.as_str(), said.code),
        ("Node did not respond to ping!\n", 1)
    );
    assert!(!node.socket().exists(), "restart starts nothing that did not run");
}

#[test]
fn a_second_daemon_is_refused() {
    let node = Node::started("");
    let said = node.verb(&["start"]);
    assert_eq!(
        (said.out.as_str(), said.err.as_str(), said.code),
        ("", "Node is already running!\n", 1)
    );
    let said = node.verb(&["console"]);
    let expected = "Node is already running - use 'vernemq attach' instead\n";
    assert_eq!((said.out.as_str(), said.code), (expected, 1));
    assert_eq!(node.verb(&["ping"]).out, "pong\n");
}

/// Exit codes of packaging.md 4: 2 = no use in trying again.
#[test]
fn faults_in_the_configuration_start_nothing() {
    let node = Node::new("nonsense = 1");
    let said = node.verb(&["start"]);
    assert!(said.err.contains("[error] "), "{said:?}");
    assert_eq!(said.code, 1);
    for verb in ["console", "run"] {
        let said = node.verb(&[verb]);
        assert!(said.err.contains("[error] "), "{said:?}");
        assert_eq!(said.code, 2, "{verb}");
    }
}

#[test]
fn a_broken_configuration_does_not_hide_the_daemon() {
    let node = Node::started("");
    node.add_conf("nonsense = 1");
    assert_eq!(node.verb(&["ping"]).out, "pong\n");
    let said = node.verb(&["restart"]);
    assert_eq!(
        said.code, 1,
        "a restart that could not start again stops nothing: {said:?}"
    );
    assert_eq!(node.verb(&["ping"]).out, "pong\n");
    assert_eq!(node.verb(&["stop"]).out, "ok\n");
}

#[test]
fn no_listener_no_daemon() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let node = Node::new(&format!("listener.tcp.default = {address}"));
    let said = node.verb(&["start"]);
    assert!(said.err.contains("no MQTT listener is open"), "{said:?}");
    assert_eq!(said.code, 1);
    let said = node.verb(&["run"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(!node.socket().exists());
    assert!(node.log().contains("can't start listener mqtt"));
}

#[test]
fn a_start_that_takes_too_long_is_told() {
    let node = Node::new("");
    let said = node
        .command(&["start"])
        .env("VERNEMQ_START_TIMEOUT", "0")
        .output()
        .unwrap();
    let expected = "vernemq failed to start within 0 seconds,\n\
                    see the output of 'vernemq console' for more information.\n\
                    If you want to wait longer, set the environment variable\n\
                    WAIT_FOR_ERLANG to the number of seconds to wait.\n";
    let said = harness::control::Said::from(said);
    assert_eq!((said.out.as_str(), said.code), (expected, 1));
    // It goes on starting, as the original does.
    eventually_blocking("the daemon to run", || node.verb(&["ping"]).code == 0);
}

#[test]
fn what_a_dead_daemon_left_is_taken_over() {
    let node = Node::new("");
    let daemon = node.foreground(&mut node.command(&["console", "-noshell", "-noinput"]));
    assert_eq!(node.verb(&["getpid"]).out, format!("{}\n", daemon.pid()));
    daemon.signal("KILL");
    drop(daemon);
    assert!(node.socket().exists() && node.pid_file().exists());
    let said = node.verb(&["getpid"]);
    assert_eq!((said.out.as_str(), said.code), ("Node is not running!\n", 1));
    assert_eq!(node.verb(&["start"]).code, 0);
    assert_eq!(node.verb(&["ping"]).out, "pong\n");
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let node = Node::new("");
    fs::write(node.socket(), "precious").unwrap();
    let said = node.verb(&["console"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("can't open the admin socket"), "{said:?}");
    assert_eq!(fs::read_to_string(node.socket()).unwrap(), "precious");
}

#[test]
fn the_socket_has_the_mode_of_the_configuration() {
    let node = Node::started("admin.socket.mode = 0600");
    let mode = fs::symlink_metadata(node.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_stop_gracefully() {
    for signal in ["TERM", "INT"] {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap();
        let node = Node::new(&format!("listener.tcp.default = {address}"));
        let daemon = node.foreground(&mut node.command(&["run"]));
        let mut client = ConnectBuilder::new(address, V5, "c").connect().await;
        daemon.signal(signal);
        let harness::Packet::Disconnect(disconnect) = client.recv().await else {
            panic!("no DISCONNECT")
        };
        assert_eq!(disconnect.reason, harness::ReasonCode::ServerShuttingDown);
        drop(client);
        assert_eq!(daemon.code(), 0);
        assert!(!node.socket().exists() && !node.pid_file().exists());
        assert!(node.log().contains(&format!("stopping, wanted by SIG{signal}")));
        assert!(node.log().contains("vernemq stopped"), "the log is complete");
    }
}

#[test]
fn the_console_is_another_program() {
    let node = Node::started("");
    for verb in [&["attach"][..], &["tui"], &["attach-direct", "-f"]] {
        let said = node.verb(verb);
        assert!(said.err.contains("this needs a terminal"), "{said:?}");
        assert_eq!(said.code, 1);
    }
}

/// packaging.md 9, 17, 21.8
#[test]
fn too_few_open_files_are_told_with_both_numbers() {
    let node = Node::new("listener.max_connections = 5000");
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "ulimit -n 1024; exec \"$@\"", "sh"])
        .arg(harness::process::program())
        .args(["run", "-c"])
        .arg(node.conf());
    let daemon = node.foreground(&mut limited);
    node.wait_for_log("!!!! WARNING: ulimit -n is 1024; 65536 is the recommended minimum.");
    node.wait_for_log("allows 5000 clients, which takes 5704 open files; the limit is 1024");
    daemon.signal("TERM");
    assert_eq!(daemon.code(), 0);
}
