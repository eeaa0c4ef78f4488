//! Gauges of the broker's parts, read when somebody asks (monitoring.md 1.2). Every one is at hand: nothing is walked.

use super::families::*;
use crate::core::Core;
use vmq_config::ListenerKind;

/// Every gauge that `of_parts` tells.
pub const KEPT: [Family; 8] = [
    ACTIVE_MQTT_CONNECTIONS,
    ACTIVE_MQTTWS_CONNECTIONS,
    TOTAL_ACTIVE_CONNECTIONS,
    QUEUE_PROCESSES,
    RETAIN_MEMORY,
    RETAIN_MESSAGES,
    ROUTER_MEMORY,
    ROUTER_SUBSCRIPTIONS,
];

/// Each gauge with its present value.
#[must_use]
pub fn of_parts(core: &Core) -> Vec<(Family, u64)> {
    let (mut mqtt, mut websocket) = (0, 0);
    for listener in core.listeners.all() {
        let open = listener.connections.active() as u64;
        match listener.config.kind {
            // A Unix socket is one of them.
            ListenerKind::Tcp | ListenerKind::Ssl => mqtt += open,
            ListenerKind::Ws | ListenerKind::Wss => websocket += open,
            _ => {}
        }
    }
    vec![
        (ACTIVE_MQTT_CONNECTIONS, mqtt),
        (ACTIVE_MQTTWS_CONNECTIONS, websocket),
        (TOTAL_ACTIVE_CONNECTIONS, mqtt + websocket),
        (QUEUE_PROCESSES, core.registry.len() as u64),
        (RETAIN_MEMORY, core.retained.memory_bytes()),
        (RETAIN_MESSAGES, core.retained.len() as u64),
        (ROUTER_MEMORY, core.router.memory_bytes()),
        (ROUTER_SUBSCRIPTIONS, core.router.subscription_count() as u64),
    ]
}
