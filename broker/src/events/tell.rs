//! Telling: the one place where what happens to a client becomes counter, log line and history, so that they agree.

use super::decider::Decider;
use super::happening::{Happening, Kind};
use super::{CloseReason, line};
use crate::core::Core;
use crate::history::tops::{Blamed, address_of};
use crate::history::{Entry, Sighting};
use crate::mailbox::Mailbox;
use crate::registry::SubscriberId;
use crate::store::unix_millis;
use std::sync::Arc;
use vmq_mqtt::Version;

/// Longest user name that is kept with a refusal, in bytes.
const USER_BYTES_MAX: usize = 256;

/// Whom it happened to, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// `None` = no CONNECT was read.
    pub subscriber: Option<&'a SubscriberId>,
    pub username: Option<&'a str>,
    pub peer: Option<&'a Arc<str>>,
    /// `None` = not on a connection.
    pub mailbox: Option<&'a Mailbox>,
    pub version: Version,
}

/// Something that happened, to whom, and who decided it.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    pub who: Who<'a>,
    pub what: Happening<'a>,
    pub by: Decider,
}

impl<'a> Who<'a> {
    /// A client without a connection.
    #[must_use]
    pub const fn offline(subscriber: &'a SubscriberId) -> Self {
        Self {
            subscriber: Some(subscriber),
            username: None,
            peer: None,
            mailbox: None,
            version: Version::V4,
        }
    }
}

impl Told<'_> {
    /// Counts it, writes its log line, and keeps it.
    pub fn tell(&self, core: &Core) {
        self.what.bump(&core.metrics, self.who.version);
        // The refusal of the CONNECT has been told already; that its connection ends says nothing new.
        if let Happening::Disconnected(CloseReason::Refused(_) | CloseReason::Overload) = self.what {
            return;
        }
        line::write(self, core);
        self.keep(core);
    }

    fn keep(&self, core: &Core) {
        if core.histories.is_off() {
            return;
        }
        let entry = self.entry();
        if is_worth_telling(&self.what) {
            core.histories.recent.note(self.who.subscriber, &entry);
        }
        self.blame(core, &entry);
        if let Some(subscriber) = self.who.subscriber {
            // The connect of a client that is connected costs nothing: it is kept with the first thing that happens.
            let newcomer = self.who.mailbox.filter(|mailbox| mailbox.tells_connect());
            core.histories.clients.keep(subscriber, newcomer, entry);
        }
    }

    /// Who is refused or taken over again and again is worth a list.
    fn blame(&self, core: &Core, entry: &Entry) {
        let tops = &core.histories.tops;
        let blamed = || Blamed {
            entry: entry.clone(),
            subscriber: self.who.subscriber.cloned(),
            user: self
                .who
                .username
                .filter(|user| user.len() <= USER_BYTES_MAX)
                .map(Into::into),
        };
        match self.what {
            Happening::ConnectRefused(_) => {
                if let Some(peer) = self.who.peer {
                    tops.addresses.note(&address_of(peer), blamed());
                }
                if let Some(user) = self.who.username {
                    tops.users.note(user, blamed());
                }
            }
            Happening::Disconnected(CloseReason::TakenOver) => {
                if let Some(subscriber) = self.who.subscriber {
                    let name = format!("{}\0{}", subscriber.mountpoint, subscriber.client_id);
                    tops.taken_over.note(&name, blamed());
                }
            }
            _ => {}
        }
    }

    fn entry(&self) -> Entry {
        Entry::new(
            Sighting {
                at: unix_millis(),
                count: self.what.count(),
            },
            self.what.kind(),
            self.what.reason().0,
        )
        .by(self.by.clone())
        .from(self.who.peer.cloned())
        .with(&self.what.detail())
    }
}

/// Whether the list of the whole broker has it: a client that goes as it should is no event.
const fn is_worth_telling(what: &Happening<'_>) -> bool {
    !matches!(
        what,
        Happening::Disconnected(CloseReason::ClientDisconnect | CloseReason::ServerShutdown)
    )
}

/// Notes something that happened to no client, such as a socket that was given up before MQTT.
pub fn note(core: &Core, kind: Kind, reason: &'static str, peer: Option<&Arc<str>>, detail: &str) {
    if core.histories.is_off() {
        return;
    }
    let sighting = Sighting {
        at: unix_millis(),
        count: 1,
    };
    let entry = Entry::new(sighting, kind, reason)
        .from(peer.cloned())
        .with(detail);
    core.histories.recent.note(None, &entry);
    if let (Kind::ConnectionRefused, Some(peer)) = (kind, peer) {
        let blamed = Blamed {
            entry,
            subscriber: None,
            user: None,
        };
        core.histories.tops.addresses.note(&address_of(peer), blamed);
    }
}
