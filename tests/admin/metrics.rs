//! `vmq-admin metrics` (admin.md 10.1, monitoring.md 2.1).

use harness::Node;
use vmq_admin::argv::Arguments;
use vmq_admin::command::{self, Parsed};
use vmq_admin::render::{Format, Style, render};
use vmq_admin::{Client, Element, Outcome};

/// What a command line answers.
fn exec(node: &Node, line: &str) -> Outcome {
    let words = line.split(' ').map(str::to_owned);
    let command = match command::parse(&Arguments::parse(words).unwrap()) {
        Ok(Parsed::Command(command)) => command,
        other => panic!("{line}: {other:?}"),
    };
    let mut client = Client::connect(&node.socket()).unwrap();
    client.exec(command, Some(harness::DEADLINE)).unwrap()
}

/// The same as an operator sees it.
fn shown(node: &Node, line: &str, format: Format) -> String {
    let outcome = exec(node, line);
    assert_eq!(outcome.exit, 0, "{line}");
    render(&outcome.elements, Style { format, bold: false }).out
}

fn human(node: &Node, line: &str) -> String {
    shown(node, line, Format::Human)
}

fn value(node: &Node, metric: &str) -> u64 {
    let text = human(node, "metrics show");
    let start = format!("{metric} = ");
    let line = text.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no {metric} in {text}"))
        .parse()
        .unwrap()
}

#[test]
fn the_documented_lines() {
    let node = Node::started("");
    let text = human(&node, "metrics show");
    assert!(text.ends_with("\n\n"), "one extra line end");
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.split_once('.').unwrap().1)
        .collect();
    assert!(names.is_sorted_by(|a, b| a < b), "by name, each once");
    assert!(text.contains("\ncounter.mqtt_publish_sent = 0\n"));
    assert_eq!(
        human(&node, "metrics show --return_code=not_authorized"),
        "counter.mqtt_connack_sent = 0\n\n"
    );
    assert_eq!(
        human(&node, "metrics show -d --return_code=not_authorized"),
        "# CONNACK packets sent, per result.\ncounter.mqtt_connack_sent = 0\n\n\n"
    );
    assert_eq!(
        shown(&node, "metrics show --return_code=not_authorized", Format::Json),
        "{\"text\":\"counter.mqtt_connack_sent = 0\\n\",\"type\":\"text\"}\n"
    );
    // monitoring.md 12.5
    assert_eq!(
        human(&node, "metrics show --mqtt_version=4 --return_code=success"),
        "counter.mqtt_connack_sent = 0\n\n"
    );
    assert_eq!(human(&node, "metrics show --return_code=nonsense"), "");
    assert_eq!(human(&node, "metrics show --group=meta1"), "");
}

#[test]
fn sums_and_parts() {
    let node = Node::started("");
    let parts = "metrics show --mqtt_version=4 --reason_code=success";
    assert_eq!(human(&node, parts), "", "all of them are needed");
    let line = "counter.mqtt_auth_sent = 0\n";
    let of_auth = |flags: &str| {
        let text = human(
            &node,
            &format!("metrics show --reason_code=reauthenticate{flags}"),
        );
        let auth = text.lines().filter(|line| line.contains("auth_sent"));
        auth.map(|line| format!("{line}\n")).collect::<String>()
    };
    let with_labels = "counter.mqtt_auth_sent{mqtt_version=\"5\",reason_code=\"reauthenticate\"} = 0\n";
    assert_eq!(of_auth(""), line);
    assert_eq!(of_auth(" --aggregate=false"), line);
    assert_eq!(of_auth(" --show-labels"), with_labels);
    assert_eq!(of_auth(" --show-labels --aggregate=true"), line);
    let counted = |flags: &str| {
        let text = human(&node, &format!("metrics show{flags}"));
        text.lines()
            .filter(|line| line.starts_with("counter.mqtt_connack_sent"))
            .count()
    };
    assert_eq!(counted(""), 1);
    assert_eq!(counted(" -a"), 1, "a flag without value is true");
    assert_eq!((counted(" -a false"), counted(" --aggregate=no")), (28, 28));
}

