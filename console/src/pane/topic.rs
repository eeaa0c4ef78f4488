//! Topics: those that are alive, as a tree that opens level by level and is summed up by the broker; the retained messages;
//! what is subscribed to (console.md 4.3). Beside the list, or below it, is everything about the selected topic (`subject`).

mod live;
mod subject;

use super::paint::Paint;
use super::{events::cell, grid as any};
use crate::app::{App, TopicLevel, View};
use crate::deed;
use crate::place::{Place, Source};
use crate::table::{Cell, Column, Grid, Line, Table, Tone};
use crate::text;
use crate::theme::Theme;
pub use live::{has_below, parent, unlisted};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
pub use subject::{beside, facts};
use vmq_admin::Row;

/// The lists.
const TITLES: [&str; 3] = ["Live topics", "Retained messages", "Subscribed topics"];

/// Columns from which on the selected topic stands beside the list, and not below it.
const BESIDE: u16 = 100;

/// Lines below the list at most.
const BELOW_MAX: u16 = 10;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Live,
    Retained,
    Subscribed,
}

impl List {
    const fn of(app: &App) -> Self {
        match app.topics {
            0 => Self::Live,
            1 => Self::Retained,
            _ => Self::Subscribed,
        }
    }
}

/// What the chosen list needs of the broker.
#[must_use]
pub fn source(app: &App) -> Option<Source> {
    let words: &[&str] = match List::of(app) {
        List::Live => return Some(live::source(app)),
        List::Retained => &["retain", "show", "--topic", "--payload", "--limit=1000"],
        List::Subscribed => &["topic", "show", "--sort=-subscriptions", "--limit=1000"],
    };
    let mut words = deed::argv(words);
    words.extend(deed::in_mountpoint(&app.mountpoint));
    deed::parse(&words).ok().map(Source::Poll)
}

/// Chooses the next of the mountpoints that the broker has told of.
pub fn next_mountpoint(app: &mut App) {
    let at = app.mountpoints.iter().position(|name| *name == app.mountpoint);
    let next = at.map_or(0, |at| at + 1) % app.mountpoints.len().max(1);
    app.mountpoint = app.mountpoints.get(next).cloned().unwrap_or_default();
    choose(app, 0);
}

/// Chooses another list.
pub fn choose(app: &mut App, by: isize) {
    let count = TITLES.len().cast_signed();
    app.topics = (app.topics.cast_signed() + by).rem_euclid(count).cast_unsigned();
    app.tables.insert(View::Topics, Table::default());
    app.topics_path.clear();
    app.shown.remove(&Place::View(View::Topics));
}

/// The retained messages, or one of them.
pub fn show_retained(app: &mut App, topic: Option<&str>) {
    app.view = View::Topics;
    if List::of(app) != List::Retained {
        let by = 1 - app.topics.cast_signed();
        choose(app, by);
    }
    if let Some(topic) = topic {
        app.table_mut().set_filter(&exactly(topic));
    }
}

/// A live topic, in its level.
pub fn show_live(app: &mut App, topic: &str) {
    app.view = View::Topics;
    choose(app, -app.topics.cast_signed());
    let mut names: Vec<&str> = topic.split('/').collect();
    let name = names.pop().unwrap_or_default();
    app.topics_path = names.into_iter().map(TopicLevel::named).collect();
    // One that has others below it stands there with a slash.
    app.table_mut().set_filter(&format!("{}*", exactly(name)));
}

/// An expression that finds this text, and perhaps a few more: it knows no quotes.
fn exactly(text: &str) -> String {
    let is_odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '|';
    format!("topic={}", text.replace(is_odd, "*"))
}

/// Goes to the level below the selected topic; `false` = there is none.
pub fn go_in(app: &mut App) -> bool {
    let Some(line) = super::selected(app).filter(|line| has_below(app, &line.id)) else {
        return false;
    };
    let table = std::mem::take(app.table_mut());
    let name = live::name_of(app, &line.id);
    let shown = app.shown.remove(&Place::View(View::Topics));
    app.topics_path.push(TopicLevel { name, table, shown });
    true
}

