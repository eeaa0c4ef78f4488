//! Logging (monitoring.md 7): tracing's events become lines in files, on standard output and in syslog.
//!
//! `main` starts it first and shuts it down last. Whoever logs never waits: every sink has a bounded queue and a
//! writer thread, drops what is too much and says how much that was. A line that no sink wants costs a comparison.
//! What a client sent can break no line (`clean`), and its values read as in the original (`render`).
//!
//! How to log: `tracing` macros with the message in the words of monitoring.md 7.8; `pid = serial` for the
//! connection; `severity = "notice"` where tracing has no level; target `"crash"` for task aborts, `"sasl"` for start
//! and stop of components. A line that a client can provoke asks a `LineBudget` first.

pub mod level;
pub mod render;
mod budget;
mod record;
mod clean;
mod format;
mod layer;
mod sinks;
mod sink;
mod queue;
mod file;
mod archive;
mod schedule;
mod tail;
mod stdout;
mod syslog;
mod keeper;
mod live;
mod crash;

pub use budget::LineBudget;
pub use layer::LogLayer;
pub use record::{CRASH_TARGET, SASL_TARGET};
pub use sink::SinkId;
pub use syslog::CaFileError;
pub use tail::{Tail, TailLine};

use file::FileOutput;
use format::Style;
use keeper::Inbox;
use parking_lot::Mutex;
use queue::{Backlog, Output, Queue};
use sink::{Shape, Sink};
use sinks::Sinks;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use stdout::StdoutOutput;
use syslog::SyslogOutput;
use tracing::Subscriber;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;
use vmq_config::{LogConfig, LogFile, LogFormat, LogLevel, SyslogConfig};

/// How long a shutdown waits for the writers.
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

/// Why logging cannot start, or not change.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    #[error("log.syslog.remote.tls.cafile: {0}")]
    CaFile(#[from] CaFileError),
    #[error("can't start the log keeper due to {0}")]
    Thread(#[from] io::Error),
    #[error("logging is already installed in this process")]
    AlreadyInstalled,
    #[error("no active logger {id}, there are: {active}")]
    UnknownSink { id: String, active: String },
}

/// One active sink, as `vmq-admin log show config` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkRow {
    pub logger: &'static str,
    pub level: &'static str,
    /// `file` or `standard_io`.
    pub kind: Option<&'static str>,
    pub file: Option<PathBuf>,
    /// Lines dropped since start, for metrics.
    pub dropped: u64,
}

/// The logging of this process. Dropping it shuts it down.
#[derive(Debug)]
pub struct Logging {
    sinks: Arc<Sinks>,
    running: Mutex<Running>,
}

/// What a shutdown ends.
#[derive(Debug)]
struct Running {
    keeper: Option<JoinHandle<()>>,
    writers: Vec<WorkerGuard>,
}

impl Logging {
    /// Builds every sink and starts the writers, without installing anything. A file that cannot be opened is no
    /// error: its lines go to standard error until it can.
    ///
    /// # Errors
    /// The CA file of a TLS syslog target is of no use, or no thread can be started.
    pub fn start(config: &LogConfig) -> Result<Self, LoggingError> {
        let mut builder = Builder {
            config,
            inbox: Arc::default(),
            sinks: Vec::new(),
            writers: Vec::new(),
        };
        builder.consoles();
        builder.files();
        if let Some(syslog) = &config.syslog {
            builder.syslog(syslog)?;
        }
        let Builder {
            inbox,
            sinks,
            writers,
            ..
        } = builder;
        let sinks = Arc::new(Sinks::new(sinks, config.primary_level, inbox));
        let keeper = Some(keeper::start(Arc::clone(&sinks))?);
        Ok(Self {
            sinks,
            running: Mutex::new(Running { keeper, writers }),
        })
    }

    /// The layer over all sinks, for a subscriber with further layers.
    #[must_use]
    pub fn layer(&self) -> LogLayer {
        LogLayer::new(Arc::clone(&self.sinks))
    }

