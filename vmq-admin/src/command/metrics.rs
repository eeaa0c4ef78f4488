//! `vmq-admin metrics`: what the node has counted, and how it is.

pub mod labels;

use super::{Access, Command, Entry, FlagSpec, Given};
use crate::argv::ArgumentFault;
use labels::LABELS;
use serde::{Deserialize, Serialize};

/// What is asked of the metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metrics {
    /// All of them, or those with some labels (monitoring.md 2.1).
    Show(Show),
    /// Counters begin at 0 again.
    Reset,
}

/// What is shown of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Show {
    /// With a line of description before each.
    pub descriptions: bool,
    /// One number for each name: the sum over its labels.
    pub aggregate: bool,
    /// With the labels behind the names.
    pub show_labels: bool,
    /// As a table instead of a text.
    pub structured: bool,
    /// With what counters grow by per second (monitoring.md 3, ours).
    pub rates: bool,
    /// Only those that carry all of these labels with these values.
    pub labels: Vec<(String, String)>,
}

const DESCRIPTIONS: FlagSpec = FlagSpec {
    long: "with-descriptions",
    short: Some('d'),
    about: "a line of description before each metric",
};
const AGGREGATE: FlagSpec = FlagSpec {
    long: "aggregate",
    short: Some('a'),
    about: "true: one number for each metric; false: one for each set of labels",
};
const SHOW_LABELS: FlagSpec = FlagSpec {
    long: "show-labels",
    short: None,
    about: "the labels behind the names; one number for each set of labels",
};
const STRUCTURED: FlagSpec = FlagSpec {
    long: "structured",
    short: None,
    about: "a table, for --format=json and csv; one row for each set of labels",
};

const RATES: FlagSpec = FlagSpec {
    long: "rates",
    short: None,
    about: "what counters grow by per second: the mean of the last second, ten seconds, minute",
};

/// The flag of a label; the help tells about it elsewhere.
const fn by_label(long: &'static str) -> FlagSpec {
    FlagSpec {
        long,
        short: None,
        about: "",
    }
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["metrics", "show"],
        keys: &[],
        flags: &[
            DESCRIPTIONS,
            AGGREGATE,
            SHOW_LABELS,
            STRUCTURED,
            RATES,
            by_label("mqtt_version"),
            by_label("return_code"),
            by_label("reason_code"),
            by_label("reason"),
            by_label("group"),
        ],
        syntax: "vmq-admin metrics show",
        about: "Shows the metrics of this node; with labels, those that carry all of them.",
        example: "vmq-admin metrics show --with-descriptions --mqtt_version=5",
        build: |given| Ok(Command::Metrics(Metrics::Show(show(given)?))),
    },
    Entry {
        words: &["metrics", "reset"],
        keys: &[],
        flags: &[],
        syntax: "vmq-admin metrics reset",
        about: "Lets the counters begin at 0 again. Gauges and figures of the process stay.",
        example: "vmq-admin metrics reset",
        build: |_| Ok(Command::Metrics(Metrics::Reset)),
    },
];

fn show(given: &Given<'_>) -> Result<Show, ArgumentFault> {
    let value_of = |spec: &FlagSpec| {
        let found = given.0.flags.iter().find(|(flag, _)| spec.is(flag));
        found.map(|(_, value)| value.as_deref())
    };
    let (show_labels, structured) = (given.flag(&SHOW_LABELS)?, given.flag(&STRUCTURED)?);
    let aggregate = match value_of(&AGGREGATE) {
        // Where labels are shown, a sum over them is hardly what is meant.
        None => !show_labels && !structured,
        Some(None) => true,
        Some(Some(value)) => value == "true",
    };
    let mut labels = Vec::new();
    for label in LABELS {
        match value_of(&by_label(label.name)) {
            None => {}
            Some(Some(value)) => labels.push((label.name.to_owned(), value.to_owned())),
            Some(None) => return Err(ArgumentFault::EmptyValue(label.name.to_owned())),
        }
    }
    Ok(Show {
        descriptions: given.flag(&DESCRIPTIONS)?,
        aggregate,
        show_labels,
        structured,
        rates: given.flag(&RATES)?,
        labels,
    })
}

impl Metrics {
    pub(super) const fn access(&self) -> Access {
        match self {
            Self::Show(_) => Access::Read,
            Self::Reset => Access::Full,
        }
    }

    pub(super) fn line(&self) -> String {
        let Self::Show(show) = self else {
            return "metrics reset".to_owned();
        };
        let mut line = format!("metrics show --aggregate={}", show.aggregate);
        for (given, flag) in [
            (show.descriptions, DESCRIPTIONS),
            (show.show_labels, SHOW_LABELS),
            (show.structured, STRUCTURED),
            (show.rates, RATES),
        ] {
            if given {
                line.push_str(&format!(" --{}", flag.long));
            }
        }
        for (name, value) in &show.labels {
            line.push_str(&format!(" --{name}={value}"));
        }
        line
    }
}
