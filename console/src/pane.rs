//! The panes: each is a function of the state, and draws it. A view with a table says what is in it (`grid`); how a
//! table is drawn, written to a file or printed is the same for all of them.

pub mod paint;
pub mod grid;
pub mod lines;
pub mod overview;
pub mod session;
pub mod detail;
pub mod topic;
pub mod tracing;
pub mod events;
pub mod hot;
pub mod listener;
pub mod cluster;
pub mod plugin;
pub mod log;
pub mod help;
pub mod menu;
pub mod front;

use crate::app::{App, Tab, View};
use crate::table::{Grid, Line, Table};
use ratatui::Frame;
use ratatui::layout::Rect;

/// Draws the view.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    match app.view {
        View::Overview => overview::draw(frame, area, app),
        View::Sessions => session::draw(frame, area, app),
        View::Topics => topic::draw(frame, area, app),
        View::Traces => tracing::draw(frame, area, app),
        View::Hot => hot::draw(frame, area, app),
        View::Listeners => listener::draw(frame, area, app),
        View::Cluster => cluster::draw(frame, area, app),
        View::Plugins => plugin::draw(frame, area, app),
        View::Logs => log::draw(frame, area, app),
    }
}

/// The table that the keyboard is in, if it is in one.
#[must_use]
pub fn grid(app: &App) -> Option<Grid> {
    match app.view {
        View::Overview | View::Logs => None,
        View::Sessions => match &app.session {
            Some(open) => detail::grid(app, open),
            None => Some(session::grid(app)),
        },
        View::Topics => Some(topic::grid(app)),
        View::Traces => (!app.is_tracing).then(|| tracing::grid(app)),
        View::Hot => Some(hot::grid(app)),
        View::Listeners => Some(listener::grid(app)),
        View::Cluster => Some(cluster::grid(app)),
        View::Plugins => Some(plugin::grid(app)),
    }
}

/// How it is looked at.
#[must_use]
pub fn table(app: &App) -> Option<&Table> {
    match (app.view, &app.session) {
        (View::Overview | View::Logs, _) => None,
        (View::Sessions, Some(open)) => (open.tab != Tab::Facts).then_some(&open.table),
        (View::Traces, _) if app.is_tracing => None,
        _ => Some(app.table()),
    }
}

/// The same, to be changed.
pub fn table_mut(app: &mut App) -> Option<&mut Table> {
    match (app.view, &app.session) {
        (View::Overview | View::Logs, _) => None,
        (View::Traces, _) if app.is_tracing => None,
        (View::Sessions, Some(_)) => match &mut app.session {
            Some(open) if open.tab != Tab::Facts => Some(&mut open.table),
            _ => None,
        },
        _ => Some(app.table_mut()),
    }
}

/// The columns that can be chosen here, and whether each is shown.
#[must_use]
pub fn column_choices(app: &App) -> Vec<(String, bool)> {
    if app.view == View::Sessions {
        let shown = session::columns(app);
        let choice = |name: &'static str| (name.to_owned(), shown.contains(&name));
        return session::choices().into_iter().map(choice).collect();
    }
    let Some(grid) = grid(app) else { return Vec::new() };
    let is_shown = |name: &String| grid.columns.iter().any(|column| column.field == *name);
    let choice = |name: &String| (name.clone(), is_shown(name));
    grid.choices.iter().map(choice).collect()
}

/// Shows a column, or shows it no more. What says what a row is stays.
pub fn toggle_column(app: &mut App, name: &str) {
    if app.view == View::Sessions {
        session::toggle_column(app, name);
        return;
    }
    let choices = column_choices(app);
    let is_first = choices.first().is_some_and(|(first, _)| first == name);
    let wanted = |(own, is_shown): &(String, bool)| (own == name) != *is_shown || is_first && *is_shown;
    let columns = choices.iter().filter(|choice| wanted(choice));
    app.table_mut().columns = columns.map(|(name, _)| name.clone()).collect();
}

/// The row that is selected.
#[must_use]
pub fn selected(app: &App) -> Option<Line> {
    let grid = grid(app)?;
    let table = table(app)?;
    let line = grid.line(table.cursor)?;
    // Between a step and the next picture it is the row that the cursor is on; later it is the one that was selected.
    (table.selected.is_none() || table.selected.as_ref() == Some(&line.id)).then(|| line.clone())
}

/// Whether there is something to go back from: the tree of topics has a top.
#[must_use]
pub fn has_back(app: &App) -> bool {
    app.view != View::Topics || !app.topics_path.is_empty()
}

/// What the title of the view says beside its name: filter, how many of how many, order.
#[must_use]
pub fn path(app: &App) -> Vec<String> {
    let mut path = vec![app.view.title().to_owned()];
    match (app.view, &app.session) {
        (View::Sessions, Some(open)) => {
            path.push(crate::text::clean(&open.client_id));
            path.push(open.tab.title().to_owned());
        }
        (View::Traces, _) if app.is_tracing => path.push("live".to_owned()),
        (View::Hot, _) => path.push(hot::title(app.hot).to_owned()),
        (View::Topics, _) => {
            let mountpoint = (!app.mountpoint.is_empty()).then(|| format!("mountpoint {}", app.mountpoint));
            let levels = app.topics_path.iter().map(|level| level.name.clone());
            path.extend(
                mountpoint
                    .into_iter()
                    .chain(levels)
                    .map(|part| crate::text::clean(&part)),
            );
        }
        _ => {}
    }
    path
}
