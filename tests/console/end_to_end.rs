//! One walk through it: start, filter, open a session, trace, see a packet, disconnect with confirmation, see it go; and
//! how it leaves.

use crate::terminal::Terminal;
use harness::control::eventually_blocking;
use harness::process::{admin_program, program};
use harness::{ConnectBuilder, DEADLINE, Node, QOS1, ReasonCode, V5};
use std::net::SocketAddr;
use vmq_admin::command::listener::Listener;
use vmq_admin::command::trace::Trace;
use vmq_admin::{Client, Command, Element, Value};

/// The address of the first listener.
pub(crate) fn address(node: &Node) -> SocketAddr {
    let mut client = Client::connect(&node.socket()).unwrap();
    let show = Command::Listener(Listener::Show {
        tls: false,
        mqtt: false,
    });
    let outcome = client.exec(show, Some(DEADLINE)).unwrap();
    let Some(Element::Table(rows)) = outcome.elements.first() else {
        panic!("{outcome:?}")
    };
    let cell = |name| rows[0].get(name).map(Value::cell).unwrap();
    format!("{}:{}", cell("address"), cell("port")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_found_traced_and_ended() {
    let node = Node::started("");
    let address = address(&node);
    let mut pump = ConnectBuilder::new(address, V5, "pump-0017").connect().await;
    pump.subscribe("plant/17/#", QOS1).await;
    let _other = ConnectBuilder::new(address, V5, "meter-3").connect().await;
    let mut terminal = Terminal::open(&node, &[]);
    terminal.shows("CONNECTIONS");
    terminal.press("2");
    terminal.shows("meter-3");
    terminal.press("/pump\r");
    terminal.until("one of two", |screen| {
        screen.contains("1 of 2") && !screen.contains("meter-3")
    });
    terminal.press("\r");
    terminal.shows("Sessions › pump-0017 › facts");
    terminal.shows("subscriptions       1");
    terminal.press("t");
    terminal.shows("Starting trace for 1 existing sessions");
    pump.publish("plant/17/temp", QOS1, "21.5").await;
    pump.expect("plant/17/temp", "21.5").await;
    terminal.shows("PUBLISH plant/17/temp q1");
    terminal.press("2d");
    terminal.shows("≡ vmq-admin session disconnect client-id=pump-0017");
    terminal.press("yes\r");
    terminal.shows("Done");
    pump.expect_end(ReasonCode::AdministrativeAction).await;
    terminal.press("\r");
    terminal.shows("there is no such session");
    terminal.press("\x1b");
    terminal.shows("no session matches");
    terminal.press("q");
    assert!(terminal.end().0.success());
}

/// console.md 1, 2: a lost broker is a line, and when it is back the filter is still there.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_broker_comes_back() {
    let node = Node::started("");
    let pump = ConnectBuilder::new(address(&node), V5, "pump-1").connect().await;
    let mut terminal = Terminal::open(&node, &["--view", "sessions", "--filter", "pump"]);
    terminal.shows("pump-1");
    drop(pump.may_be_cut());
    assert_eq!(node.verb(&["stop"]).code, 0);
    terminal.until("what was seen last, and since when", |screen| {
        screen.contains("LOST") && screen.contains("was seen") && screen.contains("filter: pump")
    });
    // A slow or absent broker blocks no key.
    terminal.press("6");
    terminal.shows("Listeners ─");
    terminal.press("2");
    assert_eq!(node.verb(&["start"]).code, 0);
    let _pump = ConnectBuilder::new(address(&node), V5, "pump-2").connect().await;
    terminal.until("the new one", |screen| {
        screen.contains("pump-2") && screen.contains("filter: pump") && !screen.contains("LOST")
    });
}

/// console.md 1: a broker that hangs blocks no key, and is told of.
#[test]
fn a_broker_that_hangs_blocks_no_key() {
    let node = Node::started("");
    let mut terminal = Terminal::open(&node, &["--interval", "0.5s"]);
    terminal.until("numbers", |screen| screen.contains("CONNECTIONS      0"));
    let pid = std::fs::read_to_string(node.pid_file())
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    for (key, title) in [
        ("2", "Sessions ─"),
        ("6", "Listeners ─"),
        ("?", "Search:"),
        ("\x1b", "Listeners ─"),
    ] {
        terminal.press(key);
        terminal.shows(title);
    }
    terminal.shows("no answer for");
    terminal.press("q");
    assert!(terminal.end().0.success());
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).unwrap();
}

