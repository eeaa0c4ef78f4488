//! The commands that run on one admin connection: each in a task of its own, so that one that streams does not keep the
//! others waiting, and can be cancelled (admin.md 18.3).

use super::caller::Caller;
use super::dispatch::{self, Reaction};
use super::peer::Peer;
use super::replies::{self, Gone, Replies};
use super::{Admin, live, table};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;
use vmq_admin::live::Subscribe;
use vmq_admin::wire::{Reply, Stream};
use vmq_admin::{Access, Command, Element, Row};

/// Commands of one connection at a time.
const COMMANDS_MAX: usize = 16;

/// Who asks, and what runs for him. Dropping it cancels what streams; what changes something is not left half done.
pub(super) struct Running {
    admin: Arc<Admin>,
    peer: Peer,
    granted: Access,
    replies: Replies,
    commands: HashMap<u64, watch::Sender<bool>>,
}

/// What a command is given besides its arguments: the way back to who asked.
pub(super) struct Talk {
    id: u64,
    replies: Replies,
    cancelled: watch::Receiver<bool>,
    /// The user who asked.
    pub(super) uid: u32,
}

impl Running {
    pub(super) fn new(admin: &Arc<Admin>, peer: Peer, granted: Access, replies: Replies) -> Self {
        Self {
            admin: Arc::clone(admin),
            peer,
            granted,
            replies,
            commands: HashMap::new(),
        }
    }

    /// Starts a command. What ran under the same id is cancelled.
    pub(super) async fn start(&mut self, id: u64, command: Command) -> Result<(), Gone> {
        if let Some(talk) = self.admit(id).await? {
            let (admin, peer, granted) = (Arc::clone(&self.admin), self.peer, self.granted);
            tokio::spawn(run(admin, peer, granted, command, talk));
        }
        Ok(())
    }

    /// Starts a subscription, likewise.
    pub(super) async fn subscribe(&mut self, id: u64, subscribe: Subscribe) -> Result<(), Gone> {
        if let Some(mut talk) = self.admit(id).await? {
            let (admin, peer, granted) = (Arc::clone(&self.admin), self.peer, self.granted);
            tokio::spawn(async move {
                let answer = live::run(&admin, peer, granted, subscribe, &mut talk).await;
                // An error is that there is nobody left to answer.
                drop(talk.answer(answer.into()).await);
            });
        }
        Ok(())
    }

    /// A place for what runs under this id; `None` = there is none, and the client was told.
    async fn admit(&mut self, id: u64) -> Result<Option<Talk>, Gone> {
        self.commands.retain(|_, cancel| !cancel.is_closed());
        if self.commands.len() >= COMMANDS_MAX {
            let alert = Element::alert("too many commands at a time on this connection");
            self.replies.element(id, alert).await?;
            self.replies.send(Reply::End { id, exit: 1 }).await?;
            return Ok(None);
        }
        let (cancel, cancelled) = watch::channel(false);
        self.commands.insert(id, cancel);
        Ok(Some(Talk {
            id,
            replies: self.replies.clone(),
            cancelled,
            uid: self.peer.uid,
        }))
    }

    /// Tells what runs under this id that nobody wants it any longer.
    pub(super) fn cancel(&self, id: u64) {
        if let Some(cancel) = self.commands.get(&id) {
            cancel.send_replace(true);
        }
    }
}

async fn run(admin: Arc<Admin>, peer: Peer, granted: Access, command: Command, mut talk: Talk) {
    let reaction = dispatch::run(&admin, &Caller::Socket(peer), granted, command, &mut talk).await;
    // An error is that there is nobody left to answer.
    drop(talk.answer(reaction).await);
}

impl Talk {
    /// For one who takes the answer and no lines before it: as if he had gone.
    pub(super) fn to_nobody(uid: u32) -> Self {
        Self {
            id: 0,
            replies: replies::channel().0,
            cancelled: watch::channel(true).1,
            uid,
        }
    }

    async fn answer(&mut self, reaction: Reaction) -> Result<(), Gone> {
        let exit = match reaction {
            Reaction::Answer(answer) => {
                for note in answer.notes {
                    self.note(note).await?;
                }
                for element in answer.elements {
                    self.element(element).await?;
                }
                answer.exit
            }
            Reaction::Table(parts) => table::send(self, parts).await?,
        };
        let id = self.id;
        self.replies.send(Reply::End { id, exit }).await
    }

    /// Sends a part of an answer.
    pub(super) async fn element(&self, element: Element) -> Result<(), Gone> {
        self.replies.element(self.id, element).await
    }

    /// Sends rows of a table. `more` = it goes on after them.
    pub(super) async fn rows(&self, rows: Vec<Row>, more: bool) -> Result<(), Gone> {
        self.replies.rows(self.id, rows, more).await
    }

    /// Sends an event and waits until the client takes it.
    pub(super) async fn event(&self, line: Vec<u8>) -> Result<(), Gone> {
        self.replies.event(line).await
    }

    /// Under what the client asked.
    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    /// Sends a line for standard error.
    pub(super) async fn note(&self, text: String) -> Result<(), Gone> {
        self.line(Stream::Err, text).await
    }

    /// Sends a line of a command that streams.
    pub(super) async fn line(&self, stream: Stream, text: String) -> Result<(), Gone> {
        let id = self.id;
        self.replies.send(Reply::Line { id, stream, text }).await
    }

    /// Waits until the command is cancelled, or whoever asked has gone.
    pub(super) async fn cancelled(&self) {
        let mut cancelled = self.cancelled.clone();
        drop(cancelled.wait_for(|cancelled| *cancelled).await);
    }
}
