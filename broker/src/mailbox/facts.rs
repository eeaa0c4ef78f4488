//! What an operator may see of a connected client. Written once when CONNECT is accepted and read by the admin surface
//! without asking the connection; everything in it is shared with what the connection keeps anyway.

use super::Asked;
use crate::hooks::DecidedBy;
use crate::listener::ListenerContext;
use crate::message::UnixMillis;
use std::fmt;
use std::sync::Arc;
use vmq_mqtt::Level;

/// A session as its CONNECT made it.
pub struct Facts {
    pub username: Option<Arc<str>>,
    pub listener: Arc<ListenerContext>,
    pub started_at: UnixMillis,
    /// Session Expiry Interval in force; `u32::MAX` = the session never expires.
    pub expiry_secs: u32,
    /// 0 = none.
    pub keep_alive_secs: u16,
    pub level: Level,
    /// What is unusual about its CONNECT and its transport; `None` = nothing.
    pub asked: Option<Box<Asked>>,
    /// `None` = whoever comes is let in.
    pub login: Option<Login>,
}

/// How it came that the client was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login {
    pub by: DecidedBy,
    /// Microseconds that the chain took.
    pub micros: u32,
}

impl Facts {
    /// Common name of the verified certificate of the client, or the one that a proxy vouches for.
    #[must_use]
    pub fn tls_cn(&self) -> Option<&Arc<str>> {
        self.asked.as_ref()?.tls_cn.as_ref()
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("username", &self.username)
            .field("listener", &self.listener.name)
            .field("started_at", &self.started_at)
            .finish_non_exhaustive()
    }
}
