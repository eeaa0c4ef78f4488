//! The snapshots.

use crate::fixture::{NOW_MS, SIZES, bring, opened, press, screen};
use vmq_console::app::App;
use vmq_console::keys::Key;
use vmq_console::update::{Event, apply};

/// The panes, and the keys that lead there from the overview.
const PANES: [(&str, &[Key]); 24] = [
    ("overview", &[]),
    ("sessions", &[Key::Char('2')]),
    ("session_facts", &[Key::Char('2'), Key::Enter]),
    ("session_subscriptions", &[Key::Char('2'), Key::Enter, Key::Right]),
    (
        "session_queue",
        &[Key::Char('2'), Key::Enter, Key::Right, Key::Right],
    ),
    ("topics", &[Key::Char('3')]),
    // A level further down: a topic with a retained message, as JSON.
    (
        "topics_level",
        &[
            Key::Char('3'),
            Key::Down,
            Key::Down,
            Key::Down,
            Key::Enter,
            Key::Down,
        ],
    ),
    ("topics_retained", &[Key::Char('3'), Key::Right]),
    ("traces", &[Key::Char('4')]),
    ("trace", &[Key::Char('2'), Key::Char('t')]),
    ("session_history", &[Key::Char('2'), Key::Enter, Key::Left]),
    ("session_why", &[Key::Char('2'), Key::Enter, Key::Left, Key::Left]),
    ("hot_events", &[Key::Char('5')]),
    ("hot_take_overs", &[Key::Char('5'), Key::Left, Key::Left]),
    ("hot_sessions", &[Key::Char('5'), Key::Right]),
    ("hot_refused", &[Key::Char('5'), Key::Left]),
    (
        "hot_publishers",
        &[Key::Char('5'), Key::Right, Key::Right, Key::Right],
    ),
    ("hot_topics", &HOT_TOPICS),
    ("hot_machine", &[Key::Down, Key::Down, Key::Down, Key::Enter]),
    ("hot_hooks", &HOT_HOOKS),
    ("hot_reasons", &HOT_REASONS),
    ("listeners", &[Key::Char('6')]),
    ("cluster", &[Key::Char('7')]),
    ("plugins", &[Key::Char('8')]),
];
/// So many lists to the right.
const fn rights<const KEYS: usize>() -> [Key; KEYS] {
    let mut keys = [Key::Right; KEYS];
    keys[0] = Key::Char('5');
    keys
}
const HOT_TOPICS: [Key; 6] = rights();
const HOT_HOOKS: [Key; 10] = rights();
/// "Drops by reason", the first of its kind.
const HOT_REASONS: [Key; 16] = rights();
const LOGS: (&str, &[Key]) = ("logs", &[Key::Char('9')]);

/// Goes there; the broker answers at every step.
fn at(keys: &[Key], size: (u16, u16), is_busy: bool) -> App {
    let mut app = opened(size);
    bring(&mut app, is_busy);
    for key in keys {
        press(&mut app, &[*key]);
        bring(&mut app, is_busy);
    }
    // What is selected is known by now.
    bring(&mut app, is_busy);
    app
}

fn check(state: &str, make: impl Fn(&[Key], (u16, u16)) -> App) {
    for (name, keys) in PANES.into_iter().chain([LOGS]) {
        for size in SIZES {
            let shown = screen(&make(keys, size));
            insta::assert_snapshot!(format!("{name}_{state}_{}x{}", size.0, size.1), shown);
        }
    }
}

#[test]
fn empty() {
    check("empty", |keys, size| at(keys, size, false));
}

#[test]
fn busy() {
    check("busy", |keys, size| at(keys, size, true));
}

/// The README shows the overview and a session as they are.
#[test]
fn the_readme_is_fresh() {
    let readme = include_str!("../../../README.md");
    let history = &[Key::Char('2'), Key::Enter, Key::Left][..];
    for keys in [&[][..], history] {
        let shown = screen(&at(keys, SIZES[0], true));
        assert!(readme.contains(&shown), "the README must show this:\n{shown}");
    }
}

/// What was seen last stays, with its age; filter and selection are kept.
#[test]
fn disconnected() {
    check("disconnected", |keys, size| {
        let mut app = at(keys, size, true);
        apply(
            &mut app,
            Event::Down("the daemon closed the connection".to_owned()),
        );
        apply(
            &mut app,
            Event::Tick {
                now_ms: NOW_MS + 252_000,
                clock: "12:08:43".to_owned(),
            },
        );
        app
    });
}
