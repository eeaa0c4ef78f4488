//! The whole logging, from tracing's macros to the files.

use super::render::{Peer, Subscriber as SubscriberTerm};
use super::*;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use tracing::subscriber::with_default;
use tracing::{debug, error, info, warn};
use vmq_config::{LogTemplate, Rotation, SyslogFormat, SyslogTarget};

/// Tells the test binary to be the child of `a_panic_becomes_a_crash_line`.
const CHILD_DIR: &str = "VMQ_TEST_LOG_DIR";

fn file(dir: &Path, name: &str, format: LogFormat) -> LogFile {
    let rotation = Rotation {
        size_bytes: None,
        keep: 5,
        compress: false,
        at: None,
    };
    LogFile {
        path: dir.join(name),
        format,
        rotation,
        message_bytes_max: 0,
    }
}

fn config(dir: &Path) -> LogConfig {
    LogConfig {
        console_file: true,
        console_stdout: false,
        console_level: LogLevel::Info,
        console: file(dir, "console.log", LogFormat::Text),
        stdout_format: LogFormat::Text,
        error: Some(file(dir, "error.log", LogFormat::Json)),
        crash: Some(file(dir, "crash.log", LogFormat::Json)),
        sasl: Some(file(dir, "sasl.log", LogFormat::Text)),
        template: LogTemplate::Simple,
        primary_level: None,
        syslog: None,
    }
}

/// Logs with this configuration, shuts down, and returns the directory.
fn logged(change: impl FnOnce(&mut LogConfig), act: impl FnOnce(&Logging)) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path());
    change(&mut config);
    let logging = Logging::start(&config).expect("started");
    with_default(logging.subscriber(), || act(&logging));
    logging.shutdown();
    dir
}

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).expect("a log file")
}

/// The lines without their time.
fn lines(dir: &TempDir, name: &str) -> Vec<String> {
    read(dir.path(), name)
        .lines()
        .map(|line| line.split_once(' ').expect("a time").1.to_owned())
        .collect()
}

fn eventually(what: &str, mut fact: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !fact() {
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::yield_now();
    }
}

