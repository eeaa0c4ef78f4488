//! The unit of the packages (packaging.md 4), looked at by systemd's own tool where there is one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const UNIT: &str = include_str!("../../systemd/vernemq.service");

fn unit_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../systemd/vernemq.service")
}

/// None where there is no systemd: then nobody would run the unit either.
#[allow(clippy::print_stderr, reason = "a test that looks at nothing says so")]
fn systemd_analyze(arguments: &[&str], unit: &Path) -> Option<Output> {
    let output = Command::new("systemd-analyze").args(arguments).arg(unit).output();
    if output.is_err() {
        eprintln!("no systemd-analyze on this machine: the unit was not looked at");
    }
    output.ok()
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// At most 1.5 of 10.
#[test]
fn little_is_exposed() {
    let arguments = ["security", "--offline=true", "--threshold=15", "--no-pager"];
    let Some(output) = systemd_analyze(&arguments, &unit_file()) else {
        return;
    };
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("Overall exposure level for vernemq.service"),
        "{}",
        text(&output)
    );
}

/// In a folder of its own, with a program at the paths the unit names.
#[test]
fn systemd_understands_every_line() {
    let root = tempfile::tempdir().unwrap();
    let program = root.path().join("vernemq");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let here = UNIT.replace("/usr/sbin/vernemq", program.to_str().unwrap());
    let unit = root.path().join("vernemq.service");
    fs::write(&unit, here).unwrap();
    let Some(output) = systemd_analyze(&["verify", "--man=no"], &unit) else {
        return;
    };
    // Other units of the machine may have their own faults.
    let said = text(&output);
    let ours: Vec<_> = said.lines().filter(|line| line.contains("vernemq")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

/// What the daemon counts on, word by word.
#[test]
fn the_unit_says_what_the_broker_needs() {
    for line in [
        "Type=notify",
        "WatchdogSec=60",
        "RestartPreventExitStatus=2",
        "ExecReload=/usr/sbin/vernemq chkconfig -c ${VERNEMQ_CONF}",
        "LimitNOFILE=1048576",
        "RuntimeDirectory=vernemq",
        "UMask=0027",
    ] {
        assert!(UNIT.lines().any(|found| found == line), "{line}");
    }
}
