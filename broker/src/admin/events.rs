//! `vmq-admin events`: the last events of the whole broker.

use super::happened;
use super::{Admin, Answer};
use vmq_admin::command::events::Events;
use vmq_admin::{Element, Row, Value};

/// Runs the command.
pub(super) fn run(admin: &Admin, command: &Events) -> Result<Answer, Answer> {
    let Events::Show = command;
    let broker = admin.broker()?;
    if broker.core().histories.recent.is_off() {
        return Err(Answer::alert("events are not remembered (history.events = 0)"));
    }
    let rows = broker.recent_events().into_iter().map(|event| {
        let (client_id, mountpoint) = match &event.subscriber {
            Some(subscriber) => (
                Value::from(&*subscriber.client_id),
                Value::from(&*subscriber.mountpoint),
            ),
            None => (Value::Null, Value::Null),
        };
        let row = happened::when_and_why(Row::default(), &event.entry)
            .with("clients", event.clients as u64)
            .with("client_id", client_id)
            .with("mountpoint", mountpoint);
        happened::by_whom(row, &event.entry)
    });
    Ok(Answer::of(vec![Element::Table(rows.collect())]))
}
