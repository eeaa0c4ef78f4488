//! The nine views, in the order of their keys.

/// A view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    #[default]
    Overview,
    Sessions,
    Topics,
    Traces,
    Hot,
    Listeners,
    Cluster,
    Plugins,
    Logs,
}

impl View {
    /// All of them; the first has the key `1`.
    pub const ALL: [Self; 9] = [
        Self::Overview,
        Self::Sessions,
        Self::Topics,
        Self::Traces,
        Self::Hot,
        Self::Listeners,
        Self::Cluster,
        Self::Plugins,
        Self::Logs,
    ];

    /// Its name on the screen.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Sessions => "Sessions",
            Self::Topics => "Topics",
            Self::Traces => "Traces",
            Self::Hot => "Hot",
            Self::Listeners => "Listeners",
            Self::Cluster => "Cluster",
            Self::Plugins => "Plugins",
            Self::Logs => "Logs",
        }
    }

    /// Its place among them.
    #[must_use]
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|view| *view == self).unwrap_or(0)
    }

    /// The view so many further on, round and round.
    #[must_use]
    pub fn further(self, by: isize) -> Self {
        let count = Self::ALL.len().cast_signed();
        let at = (self.number().cast_signed() + by).rem_euclid(count);
        Self::ALL.get(at.cast_unsigned()).copied().unwrap_or_default()
    }

    /// The view of a name, whole or begun, in capitals or not.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let begins = |view: &Self| view.title().to_ascii_lowercase().starts_with(&name);
        (!name.is_empty())
            .then(|| Self::ALL.into_iter().find(begins))
            .flatten()
    }
}
