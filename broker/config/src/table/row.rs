//! One row of the table, and the words it is written with.

use std::borrow::Cow;

/// A setting.
#[derive(Clone, Debug)]
pub struct Row {
    /// The key; words that start with `$` stand for any word of the user's choice.
    pub key: Cow<'static, str>,
    /// Accepted kinds of text; the first that fits is taken.
    pub types: &'static [Type],
    pub check: Check,
    /// As it would stand in the file; `None` = no value unless set. Of a legacy key: what it used to be.
    pub default: Option<&'static str>,
    /// May change while the broker runs.
    pub runtime: bool,
    /// Not in the shipped file.
    pub hidden: bool,
    /// Never shown: passwords and keys.
    pub secret: bool,
    pub area: Area,
    pub prose: Cow<'static, str>,
    pub status: Status,
}

/// What becomes of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Implemented,
    /// Takes effect through something else; a notice says so when it is set.
    Deprecated(&'static str),
    /// Another name of this key (a `*` at the end keeps the words that follow).
    Renamed(&'static str),
    /// Accepted, type-checked, without effect; the text is the reason, told when the value is not the default.
    Ignored(&'static str),
    /// As `Ignored`, without a word.
    Silent,
    /// Accepted and type-checked; one line at start names the feature.
    Later(Feature),
}

/// When a new value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applies {
    AtOnce,
    /// Sessions sample it when CONNECT is processed (config.md 10).
    NewSessions,
    Restart,
}

/// Parts that this version does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    Bridges,
    Cluster,
    LoadShedding,
    Lua,
    RestPublish,
    WebUi,
    Webhooks,
}

impl Feature {
    /// For a sentence that says what is not there.
    pub fn title(self) -> &'static str {
        match self {
            Self::Bridges => "bridges",
            Self::Cluster => "clustering",
            Self::LoadShedding => "load shedding",
            Self::Lua => "Lua scripts and database authentication",
            Self::RestPublish => "publishing over HTTP",
            Self::WebUi => "the web user interface",
            Self::Webhooks => "webhooks",
        }
    }
}

/// Chapters of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    Access,
    Session,
    Queue,
    Listener,
    Tls,
    Http,
    Metrics,
    Plugin,
    Store,
    Cluster,
    Log,
    Database,
    Webhooks,
    Bridge,
    HttpPub,
    WebUi,
    Vm,
    Legacy,
}

impl Area {
    pub fn title(self) -> &'static str {
        match self {
            Self::Access => "Access and administration",
            Self::Session => "Sessions",
            Self::Queue => "Queues",
            Self::Listener => "Listeners",
            Self::Tls => "TLS",
            Self::Http => "HTTP",
            Self::Metrics => "Metrics",
            Self::Plugin => "Plugins, password and ACL files",
            Self::Store => "Store",
            Self::Cluster => "Node and cluster",
            Self::Log => "Logging",
            Self::Database => "Lua scripts and databases",
            Self::Webhooks => "Webhooks",
            Self::Bridge => "Bridges",
            Self::HttpPub => "Publishing over HTTP",
            Self::WebUi => "Web user interface",
            Self::Vm => "Settings of the Erlang VM",
            Self::Legacy => "Old names",
        }
    }
}

/// A kind of text that a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `on` or `off`.
    Flag,
    Integer,
    /// Anything.
    Text,
    /// One of a closed list.
    Enum(&'static [&'static str]),
    /// One word with a meaning of its own, beside another type.
    Word(&'static str),
    File,
    Directory,
    Ip,
    /// Numeric address and port.
    IpPort,
    /// `local:<path>:0`
    UnixSocket,
    /// Name or address, and port.
    HostPort,
    /// Bytes, with `KB`, `MB`, `GB` by 1024.
    ByteSize,
    /// 0..=100, with or without `%`.
    Percent,
    /// `1h30m`, `500ms`.
    Duration,
    /// One number and one letter; there is no minute, and `m` is four weeks.
    CoarseDuration,
    Integers,
    /// Three numbers of bytes.
    IntegerTriple,
    /// `[a, b]` or `a,b`.
    Names,
    /// Names joined by colons.
    ColonNames,
    /// Addresses joined by semicolons.
    Ips,
    /// Addresses and networks (`10.0.0.0/8`) joined by semicolons.
    Networks,
    TlsVersions,
    /// Socket options in Erlang's notation.
    SocketOptions,
    /// `name@host`
    NodeName,
    /// Permission bits in octal digits.
    FileMode,
}

