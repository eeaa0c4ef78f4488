//! The keeper: a thread that sleeps until a sink drops lines or a writer has something to tell, then says so.
//!
//! Writer threads cannot log themselves (their sink may be the one that is stuck), so they leave notices in the
//! `Inbox`; the keeper logs them to the other sinks. Summaries of drops come at most once a second for each sink.

use super::record::Record;
use super::sink::SinkId;
use super::sinks::Sinks;
use parking_lot::{Condvar, Mutex};
use std::io::{self, Write};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use vmq_config::LogLevel;

/// The drops of this long are told in one line.
const SUMMARY_INTERVAL: Duration = Duration::from_secs(1);
/// Notices that may wait; writers tell changes, not events, so more would be noise.
const NOTICES_MAX: usize = 32;

/// What sinks and writers leave for the keeper.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    mail: Mutex<Mail>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Mail {
    drops: bool,
    notices: Vec<(SinkId, String)>,
    stop: bool,
}

impl Inbox {
    /// A sink has begun to drop.
    pub(super) fn drops_began(&self) {
        self.mail.lock().drops = true;
        self.wake.notify_one();
    }

    /// A writer's news, for the other sinks.
    pub(super) fn report(&self, from: SinkId, notice: String) {
        let mut mail = self.mail.lock();
        if mail.notices.len() < NOTICES_MAX {
            mail.notices.push((from, notice));
            self.wake.notify_one();
        }
    }

    /// Ends the keeper; what is in the inbox is still told.
    pub(super) fn stop(&self) {
        self.mail.lock().stop = true;
        self.wake.notify_one();
    }

    /// Waits for work, then for as long as drops are gathered. Returns the notices and whether to go on.
    fn collect(&self) -> (Vec<(SinkId, String)>, bool) {
        let mut mail = self.mail.lock();
        while !mail.drops && mail.notices.is_empty() && !mail.stop {
            self.wake.wait(&mut mail);
        }
        let deadline = Instant::now() + SUMMARY_INTERVAL;
        while mail.notices.is_empty() && !mail.stop && !self.wake.wait_until(&mut mail, deadline).timed_out()
        {
        }
        if Instant::now() >= deadline || mail.stop {
            mail.drops = false;
        }
        (std::mem::take(&mut mail.notices), !mail.stop)
    }

    fn gathering(&self) -> bool {
        self.mail.lock().drops
    }
}

/// Starts the keeper's thread. It ends after `Inbox::stop`.
pub(super) fn start(sinks: Arc<Sinks>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("log-keeper".to_owned())
        .spawn(move || {
            loop {
                let (notices, more) = sinks.inbox().collect();
                for (from, notice) in notices {
                    if !sinks.record(&Record::own(LogLevel::Warning, notice.clone()), Some(from)) {
                        // No other sink: standard error is what is left.
                        drop(writeln!(io::stderr(), "{notice}"));
                    }
                }
                if !sinks.inbox().gathering() {
                    sinks.all().iter().for_each(super::sink::Sink::report_drops);
                }
                if !more {
                    return;
                }
            }
        })
}
