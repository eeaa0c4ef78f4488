//! The verdict of the header and its reasons (console.md 3): what the broker tells, and what the first line says of it.

use crate::fixture::{bring, metric, opened, screen};
use vmq_admin::Row;
use vmq_console::place::{Picture, Place};
use vmq_console::update::{Event, apply};
use vmq_console::wants::wants;

/// The first line of a console that was told these numbers.
fn header(columns: u16, numbers: Vec<Row>) -> String {
    let mut app = opened((columns, 24));
    bring(&mut app, false);
    let place = Place::Header;
    if let Some(want) = wants(&app).remove(&place) {
        let picture = Picture {
            rows: numbers,
            ..Picture::default()
        };
        apply(&mut app, Event::Picture { place, want, picture });
    }
    screen(&app).lines().next().unwrap_or_default().to_owned()
}

fn gauge(name: &str, value: u64) -> Row {
    metric(name, "", value, 0.0)
}

#[test]
fn every_reason_has_its_words() {
    let reason = |rate| metric("connect_refused", r#"reason="banned""#, 9, rate);
    let cases = [
        (vec![], "OK"),
        (
            vec![gauge("netsplit_detected", 2), gauge("netsplit_resolved", 1)],
            "CRITICAL  netsplit",
        ),
        (
            vec![gauge("netsplit_detected", 2), gauge("netsplit_resolved", 2)],
            "OK",
        ),
        (
            vec![gauge("store_failing", 1)],
            "CRITICAL  the message store cannot write",
        ),
        (
            vec![
                gauge("disk_free", 4_000_000_000),
                gauge("disk_size", 100_000_000_000),
            ],
            "DEGRADED  disk low, 4 GB free",
        ),
        (
            vec![
                gauge("vm_memory_total", 87_000_000),
                gauge("system_memory_limit", 100_000_000),
            ],
            "DEGRADED  memory near the limit, 87%",
        ),
        (
            vec![gauge("overload_active", 1)],
            "CRITICAL  memory above its mark",
        ),
        (
            vec![gauge("open_files", 96), gauge("open_files_limit", 100)],
            "CRITICAL  open files near the limit, 96%",
        ),
        (
            vec![gauge("open_files", 96), gauge("open_files_limit", u64::MAX)],
            "OK",
        ),
        (
            vec![metric("queue_message_drop", "", 9, 0.1)],
            "DEGRADED  queues overflow, 0.1/s",
        ),
        (vec![reason(2.5)], "DEGRADED  logins refused, 2.5/s (banned)"),
        (vec![reason(0.5)], "OK"),
        (
            vec![metric("mqtt_publish_auth_error", "", 9, 3.0)],
            "DEGRADED  publishes refused, 3/s",
        ),
    ];
    for (numbers, said) in cases {
        let header = header(120, numbers);
        assert!(header.contains(&format!(" {said}")), "{said}: {header}");
    }
}

/// The worst one first; what does not fit is counted.
#[test]
fn several_reasons_stand_in_order() {
    let numbers = || {
        vec![
            metric("queue_message_drop", "", 9, 12.0),
            metric("mqtt_publish_auth_error", "", 9, 3.0),
            gauge("store_failing", 1),
        ]
    };
    let wide = header(200, numbers());
    let said = "CRITICAL  the message store cannot write: nothing is acknowledged · queues overflow, 12/s · publishes refused, 3/s";
    assert!(wide.contains(said), "{wide}");
    let numbers = numbers().into_iter().take(2).collect();
    let narrow = header(80, numbers);
    assert!(narrow.contains("DEGRADED  queues overflow, 12/s +1"), "{narrow}");
}
