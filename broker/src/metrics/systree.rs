//! `$SYS`: one message for each number of a snapshot, labels summed away, published by the broker itself
//! (monitoring.md 2.3).

use super::Snapshot;
use crate::core::Core;
use crate::message::Message;
use crate::publish::publish_own;
use std::sync::Arc;
use vmq_config::SystreeConfig;
use vmq_mqtt::QoS;

/// Publishes one round of values.
pub fn publish(core: &Core, systree: &SystreeConfig, snapshot: &Snapshot) {
    let prefix = systree
        .prefix
        .clone()
        .unwrap_or_else(|| format!("$SYS/{}", core.config().node.name));
    let mountpoint: Arc<str> = Arc::from(systree.mountpoint.as_str());
    let qos = QoS::from_u8(systree.qos).unwrap_or_default();
    for (topic, payload) in messages(snapshot, &prefix) {
        let message = Message::new(&topic, payload.as_bytes(), qos, systree.retain);
        publish_own(core, &mountpoint, Arc::new(message));
    }
}

/// Topics and payloads of a snapshot.
#[must_use]
pub fn messages(snapshot: &Snapshot, prefix: &str) -> Vec<(String, String)> {
    let snapshot = snapshot.aggregated();
    let numbers = snapshot.metrics().iter().flat_map(|metric| metric.numbers("inf"));
    numbers
        .map(|(name, value)| (format!("{prefix}/{}", name.replace('_', "/")), value.to_string()))
        .collect()
}
