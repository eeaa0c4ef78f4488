//! Keys: what they lead to, what they ask for, and that help and footer know them.

use crate::fixture::{bring, opened, press, screen, type_in};
use vmq_admin::Access;
use vmq_admin::live::Topic;
use vmq_admin::wire::Hello;
use vmq_console::app::View;
use vmq_console::keys::{BINDINGS, Key};
use vmq_console::place::{Place, Source};
use vmq_console::update::{Event, Mouse, MouseKind, apply};
use vmq_console::wants::wants;

#[test]
fn help_has_every_key() {
    let mut app = opened((120, 200));
    press(&mut app, &[Key::Char('?')]);
    let shown = screen(&app);
    for binding in BINDINGS {
        let key = binding.keys[0].to_string();
        assert!(
            shown.contains(&key) && shown.contains(binding.about),
            "{}",
            binding.name
        );
    }
    type_in(&mut app, "retained");
    let found = screen(&app);
    assert!(
        found.contains("delete the retained message") && !found.contains("disconnect the client"),
        "{found}"
    );
}

/// The footer names keys that do something here: each changes the state or has an effect.
#[test]
fn the_footer_has_no_dead_keys() {
    for view in View::ALL {
        let mut app = opened((200, 40));
        app.view = view;
        bring(&mut app, true);
        let labels: Vec<_> = app
            .possible()
            .filter(|binding| !binding.label.is_empty())
            .collect();
        let footer = screen(&app).lines().last().unwrap().to_owned();
        for binding in labels {
            let mut app = opened((200, 40));
            app.view = view;
            bring(&mut app, true);
            let before = format!("{app:?}");
            let effects = press(&mut app, &[binding.keys[0]]);
            assert!(
                !effects.is_empty() || format!("{app:?}") != before,
                "{view:?}: {} of {footer}",
                binding.name
            );
        }
    }
}

/// console.md 5, 7: the broker filters and sorts, and pages around the window.
#[test]
fn the_broker_is_asked_for_what_is_on_the_screen() {
    let page = |app: &vmq_console::app::App| match wants(app)
        .remove(&Place::View(View::Sessions))
        .map(|want| want.source)
    {
        Some(Source::Live(Topic::Sessions(page))) => page,
        other => panic!("{other:?}"),
    };
    let mut app = opened((80, 24));
    press(&mut app, &[Key::Char('2'), Key::Char('/')]);
    type_in(&mut app, "user=pump-*");
    assert_eq!(page(&app).filter, "user=pump-*");
    bring(&mut app, true);
    press(&mut app, &[Key::Enter, Key::End]);
    bring(&mut app, true);
    let last = page(&app);
    assert!(
        last.offset + u64::from(last.limit) >= 1204 && last.offset > 1100,
        "{last:?}"
    );
    assert!(screen(&app).contains("pump-1203"), "{}", screen(&app));
    press(&mut app, &[Key::Char('s'), Key::Char('S')]);
    let sort = page(&app).sort.unwrap();
    assert!(sort.field.name() == "client_id" && sort.descending);
}

/// Leaving a view ends its subscription.
#[test]
fn nothing_is_looked_at_that_nobody_sees() {
    let mut app = opened((80, 24));
    for view in View::ALL {
        app.view = view;
        let places: Vec<_> = wants(&app)
            .into_keys()
            .filter(|place| matches!(place, Place::View(_)))
            .collect();
        assert!(
            places.iter().all(|place| *place == Place::View(view)),
            "{places:?}"
        );
    }
}

/// console.md 5: a wrong expression is told, the last good one stays in force.
#[test]
fn a_wrong_filter_is_told() {
    let mut app = opened((120, 40));
    press(&mut app, &[Key::Char('2'), Key::Char('/')]);
    type_in(&mut app, "pump");
    bring(&mut app, true);
    type_in(&mut app, " queue>m");
    let want = wants(&app)[&Place::View(View::Sessions)].clone();
    let text = "Invalid value: \"pump queue>m\" for flag: filter".to_owned();
    apply(
        &mut app,
        Event::Fault {
            place: Place::View(View::Sessions),
            want,
            text,
        },
    );
    let shown = screen(&app);
    assert!(
        shown.contains("Invalid value") && shown.contains("pump-0003"),
        "{shown}"
    );
    assert_eq!(app.table().filter, "pump");
    press(&mut app, &[Key::Char('6'), Key::Enter]);
}

