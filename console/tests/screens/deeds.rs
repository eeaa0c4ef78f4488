//! What is done to the broker: shown as the command that does it, confirmed, and not by who only looks.

use crate::fixture::{bring, opened, press, screen, type_in};
use vmq_console::app::{Mode, View};
use vmq_console::keys::Key;
use vmq_console::place::Place;
use vmq_console::update::{Effect, Event, apply};
use vmq_console::wants::wants;

/// console.md 6: what loses something asks, what is shown is what is run, and only `yes` is a yes.
#[test]
fn a_deed_is_shown_and_confirmed() {
    let mut app = opened((80, 24));
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    press(&mut app, &[Key::Down, Key::Char('d')]);
    let shown = screen(&app);
    assert!(
        shown.contains("≡ vmq-admin session disconnect client-id=pump-0001"),
        "{shown}"
    );
    assert_eq!(press(&mut app, &[Key::Enter]), []);
    assert_eq!(type_in(&mut app, "y"), []);
    assert_eq!(press(&mut app, &[Key::Enter]), []);
    type_in(&mut app, "es");
    let effects = press(&mut app, &[Key::Enter]);
    let argv = ["session", "disconnect", "client-id=pump-0001"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(effects, [Effect::Run(vec![argv.clone()])]);
    apply(
        &mut app,
        Event::Answer {
            argv,
            text: "Done".to_owned(),
            is_good: true,
        },
    );
    let shown = screen(&app);
    assert!(
        shown.contains("Done") && shown.contains("done · esc closes"),
        "{shown}"
    );
}

#[test]
fn many_rows_are_acted_on_one_by_one_or_by_the_filter() {
    let mut app = opened((80, 24));
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    press(&mut app, &[Key::Char(' '), Key::Char(' '), Key::Char('d')]);
    let shown = screen(&app);
    assert!(
        shown.contains("Disconnect 2 clients") && shown.contains("client-id=pump-0001"),
        "{shown}"
    );
    press(
        &mut app,
        &[Key::Esc, Key::Char('*'), Key::Char('*'), Key::Char('D')],
    );
    let shown = screen(&app);
    assert!(
        shown.contains("all 1,204 sessions") && shown.contains("--filter='*' --verbose --cleanup"),
        "{shown}"
    );
}

#[test]
fn who_only_looks_changes_nothing() {
    let mut app = opened((80, 24));
    app.read_only = true;
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    for key in ['d', 'D', 'a', 't'] {
        assert_eq!(press(&mut app, &[Key::Char(key)]), []);
        assert_eq!(app.mode, Mode::Normal);
    }
    press(&mut app, &[Key::Char(':')]);
    type_in(&mut app, "session disconnect client-id=a");
    assert_eq!(press(&mut app, &[Key::Enter]), []);
    press(&mut app, &[Key::Char(':')]);
    type_in(&mut app, "cluster show");
    assert_eq!(press(&mut app, &[Key::Enter]).len(), 1);
}

#[test]
fn the_command_line_knows_the_commands() {
    let mut app = opened((80, 24));
    press(&mut app, &[Key::Char(':')]);
    type_in(&mut app, "listen");
    press(&mut app, &[Key::Tab]);
    type_in(&mut app, " sh");
    press(&mut app, &[Key::Tab]);
    let effects = press(&mut app, &[Key::Enter]);
    assert_eq!(
        effects,
        [Effect::Run(vec![
            ["listener", "show"].map(str::to_owned).to_vec()
        ])]
    );
    press(&mut app, &[Key::Esc, Key::Char(':')]);
    type_in(&mut app, "hot");
    press(&mut app, &[Key::Enter]);
    assert_eq!(app.view, View::Hot);
    press(&mut app, &[Key::Char(':')]);
    type_in(&mut app, "session shwo");
    press(&mut app, &[Key::Enter]);
    assert!(
        screen(&app).contains("Usage: vmq-admin session"),
        "{}",
        screen(&app)
    );
}

/// A pasted text is no series of commands.
#[test]
fn pasted_text_goes_nowhere_but_into_lines() {
    let mut app = opened((80, 24));
    apply(&mut app, Event::Paste("2dyes\nq".to_owned()));
    assert!(app.view == View::Overview && !app.is_over);
    press(&mut app, &[Key::Char('2'), Key::Char('/')]);
    apply(&mut app, Event::Paste("pump\nq".to_owned()));
    assert_eq!(app.table().filter, "pump");
}

/// Who was selected is who is acted on, wherever he went meanwhile.
#[test]
fn the_selection_follows_who_was_selected() {
    let mut app = opened((80, 24));
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    press(&mut app, &[Key::Down, Key::Down]);
    let want = wants(&app)[&Place::View(View::Sessions)].clone();
    let mut picture = app.picture(Place::View(View::Sessions)).unwrap().clone();
    picture.rows.swap(2, 6);
    apply(
        &mut app,
        Event::Picture {
            place: Place::View(View::Sessions),
            want,
            picture,
        },
    );
    press(&mut app, &[Key::Char('d')]);
    assert!(screen(&app).contains("client-id=pump-0002"), "{}", screen(&app));
}

/// console.md 6: files are read again after a yes, by the verb that does it; a setting is a command that is typed.
#[test]
fn files_are_read_again_and_settings_changed() {
    let mut app = opened((80, 24));
    press(&mut app, &[Key::Char('R')]);
    let shown = screen(&app);
    assert!(
        shown.contains("≡ vernemq reload") && !shown.contains("vmq-admin vernemq"),
        "{shown}"
    );
    type_in(&mut app, "yes");
    let effects = press(&mut app, &[Key::Enter]);
    let argv = ["vernemq", "reload"].map(str::to_owned).to_vec();
    assert_eq!(effects, [Effect::Run(vec![argv.clone()])]);
    let reload = vmq_console::deed::parse(&argv).unwrap();
    assert!(!vmq_console::deed::only_looks(&reload));
    press(&mut app, &[Key::Esc, Key::Char('=')]);
    type_in(&mut app, "allow_anonymous=off");
    let argv = ["set", "allow_anonymous=off"].map(str::to_owned).to_vec();
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Run(vec![argv])]);
    press(&mut app, &[Key::Esc]);
    app.read_only = true;
    for key in ['R', '='] {
        assert_eq!(press(&mut app, &[Key::Char(key)]), []);
        assert_eq!(app.mode, Mode::Normal);
    }
}

