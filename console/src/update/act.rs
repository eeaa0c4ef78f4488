//! What the keys of the views do.

use super::{Effect, command, mark, trace};
use crate::app::{
    App, Confirm, Follow, INTERVALS_MS, LOG_LEVELS, Mode, OpenSession, Output, Said, Tab, View,
};
use crate::deed::{self, Deed, Traced};
use crate::edit::Edit;
use crate::export;
use crate::keys::Action;
use crate::pane::{self, hot, overview, topic};
use crate::place::Place;

/// Does it.
pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
    let page = app.rows().saturating_sub(1).max(1).cast_signed();
    match action {
        Action::Show(view) => show(app, view),
        Action::NextView => show(app, app.view.further(1)),
        Action::PreviousView => show(app, app.view.further(-1)),
        Action::Up => step(app, -1),
        Action::Down => step(app, 1),
        Action::PageUp => step(app, -page),
        Action::PageDown => step(app, page),
        Action::First => step(app, isize::MIN / 2),
        Action::Last => step(app, isize::MAX / 2),
        Action::Left => sideways(app, -1),
        Action::Right => sideways(app, 1),
        Action::Open => return open(app),
        Action::Back => back(app),
        Action::Filter => {
            let before = filter(app).to_owned();
            app.mode = Mode::Filter {
                line: Edit::of(&before),
                before,
            };
        }
        Action::ClearFilter => set_filter(app, ""),
        Action::NextOrder => next_order(app),
        Action::ReverseOrder => reverse_order(app),
        Action::Mark => mark::mark(app),
        Action::MarkAll => mark::mark_all(app),
        Action::Columns => app.mode = Mode::Columns { at: 0 },
        Action::Trace => trace::trace(app, Traced::Selection),
        Action::TraceUser => trace::trace(app, Traced::User),
        Action::TraceAddress => trace::trace(app, Traced::Address),
        Action::Fold => app.is_folded = !app.is_folded,
        Action::Level => {
            app.log_level = (app.log_level + 1) % LOG_LEVELS.len();
            app.log = Follow::default();
        }
        Action::Mountpoint => topic::next_mountpoint(app),
        Action::Payload => app.payload_form = app.payload_form.next(),
        Action::Pause => app.paused = !app.paused,
        Action::Faster => pace(app, -1),
        Action::Slower => pace(app, 1),
        Action::Copy => return copy(app),
        Action::Write => app.mode = Mode::Write(Edit::of(&export::suggestion(app))),
        Action::Command => {
            app.mode = Mode::Command {
                line: Edit::default(),
                back: 0,
            }
        }
        Action::Publish => publish(app),
        Action::Set => begin_command(app, "set "),
        Action::Menu => app.mode = Mode::Menu { at: 0 },
        Action::Help => {
            app.mode = Mode::Help {
                line: Edit::default(),
                top: 0,
            }
        }
        Action::Redraw => return vec![Effect::Redraw],
        Action::Quit => app.is_over = true,
        deed => return prepare(app, deed),
    }
    Vec::new()
}

fn next_order(app: &mut App) {
    let columns = pane::grid(app).map(|grid| grid.columns).unwrap_or_default();
    if let Some(table) = pane::table_mut(app) {
        table.next_order(&columns);
    }
}

fn reverse_order(app: &mut App) {
    if let Some(order) = pane::table_mut(app).and_then(|table| table.order.as_mut()) {
        order.descending = !order.descending;
    }
}

/// Chooses a view.
pub(super) fn show(app: &mut App, view: View) {
    if view == View::Logs && app.view != View::Logs && !app.log.lines.is_empty() {
        // What was said meanwhile is in the files and not here.
        let text = "nobody looked here for a while".to_owned();
        app.log.push(Said {
            mark: "…".to_owned(),
            text,
            count: 1,
            ..Said::default()
        });
    }
    app.view = view;
}

/// The expression in force.
#[must_use]
pub fn filter(app: &App) -> &str {
    match app.view == View::Traces && app.is_tracing {
        true => &app.traced.filter,
        false => &app.table().filter,
    }
}

/// Puts an expression in force, with the named ones of the settings file put in.
pub(super) fn set_filter(app: &mut App, filter: &str) {
    if app.view == View::Traces && app.is_tracing {
        filter.clone_into(&mut app.traced.filter);
        app.traced.back = 0;
        return;
    }
    let filter = expanded(app, filter);
    if app.view == View::Logs && app.table().filter != filter {
        app.log = Follow::default();
    }
    app.table_mut().set_filter(&filter);
}

