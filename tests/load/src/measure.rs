//! What is counted and timed while a load runs, and what becomes of it: progress, an endpoint, a result file that can be merged, a report,
//! assertions. Named scenarios (`run`) and scenario files (`play`) share all of it.

// In reading order: names, what is counted, what must hold, the result, while it runs, several processes.
mod figure;
mod meter;
mod assertion;
mod result;
mod report;
mod progress;
mod exposition;
mod endpoint;
mod merge;
mod processes;
mod args;

pub(crate) use args::WatchArgs;
pub(crate) use assertion::{Assertion, parse_nanos};
pub(crate) use endpoint::serve;
pub(crate) use figure::{Counter, Latency, figure_names, is_figure, may_be_figure};
pub(crate) use merge::merge;
pub(crate) use meter::{Batch, Meter, latency_histogram};
pub(crate) use processes::{Leash, Part, lead, tell_signal};
pub(crate) use progress::Progress;
pub(crate) use report::print;
pub(crate) use result::Measured;