/// Values are completed where they are a closed list, or stand on the screen.
#[test]
fn the_command_line_knows_values() {
    let mut app = opened((120, 40));
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    let offered = |app: &vmq_console::app::App, line: &str| vmq_console::update::candidates(app, line);
    assert_eq!(
        offered(&app, "vmq-admin session disconnect client-id=pump-000")[..2],
        ["client-id=pump-0000", "client-id=pump-0001"]
    );
    assert!(offered(&app, "trace client client-id=x --on-limit=").contains(&"--on-limit=sample".to_owned()));
    assert!(offered(&app, "trace client --rate").contains(&"--rate-max=".to_owned()));
    assert!(offered(&app, "session unsub") == ["unsubscribe"]);
    press(&mut app, &[Key::Char('3')]);
    bring(&mut app, true);
    let topics = offered(&app, "topic publish topic=");
    assert!(topics.contains(&"topic=alarms".to_owned()), "{topics:?}");
}

/// console.md 10: other brokers have names.
#[test]
fn a_node_is_switched_to_by_name() {
    let mut app = opened((120, 40));
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    press(&mut app, &[Key::Char(':')]);
    type_in(&mut app, "node west");
    assert_eq!(press(&mut app, &[Key::Enter]), []);
    let shown = screen(&app);
    assert!(
        shown.contains("there is no node 'west'; console.toml names none"),
        "{shown}"
    );
    app.settings
        .sockets
        .insert("east".to_owned(), "/run/east.sock".into());
    press(&mut app, &[Key::Char(':')]);
    type_in(&mut app, "node e");
    press(&mut app, &[Key::Tab]);
    assert_eq!(
        press(&mut app, &[Key::Enter]),
        [Effect::Switch("/run/east.sock".into())]
    );
    assert!(screen(&app).contains("asking the broker"), "{}", screen(&app));
    press(&mut app, &[Key::Char(':')]);
    type_in(&mut app, "node status");
    assert_eq!(press(&mut app, &[Key::Enter]).len(), 1);
}

/// console.md 3: names of settings, and what those may be that have a closed list. Only while somebody types one.
#[test]
fn settings_are_completed() {
    let mut app = opened((120, 40));
    let is_asked = |app: &vmq_console::app::App| wants(app).contains_key(&Place::Settings);
    press(&mut app, &[Key::Char(':')]);
    type_in(&mut app, "session show");
    assert!(!is_asked(&app));
    press(&mut app, &[Key::Esc, Key::Char(':')]);
    type_in(&mut app, "set ");
    assert!(is_asked(&app));
    bring(&mut app, true);
    for (typed, completed) in [
        ("max_", ":set max_"),
        ("i", ":set max_inflight_messages="),
        ("7 mes", ":set max_inflight_messages=7 message_store.sync="),
        ("b", ":set max_inflight_messages=7 message_store.sync=batch"),
    ] {
        type_in(&mut app, typed);
        press(&mut app, &[Key::Tab]);
        assert!(screen(&app).contains(completed), "{}", screen(&app));
    }
    press(&mut app, &[Key::Esc, Key::Char(':')]);
    type_in(&mut app, "set allow_anonymous=");
    assert!(
        screen(&app).contains("tab: allow_anonymous=on  allow_anonymous=off"),
        "{}",
        screen(&app)
    );
    press(&mut app, &[Key::Esc]);
    assert!(!is_asked(&app));
    for command in ["describe mess", "config reset --key=mess"] {
        press(&mut app, &[Key::Char(':')]);
        type_in(&mut app, command);
        press(&mut app, &[Key::Tab]);
        let shown = screen(&app);
        assert!(shown.contains(&format!("{command}age_store.sync")), "{shown}");
        press(&mut app, &[Key::Esc]);
    }
}
