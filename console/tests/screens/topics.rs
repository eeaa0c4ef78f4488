//! Topics: the tree opens level by level, and what is done to a topic (console.md 4.3, 6).

use crate::fixture::{bring, opened, press, screen, type_in};
use vmq_admin::live::Topic;
use vmq_console::app::{App, View};
use vmq_console::keys::Key;
use vmq_console::place::{Place, Source};
use vmq_console::update::{Effect, Event, apply};
use vmq_console::wants::wants;

fn topics() -> App {
    let mut app = opened((120, 40));
    press(&mut app, &[Key::Char('3')]);
    bring(&mut app, true);
    // Only now it is known which topic stands beside.
    bring(&mut app, true);
    app
}

/// What is asked for: the level, and the topic beside it.
fn asked(app: &App) -> (Option<String>, Option<String>) {
    let mut wants = wants(app);
    let mut topic = |place| match wants.remove(&place).map(|want| want.source) {
        Some(Source::Live(topic)) => Some(topic),
        _ => None,
    };
    let parent = match topic(Place::View(View::Topics)) {
        Some(Topic::Topics(topics)) => topics.parent,
        other => return (Some(format!("{other:?}")), None),
    };
    let name = match topic(Place::Beside) {
        Some(Topic::OneTopic(one)) => Some(one.name),
        _ => None,
    };
    (parent, name)
}

