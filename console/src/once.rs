//! A view as plain text: for pipes, files and screen readers (console.md 9). The same state and the same tables as on the
//! screen, without the screen.

use crate::app::{App, Shown, View};
use crate::feed::Feed;
use crate::pane;
use crate::place::{Place, Want};
use crate::table::Grid;
use crate::text::{count, pad, width};
use crate::update::{Event, apply};
use crate::wants::wants;
use std::fmt::Write as _;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use vmq_admin::Value;

/// How long the broker may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// For lines that come in there must be an end: this long nothing.
const QUIET: Duration = Duration::from_millis(300);

/// Pictures that are further apart are not waited for twice.
const RATES_MS: u32 = 2000;

/// Brings the state up to date: until everything that is wanted was seen, or refused, or the time is over.
///
/// # Errors
/// Why the broker does not answer.
pub fn look(app: &mut App, feed: &mut Feed, news: &Receiver<()>, since: Instant) -> Result<(), String> {
    let is_seen = |app: &App| {
        // What changes seldom is looked at seldom, and is good for a while.
        let is_new = |(place, want): (Place, Want)| {
            let seldom = want.interval_ms > app.interval_ms;
            let is_searching = |shown: &Shown| {
                let facts = &shown.picture.facts;
                // Topics are counted from the moment on when somebody looks.
                facts.get("complete") == Some(&Value::Flag(false))
                    || facts.get("counted_secs") == Some(&Value::Number(0))
            };
            let is_shown = |shown: &Shown| seldom || shown.at_ms >= app.now_ms && !is_searching(shown);
            is_of_lines(place) || app.shown.get(&place).is_some_and(is_shown)
        };
        // A rate needs a second look.
        let is_measured = match app.view {
            View::Sessions => !pane::session::has_rates(app) || app.rates.is_measured(),
            View::Listeners | View::Plugins | View::Hot => is_measured(app),
            _ => true,
        };
        let waits_for_rates = app.interval_ms <= RATES_MS && !is_measured;
        wants(app).into_iter().all(is_new) && !waits_for_rates || app.table().fault.is_some()
    };
    let deadline = since + PATIENCE;
    let mut quiet_since = Instant::now();
    loop {
        feed.want(wants(app));
        for event in feed.take() {
            quiet_since = Instant::now();
            if let Event::Down(why) = &event {
                return Err(why.clone());
            }
            apply(app, event);
        }
        let needs_quiet = wants(app).keys().any(|place| is_of_lines(*place));
        if is_seen(app) && (!needs_quiet || quiet_since.elapsed() >= QUIET) {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err("the broker does not answer in time".to_owned());
        }
        // The time or something new: the loop looks either way.
        news.recv_timeout(QUIET / 3).ok();
    }
}

/// Whether the rates that the broker tells are known: of one row at least, where there are any.
fn is_measured(app: &App) -> bool {
    const RATES: [&str; 3] = ["rate", "accepts", "calls_rate"];
    let rows = app
        .picture(Place::View(app.view))
        .map_or(&[][..], |picture| &picture.rows);
    let mut rates = rows
        .iter()
        .flat_map(|row| RATES.iter().filter_map(|name| row.get(name)));
    rates
        .next()
        .is_none_or(|first| *first != Value::Null || rates.any(|rate| *rate != Value::Null))
}

/// Whether a place brings lines and no picture.
const fn is_of_lines(place: Place) -> bool {
    match place {
        Place::View(view) => matches!(view, View::Logs),
        Place::Trace(_) => true,
        _ => false,
    }
}

/// The view as text.
#[must_use]
pub fn text(app: &App) -> String {
    let mut text = String::new();
    let verdict = app.verdict();
    let (node, version) = app
        .link
        .hello
        .as_ref()
        .map_or(("", ""), |hello| (hello.node.as_str(), hello.version.as_str()));
    let reason = match verdict.said(usize::MAX) {
        none if none.is_empty() => none,
        reasons => format!(" ({reasons})"),
    };
    put(
        &mut text,
        &format!(
            "{} {version}  {}{reason}{}  {}",
            crate::text::clean(node),
            verdict.word(),
            if app.read_only { "  read-only" } else { "" },
            app.clock
        ),
    );
    put(&mut text, &heading(app));
    if let Some(fault) = &app.table().fault {
        put(&mut text, fault);
    }
    match app.view {
        View::Overview => pane::overview::text(app)
            .iter()
            .for_each(|line| put(&mut text, line)),
        View::Logs if app.log.lines.is_empty() => put(&mut text, "nothing was said while this looked"),
        View::Logs => app.log.lines.iter().for_each(|said| {
            put(
                &mut text,
                &format!("{} {:<8} {}", said.clock, said.mark, said.text),
            )
        }),
        _ => {
            if let Some(grid) = pane::grid(app) {
                table(&mut text, &grid);
            }
        }
    }
    if app.view == View::Topics {
        pane::topic::facts(app)
            .iter()
            .for_each(|line| put(&mut text, line));
    }
    if app.view == View::Listeners {
        let below = pane::listener::refusals(app)
            .into_iter()
            .chain(pane::listener::certificates(app));
        below.for_each(|(line, _)| put(&mut text, &line));
    }
    text
}

fn heading(app: &App) -> String {
    let mut heading = pane::path(app).join(" › ");
    let table = app.table();
    if !table.filter.is_empty() {
        write!(heading, "  filter: {}", table.filter).ok();
    }
    if let Some(grid) = pane::grid(app) {
        write!(
            heading,
            "  {} of {}",
            count(grid.found as u64),
            count(grid.of.max(grid.found) as u64)
        )
        .ok();
        if grid.lines.len() < grid.found {
            write!(heading, ", the first {}", count(grid.lines.len() as u64)).ok();
        }
    }
    heading
}

fn table(text: &mut String, grid: &Grid) {
    if grid.lines.is_empty() {
        put(text, &grid.empty);
        return;
    }
    let cells = |at: usize| {
        grid.lines
            .iter()
            .filter_map(move |line| line.cells.get(at))
            .map(|cell| width(&cell.text))
    };
    let widths: Vec<usize> = grid
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| cells(at).max().unwrap_or(0).max(width(&column.title)))
        .collect();
    let line = |texts: Vec<&str>| {
        let cells = texts.iter().zip(&widths).zip(&grid.columns);
        let cells: Vec<String> = cells
            .map(|((text, cells), column)| pad(text, *cells, column.right, '…'))
            .collect();
        cells.join("  ")
    };
    put(
        text,
        &line(grid.columns.iter().map(|column| column.title.as_str()).collect()),
    );
    for row in &grid.lines {
        put(
            text,
            &line(row.cells.iter().map(|cell| cell.text.as_str()).collect()),
        );
    }
}

fn put(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