/// Goes back to the level above, to where one came from.
pub fn go_back(app: &mut App) {
    let place = Place::View(View::Topics);
    if let Some(TopicLevel { table, shown, .. }) = app.topics_path.pop() {
        *app.table_mut() = table;
        app.shown.remove(&place);
        // The rows to find the place again; newer ones are on their way.
        app.shown.extend(shown.map(|shown| (place, shown)));
    }
}

/// Whether the rows are topics that are published to.
#[must_use]
pub fn is_live(app: &App) -> bool {
    List::of(app) == List::Live
}

/// Whether a row may have a retained message.
#[must_use]
pub fn may_be_retained(app: &App) -> bool {
    List::of(app) != List::Subscribed
}

/// Lines below the list.
#[must_use]
pub fn below(app: &App) -> u16 {
    match app.size.0 >= BESIDE {
        true => 0,
        false => BELOW_MAX.min(app.size.1.saturating_sub(8) / 2),
    }
}

/// Draws the list, and the selected topic.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    let mut x = area.x + 1;
    for (nth, title) in TITLES.iter().enumerate() {
        let style = if nth == app.topics {
            paint.theme.title().patch(paint.theme.selected())
        } else {
            paint.theme.tone(Tone::Faint)
        };
        x = paint.put(x, area.y, 30, &format!(" {title} "), style) + 1;
    }
    let room = usize::from(area.right().saturating_sub(x));
    if let Some(said) = live::left_out(app) {
        paint.say(x + 1, area.y, room, &said, Tone::Warn);
    }
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let (list, detail) = match below(app) {
        0 => {
            let [left, right] = Layout::horizontal([Constraint::Percentage(55), Constraint::Fill(1)])
                .spacing(1)
                .areas(body);
            (left, right)
        }
        lines => {
            let [above, below] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(lines)]).areas(body);
            (above, below)
        }
    };
    any::draw(frame, list, app, &grid(app), app.table());
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    subject::draw(&mut paint, detail, app);
}

/// The list as a table.
#[must_use]
pub fn grid(app: &App) -> Grid {
    let columns = match List::of(app) {
        List::Live => return live::grid(app),
        List::Retained => vec![
            Column::text("TOPIC", "topic", 30),
            Column::number("BYTES", "bytes", 7),
            Column::text("PAYLOAD", "payload", 10),
        ],
        List::Subscribed => vec![
            Column::text("FILTER", "topic", 40),
            Column::number("SUBSCRIPTIONS", "subscriptions", 13),
        ],
    };
    let Some(picture) = app.picture(Place::View(View::Topics)) else {
        return Grid::asking(columns);
    };
    let (line, empty): (fn(&Row) -> Line, &str) = match List::of(app) {
        List::Subscribed => (subscribed, "nobody has subscribed"),
        _ => (retained, "no message is retained"),
    };
    let empty = app.fault(Place::View(View::Topics)).unwrap_or(empty);
    Grid::whole(
        columns,
        picture.rows.iter().map(line).collect(),
        app.table(),
        empty,
    )
}

fn retained(row: &Row) -> Line {
    let (topic, payload) = (cell(row, "topic"), cell(row, "payload"));
    let bytes = payload.len() as u64;
    #[expect(clippy::cast_precision_loss, reason = "a payload has less than 2^53 bytes")]
    let size = Cell::number(bytes as f64, text::count(bytes));
    let begin: String = payload.chars().take(PAYLOAD_MAX).collect();
    Line {
        cells: vec![Cell::text(&topic), size, Cell::text(&begin)],
        id: topic,
    }
}

/// Characters of a payload in the list.
const PAYLOAD_MAX: usize = 400;

fn subscribed(row: &Row) -> Line {
    let topic = cell(row, "topic");
    let number = crate::app::number(row.get("subscriptions")).unwrap_or(0.0);
    Line {
        cells: vec![
            Cell::text(&topic),
            Cell::number(number, text::count(super::session::whole(number))),
        ],
        id: topic,
    }
}
