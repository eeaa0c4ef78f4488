//! Traces that are started here: each has a worker of its own, and all of them one pane.

use crate::app::{App, Follow, Trace, View};
use crate::deed::{self, Traced};

/// Traces that may run from here at a time.
const TRACES_MAX: u8 = 4;

/// Starts a trace on what is selected.
pub(super) fn trace(app: &mut App, what: Traced) {
    let Some(number) = next_trace(app) else {
        app.say(
            format!("{TRACES_MAX} traces run from here already; end one first (view 4, d)"),
            true,
        );
        return;
    };
    match deed::trace(app, what) {
        None => app.say(what.missing(), true),
        Some(argv) if app.read_only => {
            let why = app.why_read_only();
            app.say(format!("{why}: vmq-admin {}", crate::text::shell(&argv)), true);
        }
        Some(argv) => begin_trace(app, argv, number),
    }
}

/// Starts a trace and opens its pane.
pub(super) fn begin_trace(app: &mut App, argv: Vec<String>, number: u8) {
    if app.traces.iter().all(|trace| trace.has_ended) {
        app.traced = Follow::default();
    }
    app.traces.retain(|trace| trace.number != number);
    app.traces.push(Trace {
        argv,
        number,
        has_ended: false,
    });
    app.view = View::Traces;
    app.is_tracing = true;
}

/// The number that the next trace gets, if there is one.
pub(super) fn next_trace(app: &App) -> Option<u8> {
    (0..TRACES_MAX).find(|number| {
        app.traces
            .iter()
            .all(|trace| trace.has_ended || trace.number != *number)
    })
}
