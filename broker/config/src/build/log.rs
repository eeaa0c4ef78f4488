//! Logs and syslog.

use std::path::PathBuf;

use crate::resolve::Resolved;
use crate::sections::*;
use crate::value::Value;

pub(super) fn build(resolved: &mut Resolved) -> LogConfig {
    let crash_at = crash_rotation_time(resolved);
    let target = resolved.word("log.console");
    let if_on = |name: &str| {
        resolved
            .flag(&format!("log.{name}"))
            .then(|| file(resolved, name))
    };
    let mut crash = if_on("crash");
    if let Some(crash) = &mut crash {
        crash.rotation.at = crash_at;
        crash.message_bytes_max = resolved
            .bytes("log.crash.maximum_message_size")
            .map_or(0, |bytes| bytes.try_into().unwrap_or(0));
    }
    let log = LogConfig {
        console_file: matches!(target, "file" | "both"),
        console_stdout: matches!(target, "console" | "both"),
        console_level: level(resolved.word("log.console.level")).unwrap_or(LogLevel::Info),
        console: file(resolved, "console"),
        stdout_format: format(resolved, "log.console.console.format"),
        error: if_on("error"),
        crash,
        sasl: if_on("sasl"),
        template: match resolved.word("log.template") {
            "simple" => LogTemplate::Simple,
            _ => LogTemplate::Extended,
        },
        primary_level: level(resolved.word("log.level")),
        syslog: None,
    };
    LogConfig {
        syslog: syslog(resolved),
        ..log
    }
}

fn file(resolved: &Resolved, name: &str) -> LogFile {
    let rotation = format!("log.{name}.rotation");
    LogFile {
        path: resolved.path(&format!("log.{name}.file")),
        // crash.log and sasl.log are always text.
        format: match name {
            "console" | "error" => format(resolved, &format!("log.{name}.file.format")),
            _ => LogFormat::Text,
        },
        rotation: Rotation {
            size_bytes: resolved
                .bytes(&format!("{rotation}.size"))
                .filter(|bytes| *bytes > 0),
            keep: resolved.count(&format!("{rotation}.keep")),
            compress: resolved.flag(&format!("{rotation}.compress_on_rotate")),
            at: None,
        },
        message_bytes_max: 0,
    }
}

fn format(resolved: &Resolved, key: &str) -> LogFormat {
    match resolved.word(key) {
        "json" => LogFormat::Json,
        _ => LogFormat::Text,
    }
}

/// `None` = all.
fn level(word: &str) -> Option<LogLevel> {
    Some(match word {
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "notice" => LogLevel::Notice,
        "warning" => LogLevel::Warning,
        "error" => LogLevel::Error,
        "critical" => LogLevel::Critical,
        "alert" => LogLevel::Alert,
        "emergency" => LogLevel::Emergency,
        _ => return None,
    })
}

fn crash_rotation_time(resolved: &mut Resolved) -> Option<RotationTime> {
    const KEY: &str = "log.crash.rotation";
    let text = resolved.text(KEY)?.to_owned();
    let time = rotation_time(&text);
    if time.is_none() {
        resolved.refuse(KEY, &format!("{KEY} must be of the form $D0, $W0D23 or $M1D0"));
    }
    time
}

/// `$D<hour>`, `$W<day>D<hour>` with 0 = Sunday, `$M<day>D<hour>`; the hour may be left out after a day.
fn rotation_time(text: &str) -> Option<RotationTime> {
    let text = text.strip_prefix('$')?;
    let hour = |text: &str| text.parse::<u8>().ok().filter(|hour| *hour < 24);
    if let Some(rest) = text.strip_prefix('D') {
        return Some(RotationTime::Daily { hour: hour(rest)? });
    }
    let (day, hour_text) = text.get(1..)?.split_once('D').unwrap_or((text.get(1..)?, "0"));
    let (day, hour) = (day.parse::<u8>().ok()?, hour(hour_text)?);
    match text.as_bytes().first()? {
        b'W' if day < 7 => Some(RotationTime::Weekly { weekday: day, hour }),
        b'M' if (1..=31).contains(&day) => Some(RotationTime::Monthly { day, hour }),
        _ => None,
    }
}