#[test]
fn events_reach_the_sinks_they_are_for() {
    let dir = logged(
        |_| {},
        |_| {
            debug!("too low");
            info!("plain");
            info!(severity = "notice", "raised");
            warn!("warned");
            error!("failed");
            error!(severity = "alert", "alarmed");
            error!(target: CRASH_TARGET, "crashed");
            info!(target: SASL_TARGET, "component started");
            warn!(target: SASL_TARGET, "component died");
        },
    );
    assert_eq!(
        lines(&dir, "console.log"),
        [
            "info: plain",
            "notice: raised",
            "warning: warned",
            "error: failed",
            "alert: alarmed",
            "error: crashed",
            "warning: component died"
        ]
    );
    let errors = read(dir.path(), "error.log");
    let messages: Vec<String> = errors
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["msg"].to_string())
        .collect();
    assert_eq!(messages, [r#""failed""#, r#""alarmed""#, r#""crashed""#]);
    assert_eq!(lines(&dir, "crash.log"), ["error: crashed"]);
    assert_eq!(
        lines(&dir, "sasl.log"),
        [
            "error: crashed",
            "info: component started",
            "warning: component died"
        ]
    );
}

#[test]
fn the_extended_line_has_pid_and_source() {
    let mut line = 0;
    let dir = logged(
        |config| config.template = LogTemplate::Extended,
        |_| {
            warn!(pid = 812, client_id = "c1", reason = "x", "can't do it\n   now");
            line = line!() - 1;
        },
    );
    let expected = format!("[warning] <0.812.0> {}:{line}: can't do it, now", module_path!());
    assert_eq!(lines(&dir, "console.log"), [expected]);
}

#[test]
fn json_carries_the_structured_fields() {
    let mut line = 0;
    let dir = logged(
        |config| config.console.format = LogFormat::Json,
        |_| {
            let peer = Peer::Ip("10.0.0.1:51122".parse().expect("an address"));
            warn!(pid = 812, client_id = "c1", peer = %peer, "can't");
            line = line!() - 1;
        },
    );
    let text = read(dir.path(), "console.log");
    let rest = text.split_once(r#","level""#).expect("a level").1;
    let module = module_path!();
    let expected = format!(
        concat!(
            r#":"warning","msg":"can't","pid":"<0.812.0>","mfa":["{}","",0],"file":"tests.rs","line":{},"#,
            r#""client_id":"c1","peer":"10.0.0.1:51122"}}"#,
            "\n"
        ),
        module, line
    );
    assert_eq!(rest, expected);
    assert!(text.starts_with(r#"{"time":1"#));
}

#[test]
fn a_client_cannot_forge_lines() {
    let hostile = "x\">>}\n2026-01-01T00:00:00.000000+00:00 error: forged\r\x1b[2J\0";
    let dir = logged(
        |_| {},
        |_| {
            let term = SubscriberTerm {
                mountpoint: "",
                client_id: hostile,
            };
            warn!(
                client_id = hostile,
                "can't authenticate client {term} from 1.2.3.4:5 due to x"
            );
            error!("raw {hostile}");
        },
    );
    let console = read(dir.path(), "console.log");
    assert_eq!(console.lines().count(), 2, "{console}");
    assert!(console.contains(
        r#"client {[],<<"x\">>}\n2026-01-01T00:00:00.000000+00:00 error: forged\r\x1b[2J\x00">>} from"#
    ));
    assert!(console.contains("raw x\">>}, 2026-01-01T00:00:00.000000+00:00 error: forged, \\x1b[2J\\x00\n"));
    for name in ["console.log", "error.log"] {
        assert!(
            !read(dir.path(), name)
                .chars()
                .any(|c| c.is_control() && c != '\n')
        );
    }
}

#[test]
fn what_is_too_much_is_dropped_and_counted() {
    let mut rows = Vec::new();
    let dir = logged(
        |_| {},
        |logging| {
            // Debug lines are refused before they cost anything of the budget.
            for number in 0..620 {
                debug!("unwanted {number}");
                info!("event {number}");
            }
            error!("dropped from the console, but not from the error file");
            rows = logging.sinks();
        },
    );
    let console = lines(&dir, "console.log");
    // A slow machine may need more than one second for the loop; then a new budget begins.
    let kept = console
        .iter()
        .filter(|line| line.starts_with("info: event "))
        .count();
    let dropped: usize = console
        .iter()
        .filter_map(|line| {
            line.strip_prefix("warning: dropped ")?
                .strip_suffix(" log messages")?
                .parse::<usize>()
                .ok()
        })
        .sum();
    let errors = console.iter().filter(|line| line.starts_with("error: ")).count();
    assert!(kept >= 500);
    assert_eq!(kept + errors + dropped, 621);
    assert_eq!(rows[0].dropped as usize, dropped);
    assert_eq!(read(dir.path(), "error.log").lines().count(), 1);
}

#[test]
fn the_summary_comes_by_itself() {
    let dir = tempfile::tempdir().expect("a directory");
    let logging = Logging::start(&config(dir.path())).expect("started");
    with_default(logging.subscriber(), || {
        (0..600).for_each(|number| info!("event {number}"))
    });
    eventually("the summary", || {
        read(dir.path(), "console.log").contains("warning: dropped ")
    });
}

#[test]
fn levels_change_while_running() {
    let dir = logged(
        |_| {},
        |logging| {
            assert!(!tracing::enabled!(tracing::Level::DEBUG));
            debug!("off");
            logging
                .set_level("consolefile", LogLevel::Debug)
                .expect("an active sink");
            assert!(tracing::enabled!(tracing::Level::DEBUG));
            assert!(!tracing::enabled!(tracing::Level::TRACE));
            debug!("on");
            logging
                .set_level("consolefile", LogLevel::Notice)
                .expect("an active sink");
            info!("off");
            info!(severity = "notice", "on");
            logging.set_primary_level(Some(LogLevel::Error));
            warn!("off");
            error!("on");
            logging.set_primary_level(None);
            warn!("on");
            let error = logging
                .set_level("nosuch", LogLevel::Info)
                .expect_err("no such sink")
                .to_string();
            assert_eq!(
                error,
                "no active logger nosuch, there are: consolefile, default, crash, sasl"
            );
        },
    );
    assert_eq!(
        lines(&dir, "console.log"),
        [
            "info: Changed log level for Logger \"consolefile\" to \"debug\"",
            "debug: on",
            "notice: on",
            "error: on",
            "warning: on"
        ]
    );
}

#[test]
fn nothing_wanted_means_nothing_enabled() {
    let change = |config: &mut LogConfig| {
        (config.console_file, config.error, config.crash, config.sasl) = (false, None, None, None);
    };
    logged(change, |logging| {
        assert!(!tracing::enabled!(tracing::Level::ERROR));
        assert_eq!(logging.sinks(), []);
        let evaluated = std::cell::Cell::new(false);
        error!("{}", evaluated.replace(true));
        assert!(
            !evaluated.get(),
            "the arguments of a line nobody wants are not evaluated"
        );
    });
}

#[test]
fn rows_are_those_of_log_show_config() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path());
    (config.console_stdout, config.sasl) = (true, None);
    config.syslog = Some(SyslogConfig {
        level: Some(LogLevel::Warning),
        format: SyslogFormat::Rfc3164,
        facility: 3,
        app_name: "VerneMQ".to_owned(),
        target: SyslogTarget::Udp {
            host: "127.0.0.1".to_owned(),
            port: 9,
        },
    });
    let logging = Logging::start(&config).expect("started");
    let rows: Vec<_> = logging
        .sinks()
        .into_iter()
        .map(|row| (row.logger, row.level, row.kind, row.file))
        .collect();
    assert_eq!(
        rows,
        [
            (
                "consolefile",
                "info",
                Some("file"),
                Some(dir.path().join("console.log"))
            ),
            ("console", "info", Some("standard_io"), None),
            (
                "default",
                "error",
                Some("file"),
                Some(dir.path().join("error.log"))
            ),
            ("crash", "error", Some("file"), Some(dir.path().join("crash.log"))),
            ("syslog", "warning", None, None),
        ]
    );
}

#[test]
fn syslog_gets_a_message_for_each_line() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("bound");
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("set");
    let port = socket.local_addr().expect("an address").port();
    let target = SyslogTarget::Udp {
        host: "127.0.0.1".to_owned(),
        port,
    };
    let (format, app_name) = (SyslogFormat::Rfc5424, "VerneMQ".to_owned());
    let syslog = SyslogConfig {
        level: None,
        format,
        facility: 16,
        app_name,
        target,
    };
    let _dir = logged(
        |config| config.syslog = Some(syslog),
        |_| {
            debug!(pid = 5, error = "gone", "one\n  two");
            error!(target: CRASH_TARGET, "three");
        },
    );
    let next = || {
        let mut buffer = [0; 2048];
        let bytes = socket.recv(&mut buffer).expect("a datagram");
        String::from_utf8_lossy(&buffer[..bytes]).into_owned()
    };
    let (one, two, three) = (next(), next(), next());
    let pid = std::process::id();
    assert!(
        one.starts_with("<135>1 ") && one.ends_with(&format!(" VerneMQ {pid} <0.5.0> - one")),
        "{one}"
    );
    assert!(
        two.starts_with("<135>1 ") && two.ends_with(" -   two error=gone"),
        "{two}"
    );
    assert!(
        three.starts_with("<27>1 ") && three.ends_with(" - - three"),
        "{three}"
    );
}

#[test]
fn a_file_moved_away_is_opened_again_on_request() {
    let dir = tempfile::tempdir().expect("a directory");
    let logging = Logging::start(&config(dir.path())).expect("started");
    with_default(logging.subscriber(), || info!("before"));
    let console = dir.path().join("console.log");
    eventually("the line", || !read(dir.path(), "console.log").is_empty());
    fs::rename(&console, dir.path().join("moved")).expect("renamed");
    logging.reopen();
    eventually("the new file", || console.exists());
    with_default(logging.subscriber(), || info!("after"));
    logging.shutdown();
    assert_eq!(lines(&dir, "moved"), ["info: before"]);
    assert_eq!(lines(&dir, "console.log"), ["info: after"]);
}

#[test]
fn trouble_of_one_sink_is_told_in_the_others() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = config(dir.path());
    config.error = Some(file(Path::new("/dev/null"), "error.log", LogFormat::Text));
    let logging = Logging::start(&config).expect("a file that fails stops nothing");
    eventually("the notice", || {
        read(dir.path(), "console.log").contains("warning: can't open log file /dev/null/error.log due to ")
    });
    drop(logging);
}

