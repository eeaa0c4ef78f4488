//! The table of traces.

use super::select::Pattern;
use super::*;
use std::time::Duration;
use vmq_admin::command::trace::TracePayload;

fn wanted() -> Wanted {
    Wanted {
        select: Select {
            clients: vec![Pattern::parse("c").unwrap()],
            ..Select::default()
        },
        show: Show {
            payloads: Payloads {
                form: TracePayload::Text,
                bytes_max: 200,
            },
            events: TraceEvents::ALL,
            verbose: false,
        },
        rate: Rate {
            events_max: 10,
            window: Duration::from_millis(100),
            sample: false,
            total_max: None,
        },
        form: Form::Text,
        existing: Vec::new(),
        first_line: String::new(),
        uid: 0,
    }
}

#[test]
fn there_is_a_limit_with_its_text() {
    let traces = Traces::default();
    let first = traces.add(wanted(), 1).unwrap();
    let refused = traces.add(wanted(), 1).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Cannot start trace as another trace is already running."
    );
    traces.add(wanted(), 2).unwrap();
    let refused = traces.add(wanted(), 2).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Cannot start trace as 2 traces are already running."
    );
    assert!(traces.stop(first.id) && !traces.stop(first.id));
    assert!(first.feed.has_ended());
    assert_eq!(
        traces.add(wanted(), 2).unwrap().id,
        3,
        "numbers are not used again"
    );
}

#[test]
fn every_change_is_a_generation() {
    let traces = Traces::default();
    let mut seen = vec![traces.generation()];
    traces.add(wanted(), 8).unwrap();
    seen.push(traces.generation());
    traces.stop_all();
    seen.push(traces.generation());
    assert_eq!(seen, [0, 1, 2]);
    assert!(traces.running().is_empty());
}
