//! What each face prints of a snapshot that is known (monitoring.md 2).

use crate::metrics::families::{self, Family, Kind};
use crate::metrics::history::History;
use crate::metrics::rates::Rates;
use crate::metrics::snapshot::{Histogram, Labels, Metric, Snapshot, Value};
use crate::metrics::text::{Extras, text};
use crate::metrics::{Counter, graphite, prometheus, systree};
use std::path::Path;
use vmq_config::{Config, GraphiteConfig, Secret};

const NODE: &str = "VerneMQ@127.0.0.1";

/// monitoring.md 2.6 with a gauge, and the histogram of 2.5.
fn snapshot() -> Snapshot {
    let connack = |version, label, code, value| {
        let labels = Labels::from([("mqtt_version", version), (label, code)]);
        Metric::number(families::MQTT_CONNACK_SENT, labels, value)
    };
    let latency = Family {
        kind: Kind::Histogram,
        name: "metadata_put_microseconds",
        description: "A histogram of the metadata put latency.",
    };
    let mut histogram = Metric::number(latency, Labels::new(), 0);
    histogram.value = Value::Histogram(Histogram {
        count: 10,
        sum: 100,
        buckets: vec![(10, 4), (100, 9)],
    });
    let mut snapshot = Snapshot::of(vec![
        Metric::number(families::RETAIN_MEMORY, Labels::new(), 21_184),
        connack("5", "reason_code", "success", 0),
        connack("5", "reason_code", "not_authorized", 1),
        connack("4", "return_code", "success", 3),
        histogram,
    ]);
    snapshot.unix_secs = 1_700_000_000;
    snapshot
}

fn graphite_config(include_labels: bool) -> GraphiteConfig {
    GraphiteConfig {
        prefix: "vmq".to_owned(),
        include_labels,
        ..Config::default_for(Path::new("")).graphite
    }
}

fn shown(snapshot: &Snapshot) -> String {
    text(snapshot, Extras::default())
}

