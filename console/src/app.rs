//! The state of the console: everything that a screen depends on, and nothing that draws. `update` alone changes it.

mod view;
mod mode;
mod session;
mod follow;
mod rates;
mod numbers;
mod health;

use crate::deed::Deed;
use crate::payload::Form;
use crate::place::{Picture, Place, Want};
use crate::settings::Settings;
use crate::table::Table;
use std::collections::BTreeMap;
use vmq_admin::wire::Hello;

pub use follow::{Follow, LOG_LEVELS, Said, Trace};
pub use health::{NEAR, Severity, URGENT, Verdict, of_disk, seconds_left};
pub use mode::{Confirm, Mode, Output};
pub use numbers::{Numbers, number};
pub use rates::{Rate, Rates};
pub use session::{OpenSession, Tab, identity};
pub use view::View;

/// Milliseconds between two pictures that can be chosen (console.md 3).
pub const INTERVALS_MS: [u32; 8] = [500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000];

/// Columns of a terminal from which list and detail stand side by side (console.md 8).
pub const WIDE: u16 = 140;

/// Beyond two intervals, a broker that says nothing is worth a word.
const SILENCE_MS: u64 = 2000;

/// What can be shown on this terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub colours: bool,
    pub ascii: bool,
}

/// The broker at the other end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// How it introduced itself last.
    pub hello: Option<Hello>,
    /// Since when it does not answer (Unix time in milliseconds), and why.
    pub lost: Option<(u64, String)>,
}

/// The newest picture of a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What it is a picture of.
    pub want: Want,
    pub picture: Picture,
    /// Unix time in milliseconds.
    pub at_ms: u64,
    /// Why there is no newer one.
    pub fault: Option<String>,
}

/// A level of the tree of topics that somebody has gone through.
#[derive(Debug)]
pub struct TopicLevel {
    /// The name that was gone into.
    pub name: String,
    /// How the level was looked at, and what was seen of it.
    pub table: Table,
    pub shown: Option<Shown>,
}

impl TopicLevel {
    /// One that nobody has looked at yet.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            table: Table::default(),
            shown: None,
        }
    }
}

/// A line about what has just been done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub text: String,
    pub is_bad: bool,
    pub until_ms: u64,
}

/// The state.
#[derive(Debug)]
pub struct App {
    pub look: Look,
    /// Columns and lines of the terminal.
    pub size: (u16, u16),
    /// Unix time in milliseconds, and as a clock shows it.
    pub now_ms: u64,
    pub clock: String,
    pub socket: String,
    pub link: Link,
    /// Nothing may be changed: somebody wants it so, or the broker says so.
    pub read_only: bool,
    /// `--read-only`.
    pub looks_only: bool,
    pub settings: Settings,
    pub interval_ms: u32,
    pub paused: bool,
    pub view: View,
    pub mode: Mode,
    pub tables: BTreeMap<View, Table>,
    pub shown: BTreeMap<Place, Shown>,
    /// The session that is open.
    pub session: Option<OpenSession>,
    /// Fields of the sessions that are shown; none = the usual ones.
    pub columns: Vec<String>,
    /// What the counters of those on the screen grow by.
    pub rates: Rates,
    /// And those of the open one.
    pub own_rates: Rates,
    /// The tile that is selected.
    pub tile: usize,
    /// The top list that is chosen.
    pub hot: usize,
    pub log: Follow,
    /// At which level the log is shown.
    pub log_level: usize,
    pub traces: Vec<Trace>,
    /// The lines of all traces that run here, and whether they are open.
    pub traced: Follow,
    pub is_tracing: bool,
    /// The last packets of the session whose history is open.
    pub packets: Follow,
    /// Payloads of traced publishes are not shown.
    pub is_folded: bool,
    /// The list of topics that is chosen.
    pub topics: usize,
    /// Whose topics are shown, and which mountpoints the broker has told of.
    pub mountpoint: String,
    pub mountpoints: Vec<String>,
    /// Where in the tree of topics: the levels above, the top first.
    pub topics_path: Vec<TopicLevel>,
    /// How retained payloads are shown.
    pub payload_form: Form,
    /// A deed that waits to be told how much it is about, and the command that counts it.
    pub counting: Option<(Vec<String>, Deed)>,
    /// Command lines that were typed, the newest last.
    pub commands: Vec<String>,
    /// Enter was pressed before there was a row to go into.
    pub goes_in: bool,
    pub note: Option<Note>,
    pub is_over: bool,
}

