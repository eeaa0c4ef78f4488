//! The catalogue of top lists, in the order of Left and Right: the first ones on both sides are those that are needed most.

use vmq_admin::live::TopList;

/// A top list.
#[derive(Debug)]
pub struct List {
    pub title: &'static str,
    pub(super) of: Of,
}

/// What it is a list of.
#[derive(Debug)]
pub(super) enum Of {
    /// A list that the broker makes for as long as somebody looks, with these columns; said when there is nothing in it.
    Top(TopList, &'static [Shown], &'static str),
    /// Sessions with the most of a field, out of those that an expression finds, with these columns.
    Sessions(&'static str, &'static str, &'static [&'static str]),
    /// Events of these kinds, or of this reason; those that happened most often first. Without any: all, the newest first.
    Events(&'static [&'static str], &'static str),
    /// What metrics grow by, for each of their labels.
    Reasons(&'static str),
    /// The hooks of the plugins, the slowest first.
    Hooks,
    /// What the broker takes of the machine.
    Machine,
}

/// A column of a list of the broker: its title, the name of the field, and what that is.
pub(super) type Shown = (&'static str, &'static str, As);

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    Text,
    Count,
    Bytes,
    Rate,
    ByteRate,
    /// Milliseconds.
    Age,
    /// A time.
    Ago,
    /// A word of the broker.
    Word,
    /// The connection that decided.
    Peer,
}

/// Columns behind the one that the list is about.
const REST: &[&str] = &["statename", "queue_size", "waiting_acks", "user", "peer"];

const CLIENT: Shown = ("CLIENT ID", "client_id", As::Text);
const USER: Shown = ("USER", "user", As::Text);
const PEER: Shown = ("PEER", "peer", As::Text);
const RATE: Shown = ("PER SECOND", "rate", As::Rate);
const BYTE_RATE: Shown = ("PER SECOND", "rate", As::ByteRate);
const TOTAL: Shown = ("SINCE CONNECT", "total", As::Count);
const MESSAGES: &[Shown] = &[CLIENT, RATE, TOTAL, USER, PEER];
const BYTES: &[Shown] = &[
    CLIENT,
    BYTE_RATE,
    ("SINCE CONNECT", "total", As::Bytes),
    USER,
    PEER,
];
const TIMES: Shown = ("TIMES", "count", As::Count);
const MOUNTPOINT: Shown = ("MOUNTPOINT", "mountpoint", As::Text);
const AGO: Shown = ("AGO", "last", As::Ago);
const REASON: Shown = ("LAST REASON", "reason", As::Word);

/// Every list there can be.
pub(super) const ALL: [List; 27] = [
    of_events("Last events", &[], ""),
    of_sessions("Deepest queues", "queue_size", "queue>0", REST),
    of_sessions("Most in flight", "waiting_acks", "inflight>0", REST),
    of_top(
        "Publishers",
        TopList::MessagesIn,
        MESSAGES,
        "nobody has published",
    ),
    of_top(
        "Receivers",
        TopList::MessagesOut,
        MESSAGES,
        "nobody has got a message",
    ),
    of_top(
        "Topics",
        TopList::Topics,
        &[
            ("TOPIC", "topic", As::Text),
            ("PUBLISHES", "rate", As::Rate),
            ("PAYLOAD", "bytes", As::ByteRate),
            ("SUBSCRIBERS", "subscribers", As::Count),
            MOUNTPOINT,
        ],
        "nothing was published since you look; topics are counted only meanwhile",
    ),
    of_top(
        "Drops by client",
        TopList::Drops,
        &[CLIENT, RATE, ("SINCE START", "total", As::Count), USER, PEER],
        "no queue has dropped a message",
    ),
    of_top(
        "Oldest messages",
        TopList::OldestMessages,
        &[
            CLIENT,
            ("OLDEST", "oldest_ms", As::Age),
            ("WAITING", "waiting", As::Count),
            USER,
            PEER,
        ],
        "no message waits for a client that is connected; how old those on disk are is not known",
    ),
    of_top(
        "Biggest retained",
        TopList::Retained,
        &[
            ("TOPIC", "topic", As::Text),
            ("SIZE", "bytes", As::Bytes),
            MOUNTPOINT,
        ],
        "nothing is retained",
    ),
    List {
        title: "Slowest hooks",
        of: Of::Hooks,
    },
    of_top("Bytes in", TopList::BytesIn, BYTES, "nothing has come"),
    of_top("Bytes out", TopList::BytesOut, BYTES, "nothing was sent"),
    of_sessions(
        "Newest connections",
        "session_started_at",
        "online",
        &["user", "peer", "protocol", "listener"],
    ),
    of_sessions(
        "Most subscriptions",
        "subscriptions_count",
        "subscriptions_count>0",
        REST,
    ),
    List {
        title: "Memory, disk, files",
        of: Of::Machine,
    },
    of_reasons("Drops by reason", "message_dropped"),
    of_reasons("Disconnects by reason", "connection_closed"),
    of_reasons("Logins refused by reason", "connect_refused"),
    of_reasons("Publishes refused by reason", "publish_refused"),
    of_reasons("Connections refused by reason", "connection_refused"),
    of_reasons("TLS handshakes failed by reason", "tls_handshake_failed"),
    of_events("Ends of connections", &["disconnected"], ""),
    of_events("Refused topics", &["publish_refused", "subscribe_refused"], ""),
    of_events("Lost messages", &["message_dropped"], ""),
    of_top(
        "Refused by user",
        TopList::RefusedUsers,
        &[
            USER,
            TIMES,
            AGO,
            REASON,
            ("LAST ADDRESS", "address", As::Text),
            ("LAST CLIENT", "client_id", As::Text),
        ],
        "no login with a user name was refused in the last ten minutes",
    ),
    of_top(
        "Take-over loops",
        TopList::TakeOvers,
        &[
            CLIENT,
            TIMES,
            AGO,
            ("PEER THAT WENT", "peer", As::Text),
            ("PEER THAT CAME", "by", As::Peer),
        ],
        "no client was taken over in the last ten minutes",
    ),
    of_top(
        "Refused by address",
        TopList::RefusedAddresses,
        &[
            ("ADDRESS", "address", As::Text),
            TIMES,
            AGO,
            REASON,
            ("LAST USER", "user", As::Text),
            ("LAST CLIENT", "client_id", As::Text),
        ],
        "nobody was refused in the last ten minutes",
    ),
];

const fn of_top(title: &'static str, list: TopList, columns: &'static [Shown], empty: &'static str) -> List {
    List {
        title,
        of: Of::Top(list, columns, empty),
    }
}

const fn of_sessions(
    title: &'static str,
    by: &'static str,
    filter: &'static str,
    rest: &'static [&'static str],
) -> List {
    List {
        title,
        of: Of::Sessions(by, filter, rest),
    }
}

const fn of_events(title: &'static str, kinds: &'static [&'static str], reason: &'static str) -> List {
    List {
        title,
        of: Of::Events(kinds, reason),
    }
}

const fn of_reasons(title: &'static str, metric: &'static str) -> List {
    List {
        title,
        of: Of::Reasons(metric),
    }
}