    /// A subscriber of the log alone.
    #[must_use]
    pub fn subscriber(&self) -> impl Subscriber + Send + Sync + 'static {
        Registry::default().with(self.layer())
    }

    /// Makes it the log of the whole process and sends panics to the crash file.
    ///
    /// # Errors
    /// The process has a log already.
    pub fn install(&self) -> Result<(), LoggingError> {
        tracing::subscriber::set_global_default(self.subscriber())
            .map_err(|_| LoggingError::AlreadyInstalled)?;
        std::panic::set_hook(crash::hook(Arc::clone(&self.sinks), std::panic::take_hook()));
        Ok(())
    }

    /// The active sinks.
    #[must_use]
    pub fn sinks(&self) -> Vec<SinkRow> {
        self.sinks.all().iter().map(row).collect()
    }

    /// Changes one sink's level until restart.
    ///
    /// # Errors
    /// No active sink has this id.
    pub fn set_level(&self, id: &str, level: LogLevel) -> Result<(), LoggingError> {
        let Some(sink) = self.sinks.all().iter().find(|sink| sink.id.name() == id) else {
            let active: Vec<&str> = self.sinks.all().iter().map(|sink| sink.id.name()).collect();
            return Err(LoggingError::UnknownSink {
                id: id.to_owned(),
                active: active.join(", "),
            });
        };
        sink.set_level(level);
        tracing::callsite::rebuild_interest_cache();
        tracing::info!(
            "Changed log level for Logger \"{id}\" to \"{}\"",
            level::name(level)
        );
        Ok(())
    }

    /// Changes the filter before all sinks until restart; `None` = all.
    pub fn set_primary_level(&self, level: Option<LogLevel>) {
        self.sinks.set_primary(level);
        tracing::callsite::rebuild_interest_cache();
    }

    /// Begins to look at the lines of this level and above that have this text in them.
    #[must_use]
    pub fn tail(&self, level: LogLevel, contains: &str) -> Tail {
        Tail::start(&self.sinks, level, contains)
    }

    /// Opens every log file again (SIGHUP, after an external rotation).
    pub fn reopen(&self) {
        self.sinks
            .all()
            .iter()
            .filter(|sink| sink.path.is_some())
            .for_each(Sink::reopen);
    }

    /// Writes out everything that was logged before, waits for it, and ends the writers. Later lines are lost.
    /// A sink that is stuck is given up after five seconds.
    pub fn shutdown(&self) {
        let mut running = self.running.lock();
        let Some(keeper) = running.keeper.take() else {
            return;
        };
        let deadline = Instant::now() + DRAIN_PATIENCE;
        self.drain(deadline);
        self.sinks.inbox().stop();
        // The keeper has nothing to answer but its end; a panic of it is in the log already.
        drop(keeper.join());
        self.sinks.close();
        self.drain(deadline);
        running.writers.clear();
    }

    fn drain(&self, deadline: Instant) {
        for sink in self.sinks.all() {
            if !sink.drain(deadline) {
                drop(writeln!(
                    io::stderr(),
                    "log writer {} is stuck, its lines are lost",
                    sink.id.name()
                ));
            }
        }
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.shutdown();
    }
}

fn row(sink: &Sink) -> SinkRow {
    let kind = match sink.id {
        SinkId::Console => Some("standard_io"),
        SinkId::Syslog => None,
        SinkId::ConsoleFile | SinkId::Error | SinkId::Crash | SinkId::Sasl => Some("file"),
    };
    SinkRow {
        logger: sink.id.name(),
        level: level::name(sink.level()),
        kind,
        file: sink.path.clone(),
        dropped: sink.dropped(),
    }
}

/// Collects the sinks of a configuration.
struct Builder<'a> {
    config: &'a LogConfig,
    inbox: Arc<Inbox>,
    sinks: Vec<Sink>,
    writers: Vec<WorkerGuard>,
}

impl Builder<'_> {
    fn consoles(&mut self) {
        let level = self.config.console_level;
        if self.config.console_file {
            self.file(
                SinkId::ConsoleFile,
                level,
                &self.config.console,
                self.config.console.format,
            );
        }
        if self.config.console_stdout {
            let shape = Shape::Line(self.style(self.config.stdout_format, 0));
            let sink = self.sink(SinkId::Console, level, shape, Arc::default(), StdoutOutput);
            self.sinks.push(sink);
        }
    }

    fn files(&mut self) {
        let LogConfig {
            error, crash, sasl, ..
        } = self.config;
        if let Some(file) = error {
            self.file(SinkId::Error, LogLevel::Error, file, file.format);
        }
        // These two are always text (monitoring.md 7.2).
        if let Some(file) = crash {
            self.file(SinkId::Crash, LogLevel::Error, file, LogFormat::Text);
        }
        if let Some(file) = sasl {
            self.file(SinkId::Sasl, LogLevel::Info, file, LogFormat::Text);
        }
    }

    fn syslog(&mut self, config: &SyslogConfig) -> Result<(), LoggingError> {
        let level = config.level.unwrap_or(LogLevel::Debug);
        let output = SyslogOutput::new(config, Arc::clone(&self.inbox))?;
        let shape = Shape::Syslog {
            facility: config.facility,
        };
        let sink = self.sink(SinkId::Syslog, level, shape, Arc::default(), output);
        self.sinks.push(sink);
        Ok(())
    }

    fn file(&mut self, id: SinkId, level: LogLevel, file: &LogFile, format: LogFormat) {
        let backlog: Arc<Backlog> = Arc::default();
        let output = FileOutput::open(
            id,
            file.path.clone(),
            file.rotation.clone(),
            Box::new(io::stderr()),
            Arc::clone(&backlog),
            Arc::clone(&self.inbox),
        );
        let reopen = output.reopen_flag();
        let shape = Shape::Line(self.style(format, file.message_bytes_max));
        let sink = self
            .sink(id, level, shape, backlog, output)
            .with_file(file.path.clone(), reopen);
        self.sinks.push(sink);
    }

    fn style(&self, format: LogFormat, message_bytes_max: usize) -> Style {
        Style {
            format,
            template: self.config.template,
            message_bytes_max,
        }
    }

    fn sink(
        &mut self,
        id: SinkId,
        level: LogLevel,
        shape: Shape,
        backlog: Arc<Backlog>,
        output: impl Output,
    ) -> Sink {
        let (queue, guard) = Queue::start(&format!("log-{}", id.name()), backlog, output);
        self.writers.push(guard);
        Sink::new(id, level, shape, queue, Arc::clone(&self.inbox))
    }
}

#[cfg(test)]
mod tests;
