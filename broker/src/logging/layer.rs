//! `LogLayer`: where tracing's events enter the sinks.
//!
//! The interest of a call site and the maximum level are cached by tracing, so that a line nobody wants costs one
//! comparison; whoever changes a level has to rebuild that cache. Spans are refused: no line shows them.

use super::sinks::Sinks;
use std::sync::Arc;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The layer over all sinks. Put beside other layers, it needs a per-layer filter around it: what no sink wants it
/// refuses for the whole subscriber.
#[derive(Clone, Debug)]
pub struct LogLayer {
    sinks: Arc<Sinks>,
}

impl LogLayer {
    pub(super) fn new(sinks: Arc<Sinks>) -> Self {
        Self { sinks }
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.sinks.want(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.sinks.want(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.sinks.filter())
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.sinks.event(event);
    }
}
