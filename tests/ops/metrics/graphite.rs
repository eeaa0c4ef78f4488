//! The Graphite reporter against a socket of the test (monitoring.md 2.4, 12.3).

use harness::{DEADLINE, Node, QOS0, TestBroker, V4, within};
use std::collections::BTreeMap;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A server that only listens.
struct Carbon(TcpListener);

impl Carbon {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// Lines that make a broker report here often.
    fn conf(&self) -> String {
        let port = self.0.local_addr().unwrap().port();
        format!(
            "graphite_enabled = on\ngraphite_host = 127.0.0.1\ngraphite_port = {port}\ngraphite_interval = 100\n\
             graphite_reconnect_timeout = 10\n"
        )
    }

    async fn connection(&self) -> BufReader<TcpStream> {
        let (stream, _) = within(DEADLINE, "a connection of the reporter", self.0.accept())
            .await
            .unwrap();
        BufReader::new(stream)
    }
}

/// The lines up to and with the one whose path is `last`; their values by path.
async fn round(stream: &mut BufReader<TcpStream>, last: &str) -> BTreeMap<String, u64> {
    let mut values = BTreeMap::new();
    while !values.contains_key(last) {
        let mut line = String::new();
        within(DEADLINE, last, stream.read_line(&mut line)).await.unwrap();
        let parts: Vec<&str> = line.trim_end().split(' ').collect();
        let [path, value, seconds] = parts[..] else {
            panic!("no line of Graphite: {line:?}");
        };
        assert!(seconds.parse::<u64>().unwrap() > 1_700_000_000, "{line}");
        let twice = values.insert(path.to_owned(), value.parse().unwrap());
        assert_eq!(twice, None, "once in a round: {line}");
    }
    values
}

/// The last path of a round.
const LAST: &str = "vm.memory.total";

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let carbon = Carbon::start().await;
    let broker = TestBroker::builder().conf(&carbon.conf()).start().await;
    broker.connect(V4, "c").await.subscribe("a", QOS0).await;
    for _ in 0..3 {
        // Each time it is dropped in the middle of a report, or between two.
        let mut stream = carbon.connection().await;
        let values = round(&mut stream, LAST).await;
        assert_eq!(values["mqtt.subscribe.received"], 1);
        assert!(!values.contains_key("mqtt.subscribe.received.mqtt_version_4"));
        let values = round(&mut stream, LAST).await;
        assert_eq!(values["mqtt.subscribe.received"], 1);
    }
    // Stopping does not wait for it.
    broker.stop().await;
}

#[tokio::test]
async fn paths_begin_with_key_and_prefix_and_end_with_labels() {
    let carbon = Carbon::start().await;
    let lines = "graphite_prefix = my.node\ngraphite_api_key = KEY\ngraphite_include_labels = on";
    let broker = TestBroker::builder()
        .conf(&carbon.conf())
        .conf(lines)
        .start()
        .await;
    broker.connect(V4, "c").await.subscribe("a", QOS0).await;
    let mut stream = carbon.connection().await;
    let values = round(&mut stream, &format!("KEY.my.node.{LAST}")).await;
    assert_eq!(values["KEY.my.node.mqtt.subscribe.received"], 1);
    assert_eq!(values["KEY.my.node.mqtt.subscribe.received.mqtt_version_4"], 1);
    assert_eq!(values["KEY.my.node.mqtt.subscribe.received.mqtt_version_5"], 0);
    assert!(values.keys().all(|path| path.starts_with("KEY.my.node.")));
}

/// decisions.md 37: the keys are live.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_switches_it_on_and_off() {
    let carbon = Carbon::start().await;
    let node = Node::started("");
    node.add_conf(&carbon.conf());
    assert_eq!(node.verb(&["reload"]).code, 0);
    let mut stream = carbon.connection().await;
    round(&mut stream, LAST).await;
    node.add_conf("graphite_enabled = off");
    assert_eq!(node.verb(&["reload"]).code, 0);
    let hung_up = async {
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap() > 0 {
            line.clear();
        }
    };
    within(DEADLINE, "the end of the connection", hung_up).await;
}

#[test]
fn what_is_wrong_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let node = Node::started(&format!(
        "graphite_enabled = on\ngraphite_host = 127.0.0.1\ngraphite_port = {port}"
    ));
    node.wait_for_log("can't connect to Graphite due to econnrefused.");
}
