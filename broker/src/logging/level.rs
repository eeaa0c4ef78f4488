//! The eight log levels over tracing's five: names, syslog codes, and how an event's level is found.
//!
//! `notice` is an INFO event with the constant field `severity = "notice"`; `critical`, `alert` and `emergency` are
//! ERROR events with that field. TRACE has no place in the log and is refused. Called by the layer, the formats and
//! the admin command that changes a level.

use tracing::{Level, Metadata, level_filters::LevelFilter};
use vmq_config::LogLevel;

/// Name of the event field that raises an event above its tracing level.
pub const SEVERITY_FIELD: &str = "severity";

/// All levels, low to high; the index is the value's order.
pub const ALL: [LogLevel; 8] = [
    LogLevel::Debug,
    LogLevel::Info,
    LogLevel::Notice,
    LogLevel::Warning,
    LogLevel::Error,
    LogLevel::Critical,
    LogLevel::Alert,
    LogLevel::Emergency,
];

/// The name as it stands in log lines and in the configuration.
#[must_use]
pub fn name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Notice => "notice",
        LogLevel::Warning => "warning",
        LogLevel::Error => "error",
        LogLevel::Critical => "critical",
        LogLevel::Alert => "alert",
        LogLevel::Emergency => "emergency",
    }
}

/// The level with this name, exactly as `name` writes it.
#[must_use]
pub fn parse(text: &str) -> Option<LogLevel> {
    ALL.into_iter().find(|level| name(*level) == text)
}

/// Severity as syslog numbers it: emergency 0 to debug 7.
pub(super) fn syslog(level: LogLevel) -> syslog::Severity {
    match level {
        LogLevel::Debug => syslog::Severity::LOG_DEBUG,
        LogLevel::Info => syslog::Severity::LOG_INFO,
        LogLevel::Notice => syslog::Severity::LOG_NOTICE,
        LogLevel::Warning => syslog::Severity::LOG_WARNING,
        LogLevel::Error => syslog::Severity::LOG_ERR,
        LogLevel::Critical => syslog::Severity::LOG_CRIT,
        LogLevel::Alert => syslog::Severity::LOG_ALERT,
        LogLevel::Emergency => syslog::Severity::LOG_EMERG,
    }
}

/// What tracing must let through so that a sink at `level` sees all it wants.
pub(super) fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info | LogLevel::Notice => LevelFilter::INFO,
        LogLevel::Warning => LevelFilter::WARN,
        LogLevel::Error | LogLevel::Critical | LogLevel::Alert | LogLevel::Emergency => LevelFilter::ERROR,
    }
}

/// The highest level an event of this call site can have; `None` for TRACE and for spans, which are never logged.
pub(super) fn ceiling(metadata: &Metadata<'_>) -> Option<LogLevel> {
    if metadata.is_span() {
        return None;
    }
    let raised = metadata.fields().field(SEVERITY_FIELD).is_some();
    match *metadata.level() {
        Level::TRACE => None,
        Level::DEBUG => Some(LogLevel::Debug),
        Level::INFO if raised => Some(LogLevel::Notice),
        Level::INFO => Some(LogLevel::Info),
        Level::WARN => Some(LogLevel::Warning),
        Level::ERROR if raised => Some(LogLevel::Emergency),
        Level::ERROR => Some(LogLevel::Error),
    }
}

/// The level of one event: the tracing level, raised by the severity field where the two agree.
pub(super) fn resolve(level: Level, severity: Option<LogLevel>) -> LogLevel {
    match (level, severity) {
        (Level::TRACE | Level::DEBUG, _) => LogLevel::Debug,
        (Level::INFO, Some(LogLevel::Notice)) => LogLevel::Notice,
        (Level::INFO, _) => LogLevel::Info,
        (Level::WARN, _) => LogLevel::Warning,
        (Level::ERROR, Some(raised)) if raised > LogLevel::Error => raised,
        (Level::ERROR, _) => LogLevel::Error,
    }
}

/// The level as a number, for the sinks' atomics.
pub(super) fn index(level: LogLevel) -> u8 {
    level as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree_with_the_order() {
        for (position, level) in ALL.into_iter().enumerate() {
            assert_eq!(parse(name(level)), Some(level));
            assert_eq!(usize::from(index(level)), position);
            assert_eq!(syslog(level) as usize, 7 - position);
        }
        assert_eq!(parse("Warning"), None);
        assert_eq!(parse("all"), None);
    }

    #[test]
    fn severity_raises_only_where_it_fits() {
        assert_eq!(resolve(Level::INFO, Some(LogLevel::Notice)), LogLevel::Notice);
        assert_eq!(resolve(Level::INFO, Some(LogLevel::Alert)), LogLevel::Info);
        assert_eq!(resolve(Level::ERROR, Some(LogLevel::Alert)), LogLevel::Alert);
        assert_eq!(resolve(Level::ERROR, Some(LogLevel::Notice)), LogLevel::Error);
        assert_eq!(resolve(Level::WARN, Some(LogLevel::Emergency)), LogLevel::Warning);
    }
}
