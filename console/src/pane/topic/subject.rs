//! The selected topic: what is retained, with its payload, and who would get a message to it.

use super::live::has_retained_below;
use crate::app::{App, View, number};
use crate::pane::paint::Paint;
use crate::pane::{self, session::whole};
use crate::payload::of_wire;
use crate::place::{Picture, Place, Source};
use crate::table::Tone;
use crate::text::{age, clean, count, pad, width};
use ratatui::layout::Rect;
use vmq_admin::live::{OneTopic, Topic};
use vmq_admin::{Row, Value};

/// Subscribers that are asked for.
const SUBSCRIBERS: u32 = 100;

/// Lines of a payload, at most this share of the room.
const PAYLOAD_SHARE: u16 = 2;

/// What is asked about the selected topic; `None` = it is a filter, or none is selected.
#[must_use]
pub fn beside(app: &App) -> Option<Source> {
    let name = pane::selected(app)?.id;
    let is_filter = name.contains(['+', '#', '\0']) || name.starts_with("$share/");
    (!name.is_empty() && !is_filter).then_some(Source::Live(Topic::OneTopic(OneTopic {
        mountpoint: app.mountpoint.clone(),
        name,
        limit: SUBSCRIBERS,
    })))
}

/// What was seen of it; nothing of another topic.
fn picture(app: &App) -> Option<&Picture> {
    let shown = app.shown.get(&Place::Beside)?;
    (app.view == View::Topics && Some(&shown.want.source) == beside(app).as_ref()).then_some(&shown.picture)
}

/// Draws it.
pub(super) fn draw(paint: &mut Paint<'_>, area: Rect, app: &App) {
    paint.rule(area, area.y);
    let Some(line) = pane::selected(app) else { return };
    let room = usize::from(area.width).saturating_sub(4);
    let title = paint.theme.title();
    paint.put(area.x + 1, area.y, room, &format!(" {} ", clean(&line.id)), title);
    let below = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let lines = match picture(app) {
        None if beside(app).is_none() => vec![(
            "a filter: who has subscribed to it, enter tells".to_owned(),
            Tone::Faint,
        )],
        None => vec![(crate::table::ASKING.to_owned(), Tone::Faint)],
        Some(picture) => lines(app, picture, below),
    };
    for ((text, tone), y) in lines.iter().zip(below.y..below.bottom()) {
        paint.say(below.x + 1, y, room + 2, text, *tone);
    }
}

fn lines(app: &App, picture: &Picture, area: Rect) -> Vec<(String, Tone)> {
    let is_below = pane::selected(app).is_some_and(|line| has_retained_below(app, &line.id));
    let mut lines = vec![retained(&picture.facts, is_below)];
    let cells = usize::from(area.width).saturating_sub(3);
    let most = usize::from(area.height / PAYLOAD_SHARE).saturating_sub(1).max(1);
    lines.extend(payload(app, &picture.facts, cells, most));
    let all = whole(number(picture.facts.get("rows")).unwrap_or(0.0));
    let said = match all {
        0 => "SUBSCRIBERS  nobody would get a message".to_owned(),
        many => format!("SUBSCRIBERS  {}", count(many)),
    };
    lines.push((said, if all == 0 { Tone::Warn } else { Tone::Accent }));
    let longest = picture
        .rows
        .iter()
        .map(|row| width(&clean(&text(row, "client_id"))))
        .max()
        .unwrap_or(0);
    lines.extend(
        picture
            .rows
            .iter()
            .map(|row| subscriber(row, longest.clamp(8, 24))),
    );
    let room = usize::from(area.height);
    if lines.len() > room && room > 1 {
        let hidden = lines.len() - room + 1;
        lines.truncate(room - 1);
        lines.push((format!("… {} more", count(hidden as u64)), Tone::Faint));
    }
    lines
}

fn retained(facts: &Row, is_below: bool) -> (String, Tone) {
    if facts.get("retained") != Some(&Value::Flag(true)) {
        let said = if is_below {
            "RETAINED  below, nothing on the topic itself"
        } else {
            "RETAINED  nothing"
        };
        return (said.to_owned(), Tone::Faint);
    }
    let value = |name: &str| number(facts.get(name)).map(whole);
    let mut said = format!(
        "RETAINED  {} B  QoS {}",
        count(value("bytes").unwrap_or(0)),
        value("qos").unwrap_or(0)
    );
    said.push_str(&match value("age_secs") {
        Some(seconds) => format!("  {} old", age(seconds)),
        None => "  older than this run".to_owned(),
    });
    if let Some(seconds) = value("expires_in_secs") {
        said.push_str(&format!("  expires in {}", age(seconds)));
    }
    if let Some(Value::Text(client_id)) = facts.get("publisher") {
        said.push_str(&format!("  by {}", clean(client_id)));
    }
    (said, Tone::Accent)
}

/// The payload in the chosen form, as many lines as there is room for.
fn payload(app: &App, facts: &Row, cells: usize, most: usize) -> Vec<(String, Tone)> {
    if facts.get("retained") != Some(&Value::Flag(true)) {
        return Vec::new();
    }
    let Some(Value::Text(payload)) = facts.get("payload") else {
        return vec![("  payloads are not for who only looks".to_owned(), Tone::Faint)];
    };
    let bytes = of_wire(payload).unwrap_or_default();
    let (_, shown) = app.payload_form.shown(&bytes, cells.saturating_sub(2));
    let mut lines: Vec<(String, Tone)> = shown
        .into_iter()
        .take(most)
        .map(|line| (format!("  {line}"), Tone::Plain))
        .collect();
    if lines.is_empty() {
        lines.push(("  (empty)".to_owned(), Tone::Faint));
    }
    lines
}

fn subscriber(row: &Row, cells: usize) -> (String, Tone) {
    let is_online = row.get("online") == Some(&Value::Flag(true));
    let kind = match text(row, "kind").as_str() {
        "exact" => "exactly".to_owned(),
        _ => format!("by {}", clean(&text(row, "filter"))),
    };
    let state = if is_online { "" } else { "  offline" };
    let qos = text(row, "qos");
    let name = pad(&clean(&text(row, "client_id")), cells, false, '…');
    let tone = if is_online { Tone::Plain } else { Tone::Faint };
    (format!("  {name}  q{qos}  {kind}{state}"), tone)
}

fn text(row: &Row, name: &str) -> String {
    row.get(name)
        .filter(|value| **value != Value::Null)
        .map(Value::cell)
        .unwrap_or_default()
}

/// The same as text, for who has no terminal.
#[must_use]
pub fn facts(app: &App) -> Vec<String> {
    let Some(line) = pane::selected(app) else {
        return Vec::new();
    };
    let area = Rect::new(0, 0, app.size.0, app.size.1);
    let lines = picture(app).map(|picture| lines(app, picture, area));
    let lines = lines.into_iter().flatten().map(|(line, _)| line);
    std::iter::once(clean(&line.id)).chain(lines).collect()
}