/// console.md 3: the screen stays as it is until `p`, and where somebody goes meanwhile he still sees something.
#[test]
fn pause_keeps_the_screen() {
    let mut app = opened((80, 24));
    press(&mut app, &[Key::Char('6')]);
    bring(&mut app, true);
    press(&mut app, &[Key::Char('p')]);
    let before = screen(&app);
    assert!(before.contains("PAUSED"));
    bring(&mut app, false);
    assert_eq!(screen(&app), before);
    press(&mut app, &[Key::Char('7')]);
    bring(&mut app, true);
    assert!(screen(&app).contains("VerneMQ@10.0.0.5  "));
    press(&mut app, &[Key::Char('6'), Key::Char('p')]);
    bring(&mut app, false);
    assert!(screen(&app).contains("there is no listener"));
}

fn click(column: u16, row: u16, kind: MouseKind) -> Event {
    Event::Mouse(Mouse { kind, column, row })
}

/// console.md 3: a click selects, a double click opens, the wheel scrolls, tabs and titles can be clicked.
#[test]
fn the_mouse_does_what_keys_do() {
    let mut app = opened((80, 24));
    apply(&mut app, click(12, 1, MouseKind::Click));
    assert_eq!(app.view, View::Sessions);
    bring(&mut app, true);
    apply(&mut app, click(10, 6, MouseKind::Click));
    assert_eq!(app.table().cursor, 2);
    apply(&mut app, click(10, 6, MouseKind::WheelDown));
    assert_eq!(app.table().cursor, 5);
    apply(&mut app, click(4, 3, MouseKind::Click));
    assert_eq!(app.table().order.as_ref().unwrap().field, "client_id");
    bring(&mut app, true);
    apply(&mut app, click(10, 7, MouseKind::DoubleClick));
    assert_eq!(app.session.as_ref().unwrap().client_id, "pump-0003");
    // Outside of everything there is nothing.
    apply(&mut app, click(79, 23, MouseKind::DoubleClick));
    app.view = View::Overview;
    bring(&mut app, true);
    apply(&mut app, click(25, 4, MouseKind::Click));
    assert_eq!(app.tile, 1);
}

/// console.md 10: named filters.
#[test]
fn a_filter_has_a_name() {
    let mut app = opened((80, 24));
    app.settings
        .filters
        .insert("slow".to_owned(), "online queue>100".to_owned());
    press(&mut app, &[Key::Char('2'), Key::Char('/')]);
    type_in(&mut app, "@slow user=joe");
    assert_eq!(app.table().filter, "online queue>100 user=joe");
}

/// A broker that is there and says nothing is told of; one that refuses makes of the console one that only looks.
#[test]
fn silence_and_refusals_show() {
    let mut app = opened((80, 24));
    bring(&mut app, true);
    let now_ms = crate::fixture::NOW_MS + 9000;
    apply(
        &mut app,
        Event::Tick {
            now_ms,
            clock: "12:04:40".to_owned(),
        },
    );
    assert!(
        screen(&app).contains("SLOW  no answer for 9s"),
        "{}",
        screen(&app)
    );
    let argv = vec!["x".to_owned()];
    let text = "Permission denied: session disconnect".to_owned();
    apply(
        &mut app,
        Event::Answer {
            argv,
            text,
            is_good: false,
        },
    );
    assert!(app.read_only);
}

