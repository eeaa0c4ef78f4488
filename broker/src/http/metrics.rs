//! `/metrics`: the page for Prometheus (monitoring.md 2.5).

use super::respond::Answer;
use crate::core::Core;
use crate::metrics::{Snapshot, prometheus};
use http::StatusCode;
use std::sync::Arc;
use tracing::error;

/// The answer.
pub(super) async fn page(core: Arc<Core>) -> Answer {
    let Some(snapshot) = Snapshot::read(&core).await else {
        return Answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let config = core.config();
    match prometheus::page(&snapshot, &config.prometheus_namespace, &config.node.name) {
        Ok(page) => Answer::text(prometheus::CONTENT_TYPE, page),
        Err(error) => {
            error!("can't write the page for Prometheus due to {error}");
            Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
