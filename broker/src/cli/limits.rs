//! The limit of open files: every client is one. Raised as far as the system allows, and said when that is not far.

use super::output;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the original recommends.
const RECOMMENDED: u64 = 65_536;

/// Raises the soft limit to `wanted`, as far as the hard limit goes. A system that forbids it (a service's call
/// filter) is left as it is.
pub(super) fn raise_open_files(wanted: u64) {
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current else { return };
    let reachable = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if reachable > current {
        let raised = Rlimit {
            current: Some(reachable),
            maximum: limit.maximum,
        };
        setrlimit(Resource::Nofile, raised).ok();
    }
}

/// The limit, when it is lower than recommended.
#[must_use]
pub(super) fn low_open_files() -> Option<u64> {
    getrlimit(Resource::Nofile)
        .current
        .filter(|current| *current < RECOMMENDED)
}

/// The three lines of the original (admin.md 1.3).
pub(super) fn warn(limit: u64) {
    output::say("!!!!");
    output::say(warning(limit));
    output::say("!!!!");
}

/// The line in the middle, which the log gets as well.
pub(super) fn warning(limit: u64) -> String {
    format!("!!!! WARNING: ulimit -n is {limit}; {RECOMMENDED} is the recommended minimum.")
}
