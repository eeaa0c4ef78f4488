//! The limit of open files: every client is one. Raised as far as the system allows, and said when that is not far.

use super::output;
use crate::listener::descriptors;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use vmq_config::ListenerConfig;

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

/// What the log says of listeners that may together let in more clients than there are open files for; `None` when they
/// all fit. A listener without a bound does not count: nobody promised its clients a place (packaging.md 17).
#[must_use]
pub(super) fn shortage(listeners: &[ListenerConfig]) -> Option<String> {
    let clients = listeners.iter().filter_map(|listener| listener.max_connections);
    let clients = clients.fold(0, |sum: u64, one| sum.saturating_add(one as u64));
    shortage_of(clients, getrlimit(Resource::Nofile).current?)
}

fn shortage_of(clients: u64, limit: u64) -> Option<String> {
    let needed = clients.saturating_add(descriptors::RESERVE);
    (needed > limit).then(|| {
        format!(
            "max_connections of all listeners allows {clients} clients, which takes {needed} open files; the limit is \
             {limit}: clients wait when it is reached (LimitNOFILE= of the unit, ulimit -n)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listeners_promise_is_compared_with_the_limit() {
        let fits = 1000 + descriptors::RESERVE;
        assert_eq!(shortage_of(1000, fits), None);
        let said = shortage_of(1000, fits - 1).unwrap();
        assert!(
            said.contains("1000 clients") && said.contains(&format!("{fits} open files")),
            "{said}"
        );
        assert!(said.contains(&format!("the limit is {}", fits - 1)), "{said}");
        assert!(shortage_of(u64::MAX, 1024).is_some());
    }
}
