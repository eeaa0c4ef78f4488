//! Where commands come in that were asked for by HTTP: the same dispatch as those of the socket, within a bound of
//! number and time. Authentication and the form of the answer are the business of `http`.

use super::caller::Caller;
use super::dispatch::{self, Reaction};
use super::running::Talk;
use super::{Admin, Answer};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use vmq_admin::{Access, Command, State};

/// Commands that run at a time, over all connections.
pub(super) const COMMANDS_MAX: usize = 32;

/// How long a command may take until it answers; less than a connection may be idle.
pub(crate) const PATIENCE: Duration = Duration::from_secs(50);

/// Why a command did not run, or is not waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unavailable {
    #[error("node is {0}")]
    NotRunning(State),
    #[error("too many commands at a time")]
    Busy,
    #[error("timeout")]
    Timeout,
}

/// What a command led to, and its place among those that run: a table takes it until its last row has left.
pub(crate) struct Ran {
    pub(crate) reaction: Reaction,
    pub(crate) slot: OwnedSemaphorePermit,
}

impl Admin {
    /// Runs a command for somebody who may do everything. Dropping it stops what only looks; what changes something is
    /// not left half done.
    pub(crate) async fn ask(self: &Arc<Self>, caller: Caller, command: Command) -> Result<Ran, Unavailable> {
        match self.state() {
            State::Running => {}
            state => return Err(Unavailable::NotRunning(state)),
        }
        let slot = Arc::clone(&self.web_slots).try_acquire_owned();
        let slot = slot.map_err(|_| Unavailable::Busy)?;
        let admin = Arc::clone(self);
        let changes = command.changes();
        let work = async move {
            let mut talk = Talk::to_nobody(caller.uid());
            let reaction = dispatch::run(&admin, &caller, Access::Full, command, &mut talk).await;
            Ran { reaction, slot }
        };
        if !changes {
            return timeout(PATIENCE, work).await.map_err(|_| Unavailable::Timeout);
        }
        // It goes on without us when its client goes, or does not want to wait any longer.
        let done = timeout(PATIENCE, tokio::spawn(work)).await;
        done.map_err(|_| Unavailable::Timeout)?
            .map_err(|_| Unavailable::NotRunning(self.state()))
    }
}

impl Reaction {
    /// The answer that is complete, or the table that is not.
    pub(crate) fn split(self) -> Result<Answer, super::table::TableParts> {
        match self {
            Self::Answer(answer) => Ok(answer),
            Self::Table(parts) => Err(parts),
        }
    }
}
