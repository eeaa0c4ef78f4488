//! `durability show`: when data is safe with the settings in force (mqtt.md 14.2 and 14.3; user-demands.md 10). Every line
//! is a promise that a crash test keeps.

use super::Answer;
use vmq_admin::{Element, Row};
use vmq_config::{Config, SyncPolicy};

/// What is acknowledged by nothing.
const NOTHING: &str = "-";

/// A line of the table: data, what is sent after it is stored, and what it survives.
struct Promise {
    data: &'static str,
    acknowledged_by: &'static str,
    restart: &'static str,
    kill: &'static str,
    power_loss: &'static str,
}

/// Makes the answer.
pub(super) fn show(config: &Config) -> Answer {
    let policy = match config.store.sync {
        SyncPolicy::Always => {
            "message_store.sync = always: an acknowledgement leaves after the data was forced to the disk, many together."
        }
        SyncPolicy::Batch => {
            "message_store.sync = batch: an acknowledgement leaves after the data was given to the operating system, which \
             forces it to the disk at most 100 ms later."
        }
        SyncPolicy::Never => {
            "message_store.sync = never: an acknowledgement leaves after the data was given to the operating system, which \
             writes it to the disk when it likes."
        }
    };
    let rows = promises(config).iter().map(row).collect();
    Answer::of(vec![Element::text(policy), Element::Table(rows)])
}

fn promises(config: &Config) -> Vec<Promise> {
    let power_loss = match config.store.sync {
        SyncPolicy::Always => "yes",
        SyncPolicy::Batch => "but for the last 100 ms",
        SyncPolicy::Never => "not promised",
    };
    let stored = |data, acknowledged_by| Promise {
        data,
        acknowledged_by,
        restart: "yes",
        kill: "yes",
        power_loss,
    };
    let in_memory = |data| Promise {
        data,
        acknowledged_by: NOTHING,
        restart: "no",
        kill: "no",
        power_loss: "no",
    };
    let unacknowledged = |data| Promise {
        kill: "once written",
        ..stored(data, NOTHING)
    };
    let qos_0 = match config.session.upgrade_outgoing_qos {
        true => unacknowledged("QoS 0 for persistent sessions, upgraded by upgrade_outgoing_qos"),
        false => in_memory("QoS 0 for any session"),
    };
    vec![
        stored(
            "QoS 1 and 2 for persistent sessions, but for what queue limits drop",
            "PUBACK, PUBREC",
        ),
        in_memory("QoS 1 and 2 for other sessions"),
        qos_0,
        stored(
            "packet ids in flight, PUBREL, received QoS 2 ids",
            "PUBREC, PUBCOMP",
        ),
        stored("persistent sessions", "CONNACK"),
        stored("their subscriptions", "SUBACK, UNSUBACK"),
        stored("retained messages of QoS 1 and 2", "PUBACK, PUBREC"),
        unacknowledged("retained messages of QoS 0"),
        stored("delayed wills and deadlines, by the wall clock", "CONNACK"),
        in_memory("settings of set, listeners of listener start, metrics, traces"),
    ]
}

fn row(promise: &Promise) -> Row {
    Row::default()
        .with("data", promise.data)
        .with("stored before", promise.acknowledged_by)
        .with("restart", promise.restart)
        .with("kill -9", promise.kill)
        .with("power loss", promise.power_loss)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Only `always` promises to survive the loss of power, and nothing that is in memory alone survives anything.
    #[test]
    fn a_policy_promises_what_it_keeps() {
        let mut config = Config::default_for(Path::new("/nowhere"));
        for (sync, promised) in [
            (SyncPolicy::Always, "yes"),
            (SyncPolicy::Batch, "but for the last 100 ms"),
            (SyncPolicy::Never, "not promised"),
        ] {
            config.store.sync = sync;
            for promise in promises(&config) {
                let expected = if promise.restart == "yes" { promised } else { "no" };
                assert_eq!(promise.power_loss, expected, "{}", promise.data);
                let is_acknowledged = promise.acknowledged_by != NOTHING;
                assert_eq!(promise.kill == "yes", is_acknowledged, "{}", promise.data);
            }
        }
        config.session.upgrade_outgoing_qos = true;
        let kept = promises(&config)
            .iter()
            .filter(|promise| promise.restart == "yes")
            .count();
        assert_eq!(kept, 8);
    }
}
