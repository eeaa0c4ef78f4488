//! The keys: one table that the update, the footer, the help and the menu read, so that none of them can lie
//! (style.md 8).

mod key;
mod table;

use crate::app::{App, Tab, View};
pub use key::Key;
pub use table::BINDINGS;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Show(View),
    NextView,
    PreviousView,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Left,
    Right,
    Open,
    Back,
    Filter,
    ClearFilter,
    NextOrder,
    ReverseOrder,
    Mark,
    MarkAll,
    Columns,
    Trace,
    TraceUser,
    TraceAddress,
    Fold,
    Disconnect,
    DisconnectAndClean,
    Reauthorise,
    Unsubscribe,
    DeleteRetained,
    Publish,
    StopTrace,
    StopListener,
    StartListener,
    DrainListener,
    ReadCertificates,
    Reload,
    Set,
    DisablePlugin,
    Level,
    Payload,
    Mountpoint,
    Pause,
    Faster,
    Slower,
    Copy,
    Write,
    Command,
    Menu,
    Help,
    Redraw,
    Quit,
}

/// Where the keyboard is: a set of them says where a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Where(u32);

/// The places by the names that the manual has for them.
pub const PLACES: [(Where, &str); 17] = [
    (Where::OVERVIEW, "overview"),
    (Where::SESSIONS, "sessions"),
    (Where::FACTS, "session: facts"),
    (Where::SUBSCRIPTIONS, "session: subscriptions"),
    (Where::QUEUE, "session: queue"),
    (Where::HISTORY, "session: history"),
    (Where::WHY, "session: why"),
    (Where::TOPICS, "topics"),
    (Where::TRACES, "list of traces"),
    (Where::TRACING, "lines of traces"),
    (Where::HOT_SESSIONS, "hot: clients"),
    (Where::HOT_TOPICS, "hot: topics"),
    (Where::HOT_REASONS, "hot: others"),
    (Where::LISTENERS, "listeners"),
    (Where::CLUSTER, "cluster"),
    (Where::PLUGINS, "plugins"),
    (Where::LOGS, "logs"),
];

/// A row of the table.
#[derive(Debug)]
pub struct Binding {
    /// Its name in the settings file.
    pub name: &'static str,
    pub keys: &'static [Key],
    pub action: Action,
    pub at: Where,
    /// In the footer and the menu; empty = not there.
    pub label: &'static str,
    pub about: &'static str,
    pub group: &'static str,
    /// Changes something of the broker.
    pub acts: bool,
}

impl Where {
    pub const OVERVIEW: Self = Self(1);
    pub const SESSIONS: Self = Self(1 << 1);
    pub const FACTS: Self = Self(1 << 2);
    pub const SUBSCRIPTIONS: Self = Self(1 << 3);
    pub const QUEUE: Self = Self(1 << 4);
    pub const TOPICS: Self = Self(1 << 5);
    pub const TRACES: Self = Self(1 << 6);
    pub const TRACING: Self = Self(1 << 7);
    pub const HOT_SESSIONS: Self = Self(1 << 8);
    pub const HOT_REASONS: Self = Self(1 << 9);
    pub const LISTENERS: Self = Self(1 << 10);
    pub const CLUSTER: Self = Self(1 << 11);
    pub const PLUGINS: Self = Self(1 << 12);
    pub const LOGS: Self = Self(1 << 13);

    pub const HISTORY: Self = Self(1 << 14);
    pub const WHY: Self = Self(1 << 15);

    pub const HOT_TOPICS: Self = Self(1 << 16);

