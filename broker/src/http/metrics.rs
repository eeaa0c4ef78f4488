//! `/metrics`: the page for Prometheus (monitoring.md 2.5).

use super::respond::Answer;
use crate::core::Core;
use crate::metrics::{Snapshot, prometheus};
use http::StatusCode;
use tracing::error;

/// The answer. Blocks on files of the kernel.
pub(super) fn page(core: &Core) -> Answer {
    let config = core.config();
    let page = prometheus::page(
        &Snapshot::take(core),
        &config.prometheus_namespace,
        &config.node.name,
    );
    match page {
        Ok(page) => Answer::text(prometheus::CONTENT_TYPE, page),
        Err(error) => {
            error!("can't write the page for Prometheus due to {error}");
            Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
