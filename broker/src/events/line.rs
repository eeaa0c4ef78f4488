//! The log lines of what happens to clients, with the texts of monitoring.md 7.8. Each carries `reason`, the word of the
//! counter's label, for JSON, and `decided_by` for everybody.

use super::happening::{ConnectRefusal, Happening};
use super::reasons::SessionReason;
use super::tell::Told;
use super::{CloseReason, Provoked};
use crate::core::Core;
use crate::hooks::Refusal;
use crate::logging::render::{Binary, Subscriber, Topic, User};
use tracing::{debug, error, info, warn};
use vmq_mqtt::Version;

/// What every line has.
struct Facts<'a> {
    pid: Option<u64>,
    subscriber: Subscriber<'a>,
    peer: &'a str,
    user: User<'a>,
    reason: &'static str,
    decided_by: String,
    version: Version,
}

/// One line, with the text and the same fields at every level.
macro_rules! line {
    ($level:ident, $facts:expr, $($text:tt)+) => {
        $level!(
            pid = $facts.pid,
            client_id = $facts.subscriber.client_id,
            peer = $facts.peer,
            reason = $facts.reason,
            decided_by = $facts.decided_by,
            $($text)+
        )
    };
}

pub(super) fn write(told: &Told<'_>, core: &Core) {
    if !may_log(&told.what) {
        return;
    }
    let who = &told.who;
    let (mountpoint, client_id) = who.subscriber.map_or(("", ""), |subscriber| {
        (&*subscriber.mountpoint, &*subscriber.client_id)
    });
    let facts = Facts {
        pid: who.mailbox.map(|mailbox| mailbox.connection),
        subscriber: Subscriber {
            mountpoint,
            client_id,
        },
        peer: who.peer.map_or("local", |peer| &**peer),
        user: User(who.username),
        reason: told.what.reason().0,
        decided_by: told.by.to_string(),
        version: who.version,
    };
    match &told.what {
        Happening::ConnectRefused(refusal) => connect_refused(refusal, &facts),
        Happening::PublishRefused { topic, refusal } => publish_refused(topic, *refusal, &facts),
        Happening::SubscribeRefused { refusal, .. } => subscribe_refused(*refusal, &facts),
        Happening::Disconnected(reason) if who.subscriber.is_none() => closed(reason, &facts),
        Happening::Disconnected(reason) => {
            ended(reason, &facts, core.session_config().keepalive_as_warning);
        }
        Happening::SessionEnded(SessionReason::Expired) => {
            line!(debug, facts, "session {} expired", facts.subscriber);
        }
        Happening::SessionEnded(SessionReason::Administrative) => {
            line!(debug, facts, "session {} deleted", facts.subscriber);
        }
        Happening::MessagesDropped { count, .. } => line!(
            debug,
            facts,
            "{count} messages for subscriber {} dropped due to {}",
            facts.subscriber,
            facts.reason
        ),
    }
}

/// What clients can provoke at will has a budget.
fn may_log(what: &Happening<'_>) -> bool {
    match what {
        // At debug, and not at the expense of others.
        Happening::ConnectRefused(ConnectRefusal::Overload) => tracing::enabled!(tracing::Level::DEBUG),
        Happening::ConnectRefused(_) => Provoked::RefusedConnect.may_log(),
        Happening::PublishRefused { .. } | Happening::SubscribeRefused { .. } => {
            Provoked::RefusedPacket.may_log()
        }
        Happening::Disconnected(reason) if reason.abnormal().is_some() => Provoked::EndedSession.may_log(),
        // Most are at debug: what nobody wants to read must not be written first and thrown away then.
        Happening::Disconnected(CloseReason::KeepAlive) => true,
        Happening::Disconnected(_) | Happening::SessionEnded(_) | Happening::MessagesDropped { .. } => {
            tracing::enabled!(tracing::Level::DEBUG)
        }
    }
}