/// An expression with the named ones of the settings file put in: `@slow`.
fn expanded(app: &App, filter: &str) -> String {
    let word = |word: &str| match word
        .strip_prefix('@')
        .and_then(|name| app.settings.filters.get(name))
    {
        Some(expression) => expression.clone(),
        None => word.to_owned(),
    };
    filter.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A deed of what is selected: at once, or behind a question.
fn prepare(app: &mut App, action: Action) -> Vec<Effect> {
    if app.read_only {
        app.say(app.why_read_only(), true);
        return Vec::new();
    }
    if action == Action::StopTrace && app.is_tracing {
        app.traces.iter_mut().for_each(|trace| trace.has_ended = true);
        app.say("the traces of this console have ended", false);
        return Vec::new();
    }
    if let Some((count, deed)) = deed::counted(app, action) {
        app.say("counting …", false);
        app.counting = Some((count.clone(), deed));
        return vec![Effect::Run(vec![count])];
    }
    match deed::deed(app, action) {
        None => {
            app.say("nothing is selected", true);
            Vec::new()
        }
        Some(deed) if deed.asks() => {
            app.mode = Mode::Confirm(Confirm {
                deed,
                line: Edit::default(),
            });
            Vec::new()
        }
        Some(deed) => carry_out(app, deed),
    }
}

/// It is known how much a deed is about: then it is asked about.
pub(super) fn counted(app: &mut App, mut deed: Deed, text: &str, is_good: bool) {
    let number = text
        .split_whitespace()
        .last()
        .and_then(|word| word.parse::<usize>().ok());
    match number.filter(|_| is_good) {
        None => app.say(crate::text::clean(text), true),
        Some(0) => app.say("nothing is retained there", false),
        // Somebody has gone on to something else.
        Some(_) if app.mode != Mode::Normal => app.say("it was not asked about in time", true),
        Some(number) => {
            deed.title = format!("{}: {} messages", deed.title, crate::text::count(number as u64));
            app.note = None;
            app.mode = Mode::Confirm(Confirm {
                deed,
                line: Edit::default(),
            });
        }
    }
}

/// Runs the commands of a deed, and opens a pane for what they answer.
pub(super) fn carry_out(app: &mut App, deed: Deed) -> Vec<Effect> {
    if let Some(table) = pane::table_mut(app) {
        table.marked.clear();
    }
    app.mode = Mode::Output(Output {
        title: deed.title,
        open: deed.argvs.len(),
        ..Output::default()
    });
    vec![Effect::Run(deed.argvs)]
}

pub(super) fn step(app: &mut App, by: isize) {
    if app.view == View::Overview {
        let columns = overview::per_row(app).cast_signed();
        // Up and down by a row of tiles; the ends are the ends.
        let by = by.clamp(-1, 1) * columns;
        app.tile = app.tile.saturating_add_signed(by).min(overview::TILES - 1);
    } else if app.view == View::Logs {
        app.log.scroll(by);
    } else if app.view == View::Traces && app.is_tracing {
        app.traced.scroll(by);
    } else if app.view_has_session()
        && let Some(open) = app.session.as_ref().filter(|open| open.tab == Tab::Facts)
    {
        let most = pane::detail::facts::scrolled_max(app, open);
        let top = open.top.saturating_add_signed(by).min(most);
        app.session.iter_mut().for_each(|open| open.top = top);
    } else if let Some(grid) = pane::grid(app)
        && let Some(table) = pane::table_mut(app)
    {
        table.step(by, grid.found);
    }
}

fn sideways(app: &mut App, by: isize) {
    match (app.view, &mut app.session) {
        (View::Overview, _) => app.tile = app.tile.saturating_add_signed(by).min(overview::TILES - 1),
        (View::Topics, _) => topic::choose(app, by),
        (View::Hot, _) => {
            app.hot = (app.hot.cast_signed() + by)
                .rem_euclid(hot::LISTS.len().cast_signed())
                .cast_unsigned();
            app.tables.remove(&View::Hot);
            app.shown.remove(&Place::View(View::Hot));
        }
        (View::Sessions, Some(session)) => {
            session.tab = session.tab.further(by);
            session.table = crate::table::Table::default();
        }
        _ => {
            let columns = pane::grid(app).map_or(0, |grid| grid.columns.len());
            if let Some(table) = pane::table_mut(app) {
                table.shift = table
                    .shift
                    .saturating_add_signed(by)
                    .min(columns.saturating_sub(2));
            }
        }
    }
}

/// Goes in.
pub(super) fn open(app: &mut App) -> Vec<Effect> {
    // Over a slow line keys are faster than rows.
    let has_rows = app.shown.contains_key(&Place::View(app.view));
    if !has_rows && matches!(app.view, View::Sessions | View::Hot) && app.session.is_none() {
        app.goes_in = true;
        return Vec::new();
    }
    match app.view {
        View::Overview => overview::open(app),
        View::Sessions if app.session.is_none() => {
            app.session = pane::selected(app).map(|line| OpenSession::of(&line.id));
        }
        View::Hot => hot::open(app),
        View::Traces if !app.is_tracing => {
            if app.traces.is_empty() {
                app.say("press t on a client to start a trace here", false);
            } else {
                app.is_tracing = true;
            }
        }
        View::Topics if !topic::is_live(app) => return who_subscribes(app),
        View::Topics => {
            let has_gone = topic::go_in(app);
            if !has_gone {
                app.say("nothing lies below", false);
            }
        }
        View::Logs => match app.log.selected().and_then(|said| said.client_id.clone()) {
            Some(client_id) => open_client(app, &client_id),
            None => app.say("this line names no client", false),
        },
        _ => {}
    }
    Vec::new()
}

/// Asks who has subscribed to exactly the selected topic.
fn who_subscribes(app: &mut App) -> Vec<Effect> {
    let Some(line) = pane::selected(app) else {
        return Vec::new();
    };
    let topic = format!("--topic={}", line.id);
    let mut argv = deed::argv(&[
        "session",
        "show",
        "--client_id",
        "--user",
        "--is_online",
        "--qos",
        &topic,
    ]);
    argv.extend(deed::in_mountpoint(&app.mountpoint));
    let title = format!("Who has subscribed to exactly {}", line.id);
    app.mode = Mode::Output(Output {
        title,
        open: 1,
        ..Output::default()
    });
    vec![Effect::Run(vec![argv])]
}

/// Opens the session of a client id, in whatever mountpoint.
fn open_client(app: &mut App, client_id: &str) {
    app.view = View::Sessions;
    app.session = Some(OpenSession::named(client_id));
}

fn back(app: &mut App) {
    match app.view {
        View::Sessions => app.session = None,
        View::Traces => app.is_tracing = false,
        View::Topics => topic::go_back(app),
        _ => {}
    }
}

/// Begins the command that publishes to the selected topic: its payload is left to be typed.
fn publish(app: &mut App) {
    let topic = pane::selected(app).map_or_else(|| topic::parent(app).unwrap_or_default(), |line| line.id);
    let begun = crate::text::shell(&deed::argv(&["topic", "publish", &format!("topic={topic}")]));
    // Flags stand behind keys, and the payload is what is left to be typed.
    let flag = deed::in_mountpoint(&app.mountpoint).map(|flag| format!(" {}", crate::text::shell(&[flag])));
    begin_command(app, &format!("{begun} payload="));
    if let (Some(flag), Mode::Command { line, .. }) = (flag, &mut app.mode) {
        line.put_behind(&flag);
    }
}

/// A command whose end is left to be typed.
fn begin_command(app: &mut App, begun: &str) {
    if app.read_only {
        app.say(app.why_read_only(), true);
        return;
    }
    app.mode = Mode::Command {
        line: Edit::of(begun),
        back: 0,
    };
}

fn pace(app: &mut App, by: isize) {
    let at = INTERVALS_MS
        .iter()
        .position(|interval| *interval >= app.interval_ms)
        .unwrap_or(1);
    let at = at.saturating_add_signed(by).min(INTERVALS_MS.len() - 1);
    app.interval_ms = INTERVALS_MS[at];
}

fn copy(app: &mut App) -> Vec<Effect> {
    match command::identifier(app) {
        Some(text) => {
            app.say(format!("copied {}", crate::text::clean(&text)), false);
            vec![Effect::Copy(text)]
        }
        None => {
            app.say("nothing is selected", true);
            Vec::new()
        }
    }
}