/// decisions.md 35: it is opened in three ways.
#[test]
fn other_programs_become_the_console() {
    let node = Node::started("");
    let conf = node.conf();
    let attach = ["attach", "-c", conf.to_str().unwrap()];
    for (program, args) in [
        (program().clone(), &attach[..]),
        (admin_program(), &["tui", "--ascii"]),
    ] {
        let mut terminal = Terminal::run(&node, &program, args);
        terminal.shows("CONNECTIONS");
        terminal.press("q");
        assert!(terminal.end().0.success());
    }
}

/// console.md 2: restored on exit and on a signal.
#[test]
fn the_terminal_is_given_back() {
    let node = Node::started("");
    for how in ["q", "\x03", "TERM"] {
        let mut terminal = Terminal::open(&node, &[]);
        terminal.shows("CONNECTIONS");
        match how {
            "TERM" => {
                let pid = rustix::process::Pid::from_raw(terminal.pid()).unwrap();
                rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
            }
            key => terminal.press(key),
        }
        let (status, is_restored) = terminal.end();
        assert!(status.success() && is_restored, "{how}");
    }
}

/// console.md 4.2: a client that acknowledges nothing, from near: what it asked for, who has set its limits, what is in
/// flight and what waits, with a payload in three forms.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_from_near() {
    let node = Node::started("max_online_messages = 500\n");
    let address = address(&node);
    let mut pump = ConnectBuilder::new(address, V5, "pump-0017")
        .props(|properties| properties.receive_maximum = Some(2))
        .will("plant/17/gone", "gone")
        .connect()
        .await;
    pump.subscribe("plant/17/#", QOS1).await;
    let mut meter = ConnectBuilder::new(address, V5, "meter-3").connect().await;
    for payload in [r#"{"celsius":21.5}"#, "plain", "third"] {
        meter.publish("plant/17/temp", QOS1, payload).await;
    }
    let mut terminal = Terminal::open(&node, &["--view", "sessions", "--filter", "pump"]);
    terminal.until("rates, after a second look", |screen| {
        screen.contains("IN/s") && screen.contains("DROPS") && screen.contains("online       0      0")
    });
    terminal.press("\r");
    terminal.shows("CONNECT AS RECEIVED");
    terminal.shows("receive maximum     2");
    terminal.shows("topic               plant/17/gone");
    terminal.press("G");
    terminal.until("a limit with its line", |screen| {
        screen.contains("waiting online             500             max_online_messages (")
    });
    terminal.press("\x1b[C\x1b[C");
    terminal.until("two in flight, one waits", |screen| {
        screen.matches(" sent ").count() == 2 && screen.matches(" waiting ").count() == 1
    });
    terminal.shows(r#""celsius": 21.5"#);
    terminal.press("v");
    terminal.shows(r#"{"celsius":21.5}"#);
    terminal.press("v");
    terminal.shows("0000  7b 22 63");
    terminal.press("\x1b[C");
    terminal.until("who has let it in, and what it may do now", |screen| {
        screen.contains("allow_anonymous") && screen.contains("subscribe  plant/17/#")
    });
    terminal.press("q");
    assert!(terminal.end().0.success());
    pump.recv().await;
}

/// console.md 4.2: the last packets of a session cost the broker something only while somebody looks at them.
#[tokio::test(flavor = "multi_thread")]
async fn packets_come_while_the_history_is_open() {
    let node = Node::started("");
    let traces = || {
        let mut client = Client::connect(&node.socket()).unwrap();
        let outcome = client.exec(Command::Trace(Trace::List), Some(DEADLINE)).unwrap();
        match outcome.elements.into_iter().next() {
            Some(Element::Table(rows)) => rows.len(),
            other => panic!("{other:?}"),
        }
    };
    let mut pump = ConnectBuilder::new(address(&node), V5, "pump-0017")
        .connect()
        .await;
    let mut terminal = Terminal::open(&node, &["--view", "sessions"]);
    terminal.shows("pump-0017");
    terminal.press("\r");
    terminal.shows("CONNECT AS RECEIVED");
    assert_eq!(traces(), 0);
    terminal.press("\x1b[D");
    terminal.shows("a trace runs while this is open");
    terminal.shows("Starting trace for 1 existing sessions");
    pump.publish("plant/17/temp", QOS1, "21.5").await;
    terminal.shows("PUBLISH plant/17/temp q1");
    assert_eq!(traces(), 1);
    terminal.press("\x1b");
    eventually_blocking("the trace to have ended", || traces() == 0);
}
