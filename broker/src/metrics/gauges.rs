//! Gauges of the broker's parts, read when somebody asks (monitoring.md 1.2). Every one is at hand: nothing is walked, and
//! what would have to be is read from the `survey`.

use super::families::*;
use crate::core::Core;
use vmq_config::ListenerKind;

/// The gauges whose history is kept: those that `of_parts` tells, in its order, and two of the process.
pub const KEPT: [Family; 21] = [
    ACTIVE_MQTT_CONNECTIONS,
    ACTIVE_MQTTWS_CONNECTIONS,
    TOTAL_ACTIVE_CONNECTIONS,
    QUEUE_PROCESSES,
    RETAIN_MEMORY,
    RETAIN_MESSAGES,
    ROUTER_MEMORY,
    ROUTER_SUBSCRIPTIONS,
    QUEUE_MESSAGES_ONLINE,
    QUEUE_MESSAGES_OFFLINE,
    QUEUE_MESSAGES_INFLIGHT,
    STORE_MEMORY,
    STORE_FAILING,
    DISK_FREE,
    DISK_SIZE,
    OPEN_FILES,
    OPEN_FILES_LIMIT,
    SYSTEM_MEMORY_LIMIT,
    OVERLOAD_ACTIVE,
    VM_MEMORY_TOTAL,
    SYSTEM_UTILIZATION,
];

/// How they stand, in the order of `KEPT`.
#[must_use]
pub fn kept(core: &Core) -> Vec<u64> {
    let parts = of_parts(core).into_iter().map(|(_, value)| value);
    parts
        .chain([core.survey.figures().resident, core.process.utilization()])
        .collect()
}

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
    let seen = core.survey.figures();
    vec![
        (ACTIVE_MQTT_CONNECTIONS, mqtt),
        (ACTIVE_MQTTWS_CONNECTIONS, websocket),
        (TOTAL_ACTIVE_CONNECTIONS, mqtt + websocket),
        (QUEUE_PROCESSES, core.registry.len() as u64),
        (RETAIN_MEMORY, core.retained.memory_bytes()),
        (RETAIN_MESSAGES, core.retained.len() as u64),
        (ROUTER_MEMORY, core.router.memory_bytes()),
        (ROUTER_SUBSCRIPTIONS, core.router.subscription_count() as u64),
        (QUEUE_MESSAGES_ONLINE, seen.waiting.online),
        (QUEUE_MESSAGES_OFFLINE, seen.waiting.offline),
        (QUEUE_MESSAGES_INFLIGHT, seen.waiting.in_flight),
        (STORE_MEMORY, seen.store_memory),
        (STORE_FAILING, u64::from(core.store.failure().is_some())),
        (DISK_FREE, seen.disk_free),
        (DISK_SIZE, seen.disk_size),
        (OPEN_FILES, seen.open_files),
        (OPEN_FILES_LIMIT, seen.open_files_limit),
        (SYSTEM_MEMORY_LIMIT, seen.memory_limit),
        (OVERLOAD_ACTIVE, u64::from(core.overload.is_over())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::Hooks;
    use crate::registry::Registry;
    use crate::store::memory::MemoryStore;
    use std::path::Path;
    use std::sync::Arc;
    use vmq_config::Config;

    /// The history knows a gauge by its place.
    #[test]
    fn they_come_in_the_order_in_which_they_are_kept() {
        let config = Config::default_for(Path::new("/"));
        let core = Core::new(
            config,
            Arc::new(MemoryStore::default()),
            Hooks::default(),
            Registry::new(0),
        );
        let told: Vec<Family> = of_parts(&core).into_iter().map(|(family, _)| family).collect();
        assert_eq!(told, KEPT[..told.len()]);
        assert_eq!(kept(&core).len(), KEPT.len());
    }
}