fn named(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_tree_opens_level_by_level() {
    let mut app = topics();
    assert_eq!(asked(&app), (None, named("$SYS")));
    press(&mut app, &[Key::Down, Key::Down, Key::Down]);
    assert_eq!(asked(&app), (None, named("plant")));
    press(&mut app, &[Key::Enter]);
    bring(&mut app, true);
    assert_eq!(asked(&app), (named("plant"), named("plant/pressure")));
    assert!(screen(&app).contains("Topics › plant"), "{}", screen(&app));
    // Nothing lies below a leaf.
    press(&mut app, &[Key::Enter]);
    assert_eq!(asked(&app).0, named("plant"));
    press(&mut app, &[Key::Down, Key::Down, Key::Down, Key::Enter]);
    bring(&mut app, true);
    assert_eq!(asked(&app).0, named("plant/temp"));
    // And back to where one came from.
    press(&mut app, &[Key::Esc, Key::Esc]);
    bring(&mut app, true);
    assert_eq!(asked(&app), (None, named("plant")));
    press(&mut app, &[Key::Esc]);
    assert_eq!(asked(&app), (None, named("plant")));
}

/// The broker looks for a plain word, the rest is looked for here.
#[test]
fn a_filter_finds_names() {
    let mut app = topics();
    press(&mut app, &[Key::Char('/')]);
    type_in(&mut app, "pla rate>100");
    bring(&mut app, true);
    let asked = wants(&app)[&Place::View(View::Topics)].source.clone();
    assert!(
        matches!(&asked, Source::Live(Topic::Topics(topics)) if topics.contains == "pla"),
        "{asked:?}"
    );
    let shown = screen(&app);
    assert!(shown.contains("plant/") && !shown.contains("state/"), "{shown}");
}

/// console.md 4.3: how many are deleted is known before anybody says yes.
#[test]
fn what_lies_below_is_counted_before_it_is_deleted() {
    let mut app = topics();
    press(&mut app, &[Key::Down, Key::Down, Key::Down]);
    let effects = press(&mut app, &[Key::Char('d')]);
    let delete = ["retain", "delete", "--topic=plant/#", "--all-matching"].map(str::to_owned);
    let mut count = delete.to_vec();
    count.push("--dry-run".to_owned());
    assert_eq!(effects, [Effect::Run(vec![count.clone()])]);
    let answer = |text: &str| Event::Answer {
        argv: count.clone(),
        text: text.to_owned(),
        is_good: true,
    };
    apply(&mut app, answer("Would delete 1204"));
    let shown = screen(&app);
    assert!(
        shown.contains("at and below plant: 1,204 messages") && shown.contains("--topic='plant/#'"),
        "{shown}"
    );
    type_in(&mut app, "yes");
    assert_eq!(
        press(&mut app, &[Key::Enter]),
        [Effect::Run(vec![delete.to_vec()])]
    );
    press(&mut app, &[Key::Esc, Key::Char('d')]);
    apply(&mut app, answer("Would delete 0"));
    assert!(screen(&app).contains("nothing is retained there"));
}

#[test]
fn a_test_message_is_a_command_that_is_asked_about() {
    let mut app = topics();
    press(&mut app, &[Key::Down, Key::Char('P')]);
    assert!(
        screen(&app).contains(":topic publish topic=alarms payload="),
        "{}",
        screen(&app)
    );
    type_in(&mut app, "'a test'");
    assert_eq!(press(&mut app, &[Key::Enter]), []);
    assert!(
        screen(&app).contains("≡ vmq-admin topic publish topic=alarms payload='a test'"),
        "{}",
        screen(&app)
    );
    type_in(&mut app, "yes");
    let argv = ["topic", "publish", "topic=alarms", "payload=a test"].map(str::to_owned);
    assert_eq!(press(&mut app, &[Key::Enter]), [Effect::Run(vec![argv.to_vec()])]);
    app = topics();
    app.read_only = true;
    press(&mut app, &[Key::Char('P')]);
    assert!(screen(&app).contains("you may only look here"));
}

#[test]
fn payloads_are_shown_in_three_forms() {
    let mut app = topics();
    assert!(screen(&app).contains(r#"  "celsius": 21.5,"#));
    press(&mut app, &[Key::Char('v')]);
    assert!(screen(&app).contains(r#"{"celsius":21.5"#));
    press(&mut app, &[Key::Char('v')]);
    assert!(screen(&app).contains("0000  7b 22 63 65"));
}

/// console.md 4.1: the tile of the retained messages opens their list.
#[test]
fn the_tile_of_retained_messages_opens_their_list() {
    let leads_there = |tile: &usize| {
        let mut app = opened((120, 40));
        app.tile = *tile;
        press(&mut app, &[Key::Enter]);
        bring(&mut app, true);
        app.view == View::Topics && screen(&app).contains("PAYLOAD")
    };
    let tiles = 0..vmq_console::pane::overview::TILES;
    assert_eq!(tiles.filter(leads_there).count(), 1);
}

/// The tree, the retained messages and what is done to a topic are those of the mountpoint that is chosen.
#[test]
fn a_mountpoint_is_chosen() {
    let mut app = topics();
    let place = Place::View(View::Topics);
    let tell = |app: &mut App, names: &str| {
        let mut picture = app.picture(place).unwrap().clone();
        picture
            .facts
            .replace(vmq_admin::Row::default().with("mountpoints", names));
        let want = wants(app)[&place].clone();
        apply(app, Event::Picture { place, want, picture });
    };
    let mountpoint = |app: &App| match &wants(app)[&place].source {
        Source::Live(Topic::Topics(topics)) => topics.mountpoint.clone(),
        other => panic!("{other:?}"),
    };
    // With one there is nothing to choose.
    tell(&mut app, "");
    assert!(!screen(&app).contains("m mountpoint"), "{}", screen(&app));
    tell(&mut app, "\nfactory b\ntenant-a");
    assert!(screen(&app).contains("m mountpoint"), "{}", screen(&app));
    press(&mut app, &[Key::Char('m')]);
    assert_eq!(mountpoint(&app), "factory b");
    bring(&mut app, true);
    bring(&mut app, true);
    assert!(
        screen(&app).contains("Topics › mountpoint factory b"),
        "{}",
        screen(&app)
    );
    press(&mut app, &[Key::Down, Key::Char('P')]);
    type_in(&mut app, "x");
    assert!(
        screen(&app).contains(":topic publish topic=alarms payload=x '--mountpoint=factory b'")
            || screen(&app).contains(":topic publish topic=alarms payload=x --mountpoint='factory b'"),
        "{}",
        screen(&app)
    );
    press(&mut app, &[Key::Esc, Key::Char('d')]);
    assert!(
        screen(&app).contains("--mountpoint='factory b'"),
        "{}",
        screen(&app)
    );
    press(&mut app, &[Key::Esc, Key::Right]);
    let retained = format!("{:?}", wants(&app)[&place].source);
    assert!(retained.contains("factory b"), "{retained}");
    press(&mut app, &[Key::Left, Key::Char('m'), Key::Char('m')]);
    assert_eq!(mountpoint(&app), "");
}

/// console.md 4.5: a topic of the top lists opens where topics are looked at.
#[test]
fn a_hot_topic_opens_in_its_level() {
    let mut app = opened((120, 40));
    let rights = [Key::Right; 5];
    press(&mut app, &[Key::Char('5')]);
    press(&mut app, &rights);
    bring(&mut app, true);
    assert!(
        screen(&app).contains("plant/line-0/motor/temp"),
        "{}",
        screen(&app)
    );
    let copied = press(&mut app, &[Key::Char('y')]);
    assert_eq!(copied, [Effect::Copy("plant/line-0/motor/temp".to_owned())]);
    // The sixth is one of another mountpoint.
    press(&mut app, &[Key::Down; 5]);
    press(&mut app, &[Key::Enter]);
    assert_eq!(app.view, View::Topics);
    assert_eq!(asked(&app).0, named("plant/line-5/motor"));
    assert_eq!(app.mountpoint, "tenant-b");
    assert_eq!(app.table().filter, "topic=temp*");
}
