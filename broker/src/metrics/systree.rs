//! `$SYS`: one message for each metric, published by the broker itself.

use super::Counter;
use crate::core::Core;
use crate::message::Message;
use crate::publish::publish_own;
use std::sync::Arc;
use vmq_config::SystreeConfig;
use vmq_mqtt::QoS;

/// Publishes one round of values.
pub fn publish(core: &Core, systree: &SystreeConfig) {
    let config = core.config();
    let prefix = systree
        .prefix
        .clone()
        .unwrap_or_else(|| format!("$SYS/{}", config.node.name));
    let mountpoint: Arc<str> = Arc::from(systree.mountpoint.as_str());
    let qos = QoS::from_u8(systree.qos).unwrap_or_default();
    let publish_value = |name: &str, value: u64| {
        let topic = format!("{prefix}/{}", name.replace('_', "/"));
        let message = Message::new(&topic, value.to_string().as_bytes(), qos, systree.retain);
        publish_own(core, &mountpoint, Arc::new(message));
    };
    let mut last = "";
    for counter in Counter::ALL {
        // The labels of one family stand together.
        if counter.name() != last {
            last = counter.name();
            publish_value(last, core.metrics.sum(last));
        }
    }
    for (name, value) in core.gauges() {
        publish_value(name, value);
    }
}
