//! Subscriptions: a snapshot, then differences (admin.md 18.3, console.md 4, 5, 7).

mod hot;
mod listeners;
mod plugins;
mod rates;

use crate::tool::{answer, client, vmq_admin};
use harness::control::eventually_blocking;
use harness::stranger::{NOBODY, name_of_group, open_to_all};
use harness::{DEADLINE, Node, QOS0, QOS1, V4, V5};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use vmq_admin::client::{Next, Subscription};
use vmq_admin::command::session::{Field, Sort};
use vmq_admin::live::{Log, Metrics, Sessions, Subscribe, Topic, View};
use vmq_admin::{Client, Element, Value};

fn connect(node: &Node) -> Client {
    Client::connect(&node.socket()).unwrap()
}

fn subscribe(client: &mut Client, topic: Topic) -> Subscription<'_> {
    let subscribe = Subscribe::to(topic).every(500);
    client.subscribe(subscribe, DEADLINE).unwrap()
}

/// Waits for a picture of which this holds.
fn until(subscription: &mut Subscription<'_>, what: &str, holds: impl Fn(&View) -> bool) -> View {
    // A second or two on a quiet machine.
    for _ in 0..200 {
        match subscription.next(DEADLINE).unwrap() {
            Next::View(view) if holds(view) => return view.clone(),
            Next::View(_) => {}
            Next::Ended(outcome) => panic!("{what}: {outcome:?}"),
        }
    }
    panic!("{what}: {:?}", subscription.view());
}

