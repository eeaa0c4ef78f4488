//! Scan: which queues a query is about, in the order of the answer, and the answer. The registry's locks are held for the
//! copy of one shard at a time, never while a row is looked at.

use super::super::table::TableMaker;
use super::order;
use super::plan::Plan;
use super::row::{count_rows, each_row};
use super::stored::TooSlow;
use crate::core::Core;
use crate::queue::Queue;
use std::sync::Arc;
use tracing::warn;

/// The queues that may have rows.
pub(super) struct Found {
    /// In the order of the answer; as many as can be shown.
    pub queues: Vec<Arc<Queue>>,
    /// Rows there are in all; `None` = only reading the messages would tell.
    pub rows: Option<u64>,
}

/// Makes the table.
pub(super) fn run(core: &Core, plan: &Plan, maker: &mut TableMaker) {
    let found = find(core, plan, &|| maker.is_closed());
    let (mut shown, mut skipped) = (0_u64, 0_u64);
    let mut more = found.rows.is_some_and(|rows| rows > plan.limit);
    for queue in &found.queues {
        let read = each_row(plan, &*core.store, queue, &mut |row| {
            if shown == plan.limit {
                more = true;
                return false;
            }
            shown += 1;
            maker.push(plan.row(row));
            !maker.is_closed()
        });
        match read {
            Ok(()) => {}
            Err(TooSlow::Timeout) => skipped += 1,
            Err(TooSlow::Store(error)) => {
                maker.fail(error.to_string());
                return;
            }
        }
        if more && shown == plan.limit || maker.is_closed() {
            break;
        }
    }
    if more {
        maker.note(cut_note(plan.limit, found.rows));
    }
    if skipped > 0 {
        warn!("Subquery failed due to timeout");
        maker.note(format!("{skipped} rows skipped (timeout)"));
    }
}

/// What is told when there are more rows than were asked for (admin.md 19 #6).
pub(in crate::admin) fn cut_note(limit: u64, rows: Option<u64>) -> String {
    let of = rows.map(|rows| format!(" ({limit} of {rows})"));
    format!(
        "showing first {limit} rows per node, use --limit{}",
        of.unwrap_or_default()
    )
}

/// Finds the queues: by its index for one client id, else by looking at all.
pub(super) fn find(core: &Core, plan: &Plan, is_closed: &dyn Fn() -> bool) -> Found {
    let mut queues = Vec::new();
    let mut rows = 0;
    let look_at = |queue: &Arc<Queue>| {
        if is_closed() {
            return;
        }
        let count = count_rows(plan, queue);
        if count > 0 {
            rows += count;
            queues.push(Arc::clone(queue));
        }
    };
    match plan.client_id() {
        Some(client_id) => core.registry.named(client_id).iter().for_each(look_at),
        None => core.registry.for_each(look_at),
    }
    // Each has a row at least, unless it is about messages, which are looked at last.
    let wanted = match plan.per_message {
        true => usize::MAX,
        false => usize::try_from(plan.limit).unwrap_or(usize::MAX),
    };
    Found {
        queues: order::first(plan, queues, wanted),
        rows: (!plan.per_message).then_some(rows),
    }
}