#[test]
fn the_text_is_one_line_for_each_number() {
    let histogram = "\
histogram.metadata_put_microseconds_bucket_10 = 4
histogram.metadata_put_microseconds_bucket_100 = 9
histogram.metadata_put_microseconds_bucket_infinity = 10
histogram.metadata_put_microseconds_count = 10
histogram.metadata_put_microseconds_sum = 100

";
    assert_eq!(
        shown(&snapshot().aggregated()),
        format!("{histogram}counter.mqtt_connack_sent = 4\ngauge.retain_memory = 21184\n")
    );
    let extras = Extras {
        labels: true,
        ..Extras::default()
    };
    let each = "\
counter.mqtt_connack_sent{mqtt_version=\"4\",return_code=\"success\"} = 3
counter.mqtt_connack_sent{mqtt_version=\"5\",reason_code=\"not_authorized\"} = 1
counter.mqtt_connack_sent{mqtt_version=\"5\",reason_code=\"success\"} = 0
gauge.retain_memory = 21184
";
    assert_eq!(text(&snapshot(), extras), format!("{histogram}{each}"));
}

#[test]
fn descriptions_stand_before_and_a_blank_line_behind() {
    let extras = Extras {
        descriptions: true,
        ..Extras::default()
    };
    let connack = snapshot().with_labels(&[("mqtt_version".to_owned(), "4".to_owned())]);
    assert_eq!(
        text(&connack.aggregated(), extras),
        "# CONNACK packets sent, per result.\ncounter.mqtt_connack_sent = 3\n\n"
    );
}

/// monitoring.md 3, ours.
#[test]
fn rates_stand_behind_the_values_of_counters() {
    let history = History::default();
    for second in 0..=20 {
        let mut totals = vec![0; crate::metrics::SERIES];
        totals[Counter::BytesReceived as usize] = if second < 20 { 5 * second } else { 107 };
        history.push(totals, Vec::new(), second);
    }
    let metrics = [
        families::BYTES_RECEIVED,
        families::BYTES_SENT,
        families::RETAIN_MEMORY,
    ]
    .map(|family| Metric::number(family, Labels::new(), 107));
    let rates = Rates::of(&history);
    let extras = Extras {
        rates: Some(&rates),
        ..Extras::default()
    };
    assert_eq!(
        text(&Snapshot::of(metrics.to_vec()), extras),
        "\
counter.bytes_received = 107 (1s: 12/s, 10s: 5.7/s, 60s: 5.35/s)
counter.bytes_sent = 107 (1s: 0/s, 10s: 0/s, 60s: 0/s)
gauge.retain_memory = 107
"
    );
}

/// monitoring.md 1.4: all pairs, exactly, before anything is summed up.
#[test]
fn labels_are_asked_for_together() {
    let with = |wanted: &[(&str, &str)]| {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        shown(&snapshot().with_labels(&wanted).aggregated())
    };
    let connack = |value| format!("counter.mqtt_connack_sent = {value}\n");
    assert_eq!(with(&[("return_code", "success")]), connack(3));
    assert_eq!(with(&[("mqtt_version", "5")]), connack(1));
    assert_eq!(
        with(&[("mqtt_version", "5"), ("reason_code", "success")]),
        connack(0)
    );
    for nothing in [
        &[("return_code", "nonsense")][..],
        &[("mqtt_version", "5"), ("return_code", "success")],
        &[("mqtt_version", "")],
    ] {
        assert_eq!(with(nothing), "", "{nothing:?}");
    }
}

#[test]
fn sys_topics_are_the_name_in_levels() {
    let messages = systree::messages(&snapshot(), &format!("$SYS/{NODE}"));
    let lines: Vec<String> = messages
        .into_iter()
        .map(|(topic, payload)| format!("{topic} {payload}"))
        .collect();
    let expected = "\
$SYS/VerneMQ@127.0.0.1/metadata/put/microseconds/bucket/10 4
$SYS/VerneMQ@127.0.0.1/metadata/put/microseconds/bucket/100 9
$SYS/VerneMQ@127.0.0.1/metadata/put/microseconds/bucket/inf 10
$SYS/VerneMQ@127.0.0.1/metadata/put/microseconds/count 10
$SYS/VerneMQ@127.0.0.1/metadata/put/microseconds/sum 100
$SYS/VerneMQ@127.0.0.1/mqtt/connack/sent 4
$SYS/VerneMQ@127.0.0.1/retain/memory 21184";
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn graphite_sends_sums_and_if_wanted_labels() {
    let plain = "\
vmq.metadata.put.microseconds.bucket.10 4 1700000000
vmq.metadata.put.microseconds.bucket.100 9 1700000000
vmq.metadata.put.microseconds.bucket.inf 10 1700000000
vmq.metadata.put.microseconds.count 10 1700000000
vmq.metadata.put.microseconds.sum 100 1700000000
vmq.mqtt.connack.sent 4 1700000000
";
    let labels = "\
vmq.mqtt.connack.sent.mqtt_version_4 3 1700000000
vmq.mqtt.connack.sent.mqtt_version_5 1 1700000000
vmq.mqtt.connack.sent.reason_code_not_authorized 1 1700000000
vmq.mqtt.connack.sent.reason_code_success 0 1700000000
vmq.mqtt.connack.sent.return_code_success 3 1700000000
";
    let last = "vmq.retain.memory 21184 1700000000\n";
    let lines = |include_labels| graphite::lines(&snapshot(), &graphite_config(include_labels));
    assert_eq!(lines(false), format!("{plain}{last}"));
    assert_eq!(lines(true), format!("{plain}{labels}{last}"));
    let hosted = GraphiteConfig {
        api_key: Secret::new("KEY"),
        ..graphite_config(false)
    };
    assert!(graphite::lines(&snapshot(), &hosted).starts_with("KEY.vmq.metadata."));
}

/// monitoring.md 2.5
#[test]
fn prometheus_has_every_series_with_its_node() {
    let page = prometheus::page(&snapshot(), "vernemq_", NODE).unwrap();
    let expected = "\
# HELP vernemq_metadata_put_microseconds A histogram of the metadata put latency.
# TYPE vernemq_metadata_put_microseconds histogram
vernemq_metadata_put_microseconds_bucket{node=\"VerneMQ@127.0.0.1\",le=\"10\"} 4
vernemq_metadata_put_microseconds_bucket{node=\"VerneMQ@127.0.0.1\",le=\"100\"} 9
vernemq_metadata_put_microseconds_bucket{node=\"VerneMQ@127.0.0.1\",le=\"+Inf\"} 10
vernemq_metadata_put_microseconds_sum{node=\"VerneMQ@127.0.0.1\"} 100
vernemq_metadata_put_microseconds_count{node=\"VerneMQ@127.0.0.1\"} 10
# HELP vernemq_mqtt_connack_sent CONNACK packets sent, per result.
# TYPE vernemq_mqtt_connack_sent counter
vernemq_mqtt_connack_sent{node=\"VerneMQ@127.0.0.1\",mqtt_version=\"4\",return_code=\"success\"} 3
vernemq_mqtt_connack_sent{node=\"VerneMQ@127.0.0.1\",mqtt_version=\"5\",reason_code=\"not_authorized\"} 1
vernemq_mqtt_connack_sent{node=\"VerneMQ@127.0.0.1\",mqtt_version=\"5\",reason_code=\"success\"} 0
# HELP vernemq_retain_memory Bytes used by the retained message cache.
# TYPE vernemq_retain_memory gauge
vernemq_retain_memory{node=\"VerneMQ@127.0.0.1\"} 21184
";
    assert_eq!(String::from_utf8(page).unwrap(), expected);
    let bare = prometheus::page(&snapshot(), "", NODE).unwrap();
    assert!(bare.starts_with(b"# HELP metadata_put_microseconds "));
}
