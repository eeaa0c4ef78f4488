//! The panic hook: a panic becomes one crash line with its backtrace, in crash.log and wherever errors go.
//!
//! It goes straight to the sinks, not through tracing: a panic inside a log call must be told too.

use super::budget::LineBudget;
use super::record::{Kind, Record};
use super::sinks::Sinks;
use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::thread;
use std::time::Instant;
use vmq_config::LogLevel;

pub(super) type PanicHook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync + 'static>;

/// A client that has found a way to a panic must not turn backtraces into load.
static BUDGET: LineBudget = LineBudget::per_second(10);

/// The hook; `previous` has its turn when no sink wants the line.
pub(super) fn hook(sinks: Arc<Sinks>, previous: PanicHook) -> PanicHook {
    Box::new(move |info| {
        let Some(suppressed) = BUDGET.take(Instant::now()) else {
            return;
        };
        let record = Record {
            kind: Kind::Crash,
            ..Record::own(LogLevel::Error, report(info, suppressed))
        };
        if !sinks.record(&record, None) {
            previous(info);
        }
    })
}

/// The text of the line. Its line breaks become commas in files and messages of their own in syslog.
fn report(info: &PanicHookInfo<'_>, suppressed: u64) -> String {
    let thread = thread::current();
    let place = info
        .location()
        .map_or_else(|| "unknown place".to_owned(), ToString::to_string);
    let reason = info.payload_as_str().unwrap_or("no message");
    let held_back = if suppressed > 0 {
        format!(" ({suppressed} more not shown)")
    } else {
        String::new()
    };
    format!(
        "panic in thread {} at {place} due to {reason}{held_back}\nbacktrace:\n{}",
        thread.name().unwrap_or("without a name"),
        Backtrace::force_capture()
    )
}
