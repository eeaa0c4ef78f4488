//! Metrics as others get them: one snapshot in every output, a scrape, `$SYS`, Graphite (monitoring.md 2, 12).

mod exposition;
mod graphite;
mod monitoring;
mod survey;

use crate::http::{get, with_http};
use harness::{Packet, QOS0, QOS1, RawClient, ReasonCode, TestBroker, V4, V5};
use std::collections::BTreeMap;
use std::path::Path;
use vmq_broker::metrics::text::{Extras, text};
use vmq_broker::metrics::{Snapshot, graphite as carbon, prometheus, systree};
use vmq_config::{Config, GraphiteConfig};

const NODE: &str = "VerneMQ@127.0.0.1";

/// Every series of the original, as `metrics show --show-labels` names it.
const SERIES: &str = include_str!("metrics/series.txt");

/// Series of this broker alone.
const OURS: [&str; 18] = [
    "counter.connection_closed{reason=",
    "counter.connect_refused{reason=",
    "counter.connection_refused{reason=",
    "counter.message_dropped{reason=",
    "counter.publish_refused{reason=",
    "counter.session_ended{reason=",
    "counter.subscribe_refused{reason=",
    "counter.tls_handshake_failed{reason=",
    "gauge.disk_",
    "gauge.open_files",
    "gauge.overload_active",
    "gauge.queue_messages_",
    "gauge.store_failing",
    "gauge.store_memory",
    "gauge.system_memory_limit",
    "histogram.hook_microseconds_",
    "histogram.publish_deliver_microseconds_",
    "histogram.store_commit_microseconds_",
];

/// A broker that has had something to count.
async fn busy_broker() -> (TestBroker, [RawClient; 2]) {
    let broker = TestBroker::start().await;
    let mut old = broker.connect(V4, "old").await;
    let mut new = broker.connect(V5, "new").await;
    old.subscribe("a/#", QOS1).await;
    new.publish("a/b", QOS1, b"m").await;
    new.publish("nobody", QOS1, b"m").await;
    old.expect("a/b", b"m").await;
    (broker, [old, new])
}

fn lines_of(text: &str, separator: &str) -> BTreeMap<String, u64> {
    let mut lines = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(separator).unwrap();
        let value = value.split(' ').next().unwrap().parse().unwrap();
        assert!(lines.insert(name.to_owned(), value).is_none(), "twice: {line}");
    }
    lines
}

fn labelled(snapshot: &Snapshot) -> BTreeMap<String, u64> {
    let extras = Extras {
        labels: true,
        ..Extras::default()
    };
    lines_of(&text(snapshot, extras), " = ")
}

/// monitoring.md 12.1
#[tokio::test]
async fn every_series_of_the_original_is_there_from_the_start() {
    let broker = TestBroker::start().await;
    let snapshot = broker.snapshot();
    let series = labelled(&snapshot);
    let known: Vec<&str> = SERIES.lines().collect();
    for name in &known {
        assert!(series.contains_key(*name), "missing: {name}");
    }
    for name in series.keys() {
        let is_ours = OURS.iter().any(|ours| name.starts_with(ours));
        let is_worker = name.starts_with("gauge.system_utilization_scheduler_");
        assert!(
            is_ours || is_worker || known.contains(&name.as_str()),
            "unknown: {name}"
        );
    }
}

