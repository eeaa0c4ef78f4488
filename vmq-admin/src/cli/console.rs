//! `vmq-admin tui`: the terminal console, which is a program of its own (decisions.md 35). What follows is for it.

use super::{CONFIG_FILE, write_err};
use crate::locate;
use std::env;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

const PROGRAM: &str = "vmq-console";

/// Becomes the console; comes back only if there is none.
pub(super) fn open(args: &[String]) -> u8 {
    let error = Command::new(program()).args(socket(args)).args(args).exec();
    match error.kind() {
        ErrorKind::NotFound => write_err(&format!("{PROGRAM} is not installed\n")),
        _ => write_err(&format!("can't start {PROGRAM} due to {error}\n")),
    }
    1
}

/// The socket of the configuration, where nothing else names one.
fn socket(args: &[String]) -> Option<String> {
    let is_named = args
        .iter()
        .any(|arg| arg.starts_with("--socket") || arg.starts_with("--node"));
    if is_named || env::var_os("VMQ_ADMIN_SOCKET").is_some() {
        return None;
    }
    let text = std::fs::read_to_string(CONFIG_FILE).ok()?;
    locate::setting(&text, "admin.socket.path").map(|path| format!("--socket={path}"))
}

/// The one beside this program, or one of the search path.
fn program() -> PathBuf {
    let beside = env::current_exe().map(|path| path.with_file_name(PROGRAM));
    beside
        .ok()
        .filter(|path| path.exists())
        .unwrap_or_else(|| PROGRAM.into())
}
