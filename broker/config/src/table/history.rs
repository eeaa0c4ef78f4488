//! What is remembered of clients: why they were refused, cut off, or lost messages.

use super::row::*;

pub(super) static ROWS: &[Row] = &[
    row("history.max_clients", INTEGER,
        "Clients of which the broker remembers what happened to them (vmq-admin session history); those that nothing has \
         happened to for the longest are forgotten first. 0 = none.")
        .default("100000").hidden().range(0, COUNT_MAX),
    row("history.events_per_client", INTEGER,
        "Events remembered of one client, equal ones in a row counted as one; 0 = none.")
        .default("50").hidden().range(0, 10_000),
    row("history.max_memory", BYTES, "Memory that all of it may take; beyond that clients are forgotten as well.")
        .default("32MB").hidden().range(0, SIZE_MAX),
    row("history.events", INTEGER, "Events of the whole broker that are remembered (vmq-admin events show); 0 = none.")
        .default("200").hidden().range(0, 10_000),
];
