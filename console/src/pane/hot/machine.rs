//! What the broker takes of the machine: memory by part, disk, files (console.md 4.1). Out of the header's numbers.

use crate::app::{App, Numbers};
use crate::pane::session::whole;
use crate::place::Place;
use crate::table::{Cell, Column, Grid, Line};
use crate::text::{bytes, count};

/// The table.
#[must_use]
pub(super) fn grid(app: &App) -> Grid {
    let columns = vec![
        Column::text("WHAT", "what", 34),
        Column::number("AMOUNT", "amount", 10),
        Column::number("OF", "of", 10),
        Column::number("SHARE", "share", 6),
    ];
    let numbers = Numbers::of(app.picture(Place::Header));
    if !numbers.is_some() {
        return Grid::asking(columns);
    }
    let value = |name| numbers.value(name);
    let resident = value("vm_memory_total");
    let (routing, retained) = (value("router_memory"), value("retain_memory"));
    // The tables of the broker are those two and the sessions.
    let sessions = (value("vm_memory_ets") - routing - retained).max(0.0);
    let store = value("store_memory");
    let rest = (resident - routing - retained - sessions - store).max(0.0);
    let files = |number: f64| count(whole(number));
    let (free, size) = (value("disk_free"), value("disk_size"));
    let lines = vec![
        line(
            "memory of the process",
            resident,
            value("system_memory_limit"),
            bytes,
        ),
        line("  message store: caches, buffers", store, resident, bytes),
        line("  sessions (about)", sessions, resident, bytes),
        line("  routing table", routing, resident, bytes),
        line("  retained messages", retained, resident, bytes),
        line("  connections, messages, everything else", rest, resident, bytes),
        line("disk of the data directory, free", free, size, bytes),
        line(
            "open files",
            value("open_files"),
            value("open_files_limit"),
            files,
        ),
    ];
    Grid::whole(columns, lines, app.table(), "")
}

fn line(what: &str, amount: f64, of: f64, said: impl Fn(f64) -> String) -> Line {
    // No limit at all is told as the largest number.
    let is_known = of > 0.0 && of < u64::MAX as f64;
    let share = 100.0 * amount / of;
    let known = |cell: Cell| if is_known { cell } else { Cell::default() };
    Line {
        id: what.to_owned(),
        cells: vec![
            Cell::text(what),
            Cell::number(amount, said(amount)),
            known(Cell::number(of, said(of))),
            known(Cell::number(share, format!("{share:.0}%"))),
        ],
    }
}
