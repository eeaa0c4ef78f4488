//! Update: the only place that changes the state. An event in, a changed state and perhaps an effect out.

mod act;
mod mark;
mod trace;
mod news;
mod typing;
mod command;
mod complete;
pub use act::filter;
pub use command::identifier;
pub use complete::{candidates, is_about_settings};
mod mouse;

use crate::app::{App, Follow, Output, Tab};
use crate::keys::Key;
use crate::pane;
use crate::place::{Lines, Picture, Place, Want};
use std::path::PathBuf;
use vmq_admin::wire::Hello;

/// Something that has happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Key(Key),
    Paste(String),
    Mouse(Mouse),
    Resize(u16, u16),
    /// A second has gone: the time, and as a clock shows it.
    Tick {
        now_ms: u64,
        clock: String,
    },
    /// The broker answers.
    Up(Hello),
    /// It does not.
    Down(String),
    Picture {
        place: Place,
        want: Want,
        picture: Picture,
    },
    Lines {
        place: Place,
        want: Want,
        lines: Lines,
        clocks: Vec<String>,
    },
    /// The broker will not show it.
    Fault {
        place: Place,
        want: Want,
        text: String,
    },
    /// What streamed has ended by itself.
    Ended {
        place: Place,
        want: Want,
    },
    /// A command has answered.
    Answer {
        argv: Vec<String>,
        text: String,
        is_good: bool,
    },
    /// A file was written, or not.
    Written(Result<PathBuf, String>),
}

/// What a mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    pub kind: MouseKind,
    pub column: u16,
    pub row: u16,
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseKind {
    Click,
    DoubleClick,
    WheelUp,
    WheelDown,
}

/// What the program has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Run these commands, one after the other.
    Run(Vec<Vec<String>>),
    /// Put a text into the clipboard of the terminal.
    Copy(String),
    /// Write a file that is not there yet.
    Write { path: PathBuf, text: String },
    /// Talk to another broker.
    Switch(PathBuf),
    /// Draw everything again.
    Redraw,
}

/// Takes an event in.
pub fn apply(app: &mut App, event: Event) -> Vec<Effect> {
    let mut effects = match event {
        Event::Key(key) => key_pressed(app, key),
        Event::Paste(text) => {
            typing::paste(app, &text);
            Vec::new()
        }
        Event::Mouse(mouse) => mouse::mouse(app, mouse),
        Event::Resize(columns, lines) => {
            app.size = (columns, lines);
            Vec::new()
        }
        Event::Tick { now_ms, clock } => {
            app.now_ms = now_ms;
            app.clock = clock;
            if app.note.as_ref().is_some_and(|note| note.until_ms <= now_ms) {
                app.note = None;
                app.goes_in = false;
            }
            Vec::new()
        }
        Event::Answer { argv, text, is_good } => {
            answered(app, &argv, &text, is_good);
            Vec::new()
        }
        Event::Written(Ok(path)) => {
            app.say(format!("written to {}", path.display()), false);
            Vec::new()
        }
        Event::Written(Err(text)) => {
            app.say(text, true);
            Vec::new()
        }
        news => {
            news::take(app, news);
            Vec::new()
        }
    };
    settle(app);
    if app.goes_in && pane::selected(app).is_some() {
        app.goes_in = false;
        effects.extend(act::act(app, crate::keys::Action::Open));
        settle(app);
    }
    effects
}

fn key_pressed(app: &mut App, key: Key) -> Vec<Effect> {
    // Whatever is in front: this one always leaves.
    if key == Key::Ctrl('c') {
        app.is_over = true;
        return Vec::new();
    }
    app.note = None;
    if let Some(effects) = typing::key(app, key) {
        return effects;
    }
    match app.action(key) {
        Some(action) => act::act(app, action),
        None => Vec::new(),
    }
}

/// The answer of a command that was run: a pane for the first words, a line for each further one.
fn answered(app: &mut App, argv: &[String], text: &str, is_good: bool) {
    if !is_good {
        news::only_looks(app, text);
    }
    if app.counting.as_ref().is_some_and(|(count, _)| count == argv)
        && let Some((_, deed)) = app.counting.take()
    {
        act::counted(app, deed, text, is_good);
        return;
    }
    let output = match &mut app.mode {
        crate::app::Mode::Output(output) => output,
        // Somebody has gone on to something else: a line is enough.
        _ => {
            let first = text.lines().next().unwrap_or("done").to_owned();
            app.say(format!("{}: {first}", crate::text::shell(argv)), !is_good);
            return;
        }
    };
    let Output { open, failed, .. } = output;
    *open = open.saturating_sub(1);
    *failed += usize::from(!is_good);
    output.add(&format!("≡ {}", crate::deed::shown(argv)));
    output.add(match text {
        "" if is_good && crate::deed::changes(argv) => "done",
        "" => "nothing",
        text => text,
    });
    output.add(" ");
}

fn has_packets(app: &App) -> bool {
    app.view_has_session() && app.session.as_ref().is_some_and(|open| open.tab == Tab::History)
}

/// Puts cursors and windows where they belong.
fn settle(app: &mut App) {
    let rows = app.rows();
    if let Some(grid) = pane::grid(app)
        && let Some(table) = pane::table_mut(app)
    {
        table.settle(&grid, rows);
    }
    // They are those of one look at one session.
    if !has_packets(app) && !app.packets.lines.is_empty() {
        app.packets = Follow::default();
    }
    let tiles = pane::overview::TILES;
    app.tile = app.tile.min(tiles.saturating_sub(1));
}
