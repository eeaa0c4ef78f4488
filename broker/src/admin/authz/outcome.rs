//! What a client would see of a refusal, by the version it speaks (mqtt.md 5.3, 7).

use crate::core::Core;
use crate::events::Decider;
use vmq_admin::Row;
use vmq_admin::command::authz::{Action, Check};
use vmq_mqtt::ReasonCode;

/// A refusal.
pub(super) struct Outcome {
    pub reason: &'static str,
    /// What a client of version 5 is told.
    pub code: ReasonCode,
    pub by: Decider,
    /// It is not a plugin's, so that no version loses its connection.
    pub keeps_connection: bool,
}

/// One row for each version.
pub(super) fn seen_by_clients(core: &Core, check: &Check, denied: &Outcome) -> Vec<Row> {
    let closes_v3 = core.session_config().disconnect_on_unauthorized_publish_v3 && !denied.keeps_connection;
    let code = format!("0x{:02X} ({})", denied.code.as_u8(), denied.code.name());
    let [old, middle, new] = match check.action {
        Action::Subscribe => [
            "SUBACK 0x80".to_owned(),
            "SUBACK 0x80".to_owned(),
            format!("SUBACK {code}"),
        ],
        Action::Publish => [
            publish(check.qos, closes_v3, None),
            publish(check.qos, !denied.keeps_connection, None),
            publish(check.qos, false, Some(&code)),
        ],
    };
    let row = |version: &str, sees: String| Row::default().with("version", version).with("client_sees", sees);
    vec![row("3.1", old), row("3.1.1", middle), row("5", new)]
}

/// The answer to a PUBLISH that goes nowhere.
fn publish(qos: u8, closes: bool, code: Option<&str>) -> String {
    if closes {
        return "the connection is closed".to_owned();
    }
    let ack = match qos {
        0 => return "nothing; the message is dropped".to_owned(),
        1 => "PUBACK",
        _ => "PUBREC",
    };
    match code {
        Some(code) => format!("{ack} {code}"),
        None => format!("{ack}, as if it had been accepted; the message is dropped"),
    }
}