    pub const EVERYWHERE: Self = Self(u32::MAX);
    pub const HOT: Self = Self::HOT_SESSIONS.or(Self::HOT_TOPICS).or(Self::HOT_REASONS);
    pub const SESSION: Self = Self::FACTS
        .or(Self::SUBSCRIPTIONS)
        .or(Self::QUEUE)
        .or(Self::HISTORY)
        .or(Self::WHY);
    /// Tables that somebody else has sorted into their order already are not sorted again.
    pub const TABLES: Self = Self::SESSIONS
        .or(Self::TOPICS)
        .or(Self::TRACES)
        .or(Self::LISTENERS)
        .or(Self::PLUGINS)
        .or(Self::CLUSTER);
    /// Rows that can be written to a file.
    pub const ROWS: Self = Self::TABLES
        .or(Self::HOT)
        .or(Self::SUBSCRIPTIONS)
        .or(Self::QUEUE)
        .or(Self::HISTORY)
        .or(Self::WHY);
    pub const LINES: Self = Self::LOGS.or(Self::TRACING);
    /// Where a client is selected.
    pub const CLIENT: Self = Self::SESSIONS.or(Self::SESSION).or(Self::HOT_SESSIONS);

    /// Their names, the parts of a whole under one; nothing of what works everywhere.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        const WHOLES: [(Where, &str); 2] = [(Where::SESSION, "one session"), (Where::HOT, "hot")];
        let mut left = if self == Self::EVERYWHERE { 0 } else { self.0 };
        let mut names = Vec::new();
        for (place, name) in WHOLES.into_iter().chain(PLACES) {
            if left & place.0 == place.0 {
                left &= !place.0;
                names.push(name);
            }
        }
        names
    }

    /// Both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they have something in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Where the keyboard is now.
    #[must_use]
    pub fn now(app: &App) -> Self {
        match app.view {
            View::Overview => Self::OVERVIEW,
            _ if app.session.is_some() && app.view_has_session() => {
                match app.session.as_ref().map(|session| session.tab) {
                    Some(Tab::Subscriptions) => Self::SUBSCRIPTIONS,
                    Some(Tab::Queue) => Self::QUEUE,
                    Some(Tab::History) => Self::HISTORY,
                    Some(Tab::Why) => Self::WHY,
                    _ => Self::FACTS,
                }
            }
            View::Sessions => Self::SESSIONS,
            View::Topics => Self::TOPICS,
            View::Traces if app.is_tracing => Self::TRACING,
            View::Traces => Self::TRACES,
            View::Hot if crate::pane::hot::is_of_clients(app.hot) => Self::HOT_SESSIONS,
            View::Hot if crate::pane::hot::is_of_topics(app.hot) => Self::HOT_TOPICS,
            View::Hot => Self::HOT_REASONS,
            View::Listeners => Self::LISTENERS,
            View::Cluster => Self::CLUSTER,
            View::Plugins => Self::PLUGINS,
            View::Logs => Self::LOGS,
        }
    }
}

impl App {
    /// Whether an open session is shown in this view.
    #[must_use]
    pub const fn view_has_session(&self) -> bool {
        matches!(self.view, View::Sessions)
    }

    /// What a key does here and now.
    #[must_use]
    pub fn action(&self, key: Key) -> Option<Action> {
        let here = Where::now(self);
        let is_it = |binding: &&Binding| binding.at.meets(here) && self.keys_of(binding).contains(&key);
        BINDINGS.iter().find(is_it).map(|binding| binding.action)
    }

    /// The keys of a binding: those of the settings file, or its own.
    #[must_use]
    pub fn keys_of(&self, binding: &Binding) -> &[Key] {
        self.settings
            .keys
            .get(binding.name)
            .map_or(binding.keys, Vec::as_slice)
    }

    /// What can be done here, in the order of the table.
    pub fn possible(&self) -> impl Iterator<Item = &'static Binding> {
        let here = Where::now(self);
        let is_idle = |action| match action {
            Action::Back => !crate::pane::has_back(self),
            Action::Mountpoint => self.mountpoints.len() < 2,
            _ => false,
        };
        BINDINGS
            .iter()
            .filter(move |binding| binding.at.meets(here) && !is_idle(binding.action))
    }

    /// Whether an action may be done: not by who only looks.
    #[must_use]
    pub const fn may(&self, binding: &Binding) -> bool {
        !(binding.acts && self.read_only)
    }
}
