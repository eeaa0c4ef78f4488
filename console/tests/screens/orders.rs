//! Orders: a table of sessions by what a counter grows by (console.md 3, 5).

use crate::fixture::{NOW_MS, bring, opened, press, screen};
use vmq_admin::command::session::Field;
use vmq_admin::live::Topic;
use vmq_admin::{Row, Value};
use vmq_console::app::{App, View};
use vmq_console::keys::Key;
use vmq_console::place::{Place, Source};
use vmq_console::update::{Event, apply};
use vmq_console::wants::wants;

const PLACE: Place = Place::View(View::Sessions);

#[test]
fn sessions_come_in_the_order_of_a_rate() {
    let asked = |app: &App| match &wants(app)[&PLACE].source {
        Source::Live(Topic::Sessions(sessions)) => sessions.clone(),
        other => panic!("{other:?}"),
    };
    // What the broker says of the order.
    let tell = |app: &mut App, measured: Value| {
        let mut picture = app.picture(PLACE).unwrap().clone();
        picture
            .facts
            .replace(Row::default().with("measured_secs", measured));
        picture.taken_ms = NOW_MS;
        let want = wants(app)[&PLACE].clone();
        let place = PLACE;
        apply(app, Event::Picture { place, want, picture });
    };
    let mut app = opened((120, 40));
    press(&mut app, &[Key::Char('2')]);
    bring(&mut app, true);
    for _ in 0..6 {
        press(&mut app, &[Key::Char('s')]);
    }
    let sort = asked(&app).sort.unwrap();
    assert_eq!((sort.field, sort.descending), (Field::MessagesIn, true));
    assert!(asked(&app).by_rate);
    bring(&mut app, true);
    tell(&mut app, Value::Null);
    assert!(
        screen(&app).contains("sort: IN/s ▼ measuring… ─"),
        "{}",
        screen(&app)
    );
    tell(&mut app, Value::Number(1));
    assert!(screen(&app).contains("sort: IN/s ▼ ─"), "{}", screen(&app));
    // A hundred thousand sessions are searched in some seconds.
    tell(&mut app, Value::Number(7));
    assert!(
        screen(&app).contains("sort: IN/s ▼ over 7s ─"),
        "{}",
        screen(&app)
    );
    press(&mut app, &[Key::Char('S')]);
    assert_eq!(
        (asked(&app).sort.unwrap().descending, asked(&app).by_rate),
        (false, true)
    );
    // What stands still is sorted by as it is.
    press(&mut app, &[Key::Char('s'), Key::Char('s')]);
    assert_eq!(asked(&app).sort.unwrap().field, Field::QueueSize);
    assert!(!asked(&app).by_rate);
}
