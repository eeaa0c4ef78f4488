//! Everything a connection does because of the clock, behind one timer that is set again only when it fires or must
//! fire earlier: a packet costs no timer operation.

use crate::session::Session;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// The deadlines of one connection.
#[derive(Debug)]
pub struct Timers {
    sleep: Option<Pin<Box<Sleep>>>,
    armed: Option<Instant>,
    /// When the last complete packet arrived.
    pub last_packet: Instant,
    /// One and a half keep-alives; `None` = no check [MQTT-3.1.2-22].
    silence_max: Option<Duration>,
    /// `max_connection_lifetime`.
    pub lifetime_ends: Option<Instant>,
}

impl Timers {
    /// The timers of a new connection.
    pub fn new(now: Instant, session: &Session, lifetime: Option<Duration>) -> Self {
        Self {
            sleep: None,
            armed: None,
            last_packet: now,
            silence_max: silence_max(session.keep_alive_secs),
            lifetime_ends: lifetime.map(|lifetime| now + lifetime),
        }
    }

    /// When the client counts as gone.
    pub fn silence_ends(&self) -> Option<Instant> {
        self.silence_max.map(|max| self.last_packet + max)
    }

    /// Polls the timer for the earliest of the deadlines given and the connection's own.
    pub fn poll(&mut self, cx: &mut Context<'_>, others: [Option<Instant>; 4]) -> Poll<()> {
        let own = [self.silence_ends(), self.lifetime_ends];
        let Some(deadline) = others.into_iter().chain(own).flatten().min() else {
            return Poll::Pending;
        };
        if self.armed.is_none_or(|armed| deadline < armed) {
            self.arm(deadline);
        }
        loop {
            let Some(sleep) = &mut self.sleep else {
                return Poll::Pending;
            };
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            // It was armed for an earlier deadline that has moved since.
            if deadline > Instant::now() {
                self.arm(deadline);
                continue;
            }
            self.armed = None;
            return Poll::Ready(());
        }
    }

    fn arm(&mut self, deadline: Instant) {
        self.armed = Some(deadline);
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(deadline.into()),
            None => self.sleep = Some(Box::pin(tokio::time::sleep_until(deadline.into()))),
        }
    }
}

/// One and a half keep-alives.
fn silence_max(keep_alive_secs: u16) -> Option<Duration> {
    (keep_alive_secs > 0).then(|| Duration::from_secs(u64::from(keep_alive_secs)) * 3 / 2)
}