#[test]
fn a_panic_becomes_a_crash_line() {
    let dir = tempfile::tempdir().expect("a directory");
    let child = Command::new(std::env::current_exe().expect("a test binary"))
        .args([
            "--exact",
            "--nocapture",
            &format!("{}::child_with_a_panic", test_path()),
        ])
        .env(CHILD_DIR, dir.path())
        .output()
        .expect("a child");
    assert!(child.status.success(), "{child:?}");
    let crash = lines(&dir, "crash.log");
    assert_eq!(crash.len(), 1, "{crash:?}");
    assert!(
        crash[0].starts_with("error: panic in thread the culprit at "),
        "{}",
        crash[0]
    );
    assert!(
        crash[0].contains("tests.rs:") && crash[0].contains(" due to a fault, backtrace:, 0: "),
        "{}",
        crash[0]
    );
    assert_eq!(read(dir.path(), "error.log").lines().count(), 1);
    let stdout = String::from_utf8_lossy(&child.stdout);
    assert!(stdout.contains(" info: on standard output\n"), "{stdout}");
    assert!(!String::from_utf8_lossy(&child.stderr).contains("a fault"));
}

/// The path of this module as the test harness writes it: without the crate.
fn test_path() -> &'static str {
    module_path!().split_once("::").map_or("", |(_, path)| path)
}

/// Not a test of its own: installs the log in a process of its own and panics.
#[test]
fn child_with_a_panic() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        return;
    };
    let mut config = config(Path::new(&dir));
    config.console_stdout = true;
    let logging = Logging::start(&config).expect("started");
    logging.install().expect("installed");
    assert!(matches!(logging.install(), Err(LoggingError::AlreadyInstalled)));
    info!("on standard output");
    let culprit = std::thread::Builder::new()
        .name("the culprit".to_owned())
        .spawn(|| panic!("a fault"));
    assert!(culprit.expect("spawned").join().is_err());
    logging.shutdown();
}
