//! The commands of this version, with a real daemon.

use harness::Node;
use std::time::Duration;
use vmq_admin::command::{listener, log, node};
use vmq_admin::{Client, Command, Element, Outcome, Row};

const PATIENCE: Option<Duration> = Some(harness::DEADLINE);

fn exec(node: &Node, command: Command) -> Outcome {
    Client::connect(&node.socket())
        .unwrap()
        .exec(command, PATIENCE)
        .unwrap()
}

fn table(outcome: &Outcome) -> &[Row] {
    match outcome.elements.as_slice() {
        [Element::Table(rows)] => rows,
        other => panic!("no table: {other:?}"),
    }
}

fn columns(row: &Row) -> Vec<&str> {
    row.0.iter().map(|(column, _)| column.as_str()).collect()
}

#[test]
fn node_status_has_its_rows_in_order() {
    let running = Node::started("");
    let outcome = exec(&running, Command::Node(node::Node::Status));
    let names: Vec<String> = table(&outcome).iter().map(|row| row.0[0].1.cell()).collect();
    let expected = "num_online num_offline msg_in msg_out queue_in queue_out queue_drop queue_unhandled \
                    num_subscriptions num_retained matches_local matches_remote version";
    assert_eq!(names.join(" "), expected);
    assert_eq!(columns(&table(&outcome)[0]), ["Status", "Value"]);
    assert!(
        !running.log().contains("cmd=\"node status\""),
        "only changes are noted"
    );
}

#[test]
fn listener_show_has_the_documented_columns() {
    let running = Node::started("listener.tcp.default.mountpoint = mp");
    let show = |tls, mqtt| {
        exec(
            &running,
            Command::Listener(listener::Listener::Show { tls, mqtt }),
        )
    };
    let outcome = show(false, false);
    let row = &table(&outcome)[0];
    let expected = "type status address port mountpoint max_conns active_conns all_conns";
    assert_eq!(columns(row).join(" "), expected);
    let cell = |column: &str| row.0.iter().find(|(name, _)| name == column).unwrap().1.cell();
    assert_eq!(
        (cell("type"), cell("address"), cell("mountpoint")),
        ("mqtt".into(), "127.0.0.1".into(), "mp".into())
    );
    assert_ne!(cell("port"), "0", "the port that is open");
    let wide = show(true, true);
    let columns = columns(&table(&wide)[0]);
    assert_eq!(columns.len(), 8 + 8 + 2);
    assert_eq!(columns[8], "tls_version");
    assert_eq!(columns[16], "allowed_protocol_versions");
}

#[test]
fn a_level_changes_until_restart_and_is_noted() {
    let running = Node::started("log.console.level = info");
    let level = |logger: &str, level: &str| {
        let (logger, level) = (logger.to_owned(), level.to_owned());
        exec(&running, Command::Log(log::Log::Level { logger, level }))
    };
    let outcome = level("consolefile", "debug");
    assert_eq!((outcome.elements.as_slice(), outcome.exit), (&[][..], 0));
    let shown = exec(&running, Command::Log(log::Log::ShowConfig));
    let cells: Vec<String> = table(&shown)[0].0.iter().map(|(_, value)| value.cell()).collect();
    let file = running.home().join("console.log").display().to_string();
    assert_eq!(cells, ["consolefile", "debug", "file", &file]);
    running.wait_for_log("Changed log level for Logger \"consolefile\" to \"debug\"");
    running.wait_for_log("via=socket cmd=\"log level logger=consolefile level=debug\"");
    running.wait_for_log("[notice] ");
    for (logger, name, text) in [
        ("nothing", "debug", "Invalid value: \"nothing\""),
        ("consolefile", "loud", "Invalid value: \"loud\""),
    ] {
        let outcome = level(logger, name);
        assert_eq!(
            (outcome.elements.as_slice(), outcome.exit),
            (&[Element::alert(text)][..], 1)
        );
    }
}
