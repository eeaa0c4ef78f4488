//! The page `/metrics`: the text format of Prometheus, every series with the node's name as its first label
//! (monitoring.md 2.5).

use super::families::Kind;
use super::snapshot::{Histogram, Metric, Snapshot, Value};
use prometheus::proto;
use prometheus::{Encoder as _, TextEncoder};

/// What scrapers are told that it is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The page. `namespace` comes before every name.
///
/// # Errors
/// A metric cannot be written in the format.
pub fn page(snapshot: &Snapshot, namespace: &str, node: &str) -> Result<Vec<u8>, prometheus::Error> {
    let families: Vec<_> = snapshot
        .families()
        .filter_map(|metrics| family(metrics, namespace, node))
        .collect();
    let mut page = Vec::new();
    TextEncoder::new().encode(&families, &mut page)?;
    Ok(page)
}

fn family(metrics: &[Metric], namespace: &str, node: &str) -> Option<proto::MetricFamily> {
    let first = metrics.first()?;
    let mut family = proto::MetricFamily::default();
    family.set_name(format!("{namespace}{}", first.name));
    family.set_help(first.description.to_owned());
    family.set_field_type(match first.kind {
        Kind::Counter => proto::MetricType::COUNTER,
        Kind::Gauge => proto::MetricType::GAUGE,
        Kind::Histogram => proto::MetricType::HISTOGRAM,
    });
    family.set_metric(metrics.iter().map(|metric| series(metric, node)).collect());
    Some(family)
}

fn series(metric: &Metric, node: &str) -> proto::Metric {
    let mut series = proto::Metric::default();
    let own = metric.labels.iter().map(|(name, value)| pair(name, value));
    series.set_label(std::iter::once(pair("node", node)).chain(own).collect());
    match (&metric.value, metric.kind) {
        (Value::Histogram(histogram), _) => series.set_histogram(buckets(histogram)),
        (Value::Number(number), Kind::Gauge) => {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(float(*number));
            series.set_gauge(gauge);
        }
        (Value::Number(number), _) => {
            let mut counter = proto::Counter::default();
            counter.set_value(float(*number));
            series.set_counter(counter);
        }
    }
    series
}

fn pair(name: &str, value: &str) -> proto::LabelPair {
    let mut pair = proto::LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

fn buckets(histogram: &Histogram) -> proto::Histogram {
    let mut encoded = proto::Histogram::default();
    encoded.set_sample_count(histogram.count);
    encoded.set_sample_sum(float(histogram.sum));
    let buckets = histogram.buckets.iter().map(|(upper, count)| {
        let mut bucket = proto::Bucket::default();
        bucket.set_upper_bound(float(*upper));
        bucket.set_cumulative_count(*count);
        bucket
    });
    encoded.set_bucket(buckets.collect());
    encoded
}

/// Exact up to 2^53, as every value of Prometheus.
const fn float(number: u64) -> f64 {
    number as f64
}