fn syslog(resolved: &mut Resolved) -> Option<SyslogConfig> {
    if !resolved.flag("log.syslog") {
        return None;
    }
    let format = match resolved.word("log.syslog.format") {
        "rfc5424" => SyslogFormat::Rfc5424,
        _ => SyslogFormat::Rfc3164,
    };
    let target = syslog_target(resolved);
    if let SyslogTarget::Tls { cafile, .. } = &target {
        if format != SyslogFormat::Rfc5424 {
            resolved.refuse(
                "log.syslog.remote.protocol",
                "log.syslog.format must be rfc5424 for TLS SysLog",
            );
        }
        if cafile.as_os_str().is_empty() {
            let text = "log.syslog.remote.tls.cafile is required for TLS SysLog";
            resolved.refuse("log.syslog.remote.protocol", text);
        }
    }
    let node = resolved.text("nodename").unwrap_or_default();
    let own_name = node.split('@').next().unwrap_or_default();
    Some(SyslogConfig {
        level: level(resolved.word("log.syslog.level")),
        format,
        facility: facility(resolved.word("log.syslog.facility")),
        app_name: resolved
            .text("log.syslog.app_name")
            .unwrap_or(own_name)
            .to_owned(),
        target,
    })
}

fn syslog_target(resolved: &Resolved) -> SyslogTarget {
    let protocol = resolved.word("log.syslog.remote.protocol");
    let port = match resolved.get("log.syslog.remote.port") {
        Some(Value::Integer(port)) => u16::try_from(*port).unwrap_or(514),
        _ => 514,
    };
    let host = match resolved.text("log.syslog.remote.host") {
        Some(host) => host.to_owned(),
        None if protocol == "udp" && port == 514 => return SyslogTarget::Local,
        None => "127.0.0.1".to_owned(),
    };
    let cafile: PathBuf = resolved.path("log.syslog.remote.tls.cafile");
    match protocol {
        "tcp" => SyslogTarget::Tcp { host, port },
        "tls" => SyslogTarget::Tls { host, port, cafile },
        _ => SyslogTarget::Udp { host, port },
    }
}

/// The numbers of RFC 5424, 6.2.1.
fn facility(word: &str) -> u8 {
    match word {
        "kern" | "kernel" => 0,
        "user" => 1,
        "mail" => 2,
        "auth" => 4,
        "syslog" => 5,
        "lpr" => 6,
        "news" => 7,
        "uucp" => 8,
        "cron" => 9,
        "authpriv" => 10,
        "ftp" => 11,
        "ntp" => 12,
        "logaudit" => 13,
        "logalert" => 14,
        "clock" => 15,
        _ => match word
            .strip_prefix("local")
            .and_then(|number| number.parse::<u8>().ok())
        {
            Some(number) => 16 + number.min(7),
            None => 3,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_times() {
        assert_eq!(rotation_time("$D0"), Some(RotationTime::Daily { hour: 0 }));
        assert_eq!(
            rotation_time("$W0D23"),
            Some(RotationTime::Weekly { weekday: 0, hour: 23 })
        );
        assert_eq!(
            rotation_time("$W5"),
            Some(RotationTime::Weekly { weekday: 5, hour: 0 })
        );
        assert_eq!(
            rotation_time("$M1D0"),
            Some(RotationTime::Monthly { day: 1, hour: 0 })
        );
        for text in ["", "$", "$D24", "$W7", "$M0", "D0", "$X1", "$D", "$ä", "$Mä"] {
            assert_eq!(rotation_time(text), None, "{text}");
        }
    }

    #[test]
    fn facilities() {
        assert_eq!(
            ["kern", "daemon", "clock", "local0", "local7"].map(facility),
            [0, 3, 15, 16, 23]
        );
    }
}
