//! The session that is open: who it is, and what of it is shown.

use crate::table::Table;

/// A part of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Facts,
    Subscriptions,
    Queue,
    Why,
    History,
}

/// A session, looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenSession {
    pub mountpoint: String,
    pub client_id: String,
    pub tab: Tab,
    /// Subscriptions or messages.
    pub table: Table,
    /// Lines of the facts above the screen.
    pub top: usize,
}

impl Tab {
    /// All of them; what has happened is one step to the left.
    pub const ALL: [Self; 5] = [
        Self::Facts,
        Self::Subscriptions,
        Self::Queue,
        Self::Why,
        Self::History,
    ];

    /// Its name on the screen and in the path.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Subscriptions => "subscriptions",
            Self::Queue => "queue",
            Self::History => "history",
            Self::Why => "why",
        }
    }

    /// The one so many further on.
    #[must_use]
    pub fn further(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let count = Self::ALL.len().cast_signed();
        let at = (at.cast_signed() + by).rem_euclid(count);
        Self::ALL.get(at.cast_unsigned()).copied().unwrap_or_default()
    }
}

/// What tells a session from the others in a table: mountpoint and client id, with something between them that no
/// mountpoint has.
#[must_use]
pub fn identity(mountpoint: &str, client_id: &str) -> String {
    format!("{mountpoint}\0{client_id}")
}

impl OpenSession {
    /// The session of an identity.
    #[must_use]
    pub fn of(identity: &str) -> Self {
        let mut parts = identity.split('\0');
        let (mountpoint, client_id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        Self {
            mountpoint: mountpoint.to_owned(),
            client_id: client_id.to_owned(),
            ..Self::default()
        }
    }

    /// The session of a client id, in the default mountpoint.
    #[must_use]
    pub fn named(client_id: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            ..Self::default()
        }
    }

    /// An expression that finds it, and perhaps a few more: the panes take the right one of them.
    #[must_use]
    pub fn filter(&self) -> String {
        // A quote cannot be quoted; what stands for anything finds it too.
        format!("client_id=\"{}\"", self.client_id.replace('"', "*"))
    }
}
