//! Waiting for facts. Every wait of the suite ends here, and names what it waited for when it gives up.

use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long a test waits for anything that should happen at once. Generous: the machine may be busy.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The result of `future`, which must come within `limit`.
///
/// # Panics
/// When it does not; the message names `what`.
pub async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    match timeout(limit, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {limit:?} for {what}"),
    }
}

/// Asks until the answer is yes.
///
/// # Panics
/// When it is still no after `DEADLINE`.
pub async fn eventually(what: &str, mut fact: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !fact().await {
        assert!(Instant::now() < end, "waited {DEADLINE:?} for {what}");
        sleep(Duration::from_millis(10)).await;
    }
}
