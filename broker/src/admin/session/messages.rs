//! `session messages`: what is on its way to one client. What is in flight the connection tells, what waits in memory the
//! queue, and the rest is read from the disk; for a client that is offline all of it.

use super::super::{Answer, blocking};
use crate::core::Core;
use crate::queue::take::ReadAhead;
use crate::queue::{Delivery, Queue};
use crate::registry::SubscriberId;
use crate::session::look::FlightLook;
use crate::store::{FlightState, QueueId, Store, StoreError, keys, unix_millis};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vmq_admin::command::session::inspect::{MESSAGES_MAX, Messages};
use vmq_admin::{Element, Row, Value};
use vmq_config::QueueKind;

/// Bytes of a payload that are shown.
const PAYLOAD_BYTES_MAX: usize = 16 * 1024;

/// A message, and how far it has come.
struct Shown {
    delivery: Option<Delivery>,
    state: &'static str,
    packet_id: Option<u16>,
    sent: Option<Duration>,
    retries: Option<u8>,
}

/// The messages of a client, in the order in which they reach it.
///
/// # Errors
/// There is no such session, or the disk cannot be read.
pub(super) async fn run(core: &Arc<Core>, wanted: Messages) -> Result<Answer, Answer> {
    let subscriber = SubscriberId::new(&wanted.mountpoint, &wanted.client_id);
    let Some(queue) = core.registry.get(&subscriber) else {
        return Err(no_session(&wanted.client_id));
    };
    // One of them is looked for among as many as can be listed.
    let limit = match wanted.message {
        Some(_) => MESSAGES_MAX,
        None => wanted.limit.min(MESSAGES_MAX),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut messages, mut notes) = (Vec::new(), Vec::new());
    let mut in_all = 0;
    let owners = queue.owners();
    for mailbox in &owners {
        match core.inquiries.ask(mailbox, limit).await {
            Some(look) => {
                in_all += (look.in_flight + look.parked_in_all) as u64;
                messages.extend(look.flights.into_iter().map(in_flight));
                messages.extend(look.parked.into_iter().map(waiting));
            }
            None => notes.push(format!(
                "the connection of {} does not answer at the moment: what is in flight is not shown",
                mailbox.peer
            )),
        }
    }
    let work = (Arc::clone(core), Arc::clone(&queue), owners.is_empty());
    let read = blocking(move || {
        let (core, queue, is_offline) = work;
        waiting_messages(&core, &queue, is_offline, limit)
    });
    let (of_queue, count) = read.await?.map_err(|error| Answer::alert(error.to_string()))?;
    messages.extend(of_queue);
    in_all += count;
    messages.truncate(limit);
    if in_all > messages.len() as u64 && wanted.message.is_none() {
        notes.push(format!(
            "showing the first {} of {in_all} messages",
            messages.len()
        ));
    }
    let row = |message: &Shown| message.row(core, queue.id, wanted.payload);
    let is_wanted =
        |message: &&Shown| wanted.message.is_none() || message.name(core, queue.id) == wanted.message;
    let rows = messages.iter().filter(is_wanted).map(row).collect();
    Ok(Answer::of(vec![Element::Table(rows)]).with_notes(notes))
}

/// Nobody has this client id.
pub(super) fn no_session(client_id: &str) -> Answer {
    Answer::alert(format!("there is no session of client {client_id}"))
}

/// What waits in the queue, and how many they are. Reads the disk.
fn waiting_messages(
    core: &Core,
    queue: &Queue,
    is_offline: bool,
    limit: usize,
) -> Result<(Vec<Shown>, u64), StoreError> {
    let store = &*core.store;
    let mut shown = Vec::new();
    let mut count = 0;
    if is_offline {
        let flights = store.read_flights(queue.id)?.flights;
        count += flights.len() as u64;
        shown.extend(flights.into_iter().take(limit).map(|flight| Shown {
            packet_id: Some(flight.packet_id.get()),
            ..of_state(flight.entry.map(Delivery::from_entry), flight.state, false)
        }));
    }
    let found = queue.waiting(limit);
    count += found.in_all;
    shown.extend(found.read_ahead.into_iter().map(waiting));
    if let Some((read, on_disk)) = found.on_disk
        && shown.len() < limit
    {
        let most = usize::try_from(on_disk)
            .unwrap_or(usize::MAX)
            .min(limit - shown.len());
        let entries = read_some(read, store, most)?;
        let own = entries
            .into_iter()
            .filter(|delivery| delivery.seq < found.disk_below);
        shown.extend(own.map(waiting));
    }
    shown.extend(found.memory.into_iter().map(waiting));
    Ok((shown, count))
}