#[test]
fn structured_is_a_table() {
    let node = Node::started("");
    let line = "metrics show --structured --return_code=not_authorized";
    let row = "{\"name\":\"mqtt_connack_sent\",\"type\":\"counter\",\
        \"labels\":\"mqtt_version=\\\"4\\\",return_code=\\\"not_authorized\\\"\",\"value\":0,\
        \"description\":\"CONNACK packets sent, per result.\"}";
    assert_eq!(
        shown(&node, line, Format::Json),
        format!("{{\"table\":[{row}],\"type\":\"table\"}}\n")
    );
    let all = exec(&node, "metrics show --structured --aggregate=true");
    let [Element::Table(rows)] = &all.elements[..] else {
        panic!("no table: {all:?}");
    };
    let text = human(&node, "metrics show");
    assert_eq!(
        rows.len(),
        text.lines().filter(|line| line.contains(" = ")).count()
    );
}

/// monitoring.md 3, ours: how much has come lately, from the history that is kept.
#[test]
fn rates_are_shown_on_request() {
    let node = Node::started("");
    let line = "metrics show --rates --return_code=not_authorized";
    harness::control::eventually_blocking("a second to pass", || human(&node, line).contains("/s"));
    assert_eq!(
        human(&node, line),
        "counter.mqtt_connack_sent = 0 (1s: 0/s, 10s: 0/s, 60s: 0/s)\n\n"
    );
    assert_eq!(
        shown(&node, line, Format::Json),
        "{\"text\":\"counter.mqtt_connack_sent = 0 (1s: 0/s, 10s: 0/s, 60s: 0/s)\\n\",\"type\":\"text\"}\n"
    );
    let row = "{\"name\":\"mqtt_connack_sent\",\"type\":\"counter\",\
        \"labels\":\"mqtt_version=\\\"4\\\",return_code=\\\"not_authorized\\\"\",\"value\":0,\
        \"description\":\"CONNACK packets sent, per result.\",\"rate_1s\":0.0,\"rate_10s\":0.0,\"rate_60s\":0.0}";
    assert_eq!(
        shown(&node, &format!("{line} --structured"), Format::Json),
        format!("{{\"table\":[{row}],\"type\":\"table\"}}\n")
    );
    let all = human(&node, "metrics show --rates");
    let gauge = all.lines().find(|line| line.starts_with("gauge.queue_processes"));
    assert_eq!(gauge, Some("gauge.queue_processes = 0"), "it does not grow");
}

/// monitoring.md 12.6
#[test]
fn a_reset_is_about_what_was_counted() {
    let node = Node::started("");
    let mut client = std::net::TcpStream::connect(tcp(&node)).unwrap();
    std::io::Write::write_all(&mut client, b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01x").unwrap();
    harness::control::eventually_blocking("the CONNECT", || {
        value(&node, "counter.mqtt_connect_received") == 1
    });
    let uptime = value(&node, "counter.system_wallclock");
    assert_eq!(human(&node, "metrics reset"), "Done\n");
    assert_eq!(value(&node, "counter.mqtt_connect_received"), 0);
    assert_eq!(value(&node, "counter.socket_open"), 0);
    assert_eq!(value(&node, "gauge.active_mqtt_connections"), 1);
    assert!(value(&node, "counter.system_wallclock") >= uptime);
    node.wait_for_log("via=socket cmd=\"metrics reset\"");
    drop(client);
    harness::control::eventually_blocking("the end", || value(&node, "gauge.total_active_connections") == 0);
    assert_eq!(value(&node, "counter.socket_close"), 1);
}

fn tcp(node: &Node) -> String {
    let outcome = exec(node, "listener show");
    let [Element::Table(rows)] = &outcome.elements[..] else {
        panic!("no table: {outcome:?}");
    };
    let cell = |column: &str| {
        rows[0]
            .0
            .iter()
            .find(|(name, _)| name == column)
            .unwrap()
            .1
            .cell()
    };
    format!("{}:{}", cell("address"), cell("port"))
}

/// The help lists the labels there are, and no others.
#[test]
fn every_label_can_be_asked_for() {
    let node = Node::started("");
    let text = human(&node, "metrics show --show-labels");
    let mut values = std::collections::BTreeMap::<String, std::collections::BTreeSet<String>>::new();
    for labels in text
        .lines()
        .filter_map(|line| line.split_once('{')?.1.split_once('}'))
    {
        for pair in labels.0.split(',') {
            let (name, value) = pair.split_once('=').unwrap();
            values
                .entry(name.to_owned())
                .or_default()
                .insert(value.trim_matches('"').to_owned());
        }
    }
    for label in command::metrics::labels::LABELS {
        let listed = label.values.iter().map(|value| (*value).to_owned()).collect();
        assert_eq!(
            values.remove(label.name).unwrap_or_default(),
            listed,
            "{}",
            label.name
        );
    }
    assert!(values.is_empty(), "{values:?}");
}
