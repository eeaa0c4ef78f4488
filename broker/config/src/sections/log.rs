//! Log files and syslog.

use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    pub console_file: bool,
    pub console_stdout: bool,
    pub console_level: LogLevel,
    pub console: LogFile,
    pub stdout_format: LogFormat,
    pub error: Option<LogFile>,
    pub crash: Option<LogFile>,
    pub sasl: Option<LogFile>,
    pub template: LogTemplate,
    /// Filter before every sink; `None` = all.
    pub primary_level: Option<LogLevel>,
    pub syslog: Option<SyslogConfig>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTemplate {
    Simple,
    Extended,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    pub path: PathBuf,
    pub format: LogFormat,
    pub rotation: Rotation,
    /// Longest message in bytes (`log.crash.maximum_message_size`); 0 = no limit.
    pub message_bytes_max: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// `None` = never by size.
    pub size_bytes: Option<u64>,
    pub keep: usize,
    pub compress: bool,
    /// Time-based rotation in the lager notation (`$D0` = midnight); `None` = off.
    pub at: Option<RotationTime>,
}

/// Local time of day (and day) at which a log rotates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationTime {
    Daily { hour: u8 },
    Weekly { weekday: u8, hour: u8 },
    Monthly { day: u8, hour: u8 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogConfig {
    /// `None` = all.
    pub level: Option<LogLevel>,
    pub format: SyslogFormat,
    /// Facility code 0..=23.
    pub facility: u8,
    pub app_name: String,
    pub target: SyslogTarget,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyslogFormat {
    Rfc3164,
    Rfc5424,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyslogTarget {
    /// `/dev/log`, else UDP 127.0.0.1:514.
    Local,
    Udp {
        host: String,
        port: u16,
    },
    Tcp {
        host: String,
        port: u16,
    },
    Tls {
        host: String,
        port: u16,
        cafile: PathBuf,
    },
}