fn read_some(read: ReadAhead, store: &dyn Store, most: usize) -> Result<Vec<Delivery>, StoreError> {
    let entries = match read.kind {
        QueueKind::Fifo => store.read_entries(read.queue, read.from, most),
        QueueKind::Lifo => store.read_entries_newest(read.queue, read.from, most),
    };
    Ok(entries?.into_iter().map(Delivery::from_entry).collect())
}

fn in_flight(flight: FlightLook) -> Shown {
    Shown {
        packet_id: Some(flight.packet_id.get()),
        sent: flight.sent,
        retries: Some(flight.retries),
        ..of_state(flight.delivery, flight.state, flight.sent.is_some())
    }
}

fn of_state(delivery: Option<Delivery>, state: FlightState, is_sent: bool) -> Shown {
    Shown {
        delivery,
        state: match (state, is_sent) {
            (FlightState::Published, true) => "sent",
            (FlightState::Published, false) => "to be sent again",
            (FlightState::Released, _) => "released",
        },
        packet_id: None,
        sent: None,
        retries: None,
    }
}

fn waiting(delivery: Delivery) -> Shown {
    Shown {
        state: "waiting",
        ..of_state(Some(delivery), FlightState::Published, false)
    }
}

impl Shown {
    /// What tells it from the others: its place on the disk, as in `session show`, or in memory.
    fn name(&self, core: &Core, queue: QueueId) -> Option<String> {
        match &self.delivery {
            None => self.packet_id.map(|id| format!("r{id}")),
            Some(delivery) if delivery.seq == 0 => Some(core.inquiries.name(&*delivery.message)),
            Some(delivery) => Some(STANDARD.encode(keys::position(queue, delivery.seq))),
        }
    }

    fn row(&self, core: &Core, queue: QueueId, has_payload: bool) -> Row {
        let message = self.delivery.as_ref().map(|delivery| &*delivery.message);
        let age = message.and_then(|message| {
            let at = message.received_at?;
            Some(Instant::now().saturating_duration_since(at))
        });
        let expires_in = message.and_then(|message| {
            let left = message.expires_at?.saturating_sub(unix_millis());
            Some(left.div_ceil(1000))
        });
        let row = Row::default()
            .with("message", self.name(core, queue).map_or(Value::Null, Value::from))
            .with("state", self.state)
            .with("packet_id", number(self.packet_id.map(u64::from)))
            .with(
                "topic",
                message.map_or(Value::Null, |message| message.topic().into()),
            )
            .with(
                "qos",
                number(self.delivery.as_ref().map(|own| own.qos.as_u8().into())),
            )
            .with(
                "retain",
                self.delivery
                    .as_ref()
                    .map_or(Value::Null, |delivery| delivery.retain.into()),
            )
            .with(
                "bytes",
                number(message.map(|message| message.payload().len() as u64)),
            )
            .with("age_ms", number(age.map(millis)))
            .with("expires_in", number(expires_in))
            .with("sent_ms", number(self.sent.map(millis)))
            .with("retries", number(self.retries.map(u64::from)));
        if !has_payload {
            return row;
        }
        let payload = message.map(|message| {
            let payload = message.payload();
            STANDARD.encode(&payload[..payload.len().min(PAYLOAD_BYTES_MAX)])
        });
        row.with("payload", payload.map_or(Value::Null, Value::from))
    }
}

fn number(number: Option<u64>) -> Value {
    number.map_or(Value::Null, Value::from)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
