//! Queries over rows, as `session show` and `retain show` take them (admin.md 6.1, 6.5): a field without a value is a
//! column, a field with a value a filter, `=~` a regular expression. All filters must hold.

use super::{FlagSpec, Given};
use crate::argv::{ArgumentFault, Flag};
use serde::{Deserialize, Serialize};

/// Rows that are shown when nothing else is said.
pub const LIMIT_DEFAULT: u64 = 100;

/// Milliseconds that one client's rows may take when nothing else is said.
pub const ROWTIMEOUT_DEFAULT: u64 = 100;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query<F> {
    /// In the order given; none = the default ones.
    pub columns: Vec<F>,
    pub conditions: Vec<Condition<F>>,
    /// Most rows, for each node.
    pub limit: u64,
    /// Milliseconds that reading one client's messages may take.
    pub rowtimeout_ms: u64,
}

/// What must hold of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition<F> {
    pub field: F,
    pub test: Test,
}

/// How a value is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// It is exactly this.
    Is(String),
    /// This regular expression finds something in it.
    Like(String),
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// `true` or `false`.
    Flag,
    Number,
}

/// A row of the table of fields.
#[derive(Debug)]
pub struct FieldSpec<F> {
    pub field: F,
    pub name: &'static str,
    pub kind: Kind,
    pub about: &'static str,
}

pub(super) const LIMIT: FlagSpec = FlagSpec {
    long: "limit",
    short: None,
    about: "most rows per node, default 100",
};
pub(super) const ROWTIMEOUT: FlagSpec = FlagSpec {
    long: "rowtimeout",
    short: None,
    about: "milliseconds that the messages of one client may take, default 100",
};

/// The flags of a query: `own`, then one for each field. `N` is the number of both.
pub(super) const fn flags<F, const N: usize>(own: &[FlagSpec], fields: &[FieldSpec<F>]) -> [FlagSpec; N] {
    let mut flags = [LIMIT; N];
    let mut index = 0;
    while index < own.len() {
        flags[index] = own[index];
        index += 1;
    }
    let mut field = 0;
    while field < fields.len() {
        flags[index + field] = FlagSpec {
            long: fields[field].name,
            short: None,
            about: fields[field].about,
        };
        field += 1;
    }
    flags
}

impl<F: Copy + PartialEq> Query<F> {
    /// The query of a command line.
    ///
    /// # Errors
    /// A value is none of its field or flag.
    pub(super) fn of(given: &Given<'_>, fields: &[FieldSpec<F>]) -> Result<Self, ArgumentFault> {
        let mut query = Self {
            columns: Vec::new(),
            conditions: Vec::new(),
            limit: LIMIT_DEFAULT,
            rowtimeout_ms: ROWTIMEOUT_DEFAULT,
        };
        for (flag, value) in &given.0.flags {
            let Flag::Long(name) = flag else { continue };
            let value = value.as_deref().filter(|value| !value.is_empty());
            if name == LIMIT.long {
                query.limit = number(name, value)?;
            } else if name == ROWTIMEOUT.long {
                query.rowtimeout_ms = number(name, value)?;
            } else if let Some(spec) = fields.iter().find(|spec| spec.name == name) {
                query.add(spec, value)?;
            }
        }
        Ok(query)
    }

    fn add(&mut self, spec: &FieldSpec<F>, value: Option<&str>) -> Result<(), ArgumentFault> {
        let field = spec.field;
        let Some(value) = value else {
            if !self.columns.contains(&field) {
                self.columns.push(field);
            }
            return Ok(());
        };
        let test = match value.strip_prefix('~') {
            Some(expression) => Test::Like(expression.to_owned()),
            None if spec.kind.takes(value) => Test::Is(value.to_owned()),
            None => return Err(bad(spec.name, Some(value))),
        };
        self.conditions.push(Condition { field, test });
        Ok(())
    }

    /// Whether the query shows a field or looks at it.
    pub fn uses(&self, field: F) -> bool {
        self.columns.contains(&field) || self.conditions.iter().any(|condition| condition.field == field)
    }

    /// The query as flags, each with a blank before it, for the audit log.
    pub(super) fn line(&self, fields: &[FieldSpec<F>]) -> String {
        let name = |field: F| {
            fields
                .iter()
                .find(|spec| spec.field == field)
                .map_or("", |spec| spec.name)
        };
        let mut line = String::new();
        for column in &self.columns {
            line.push_str(&format!(" --{}", name(*column)));
        }
        for Condition { field, test } in &self.conditions {
            let (mark, value) = match test {
                Test::Is(value) => ("", value),
                Test::Like(value) => ("~", value),
            };
            line.push_str(&format!(" --{}={mark}{value}", name(*field)));
        }
        if self.limit != LIMIT_DEFAULT {
            line.push_str(&format!(" --limit={}", self.limit));
        }
        if self.rowtimeout_ms != ROWTIMEOUT_DEFAULT {
            line.push_str(&format!(" --rowtimeout={}", self.rowtimeout_ms));
        }
        line
    }
}

impl Kind {
    /// Whether a value can be one of the field; `undefined` stands for a missing one.
    fn takes(self, value: &str) -> bool {
        value == "undefined"
            || match self {
                Self::Text => true,
                Self::Flag => matches!(value, "true" | "false"),
                Self::Number => value.parse::<u64>().is_ok(),
            }
    }
}

/// A flag whose value is a number.
pub(super) fn number(flag: &str, value: Option<&str>) -> Result<u64, ArgumentFault> {
    value
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| bad(flag, value))
}

fn bad(flag: &str, value: Option<&str>) -> ArgumentFault {
    ArgumentFault::BadFlagValue {
        value: value.unwrap_or_default().to_owned(),
        flag: flag.to_owned(),
    }
}