fn connect_refused(refusal: &ConnectRefusal<'_>, facts: &Facts<'_>) {
    let subscriber = facts.subscriber;
    match refusal {
        ConnectRefusal::ProtocolVersion(level) => {
            line!(warn, facts, "invalid protocol version for {subscriber} {level}");
        }
        ConnectRefusal::ClientId if !subscriber.client_id.is_empty() => {
            line!(warn, facts, "invalid client id {}", Binary(subscriber.client_id));
        }
        ConnectRefusal::ClientId if facts.version == Version::V3 => {
            line!(warn, facts, "empty client id not allowed in mqttv3 {subscriber}");
        }
        // The original has no line for it (monitoring.md 7.8), and overload has told once that it began.
        ConnectRefusal::ClientId | ConnectRefusal::Overload => {
            line!(
                debug,
                facts,
                "CONNECT of {subscriber} refused due to {}",
                facts.reason
            );
        }
        ConnectRefusal::NotAuthenticated(refused) if refused.word == "no_matching_hook_found" => line!(
            error,
            facts,
            "can't authenticate client {subscriber} from {} due to {}",
            facts.peer,
            refused.word
        ),
        ConnectRefusal::NotAuthenticated(refused) => line!(
            warn,
            facts,
            "can't authenticate client {subscriber} from {} due to {}",
            facts.peer,
            refused.word
        ),
        ConnectRefusal::NotContinued(word) => line!(
            warn,
            facts,
            "can't continue enhanced auth with client {subscriber} due to {word}"
        ),
        ConnectRefusal::BrokenExchange => line!(
            warn,
            facts,
            "can't continue enhanced auth with client {subscriber} due to {}",
            facts.reason
        ),
        ConnectRefusal::WillTopic => line!(
            warn,
            facts,
            "can't authenticate last will, for client {subscriber} due to {}",
            facts.reason
        ),
        ConnectRefusal::Will { refusal, .. } => line!(
            warn,
            facts,
            "can't authenticate last will, for client {subscriber} due to {}",
            refusal.word
        ),
        ConnectRefusal::NotRegistered => line!(
            warn,
            facts,
            "can't register client {subscriber} with username {} due to {}",
            facts.user,
            facts.reason
        ),
    }
}

fn publish_refused(topic: &str, refusal: Option<&Refusal>, facts: &Facts<'_>) {
    let word = refusal.map_or(facts.reason, |refusal| refusal.word);
    line!(
        error,
        facts,
        "can't auth publish for client {} (user {}) on topic {} due to {word}",
        facts.subscriber,
        facts.user,
        Topic(topic)
    );
}

fn subscribe_refused(refusal: Option<&Refusal>, facts: &Facts<'_>) {
    let word = refusal.map_or(facts.reason, |refusal| refusal.word);
    let version = if facts.version == Version::V5 { "v5" } else { "v3" };
    line!(
        error,
        facts,
        "can't authorize SUBSCRIBE from {version} client {} from {} due to {word}",
        facts.subscriber,
        facts.peer
    );
}

/// The end of a session.
fn ended(reason: &CloseReason, facts: &Facts<'_>, keepalive_as_warning: bool) {
    let (subscriber, user) = (facts.subscriber, facts.user);
    if *reason == CloseReason::KeepAlive {
        if keepalive_as_warning {
            line!(
                warn,
                facts,
                "client {subscriber} with username {user} stopped due to keepalive expired"
            );
        } else {
            line!(
                info,
                facts,
                "client {subscriber} with username {user} stopped due to keepalive expired"
            );
        }
        return;
    }
    match reason.abnormal() {
        Some(word) => line!(
            warn,
            facts,
            "session for {subscriber} stopped abnormally due to '{word}'"
        ),
        None => line!(debug, facts, "{}", normal_end(reason)),
    }
}

/// The words of an end that is no fault.
const fn normal_end(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::ServerShutdown => "session stopped due to shutdown",
        CloseReason::LifetimeReached => "stop due to max connection lifetime reached",
        _ => "session normally stopped",
    }
}

/// The end of a connection on which no client had said its name.
fn closed(reason: &CloseReason, facts: &Facts<'_>) {
    match (reason, reason.abnormal()) {
        (CloseReason::ConnectTimeout, _) => line!(debug, facts, "stop due to timeout"),
        (_, Some(word)) => line!(
            warn,
            facts,
            "session for undefined stopped abnormally due to '{word}' (peer {})",
            facts.peer
        ),
        (_, None) => line!(debug, facts, "connection closed before a session started"),
    }
}
