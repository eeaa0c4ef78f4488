//! Levels that change with the configuration while the broker runs.

use super::Logging;
use super::sink::SinkId;
use vmq_config::{LogConfig, LogLevel};

impl Logging {
    /// Takes over the levels that differ between two configurations. A level that somebody has set by hand since
    /// (`vmq-admin log level`) stays unless the file gives another one.
    pub fn follow(&self, old: &LogConfig, new: &LogConfig) {
        if old.console_level != new.console_level {
            self.level_of(SinkId::ConsoleFile, new.console_level);
            self.level_of(SinkId::Console, new.console_level);
        }
        let syslog = |config: &LogConfig| config.syslog.as_ref().map(|syslog| syslog.level);
        if let Some(level) = syslog(new).filter(|_| syslog(old) != syslog(new)) {
            self.level_of(SinkId::Syslog, level.unwrap_or(LogLevel::Debug));
        }
        if old.primary_level != new.primary_level {
            self.set_primary_level(new.primary_level);
        }
    }

    fn level_of(&self, sink: SinkId, level: LogLevel) {
        if self.sinks.all().iter().any(|active| active.id == sink) {
            // It is active, so it has a level.
            drop(self.set_level(sink.name(), level));
        }
    }
}
