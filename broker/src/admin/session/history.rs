//! `session history`: what happened to one client, connected or not.

use super::super::Answer;
use super::super::happened;
use crate::core::Core;
use crate::history::{Entry, Known, connected};
use crate::registry::SubscriberId;
use vmq_admin::{Element, Row};

/// The entries of a client, the newest last.
///
/// # Errors
/// Nothing is known of it; the text says why, as far as it is known.
pub(super) fn run(
    core: &Core,
    mountpoint: &str,
    client_id: &str,
    limit: Option<u64>,
) -> Result<Answer, Answer> {
    let clients = &core.histories.clients;
    if clients.is_off() {
        let text = "no history is kept (history.max_clients or history.events_per_client is 0)";
        return Err(Answer::alert(text));
    }
    let subscriber = SubscriberId::new(mountpoint, client_id);
    let queue = core.registry.get(&subscriber);
    // Before the history: what is moved there meanwhile is seen twice rather than not at all.
    let mut untold: Vec<Entry> = queue
        .iter()
        .flat_map(|queue| queue.owners())
        .filter(|mailbox| mailbox.has_untold_connect())
        .filter_map(|mailbox| connected(&mailbox))
        .collect();
    let (mut entries, forgotten) = match clients.of(&subscriber) {
        Known::Entries { entries, forgotten } => (entries, forgotten),
        Known::Nothing { evicted } if untold.is_empty() => {
            return Err(unknown(core, client_id, queue.is_some(), evicted));
        }
        Known::Nothing { .. } => (Vec::new(), 0),
    };
    untold.retain(|connect| !entries.contains(connect));
    entries.append(&mut untold);
    entries.sort_by_key(|entry| entry.first);
    let all = entries.len();
    let shown = limit.map_or(all, |limit| usize::try_from(limit).unwrap_or(usize::MAX).min(all));
    let rows: Vec<Row> = entries[all - shown..].iter().map(row).collect();
    let mut notes = Vec::new();
    if shown < all {
        notes.push(format!("showing the last {shown} of {all} entries"));
    }
    if forgotten > 0 {
        notes.push(format!(
            "{forgotten} older entries were forgotten (history.events_per_client)"
        ));
    }
    Ok(Answer::of(vec![Element::Table(rows)]).with_notes(notes))
}

fn row(entry: &Entry) -> Row {
    happened::by_whom(happened::when_and_why(Row::default(), entry), entry)
}

/// Why nothing is known.
fn unknown(core: &Core, client_id: &str, has_session: bool, evicted: u64) -> Answer {
    let since = happened::time(core.histories.since);
    let session = match has_session {
        true => "; it has a session that is older",
        false => "",
    };
    Answer::alert(match evicted {
        0 => format!("client {client_id} has not connected since the broker started at {since}{session}"),
        _ => format!(
            "nothing is known of client {client_id}: it has not connected since the broker started at {since}, \
             or it is one of {evicted} that were forgotten (history.max_clients, history.max_memory){session}"
        ),
    })
}
