//! Traces: started on what is selected, merged by time, folded, written to a file (console.md 4.4).

use crate::fixture::{bring, opened, press, screen};
use vmq_console::app::App;
use vmq_console::export;
use vmq_console::keys::Key;
use vmq_console::place::{Lines, Place, Source};
use vmq_console::update::{Event, apply};
use vmq_console::wants::wants;

/// The command line of the newest trace.
fn traced(app: &App) -> String {
    app.traces
        .last()
        .map(|trace| trace.argv[..trace.argv.len() - 4].join(" "))
        .unwrap_or_default()
}

fn sessions() -> App {
    let mut app = opened((120, 40));
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    app
}

#[test]
fn a_trace_is_started_on_what_is_selected() {
    for (key, line) in [
        ('t', "trace client client-id=pump-0001"),
        ('U', "trace client client-id=* --username=pump-1"),
        ('A', "trace client client-id=* --peer=10.3.0.1"),
    ] {
        let mut app = sessions();
        press(&mut app, &[Key::Down, Key::Char(key)]);
        assert_eq!(traced(&app), line);
        assert!(
            wants(&app)
                .values()
                .any(|want| matches!(want.source, Source::Stream(_)))
        );
    }
    // From a line of a trace, and from one of the log.
    let mut app = sessions();
    press(&mut app, &[Key::Char('t')]);
    bring(&mut app, true);
    app.traces.clear();
    press(&mut app, &[Key::Char('t')]);
    assert_eq!(traced(&app), "trace client client-id=pump-0000");
    press(&mut app, &[Key::Char('3')]);
    bring(&mut app, true);
    press(&mut app, &[Key::Down, Key::Down, Key::Char('t')]);
    assert_eq!(traced(&app), "trace topic topic=cmd/#");
}

fn line(at: u64, client_id: &str, payload: &str) -> String {
    format!(
        r#"{{"time":"2026-01-02T12:04:{at:02}Z","event":"recv","client_id":"{client_id}","packet":"PUBLISH","topic":"a","qos":0,"payload":"{payload}","payload_bytes":3,"text":""}}"#
    )
}

/// Brings lines of a trace.
fn say(app: &mut App, number: u8, said: Vec<String>) {
    let place = Place::Trace(number);
    let want = wants(app)[&place].clone();
    let lines = Lines {
        said,
        ..Lines::default()
    };
    let clocks = Vec::new();
    apply(
        app,
        Event::Lines {
            place,
            want,
            lines,
            clocks,
        },
    );
}

/// Enter on a line of the log that names a client opens its session.
#[test]
fn a_line_leads_to_its_client() {
    let mut app = opened((120, 40));
    press(&mut app, &[Key::Char('9')]);
    bring(&mut app, true);
    let named = app
        .log
        .lines
        .iter()
        .rev()
        .position(|said| said.client_id.is_some());
    for _ in 0..named.unwrap() {
        press(&mut app, &[Key::Up]);
    }
    press(&mut app, &[Key::Enter]);
    let open = app.session.clone().unwrap();
    assert!(
        open.mountpoint.is_empty() && !open.client_id.is_empty(),
        "{open:?}"
    );
}

#[test]
fn several_traces_are_one_list_that_folds_and_is_searched() {
    let mut app = sessions();
    press(
        &mut app,
        &[Key::Char('t'), Key::Char('2'), Key::Down, Key::Char('t')],
    );
    assert_eq!(app.traces.len(), 2);
    say(
        &mut app,
        0,
        vec![line(1, "one", "first"), line(5, "one", "third")],
    );
    let dropped = r#"{"time":"2026-01-02T12:04:06Z","event":"info","text":"(240 trace messages dropped)"}"#;
    say(&mut app, 1, vec![line(3, "two", "second"), dropped.to_owned()]);
    let order = |app: &App| {
        let shown = screen(app);
        ["first", "second", "third", "… 240 lines left out"].map(|text| shown.find(text))
    };
    let found = order(&app);
    assert!(
        found.is_sorted() && found.iter().all(Option::is_some),
        "{}",
        screen(&app)
    );
    assert_eq!(
        export::text(&app, "x.txt").unwrap().lines().next(),
        Some("12:04:01 → in     one  PUBLISH a q0  3 B: first")
    );
    assert!(
        export::text(&app, "x.jsonl")
            .unwrap()
            .contains(r#""payload":"second""#),
        "as lines of JSON"
    );
    assert!(export::text(&app, "x").is_err());
    press(&mut app, &[Key::Char('f')]);
    let folded = screen(&app);
    assert!(
        !folded.contains("third") && folded.contains("one  PUBLISH a q0  3 B"),
        "{folded}"
    );
    press(&mut app, &[Key::Char('f'), Key::Char('/')]);
    crate::fixture::type_in(&mut app, "SECOND");
    let searched = screen(&app);
    assert!(
        searched.contains("two  PUBLISH") && !searched.contains("one  PUBLISH"),
        "{searched}"
    );
}