/// One snapshot, metric by metric: nobody says anything else, and nobody says more.
#[tokio::test]
async fn every_output_says_the_same_of_every_metric() {
    let (broker, _clients) = busy_broker().await;
    let snapshot = broker.snapshot();
    let shown = labelled(&snapshot);
    let page = prometheus::page(&snapshot, "vernemq_", NODE).unwrap();
    let page = exposition::read(std::str::from_utf8(&page).unwrap());
    let sums = lines_of(&text(&snapshot.aggregated(), Extras::default()), " = ");
    let topics: BTreeMap<String, String> = systree::messages(&snapshot, "$SYS/n").into_iter().collect();
    let config = GraphiteConfig {
        include_labels: true,
        ..Config::default_for(Path::new("")).graphite
    };
    let paths = lines_of(&carbon::lines(&snapshot, &config), " ");
    let mut of_labels: BTreeMap<String, u64> = BTreeMap::new();
    let mut numbers = 0;
    for metric in snapshot.metrics() {
        let labels: Vec<String> = metric
            .labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        for (name, value) in metric.numbers("infinity") {
            numbers += 1;
            let behind = if labels.is_empty() {
                String::new()
            } else {
                format!("{{{}}}", labels.join(","))
            };
            assert_eq!(
                shown[&format!("{}.{name}{behind}", metric.kind.name())],
                value,
                "{name}"
            );
            let sample = sample_of(&name, &labels);
            assert_eq!(page.samples[&sample], value, "{sample}");
            let family = format!("vernemq_{}", metric.name);
            assert_eq!(page.types[&family], metric.kind.name());
            assert_eq!(page.helps[&family], metric.description);
            for (label, of_label) in &metric.labels {
                let path = format!("{}.{label}_{of_label}", name.replace('_', "."));
                *of_labels.entry(path).or_default() += value;
            }
        }
    }
    assert_eq!(
        (shown.len(), page.samples.len()),
        (numbers, numbers),
        "nothing more"
    );
    for (path, value) in &of_labels {
        assert_eq!(paths[path], *value, "{path}");
    }
    for (name, value) in &sums {
        let plain = name.split_once('.').unwrap().1.replace("_infinity", "_inf");
        assert_eq!(
            topics[&format!("$SYS/n/{}", plain.replace('_', "/"))],
            value.to_string(),
            "{name}"
        );
        assert_eq!(paths[&plain.replace('_', ".")], *value, "{name}");
    }
    assert_eq!(
        (topics.len(), paths.len()),
        (sums.len(), sums.len() + of_labels.len()),
        "nothing more"
    );
}

/// How a number is called on the page.
fn sample_of(name: &str, labels: &[String]) -> String {
    let (name, bucket) = match name.split_once("_bucket_") {
        Some((name, upper)) => {
            let upper = if upper == "infinity" { "+Inf" } else { upper };
            (format!("{name}_bucket"), Some(format!("le=\"{upper}\"")))
        }
        None => (name.to_owned(), None),
    };
    let node = format!("node=\"{NODE}\"");
    let all: Vec<String> = std::iter::once(node)
        .chain(labels.iter().cloned())
        .chain(bucket)
        .collect();
    format!("vernemq_{name}{{{}}}", all.join(","))
}

