//! `vernemq`: the daemon and its control verbs. Everything lives in the library, where it can be tested; here is only
//! what belongs to the process: its allocator, its arguments, its exit code.

use std::process::ExitCode;

/// Many small allocations of many threads, freed by other threads than those that made them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    vmq_broker::cli::main(std::env::args_os()).into()
}
