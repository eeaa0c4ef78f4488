//! The brokers the tests run against.

#![allow(dead_code, reason = "not every test needs both")]

use std::env;
use std::path::{Path, PathBuf};

/// Ours: where `VERNEMQ_BIN` points, or beside the load generator.
pub(crate) fn vernemq() -> PathBuf {
    let beside = || Path::new(env!("CARGO_BIN_EXE_vmq-loadtest")).with_file_name("vernemq");
    let program = env::var_os("VERNEMQ_BIN").map_or_else(beside, PathBuf::from);
    assert!(
        program.is_file(),
        "{} is missing; build vmq-broker first",
        program.display()
    );
    program
}

/// In the path, or where daemons lie and the path of users may not lead.
pub(crate) fn mosquitto() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join("mosquitto"))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("mosquitto is not installed; `cargo xtask setup --test` installs it"))
}
