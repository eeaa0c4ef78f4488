//! What commands answer: which elements, and which columns a table has when nothing else is asked for. The schema of the
//! answers, the manual and the test that compares them with a real broker read it.

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplySpec {
    /// `text`, `table`, `list`, `alert` or `line`, those that may occur; none = nothing is said.
    pub elements: &'static [&'static str],
    /// Of the table, in their order.
    pub columns: &'static [&'static str],
    /// Flags or operands lead to others.
    pub other_columns: bool,
}

const NOTHING: ReplySpec = elements(&[]);
const TEXT: ReplySpec = elements(&["text"]);
const ALERT: ReplySpec = elements(&["alert"]);
const LINES: ReplySpec = elements(&["line", "alert"]);

const fn elements(elements: &'static [&'static str]) -> ReplySpec {
    ReplySpec {
        elements,
        columns: &[],
        other_columns: false,
    }
}

const fn table(columns: &'static [&'static str]) -> ReplySpec {
    ReplySpec {
        elements: &["table"],
        columns,
        other_columns: false,
    }
}

const fn or_other_columns(columns: &'static [&'static str]) -> ReplySpec {
    ReplySpec {
        other_columns: true,
        ..table(columns)
    }
}

const SESSION: &[&str] = &[
    "client_id",
    "is_online",
    "mountpoint",
    "peer_host",
    "peer_port",
    "user",
];
const LISTENER: &[&str] = &[
    "type",
    "status",
    "address",
    "port",
    "mountpoint",
    "max_conns",
    "active_conns",
    "all_conns",
];
const CERTIFICATE: &[&str] = &["File", "Not_Before", "Not_After", "CN", "Issuer", "SAN"];
const DOUBTFUL_CERTIFICATE: &[&str] = &["File", "Not_Before", "Not_After", "SecExp", "SecToVal"];
const METRIC: &[&str] = &["name", "type", "labels", "value", "description"];

const HAPPENED: &[&str] = &[
    "first",
    "last",
    "count",
    "event",
    "reason",
    "decided_by",
    "peer",
    "detail",
];
const HAPPENED_TO: &[&str] = &[
    "first",
    "last",
    "count",
    "event",
    "reason",
    "client_id",
    "mountpoint",
    "decided_by",
    "peer",
    "detail",
];
const MESSAGE: &[&str] = &[
    "message",
    "state",
    "packet_id",
    "topic",
    "qos",
    "retain",
    "bytes",
    "age_ms",
    "expires_in",
    "sent_ms",
    "retries",
];
const WHY: &[&str] = &[
    "what",
    "topic",
    "answer",
    "reason",
    "decided_by",
    "micros",
    "known",
    "when",
    "count",
];
const VERDICT: &[&str] = &["answer", "reason", "decided_by", "rule", "user", "chain"];

/// What a command answers; `None` = nobody has said it.
#[must_use]
pub fn of(words: &[&str]) -> Option<ReplySpec> {
    Some(match words {
        ["node", "status"] => table(&["Status", "Value"]),
        ["node", "swc_sync_status"] => table(&["SWC Partition", "InitSynced"]),
        ["node", "upgrade"] => ALERT,
        ["node", _] | ["cluster", "join"] => TEXT,
        ["cluster", "show"] => table(&["Node", "Running"]),
        ["cluster", "leave"] => elements(&["line", "text"]),
        ["session", "show"] => or_other_columns(SESSION),
        ["session", "disconnect", ..] => ReplySpec {
            elements: &["text", "table"],
            ..or_other_columns(SESSION)
        },
        ["session", "history"] => table(HAPPENED),
        ["session", "inspect"] => table(&["part", "name", "value", "from"]),
        ["session", "why"] => table(WHY),
        ["session", "messages"] => or_other_columns(MESSAGE),
        ["events", "show"] => table(HAPPENED_TO),
        // Who was asked, and what clients see of it, follows in tables and texts of their own.
        ["authz", "check"] => ReplySpec {
            elements: &["table", "text"],
            ..or_other_columns(VERDICT)
        },
        ["subscription", "show"] => or_other_columns(&["client_id", "mountpoint", "node", "qos", "topic"]),
        ["topic", "show"] => or_other_columns(&["mountpoint", "node", "subscriptions", "topic"]),
        ["support", "bundle"] => elements(&["text", "alert"]),
        ["durability", "show"] => table(&["data", "stored before", "restart", "kill -9", "power loss"]),
        ["session", "unsubscribe" | "reauthorize"] => TEXT,
        ["retain", "show"] => or_other_columns(&["payload", "topic"]),
        ["retain", "delete"] | ["topic", "publish"] => TEXT,
        ["retain", "delete-expired"] => table(&["expired"]),
        ["plugin", "show"] => table(&["Plugin", "Type", "Hook(s)", "M:F/A"]),
        ["plugin", "enable" | "disable"] => TEXT,
        ["listener", "show"] => or_other_columns(LISTENER),
        ["listener", _] => TEXT,
        ["metrics", "show"] => ReplySpec {
            elements: &["text", "table"],
            ..or_other_columns(METRIC)
        },
        ["metrics", "reset"] => TEXT,
        ["api-key", "show"] => or_other_columns(&["Key", "Scope", "Expires (UTC)", "has expired"]),
        ["api-key", _] => TEXT,
        ["trace", "client" | "topic"] => LINES,
        ["trace", "list"] => table(&["id", "kind", "filter", "started", "events", "owner"]),
        ["trace", "stop" | "stop_all"] | ["tls", "clear-pem-cache"] | ["log", "level"] => NOTHING,
        ["tls", "show"] => table(CERTIFICATE),
        ["tls", "check"] => ReplySpec {
            elements: &["text", "table"],
            ..table(DOUBTFUL_CERTIFICATE)
        },
        ["log", "show", "config"] => table(&["logger", "level", "type", "file"]),
        ["set"] => ReplySpec {
            elements: &["text", "table"],
            ..table(&["Node", "Node Down/Unreachable", "Result"])
        },
        ["show"] => or_other_columns(&["node"]),
        ["describe"] | ["config", "reset"] => TEXT,
        ["config", "show"] => ReplySpec {
            elements: &["table", "text"],
            ..table(&["Config", "Env", "Node", "Global"])
        },
        _ => return None,
    })
}