/// console.md 6: the greeting tells who only looks, and nothing has to be refused before.
#[test]
fn the_greeting_says_who_only_looks() {
    let mut app = opened((80, 24));
    let hello = |access| {
        let hello = app.link.hello.clone().unwrap();
        Event::Up(Hello { access, ..hello })
    };
    let (looks, acts) = (hello(Access::Read), hello(Access::Full));
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    apply(&mut app, looks.clone());
    assert!(screen(&app).contains("read-only  12:04:31"), "{}", screen(&app));
    for key in ['d', 't', 'a'] {
        assert_eq!(press(&mut app, &[Key::Char(key)]), [], "{key}");
        let shown = screen(&app);
        assert!(
            shown.contains("you may only look here") || !shown.contains("yes"),
            "{shown}"
        );
    }
    apply(&mut app, acts.clone());
    assert!(!app.read_only && !screen(&app).contains("read-only  12:04"));
    // Who wants only to look stays with that.
    app.looks_only = true;
    apply(&mut app, acts);
    assert!(app.read_only);
}

/// console.md 8: a long identifier stands in full somewhere.
#[test]
fn long_identifiers_are_never_cut_silently() {
    let mut app = opened((80, 24));
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    let want = wants(&app)[&Place::View(View::Sessions)].clone();
    let mut picture = app.picture(Place::View(View::Sessions)).unwrap().clone();
    let id = "a-very-long-client-id-that-some-gateway-has-made-of-its-serial-number";
    picture.rows[0].replace(vmq_admin::Row::default().with("client_id", id));
    apply(
        &mut app,
        Event::Picture {
            place: Place::View(View::Sessions),
            want,
            picture,
        },
    );
    press(&mut app, &[Key::Home]);
    let shown = screen(&app);
    assert!(
        shown.contains(id) && shown.contains("a-very-long-client-id") && shown.contains('…'),
        "{shown}"
    );
}

/// Keys that are typed ahead of the rows they mean are kept; a filter begins at the first row, whatever comes later.
#[test]
fn keys_may_be_faster_than_rows() {
    let mut app = opened((80, 24));
    press(&mut app, &[Key::Char('2'), Key::Enter]);
    bring(&mut app, true);
    assert_eq!(app.session.as_ref().unwrap().client_id, "pump-0000");
    press(&mut app, &[Key::Esc, Key::Char('/')]);
    type_in(&mut app, "pump");
    bring(&mut app, true);
    let want = wants(&app)[&Place::View(View::Sessions)].clone();
    let mut picture = app.picture(Place::View(View::Sessions)).unwrap().clone();
    picture.rows.rotate_right(3);
    apply(
        &mut app,
        Event::Picture {
            place: Place::View(View::Sessions),
            want,
            picture,
        },
    );
    assert_eq!(app.table().cursor, 0);
}

/// console.md 4.2, 10: columns are chosen in every table, and by the settings file.
#[test]
fn every_table_has_columns_to_choose() {
    let mut app = opened((200, 60));
    press(&mut app, &[Key::Char('6')]);
    bring(&mut app, true);
    assert!(screen(&app).contains("MOUNTPOINT"));
    press(&mut app, &[Key::Char('c')]);
    assert!(screen(&app).contains("[x] mountpoint"), "{}", screen(&app));
    // The first column says what a row is, and stays.
    press(&mut app, &[Key::Char(' '), Key::Down, Key::Char(' '), Key::Esc]);
    let shown = screen(&app);
    assert!(
        shown.contains("ADDRESS") && !shown.contains("TYPE") && shown.contains("MOUNTPOINT"),
        "{shown}"
    );
    let mut settings = vmq_console::settings::Settings::default();
    let faults = settings.take("[columns]\nlisteners = [\"status\", \"nothing\"]\nlogs = [\"x\"]\n");
    assert_eq!(faults.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3]);
    let look = app.look;
    let mut app = vmq_console::app::App::new(settings, look, (120, 40));
    press(&mut app, &[Key::Char('6')]);
    bring(&mut app, true);
    let shown = screen(&app);
    assert!(
        shown.contains("ADDRESS") && shown.contains("STATUS") && !shown.contains("TYPE"),
        "{shown}"
    );
}
