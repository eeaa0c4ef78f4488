//! A level of the topics that are alive or have a retained message.

use crate::app::{App, View, number};
use crate::place::{Place, Source};
use crate::table::{Cell, Column, Grid, Line, Tone};
use crate::text;
use vmq_admin::live::{TOPIC_ROWS_MAX, Topic, Topics};
use vmq_admin::{Row, Value};

/// The topic whose level is shown; `None` = the top.
#[must_use]
pub fn parent(app: &App) -> Option<String> {
    let names: Vec<&str> = app.topics_path.iter().map(|level| level.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join("/"))
}

pub(super) fn source(app: &App) -> Source {
    Source::Live(Topic::Topics(Topics {
        mountpoint: app.mountpoint.clone(),
        parent: parent(app),
        contains: contains(&app.table().filter),
        limit: TOPIC_ROWS_MAX,
    }))
}

/// What of an expression the broker can look for: a plain word. The rest is looked for here.
fn contains(filter: &str) -> String {
    let is_plain = |word: &&str| !word.contains(['=', '!', '~', '<', '>', '*', '|']);
    match filter.contains('|') {
        true => String::new(),
        false => filter
            .split_whitespace()
            .find(is_plain)
            .unwrap_or_default()
            .to_owned(),
    }
}

fn row<'a>(app: &'a App, topic: &str) -> Option<&'a Row> {
    let picture = app.picture(Place::View(View::Topics))?;
    let is_it = |row: &&Row| matches!(row.get("topic"), Some(Value::Text(own)) if own == topic);
    picture.rows.iter().find(is_it)
}

/// The name of a topic in its level.
pub(super) fn name_of(app: &App, topic: &str) -> String {
    match row(app, topic).and_then(|row| row.get("name")) {
        Some(Value::Text(name)) => name.clone(),
        _ => topic.to_owned(),
    }
}

/// Whether there are topics below one.
#[must_use]
pub fn has_below(app: &App, topic: &str) -> bool {
    super::is_live(app) && row(app, topic).is_some_and(|row| row.get("below") == Some(&Value::Flag(true)))
}

/// Whether a topic that has others below it is marked as retained.
pub(super) fn has_retained_below(app: &App, topic: &str) -> bool {
    has_below(app, topic)
        && row(app, topic).is_some_and(|row| row.get("retained") == Some(&Value::Flag(true)))
}

/// What is published to topics that there was no room to tell apart.
#[must_use]
pub fn unlisted(app: &App, place: Place) -> Option<String> {
    let rate = number(app.picture(place)?.facts.get("unlisted")).filter(|rate| *rate > 0.0)?;
    Some(format!("{} to topics that had no room here", text::rate(rate)))
}

/// What there was no room for.
pub(super) fn left_out(app: &App) -> Option<String> {
    let place = Place::View(View::Topics);
    if let Some(said) = unlisted(app, place).filter(|_| super::is_live(app)) {
        return Some(said);
    }
    let facts = &app.picture(place)?.facts;
    (facts.get("is_whole") == Some(&Value::Flag(false)))
        .then(|| "more retained topics than are listed".to_owned())
}

/// The level as a table.
pub(super) fn grid(app: &App) -> Grid {
    let columns = vec![
        Column::text("TOPIC", "topic", 16),
        Column::number("PUB/s", "rate", 6),
        Column::number("BYTES/s", "bytes", 9),
        Column::number("SUBS", "subscribers", 5),
        Column::text("RETAINED", "retained", 8),
        Column::number("TOPICS", "topics", 6),
    ];
    let place = Place::View(View::Topics);
    let Some(picture) = app.picture(place) else {
        return Grid::asking(columns);
    };
    let empty = app
        .fault(place)
        .unwrap_or("nothing is published here, and nothing retained");
    let rows = picture.rows.iter().map(line).collect();
    let mut grid = Grid::whole(columns, rows, app.table(), empty);
    // The broker has more than it sends.
    let all = number(picture.facts.get("of")).map_or(0, |all| {
        usize::try_from(super::super::session::whole(all)).unwrap_or(0)
    });
    grid.of = all.max(grid.of);
    grid
}

fn line(row: &Row) -> Line {
    let value = |name: &str| number(row.get(name)).unwrap_or(0.0);
    let flag = |name: &str| row.get(name) == Some(&Value::Flag(true));
    let text_of = |name: &str| match row.get(name) {
        Some(Value::Text(text)) => text.as_str(),
        _ => "",
    };
    let name = match (text_of("name"), flag("below")) {
        (name, true) => format!("{name}/"),
        ("", false) => "(empty)".to_owned(),
        (name, false) => name.to_owned(),
    };
    let quiet = |number: f64, said: String| match number > 0.0 {
        true => Cell::number(number, said),
        false => Cell::number(number, "0".to_owned()).toned(Tone::Faint),
    };
    let whole = |name: &str| {
        let number = value(name);
        quiet(number, text::count(super::super::session::whole(number)))
    };
    let (rate, bytes) = (value("rate"), value("bytes"));
    Line {
        cells: vec![
            Cell::text(&name),
            quiet(rate, text::short(rate)),
            quiet(bytes, text::bytes(bytes)),
            whole("subscribers"),
            Cell::text(if flag("retained") { "yes" } else { "" }).toned(Tone::Accent),
            whole("topics"),
        ],
        id: text_of("topic").to_owned(),
    }
}