/// What a subscription that is refused is told.
fn refusal(node: &Node, subscribe: Subscribe) -> String {
    let mut client = connect(node);
    let mut subscription = client.subscribe(subscribe, DEADLINE).unwrap();
    let outcome = match subscription.next(DEADLINE).unwrap() {
        Next::Ended(outcome) => outcome,
        Next::View(view) => panic!("{view:?}"),
    };
    assert_eq!(outcome.exit, 1);
    // The connection is as good as before.
    client.ping(DEADLINE).unwrap();
    match outcome.elements.as_slice() {
        [Element::Alert(texts)] => match texts.first().unwrap() {
            Element::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn number(view: &View, fact: &str) -> u64 {
    match view.fact(fact) {
        Some(Value::Number(number)) => (*number).try_into().unwrap(),
        other => panic!("{fact}: {other:?}"),
    }
}

/// One line for each row, its cells with blanks between them.
fn rows(view: &View) -> Vec<String> {
    let cells = |row: &vmq_admin::Row| row.0.iter().map(|(_, value)| value.cell()).collect::<Vec<_>>();
    view.rows().map(|(_, row)| cells(row).join(" ")).collect()
}

fn of_clients(filter: &str) -> Sessions {
    Sessions {
        filter: filter.to_owned(),
        columns: vec![Field::ClientId, Field::Statename],
        ..Sessions::default()
    }
}

/// What travels, as the head of `vmq_admin::live` tells it.
#[tokio::test]
async fn the_documented_lines() {
    let node = Node::started("");
    let _a = client(&node, V4, "a").connect().await;
    let stream = UnixStream::connect(node.socket()).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut reader = BufReader::new(stream);
    let mut say = |text: &str| {
        reader
            .get_mut()
            .write_all(format!("{text}\n").as_bytes())
            .unwrap();
    };
    say(
        r#"{"t":"sub","id":3,"topic":"sessions","interval_ms":500,"filter":"client=a","columns":["client_id"]}"#,
    );
    let mut lines = (&mut reader).lines().map(Result::unwrap).skip(1);
    let mut events = Vec::new();
    while events.len() < 2 {
        let line = lines.next().unwrap();
        if line.contains(r#""id":3"#) {
            events.push(line);
        }
    }
    assert_eq!(
        events,
        [
            concat!(
                r#"{"t":"event","id":3,"data":{"snapshot":true,"facts":{"rows":1,"of":1,"complete":true},"#,
                r#""set":[[1,{"client_id":"a"}]],"order":[1]}}"#
            ),
            r#"{"t":"event","id":3,"data":{}}"#
        ]
    );
    reader
        .get_mut()
        .write_all(b"{\"t\":\"cancel\",\"id\":3}\n")
        .unwrap();
    let mut lines = (&mut reader).lines().map(Result::unwrap);
    let end = lines.find(|line| line.contains(r#""t":"end","id":3"#)).unwrap();
    assert_eq!(end, r#"{"t":"end","id":3,"exit":0}"#);
}

/// Rows come, change, and go.
#[tokio::test]
async fn sessions_are_followed() {
    let node = Node::started("");
    let mut admin = connect(&node);
    let mut live = subscribe(&mut admin, Topic::Sessions(of_clients("pump|valve")));
    let view = until(&mut live, "nobody", |view| number(view, "of") == 0);
    assert_eq!(rows(&view), [""; 0]);
    let one = client(&node, V5, "pump-1").expiry(600).connect().await;
    let two = client(&node, V4, "pump-2").connect().await;
    let _other = client(&node, V4, "fan").connect().await;
    let view = until(&mut live, "two pumps", |view| {
        number(view, "rows") == 2 && number(view, "of") == 3
    });
    assert_eq!(rows(&view), ["pump-1 online", "pump-2 online"]);
    let first = view.rows().next().unwrap().0;
    one.disconnect().await;
    let view = until(&mut live, "a pump to be offline", |view| {
        rows(view)[0] == "pump-1 offline"
    });
    assert_eq!(view.rows().next().unwrap().0, first, "the same row");
    two.disconnect().await;
    let view = until(&mut live, "a pump to be gone", |view| view.rows().count() == 1);
    assert_eq!(rows(&view), ["pump-1 offline"]);
    until(&mut live, "the counts", |view| {
        number(view, "rows") == 1 && number(view, "of") == 2
    });
    let outcome = live.cancel(DEADLINE).unwrap();
    assert_eq!((outcome.exit, outcome.elements), (0, Vec::new()));
    admin.ping(DEADLINE).unwrap();
}

/// console.md 5: filtering, sorting and paging are the broker's; "N of M".
#[tokio::test]
async fn a_page_of_many() {
    let node = Node::started("");
    let mut publisher = client(&node, V4, "p").connect().await;
    for n in 0..25_u8 {
        let mut one = client(&node, V4, &format!("c{n:02}"))
            .persistent()
            .connect()
            .await;
        one.subscribe(&format!("t/{n}"), QOS1).await;
        one.disconnect().await;
        for _ in 0..n % 5 {
            publisher.publish(&format!("t/{n}"), QOS1, "waits").await;
        }
    }
    let page = Sessions {
        filter: "offline".to_owned(),
        columns: vec![Field::ClientId, Field::QueueSize],
        offset: 3,
        limit: 4,
        ..Sessions::default()
    };
    let mut admin = connect(&node);
    let mut live = subscribe(&mut admin, Topic::Sessions(page.clone()));
    let view = until(&mut live, "a page", |view| number(view, "rows") == 25);
    assert_eq!(rows(&view), ["c03 3", "c04 4", "c05 0", "c06 1"]);
    assert_eq!(number(&view, "of"), 26);
    live.cancel(DEADLINE).unwrap();
    let sort = Some(Sort {
        field: Field::QueueSize,
        descending: true,
    });
    let sorted = Topic::Sessions(Sessions { sort, ..page });
    let mut live = subscribe(&mut admin, sorted);
    until(&mut live, "the largest queues", |view| {
        rows(view) == ["c19 4", "c24 4", "c03 3", "c08 3"]
    });
    // One grows beyond the others.
    for _ in 0..9 {
        publisher.publish("t/3", QOS1, "waits").await;
    }
    until(&mut live, "the new order", |view| {
        rows(view) == ["c14 4", "c19 4", "c24 4", "c08 3"]
    });
}

/// One row for each subscription of a client: what the console opens.
#[tokio::test]
async fn subscriptions_of_one_client() {
    let node = Node::started("");
    let mut one = client(&node, V4, "one").connect().await;
    one.subscribe("a/#", QOS1).await;
    one.subscribe("b/+", QOS0).await;
    let wanted = Sessions {
        filter: "client=one".to_owned(),
        columns: vec![Field::Topic, Field::Qos],
        ..Sessions::default()
    };
    let mut admin = connect(&node);
    let mut live = subscribe(&mut admin, Topic::Sessions(wanted));
    let mut all = |count: usize| {
        let view = until(&mut live, "subscriptions", |view| view.rows().count() == count);
        let mut rows = rows(&view);
        rows.sort();
        rows
    };
    assert_eq!(all(2), ["0 b/+", "1 a/#"]);
    one.unsubscribe(&["a/#"]).await;
    assert_eq!(all(1), ["0 b/+"]);
}

fn metric<'a>(view: &'a View, name: &str) -> &'a vmq_admin::Row {
    let is_it = |row: &&vmq_admin::Row| row.get("name") == Some(&Value::from(name));
    view.rows().map(|(_, row)| row).find(is_it).unwrap()
}

/// monitoring.md 3 [ext], console.md 4.1: the same numbers as `metrics show`, rates, and the minutes before.
#[tokio::test]
async fn metrics_rates_and_history() {
    let node = Node::started("");
    let mut publisher = client(&node, V4, "p").connect().await;
    for _ in 0..50 {
        publisher.publish("t", QOS0, "x").await;
    }
    publisher.ping().await;
    let mut admin = connect(&node);
    let wanted = Metrics {
        names: vec!["mqtt_publish_received".into(), "total_active_connections".into()],
        history: vec!["mqtt_publish_received".into(), "total_active_connections".into()],
        ..Metrics::default()
    };
    let mut live = subscribe(&mut admin, Topic::Metrics(wanted));
    let view = until(&mut live, "rates and history", |view| {
        let published = &view.history.values["mqtt_publish_received"];
        published.iter().sum::<u64>() == 50
            && view.history.values["total_active_connections"].last() == Some(&1)
    });
    assert_eq!(view.rows().count(), 2);
    assert!(number(&view, "unix_secs").abs_diff(view.history.until) < 60);
    let published = metric(&view, "mqtt_publish_received");
    assert_eq!(published.get("value"), Some(&Value::Number(50)));
    assert_eq!(published.get("type"), Some(&Value::from("counter")));
    assert!(
        matches!(published.get("rate_60s"), Some(Value::Float(rate)) if *rate > 0.0),
        "{published:?}"
    );
    let connections = metric(&view, "total_active_connections");
    assert_eq!(connections.get("value"), Some(&Value::Number(1)));
    assert_eq!(connections.get("rate_1s"), Some(&Value::Null));
    let before = view.history.values["mqtt_publish_received"].len();
    let view = until(&mut live, "more seconds", |view| {
        view.history.values["mqtt_publish_received"].len() > before
    });
    assert_eq!(
        view.history.values["mqtt_publish_received"].iter().sum::<u64>(),
        50
    );
    live.cancel(DEADLINE).unwrap();
    let by_label = Metrics {
        names: vec!["mqtt_publish_received".into()],
        by_label: true,
        ..Metrics::default()
    };
    let mut live = subscribe(&mut admin, Topic::Metrics(by_label));
    let view = until(&mut live, "two series", |view| view.rows().count() == 2);
    let labels: Vec<String> = view
        .rows()
        .map(|(_, row)| row.get("labels").unwrap().cell())
        .collect();
    assert_eq!(labels, [r#"mqtt_version="4""#, r#"mqtt_version="5""#]);
    live.cancel(DEADLINE).unwrap();
    let mut live = subscribe(&mut admin, Topic::Metrics(Metrics::default()));
    let view = until(&mut live, "all of them", |_| true);
    let shown = answer(&node, "metrics show")
        .lines()
        .filter(|line| line.contains(" = "))
        .count();
    assert_eq!(view.rows().count(), shown);
}

#[tokio::test]
async fn listeners_and_the_cluster_as_in_their_commands() {
    let node = Node::started("listener.ws.web = 127.0.0.1:0");
    let _one = client(&node, V4, "one").connect().await;
    let mut admin = connect(&node);
    let mut live = subscribe(&mut admin, Topic::Listeners);
    let view = until(&mut live, "listeners", |view| view.rows().count() == 2);
    let types: Vec<String> = view
        .rows()
        .map(|(_, row)| row.get("type").unwrap().cell())
        .collect();
    assert_eq!(types, ["mqtt", "mqttws"]);
    let web = view.rows().nth(1).unwrap().1;
    let port = web.get("port").unwrap().cell();
    answer(&node, &format!("listener stop address=127.0.0.1 port={port}"));
    until(&mut live, "a listener to be suspended", |view| {
        view.rows().nth(1).unwrap().1.get("status") == Some(&Value::from("suspended"))
    });
    let port = format!("port={port}");
    let deleted = vmq_admin(&node, &["listener", "delete", "address=127.0.0.1", &port]);
    assert_eq!(deleted.code, 0, "{deleted:?}");
    until(&mut live, "a listener to be gone", |view| {
        view.rows().count() == 1
    });
    live.cancel(DEADLINE).unwrap();
    let mut live = subscribe(&mut admin, Topic::Cluster);
    let view = until(&mut live, "the cluster", |_| true);
    assert_eq!(rows(&view), ["VerneMQ@127.0.0.1 true"]);
    // It says why it ends.
    let ended = std::thread::spawn({
        let mut command = node.command(&["stop"]);
        move || command.status().unwrap().success()
    });
    loop {
        match live.next(DEADLINE) {
            Ok(Next::View(_)) => {}
            Ok(Next::Ended(outcome)) => panic!("the cluster is shown in every state: {outcome:?}"),
            Err(_) => break,
        }
    }
    assert!(ended.join().unwrap());
}

/// console.md 4.9: levels below that of the files are there for who looks.
#[tokio::test]
async fn the_log_as_it_is_written() {
    let node = Node::started("");
    let mut admin = connect(&node);
    let wanted = Log {
        level: "notice".to_owned(),
        contains: "LOGGER=CONSOLEFILE".to_owned(),
    };
    let mut live = subscribe(&mut admin, Topic::Log(wanted));
    until(&mut live, "nothing", |view| view.lines.is_empty());
    answer(&node, "log level logger=consolefile level=info");
    let view = until(&mut live, "a command", |view| !view.lines.is_empty());
    let line = &view.lines[0];
    assert_eq!((view.lines.len(), view.left_out), (1, 0));
    assert_eq!(line.level, "notice");
    assert!(
        line.text
            .ends_with("cmd=\"log level logger=consolefile level=info\""),
        "{line:?}"
    );
    assert!(line.time_us > 1_700_000_000_000_000, "{line:?}");
    until(&mut live, "it once", |view| view.lines.is_empty());
    live.cancel(DEADLINE).unwrap();
    node.wait_for_log("via=socket cmd=\"subscribe log\"");
    let wanted = Log {
        level: "debug".to_owned(),
        contains: String::new(),
    };
    let mut live = subscribe(&mut admin, Topic::Log(wanted));
    until(&mut live, "nothing of debug", |_| true);
    let mut stranger = UnixStream::connect(node.socket()).unwrap();
    stranger.write_all(b"what?\n").unwrap();
    let view = until(&mut live, "a line of debug", |view| {
        view.lines.iter().any(|line| line.level == "debug")
    });
    let text = &view.lines.iter().find(|line| line.level == "debug").unwrap().text;
    assert!(!node.log().contains(text.as_str()), "the file has none of them");
}

/// What is too much is left out, and how much that was is told.
#[test]
fn a_flood_of_lines_is_thinned_out() {
    let node = Node::started("");
    let mut admin = connect(&node);
    let mut live = subscribe(&mut admin, Topic::Log(Log::default()));
    until(&mut live, "the first picture", |_| true);
    let mut noisy = connect(&node);
    let command = vmq_admin::command::log::Log::Level {
        logger: "nobody".to_owned(),
        level: "info".to_owned(),
    };
    for _ in 0..3000 {
        let command = vmq_admin::Command::Log(command.clone());
        noisy.exec(command, Some(DEADLINE)).unwrap();
    }
    let (mut shown, mut left_out) = (0, 0);
    while shown + left_out < 3000 {
        match live.next(DEADLINE).unwrap() {
            Next::View(view) => {
                assert!(view.lines.len() <= 500, "{}", view.lines.len());
                shown += view.lines.len() as u64;
                left_out += view.left_out;
            }
            Next::Ended(outcome) => panic!("{outcome:?}"),
        }
    }
    assert!(left_out > 0 && shown > 0, "{shown} {left_out}");
}

#[test]
fn what_is_wrong_is_told() {
    let node = Node::started("");
    let refused = |subscribe| refusal(&node, subscribe);
    for interval_ms in [0, 499, 60_001] {
        let text = refused(Subscribe::to(Topic::Cluster).every(interval_ms));
        let expected = format!("Invalid value: \"{interval_ms}\" for interval_ms, it must be 500 to 60000");
        assert_eq!(text, expected);
    }
    let unknown = refused(Subscribe::to(Topic::Unknown));
    assert_eq!(unknown, "This version knows no such topic.");
    let sessions = |sessions| refused(Subscribe::to(Topic::Sessions(sessions)));
    let text = sessions(of_clients("queue>many"));
    assert_eq!(text, "Invalid value: \"queue>many\" for flag: filter");
    let text = sessions(Sessions {
        columns: vec![Field::Payload],
        ..Sessions::default()
    });
    assert_eq!(text, "Invalid value: \"payload\" for flag: columns");
    let text = sessions(Sessions {
        sort: Some(Sort {
            field: Field::Topic,
            descending: false,
        }),
        ..Sessions::default()
    });
    assert_eq!(text, "Invalid value: \"topic\" for flag: sort");
    let text = sessions(Sessions {
        limit: 501,
        ..Sessions::default()
    });
    assert_eq!(text, "Invalid value: \"501\" for flag: limit");
    let text = refused(Subscribe::to(Topic::Metrics(Metrics {
        history: vec!["system_runtime".into()],
        ..Metrics::default()
    })));
    assert_eq!(text, "Invalid value: \"system_runtime\" for flag: history");
    let text = refused(Subscribe::to(Topic::Log(Log {
        level: "loud".into(),
        ..Log::default()
    })));
    assert_eq!(text, "Invalid value: \"loud\" for flag: level");
}

/// There are 32 places for connections; one whose reader has gone would keep its own.
#[test]
fn who_leaves_ends_what_he_looked_at() {
    let node = Node::started("");
    for _ in 0..40 {
        eventually_blocking("a place", || Client::connect(&node.socket()).is_ok());
        let mut client = connect(&node);
        for _ in 0..4 {
            let topic = Topic::Metrics(Metrics::default());
            let subscribe = Subscribe::to(topic).every(60_000);
            client.subscribe(subscribe, DEADLINE).unwrap();
        }
    }
    eventually_blocking("a place", || Client::connect(&node.socket()).is_ok());
}

/// One connection has so many places and no more.
#[test]
fn a_connection_has_a_bound() {
    let node = Node::started("");
    let stream = UnixStream::connect(node.socket()).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut reader = BufReader::new(stream);
    for id in 1..=17 {
        let line = format!("{{\"t\":\"sub\",\"id\":{id},\"topic\":\"cluster\",\"interval_ms\":60000}}\n");
        reader.get_mut().write_all(line.as_bytes()).unwrap();
    }
    let mut lines = reader.lines().map(Result::unwrap);
    let end = lines.find(|line| line.contains(r#""t":"end""#)).unwrap();
    assert_eq!(end, r#"{"t":"end","id":17,"exit":1}"#);
}

/// admin.md 18.2: who may look at a thing may look at it for a while. Only root can become somebody else.
#[test]
fn a_read_only_user_looks_at_all_but_the_log() {
    let Some(group) = name_of_group(NOBODY) else {
        return;
    };
    let node = open_to_all(&format!("admin.socket.readonly_group = {group}"));
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "live::as_a_read_only_user", "--ignored", "--nocapture"])
        .env("VMQ_ADMIN_SOCKET", node.socket())
        .uid(NOBODY)
        .gid(NOBODY)
        .current_dir("/")
        .output();
    // Not root, or the program lies where nobody comes.
    let Ok(output) = child else { return };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    node.wait_for_log("via=socket refused cmd=\"subscribe log\"");
}

#[test]
#[ignore = "a part of the test above, which runs it as another user"]
fn as_a_read_only_user() {
    let socket = std::env::var_os("VMQ_ADMIN_SOCKET").unwrap();
    let mut client = Client::connect(socket.as_ref()).unwrap();
    for topic in [
        Topic::Metrics(Metrics::default()),
        Topic::Sessions(Sessions::default()),
        Topic::Cluster,
        Topic::Listeners,
    ] {
        let mut live = subscribe(&mut client, topic);
        until(&mut live, "a picture", |_| true);
        live.cancel(DEADLINE).unwrap();
    }
    let mut live = subscribe(&mut client, Topic::Log(Log::default()));
    match live.next(DEADLINE).unwrap() {
        Next::Ended(outcome) => {
            let alert = Element::alert("Permission denied: subscribe log");
            assert_eq!((outcome.elements, outcome.exit), (vec![alert], 1));
        }
        Next::View(view) => panic!("{view:?}"),
    }
}
