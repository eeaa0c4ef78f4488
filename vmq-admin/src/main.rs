//! `vmq-admin`: the command line of the admin socket.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = std::env::args_os().skip(1);
    // An argument that is not UTF-8 names nothing the daemon knows; it is refused like any other wrong word.
    let args = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    ExitCode::from(vmq_admin::cli::run(args))
}