/// monitoring.md 1.1, 1.5: versions and reason codes.
#[tokio::test]
async fn packets_are_counted_by_version_and_code() {
    let (broker, _clients) = busy_broker().await;
    let shown = labelled(&broker.snapshot());
    for (series, value) in [
        (r#"mqtt_connack_sent{mqtt_version="4",return_code="success"}"#, 1),
        (r#"mqtt_connack_sent{mqtt_version="5",reason_code="success"}"#, 1),
        (r#"mqtt_puback_sent{mqtt_version="5",reason_code="success"}"#, 2),
        (r#"mqtt_puback_sent{mqtt_version="4"}"#, 0),
        (r#"mqtt_publish_sent{mqtt_version="4"}"#, 1),
        (r#"mqtt_subscribe_received{mqtt_version="4"}"#, 1),
        ("queue_message_in", 1),
    ] {
        assert_eq!(shown[&format!("counter.{series}")], value, "{series}");
    }
    for (gauge, value) in [
        ("active_mqtt_connections", 2),
        ("total_active_connections", 2),
        ("queue_processes", 2),
        ("router_subscriptions", 1),
    ] {
        assert_eq!(broker.metric(gauge), value, "{gauge}");
    }
    assert!(broker.metric("router_memory") > 0);
}

/// How long it took: what was delivered, and what was stored. Messages sent again or retained are no measure.
#[tokio::test]
async fn durations_are_counted_by_size() {
    let (broker, [mut old, mut new]) = busy_broker().await;
    let count = |name: &str| labelled(&broker.snapshot())[&format!("histogram.{name}_microseconds_count")];
    assert_eq!((count("publish_deliver"), count("store_commit")), (1, 0));
    new.publish_retained("r", QOS0, b"m").await;
    old.subscribe("r", QOS0).await;
    old.expect("r", b"m").await;
    assert_eq!(count("publish_deliver"), 1);
    assert!(count("store_commit") > 0);
    let text = text(&broker.snapshot(), Extras::default());
    let bounds = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix("histogram.publish_deliver_microseconds_bucket_")?
                .split(' ')
                .next()
        })
        .collect::<Vec<_>>();
    assert_eq!(
        bounds,
        ["10", "100", "1000", "10000", "100000", "1000000", "infinity"]
    );
}

/// monitoring.md 12.4
#[tokio::test]
async fn a_scrape_is_a_page_of_all_metrics() {
    let broker = with_http("").start().await;
    broker.connect(V4, "c").await.subscribe("a", QOS0).await;
    let reply = get(&broker, "/metrics").await;
    assert_eq!(reply.status, 200);
    let content_type = "\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n";
    assert!(reply.head.contains(content_type), "{}", reply.head);
    let page = exposition::read(&reply.body);
    let of = |name: &str, labels: &str| page.samples[&format!("{name}{{node=\"{NODE}\"{labels}}}")];
    assert_eq!(of("vernemq_mqtt_subscribe_received", ",mqtt_version=\"4\""), 1);
    assert_eq!(of("vernemq_mqtt_subscribe_received", ",mqtt_version=\"5\""), 0);
    for real in [
        "vm_memory_total",
        "vm_memory_code",
        "system_wallclock",
        "system_io_in",
        "system_context_switches",
    ] {
        assert!(of(&format!("vernemq_{real}"), "") > 0, "{real} is a measurement");
    }
    let names = page.types.keys().filter(|name| !name.starts_with("vernemq_"));
    assert_eq!(names.count(), 0);
}

#[tokio::test]
async fn two_quotes_are_no_namespace() {
    let broker = with_http("prometheus_namespace = \"\"").start().await;
    let page = exposition::read(&get(&broker, "/metrics").await.body);
    assert!(page.types.contains_key("socket_open"), "{:?}", page.types.keys());
}

/// monitoring.md 12.2
#[tokio::test]
async fn sys_is_read_by_a_client() {
    let builder = TestBroker::builder().conf("systree_enabled = on\nsystree_interval = 1000");
    let broker = builder.start().await;
    let mut client = broker.connect(V4, "c").await;
    client.subscribe("$SYS/+/mqtt/subscribe/received", QOS0).await;
    let Packet::Publish(publish) = client.recv().await else {
        panic!("a value was expected");
    };
    assert_eq!(publish.topic, format!("$SYS/{NODE}/mqtt/subscribe/received"));
    assert_eq!(
        (&publish.payload[..], publish.qos, publish.retain),
        (&b"1"[..], QOS0, false)
    );
}

/// monitoring.md 1.5: who is told no is counted under the code that was told.
#[tokio::test]
async fn refusals_have_their_code() {
    let broker = TestBroker::builder().closed().start().await;
    for version in [V4, V5] {
        let (_client, ack) = broker.client(version, "c").ack().await;
        assert_ne!(ack.reason, ReasonCode::Success);
    }
    let shown = labelled(&broker.snapshot());
    let told = |start: &str| {
        let refused = shown
            .iter()
            .filter(|(name, _)| name.starts_with(start) && !name.contains("success"));
        refused.map(|(_, value)| value).sum::<u64>()
    };
    assert_eq!(told("counter.mqtt_connack_sent{mqtt_version=\"4\""), 1);
    assert_eq!(told("counter.mqtt_connack_sent{mqtt_version=\"5\""), 1);
}