/// A bound that a well-typed value must keep. The texts follow `<key> invalid, `.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    None,
    /// Inclusive; the text names the bounds.
    Range(i64, i64),
    /// Inclusive, with a text of its own.
    RangeText(i64, i64, &'static str),
    /// Readable, unless empty.
    ReadableFile,
    /// Readable and PEM-encoded, unless empty.
    PemFile,
    /// One character.
    OneChar,
    /// `off` only, for what must not be asked for.
    MustBeOff(&'static str),
    /// Names from a closed list; the text precedes the unknown ones.
    KnownNames(&'static [&'static str], &'static str),
    /// TLS versions with at least one that can be served.
    ServedTlsVersion,
}

/// A row with the usual properties: implemented, shown, fixed while running, without default.
pub(super) const fn row(key: &'static str, types: &'static [Type], prose: &'static str) -> Row {
    Row {
        key: Cow::Borrowed(key),
        types,
        check: Check::None,
        default: None,
        runtime: false,
        hidden: false,
        secret: false,
        area: Area::Access,
        prose: Cow::Borrowed(prose),
        status: Status::Implemented,
    }
}

impl Row {
    pub(super) const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    pub(super) const fn live(mut self) -> Self {
        self.runtime = true;
        self
    }

    pub(super) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(super) const fn range(mut self, min: i64, max: i64) -> Self {
        self.check = Check::Range(min, max);
        self
    }

    pub(super) const fn check(mut self, check: Check) -> Self {
        self.check = check;
        self
    }

    pub(super) const fn status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    pub(super) const fn later(self, feature: Feature) -> Self {
        self.status(Status::Later(feature))
    }

    /// Has a word of the user's choice.
    pub fn is_pattern(&self) -> bool {
        self.key.contains('$')
    }

    /// When a new value counts.
    pub fn applies(&self) -> Applies {
        let is_sampled = matches!(self.area, Area::Session | Area::Queue)
            || matches!(&*self.key, "allow_anonymous" | "shared_subscription_policy");
        match (self.runtime, is_sampled) {
            (false, _) => Applies::Restart,
            (true, true) => Applies::NewSessions,
            (true, false) => Applies::AtOnce,
        }
    }

    /// The words of the key; no key of the table has an escaped dot.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.key.split('.')
    }

    /// Has a value without being set.
    pub(crate) fn has_live_default(&self) -> bool {
        self.default.is_some() && self.area != Area::Legacy
    }

    /// Bounds for the manual, if it has any.
    pub fn bounds(&self) -> Option<(i64, i64)> {
        match self.check {
            Check::Range(min, max) | Check::RangeText(min, max, _) => Some((min, max)),
            _ => None,
        }
    }
}

pub(super) const FLAG: &[Type] = &[Type::Flag];
pub(super) const INTEGER: &[Type] = &[Type::Integer];
pub(super) const INTEGER_OR_INFINITY: &[Type] = &[Type::Integer, Type::Word("infinity")];
pub(super) const TEXT: &[Type] = &[Type::Text];
pub(super) const FILE: &[Type] = &[Type::File];
pub(super) const DIRECTORY: &[Type] = &[Type::Directory];
pub(super) const IP_PORT: &[Type] = &[Type::IpPort];
pub(super) const HOST_PORT: &[Type] = &[Type::HostPort];
pub(super) const BYTES: &[Type] = &[Type::ByteSize];
pub(super) const BYTES_OR_INFINITY: &[Type] = &[Type::ByteSize, Type::Word("infinity")];
pub(super) const PERCENT: &[Type] = &[Type::Percent];
pub(super) const NAMES: &[Type] = &[Type::Names];
pub(super) const TRUE_FALSE: &[Type] = &[Type::Enum(&["true", "false"])];
pub(crate) const TLS_VERSION_WORDS: &[&str] = &["tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"];
pub(super) const TLS_VERSION: &[Type] = &[Type::Enum(TLS_VERSION_WORDS)];

/// Greatest number of seconds or milliseconds that a setting may name.
pub(super) const TIME_MAX: i64 = u32::MAX as i64;
pub(super) const COUNT_MAX: i64 = u32::MAX as i64;
/// Greatest size in bytes.
pub(super) const SIZE_MAX: i64 = i32::MAX as i64;
