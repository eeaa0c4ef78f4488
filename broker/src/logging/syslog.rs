//! The syslog output (monitoring.md 7.5): local socket, UDP, TCP or TLS, in the layout of RFC 3164 or RFC 5424.
//!
//! Runs on the sink's writer thread, so a slow or absent receiver holds up nothing but its own queue. A lost
//! connection is tried again once a second; messages meanwhile are dropped, and counted in a message of its own
//! once the receiver is back.

pub(super) mod message;
mod layout;
mod transport;
mod tls;

use super::keeper::Inbox;
use super::level;
use super::queue::Output;
use super::sink::SinkId;
use ::syslog::LogFormat;
use jiff::Timestamp;
use layout::{Identity, Layout};
use message::Message;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use transport::{Endpoint, Transport};
use vmq_config::{LogLevel, SyslogConfig};

pub use tls::CaFileError;

/// How often a lost connection is tried again.
const RECONNECT_INTERVAL: Duration = Duration::from_secs(1);

/// The output of the syslog sink.
pub(super) struct SyslogOutput {
    endpoint: Endpoint,
    layout: Layout,
    facility: u8,
    transport: Option<Transport>,
    attempted: Option<Instant>,
    /// Messages lost since the receiver went away.
    lost: u64,
    failing: bool,
    buffer: Vec<u8>,
    inbox: Arc<Inbox>,
}

impl SyslogOutput {
    /// Reads the CA file of a TLS target; connects with the first message.
    pub(super) fn new(config: &SyslogConfig, inbox: Arc<Inbox>) -> Result<Self, CaFileError> {
        let layout = Layout {
            format: config.format,
            identity: Identity::of_this_process(&config.app_name),
        };
        Ok(Self::with(
            Endpoint::new(&config.target)?,
            layout,
            config.facility,
            inbox,
        ))
    }

    fn with(endpoint: Endpoint, layout: Layout, facility: u8, inbox: Arc<Inbox>) -> Self {
        let (transport, attempted) = (None, None);
        Self {
            endpoint,
            layout,
            facility,
            transport,
            attempted,
            lost: 0,
            failing: false,
            buffer: Vec::new(),
            inbox,
        }
    }

    /// Sends, over a new connection where the old one turns out to be gone.
    fn deliver(&mut self, message: &Message<'_>) -> io::Result<()> {
        if self.transport.as_mut().is_some_and(Transport::is_closed) {
            self.transport = None;
        }
        match self.connect().and_then(|()| self.send(message)) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.transport = None;
                self.connect().map_err(|_| error)?;
                self.send(message)
            }
        }
    }

    /// Connects if there is no connection and the last attempt is long enough ago.
    fn connect(&mut self) -> io::Result<()> {
        // A local socket that was away is looked for again while its replacement is in use.
        let settled = self
            .transport
            .as_ref()
            .is_some_and(|transport| !self.endpoint.is_makeshift(transport));
        if settled {
            return Ok(());
        }
        let now = Instant::now();
        if self
            .attempted
            .is_some_and(|last| now.saturating_duration_since(last) < RECONNECT_INTERVAL)
        {
            return self
                .transport
                .as_ref()
                .map(|_| ())
                .ok_or_else(|| io::ErrorKind::NotConnected.into());
        }
        self.attempted = Some(now);
        self.transport = Some(self.endpoint.connect()?);
        Ok(())
    }

    fn send(&mut self, message: &Message<'_>) -> io::Result<()> {
        let transport = self.transport.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        self.buffer.clear();
        self.layout
            .on(transport.is_local())
            .format(&mut self.buffer, level::syslog(message.level), message)
            .map_err(|error| io::Error::other(error.to_string()))?;
        transport.send(&self.buffer)
    }

    fn report(&mut self, result: io::Result<()>) {
        match result {
            Ok(()) if std::mem::take(&mut self.failing) => {
                let lost = std::mem::take(&mut self.lost);
                self.inbox.report(
                    SinkId::Syslog,
                    format!("syslog at {} is reachable again", self.endpoint),
                );
                let text = format!("dropped {lost} log messages");
                let summary = Message {
                    facility: self.facility,
                    level: LogLevel::Warning,
                    time: Timestamp::now(),
                    pid: None,
                    text: &text,
                };
                // Failing again, it is the next message that finds out.
                self.lost = if self.send(&summary).is_ok() { 0 } else { lost };
            }
            Ok(()) => {}
            Err(error) => {
                self.lost = self.lost.saturating_add(1);
                if !std::mem::replace(&mut self.failing, true) {
                    let notice = format!(
                        "can't reach syslog at {} due to {error}, messages are dropped",
                        self.endpoint
                    );
                    self.inbox.report(SinkId::Syslog, notice);
                }
            }
        }
    }
}

impl Output for SyslogOutput {
    fn line(&mut self, line: &[u8]) {
        if let Some(message) = Message::unpack(line) {
            let result = self.deliver(&message);
            self.report(result);
        }
    }
}

#[cfg(test)]
mod tests;
