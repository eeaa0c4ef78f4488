//! `vmq-admin log`: the sinks and their levels (monitoring.md 7.6).

use super::{Admin, Answer};
use crate::logging::{SinkRow, level};
use vmq_admin::command::log::Log;
use vmq_admin::{Element, Row};

/// Runs the command. It works in every state of the node: the log runs first and ends last.
pub(super) fn run(admin: &Admin, command: &Log) -> Answer {
    match command {
        Log::ShowConfig => {
            let rows = admin.logging.sinks().iter().map(row).collect();
            Answer::of(vec![Element::Table(rows)])
        }
        Log::Level { logger, level: name } => {
            let Some(level) = level::parse(name) else {
                return Answer::alert(format!("Invalid value: \"{name}\""));
            };
            match admin.logging.set_level(logger, level) {
                Ok(()) => Answer::default(),
                Err(_) => Answer::alert(format!("Invalid value: \"{logger}\"")),
            }
        }
    }
}

fn row(sink: &SinkRow) -> Row {
    let file = sink.file.as_ref().map(|path| path.display().to_string());
    Row::default()
        .with("logger", sink.logger)
        .with("level", sink.level)
        .with("type", sink.kind.unwrap_or("-"))
        .with("file", file.unwrap_or_else(|| "-".to_owned()))
}