impl App {
    /// The state at the start.
    #[must_use]
    pub fn new(settings: Settings, look: Look, size: (u16, u16)) -> Self {
        let columned = |(view, columns): (&View, &Vec<String>)| {
            let columns = columns.clone();
            let table = Table {
                columns,
                ..Table::default()
            };
            (*view, table)
        };
        let tables = settings.view_columns.iter().map(columned).collect();
        Self {
            look,
            size,
            now_ms: 0,
            clock: String::new(),
            socket: String::new(),
            link: Link::default(),
            read_only: false,
            looks_only: false,
            interval_ms: settings.interval_ms,
            paused: false,
            view: settings.view,
            mode: Mode::Normal,
            tables,
            shown: BTreeMap::new(),
            session: None,
            columns: settings.columns.clone(),
            rates: Rates::default(),
            own_rates: Rates::default(),
            settings,
            tile: 0,
            hot: 0,
            log: Follow::default(),
            log_level: 0,
            traces: Vec::new(),
            traced: Follow::default(),
            is_tracing: false,
            packets: Follow::default(),
            is_folded: false,
            topics: 0,
            mountpoint: String::new(),
            mountpoints: Vec::new(),
            topics_path: Vec::new(),
            payload_form: Form::default(),
            counting: None,
            commands: Vec::new(),
            goes_in: false,
            note: None,
            is_over: false,
        }
    }

    /// How the table of the view is looked at.
    #[must_use]
    pub fn table(&self) -> &Table {
        const NONE: &Table = &Table {
            cursor: 0,
            selected: None,
            is_held: false,
            top: 0,
            shift: 0,
            marked: std::collections::BTreeSet::new(),
            filter: String::new(),
            fault: None,
            order: None,
            columns: Vec::new(),
        };
        self.tables.get(&self.view).unwrap_or(NONE)
    }

    /// The same, to be changed.
    pub fn table_mut(&mut self) -> &mut Table {
        self.tables.entry(self.view).or_default()
    }

    /// What is shown at a place.
    #[must_use]
    pub fn picture(&self, place: Place) -> Option<&Picture> {
        self.shown.get(&place).map(|shown| &shown.picture)
    }

    /// Why nothing is shown there.
    #[must_use]
    pub fn fault(&self, place: Place) -> Option<&str> {
        self.shown.get(&place).and_then(|shown| shown.fault.as_deref())
    }

    /// Why nothing may be changed.
    #[must_use]
    pub const fn why_read_only(&self) -> &'static str {
        match self.looks_only {
            true => "this console only looks (--read-only)",
            false => "you may only look here: you are in the read-only group of the socket",
        }
    }

    /// Whether the broker does not answer.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.link.lost.is_some()
    }

    /// For how many seconds a broker that is there has said nothing, if that is longer than it should be.
    #[must_use]
    pub fn silence(&self) -> Option<u64> {
        let shown = self
            .shown
            .get(&Place::Header)
            .filter(|_| !self.paused && !self.is_lost())?;
        let silent_ms = self.now_ms.saturating_sub(shown.at_ms);
        let patience_ms = u64::from(self.interval_ms) * 2 + SILENCE_MS;
        (silent_ms > patience_ms).then_some(silent_ms / 1000)
    }

    /// Whether list and detail stand side by side.
    #[must_use]
    pub const fn is_wide(&self) -> bool {
        self.size.0 >= WIDE
    }

    /// Rows of a table that are on the screen.
    #[must_use]
    pub fn rows(&self) -> usize {
        // Header, tabs, the view's title, the columns' titles, the line of the selection, the keys.
        let rows = usize::from(self.size.1).saturating_sub(6);
        let less = match (self.view, self.session.as_ref().map(|open| open.tab)) {
            (View::Sessions, Some(tab)) => 1 + usize::from(crate::pane::detail::below(self, tab)),
            (View::Hot | View::Cluster, _) => 1,
            (View::Topics, _) => 1 + usize::from(crate::pane::topic::below(self)),
            (View::Listeners, _) => usize::from(crate::pane::listener::below(self)),
            _ => 0,
        };
        rows.saturating_sub(less).max(1)
    }

    /// Says something for a few seconds.
    pub fn say(&mut self, text: impl Into<String>, is_bad: bool) {
        self.note = Some(Note {
            text: text.into(),
            is_bad,
            until_ms: self.now_ms + if is_bad { 8000 } else { 4000 },
        });
    }
}
