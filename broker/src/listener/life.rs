//! The life of a listener after it was opened: suspended, resumed, emptied (admin.md 8.3). One change at a time; a
//! second one that comes meanwhile is sent away.

use super::bind;
use super::{Connections, Listener};
use crate::core::Core;
use crate::mailbox::Kick;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing::{info, warn};
use vmq_config::ListenerAddress;

/// How long connections may take to go.
const LEAVE_LIMIT: Duration = Duration::from_secs(10);

/// How long one round of telling them waits: who was in its handshake is told in the next one.
const ROUND: Duration = Duration::from_millis(100);

/// Whether clients come in.
#[derive(Debug)]
pub(super) enum Activity {
    /// By this task, which owns the socket.
    Accepting(JoinHandle<()>),
    /// The socket is closed.
    Suspended,
    /// Somebody is about to change it.
    Changing,
}

/// Why a listener did not change.
#[derive(Debug, thiserror::Error)]
pub enum LifeFault {
    /// Another command has it in its hands.
    #[error("busy")]
    Busy,
    /// As the operating system calls it, such as `eaddrinuse`.
    #[error("{0}")]
    Bind(String),
}

impl Listener {
    /// Whether clients come in.
    #[must_use]
    pub fn is_accepting(&self) -> bool {
        matches!(*self.activity.lock(), Activity::Accepting(_))
    }

    /// Closes the socket; connections stay. Nothing happens if it is closed.
    ///
    /// # Errors
    /// Another change is under way.
    pub async fn suspend(&self) -> Result<(), LifeFault> {
        match self.take_activity()? {
            Activity::Accepting(task) => self.close(task).await,
            before => {
                self.put_activity(before);
                return Ok(());
            }
        }
        self.put_activity(Activity::Suspended);
        info!(
            "{} listener {} suspended",
            self.config.kind.type_name(),
            self.config.name
        );
        Ok(())
    }

    /// Closes the socket for good: nothing changes this listener any more. Connections stay.
    ///
    /// # Errors
    /// Another change is under way.
    pub async fn retire(&self) -> Result<(), LifeFault> {
        if let Activity::Accepting(task) = self.take_activity()? {
            self.close(task).await;
        }
        info!(
            "{} listener {} deleted",
            self.config.kind.type_name(),
            self.config.name
        );
        Ok(())
    }

    /// The socket is closed when the task that owns it is gone, whether it was told to go or had gone before.
    async fn close(&self, accepting: JoinHandle<()>) {
        accepting.abort();
        drop(accepting.await);
        if let ListenerAddress::Unix(path) = &self.config.address {
            // Nobody listens there any more; who tries to connect is to see that.
            std::fs::remove_file(path).ok();
        }
    }

    /// Opens the socket again at the same address. Nothing happens if it is open.
    ///
    /// # Errors
    /// The address cannot be bound, or another change is under way.
    pub fn resume(&self, core: &Arc<Core>) -> Result<(), LifeFault> {
        match self.take_activity()? {
            Activity::Suspended => {}
            before => {
                self.put_activity(before);
                return Ok(());
            }
        }
        // Port 0 was a number by the first time, and stays this number.
        let address = self
            .address
            .map_or_else(|| self.config.address.clone(), ListenerAddress::Ip);
        match bind::bind(&address, &core.config().tcp) {
            Ok(bound) => {
                self.accept(bound, core);
                info!(
                    "{} listener {} resumed",
                    self.config.kind.type_name(),
                    self.config.name
                );
                Ok(())
            }
            Err(error) => {
                self.put_activity(Activity::Suspended);
                Err(LifeFault::Bind(bind::reason(&error)))
            }
        }
    }

    /// Ends every connection that came in here, and waits until they are gone. Clients of version 5 are told.
    /// `uid` = in whose name.
    pub async fn evict(&self, core: &Core, uid: Option<u32>) {
        let gone = async {
            loop {
                self.connections.tell_to_leave();
                core.registry.for_each(|queue| {
                    for mailbox in queue.owners() {
                        if mailbox.facts().is_some_and(|facts| facts.listener.id == self.id) {
                            mailbox.kick_for(Kick::Administrative, uid);
                        }
                    }
                });
                if tokio::time::timeout(ROUND, self.connections.none_left())
                    .await
                    .is_ok()
                {
                    return;
                }
            }
        };
        if tokio::time::timeout(LEAVE_LIMIT, gone).await.is_err() {
            let kind = self.config.kind.type_name();
            warn!(
                "some connections of {kind} listener {} did not end in time",
                self.config.name
            );
        }
    }

    fn take_activity(&self) -> Result<Activity, LifeFault> {
        let before = std::mem::replace(&mut *self.activity.lock(), Activity::Changing);
        match before {
            Activity::Changing => Err(LifeFault::Busy),
            before => Ok(before),
        }
    }

    pub(super) fn put_activity(&self, activity: Activity) {
        *self.activity.lock() = activity;
    }
}

impl Connections {
    /// Tells those who are not in a session yet; sessions are told through their mailbox.
    fn tell_to_leave(&self) {
        self.leave.notify_waiters();
    }

    /// Waits until connections are told to leave. For the way in and for HTTP.
    pub async fn told_to_leave(&self) {
        self.leave.notified().await;
    }
}
