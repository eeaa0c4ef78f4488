//! Difference: what has to be told of a picture to somebody who was told the one before; and that as lines of the socket.

use super::super::session::Seen;
use super::super::table::cut;
use std::collections::HashMap;
use std::time::Duration;
use vmq_admin::live::{LogLine, Seconds, Update};
use vmq_admin::wire::{self, FrameFault, Reply};
use vmq_admin::{Row, Value};

/// What there is to see at one moment.
#[derive(Debug, Default)]
pub(in crate::admin) struct Picture {
    pub facts: Row,
    /// In their order, each with what tells it from the others.
    pub rows: Vec<(String, Row)>,
    pub history: Option<Seconds>,
    pub lines: Vec<LogLine>,
    pub left_out: u64,
    /// `false` = there is more to come, at once.
    pub is_complete: bool,
}

/// What was sent so far.
#[derive(Debug, Default)]
pub(super) struct Difference {
    rows: HashMap<String, (u64, Row)>,
    order: Vec<u64>,
    facts: Row,
    last_number: u64,
    has_begun: bool,
}

impl Picture {
    /// A table.
    pub(super) fn of(rows: Vec<Row>, identity: impl Fn(&Row) -> String) -> Self {
        let rows = rows.into_iter().map(|row| (identity(&row), row));
        Self {
            rows: rows.collect(),
            is_complete: true,
            ..Self::default()
        }
    }
}

impl From<Seen> for Picture {
    fn from(seen: Seen) -> Self {
        let facts = Row::default()
            .with("rows", seen.found)
            .with("of", seen.all)
            .with("complete", seen.is_complete);
        let facts = match seen.measured {
            None => facts,
            Some(None) => facts.with("measured_secs", Value::Null),
            Some(Some(time)) => facts.with("measured_secs", whole_secs(time)),
        };
        Self {
            facts,
            rows: seen.rows,
            is_complete: seen.is_complete,
            ..Self::default()
        }
    }
}

/// As far as it is worth telling: what flickers would be sent again and again.
fn whole_secs(time: Duration) -> u64 {
    (time + Duration::from_millis(500)).as_secs()
}

impl Difference {
    /// What has to be told of a picture. It counts as sent.
    pub(super) fn of(&mut self, picture: Picture) -> Update {
        let mut update = Update {
            snapshot: !self.has_begun,
            facts: changed(&self.facts, &picture.facts),
            history: picture.history,
            lines: picture.lines,
            left_out: picture.left_out,
            ..Update::default()
        };
        self.has_begun = true;
        self.facts.replace(picture.facts);
        let mut rows = HashMap::with_capacity(picture.rows.len());
        let mut order = Vec::with_capacity(picture.rows.len());
        for (identity, mut row) in picture.rows {
            if rows.contains_key(&identity) {
                continue;
            }
            cut(&mut row);
            let number = match self.rows.remove(&identity) {
                None => {
                    self.last_number += 1;
                    update.set.push((self.last_number, row.clone()));
                    self.last_number
                }
                Some((number, before)) => {
                    let columns = changed(&before, &row);
                    if !columns.is_empty() {
                        update.set.push((number, columns));
                    }
                    number
                }
            };
            order.push(number);
            rows.insert(identity, (number, row));
        }
        update.gone = self.rows.values().map(|(number, _)| *number).collect();
        update.gone.sort_unstable();
        self.rows = rows;
        if self.order != order {
            self.order.clone_from(&order);
            update.order = Some(order);
        }
        update
    }
}

/// The columns that are not what they were.
fn changed(before: &Row, now: &Row) -> Row {
    let is_new = |(name, value): &&(String, vmq_admin::Value)| before.get(name) != Some(value);
    Row(now.0.iter().filter(is_new).cloned().collect())
}

/// An update as lines of bounded size.
///
/// # Errors
/// It cannot be written: a single row is larger than a line may be.
pub(super) fn lines(id: u64, update: Update) -> Result<Vec<Vec<u8>>, FrameFault> {
    let mut lines = Vec::new();
    let mut left = vec![update];
    while let Some(data) = left.pop() {
        let event = Reply::Event { id, data };
        match wire::encode(&event) {
            Ok(line) => lines.push(line),
            Err(FrameFault::TooLong) => {
                let Reply::Event { data, .. } = event else { break };
                let (first, rest) = halves(data).ok_or(FrameFault::TooLong)?;
                left.push(rest);
                left.push(first);
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(lines)
}

/// What is told first, and what behind it; `None` = it cannot be divided. What makes the picture whole comes last.
fn halves(mut update: Update) -> Option<(Update, Update)> {
    if update.set.len() < 2 && update.lines.len() < 2 {
        return None;
    }
    let rest = Update {
        set: update.set.split_off(update.set.len().div_ceil(2)),
        lines: update.lines.split_off(update.lines.len().div_ceil(2)),
        gone: std::mem::take(&mut update.gone),
        order: update.order.take(),
        more: update.more,
        ..Update::default()
    };
    update.more = true;
    Some((update, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vmq_admin::live::View;

    fn picture(rows: &[(&str, u64)]) -> Picture {
        let rows = rows
            .iter()
            .map(|(name, value)| Row::default().with("name", *name).with("value", *value));
        Picture::of(rows.collect(), |row| row.0[0].1.cell())
    }

    fn merged(view: &mut View, update: Update) -> Vec<String> {
        for line in lines(7, update).unwrap() {
            assert!(line.len() <= wire::FRAME_BYTES_MAX);
            match wire::decode(&line).unwrap() {
                Reply::Event { id: 7, data } => view.merge(data),
                other => panic!("{other:?}"),
            }
        }
        assert!(!view.is_partial());
        view.rows()
            .map(|(_, row)| format!("{}={}", row.0[0].1.cell(), row.0[1].1.cell()))
            .collect()
    }

    #[test]
    fn what_was_sent_is_not_sent_again() {
        let (mut difference, mut view) = (Difference::default(), View::default());
        let first = difference.of(picture(&[("a", 1), ("b", 2)]));
        assert!(first.snapshot && first.set.len() == 2);
        assert_eq!(merged(&mut view, first), ["a=1", "b=2"]);
        let same = difference.of(picture(&[("a", 1), ("b", 2)]));
        assert_eq!(same, Update::default());
        let update = difference.of(picture(&[("b", 3), ("a", 1)]));
        assert_eq!((update.set.len(), update.set[0].1.0.len()), (1, 1));
        assert_eq!(merged(&mut view, update), ["b=3", "a=1"]);
        let update = difference.of(picture(&[("a", 1), ("c", 9)]));
        assert_eq!((update.gone.clone(), update.set.len()), (vec![2], 1));
        assert_eq!(merged(&mut view, update), ["a=1", "c=9"]);
        // It is another row when it comes again.
        let update = difference.of(picture(&[("b", 3)]));
        assert_eq!(update.set[0].0, 4);
        assert_eq!(merged(&mut view, update), ["b=3"]);
        let update = difference.of(picture(&[]));
        assert_eq!(merged(&mut view, update), [""; 0]);
    }

    /// Whatever happens between two looks, and however many are left out: what is read is what is there.
    #[test]
    fn any_picture_follows_any_other() {
        let (mut difference, mut view) = (Difference::default(), View::default());
        let mut state = 7_u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
            (state >> 33) % below
        };
        for _ in 0..300 {
            let names: Vec<String> = (0..random(12)).map(|_| random(9).to_string()).collect();
            let rows: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), random(3))).collect();
            let mut expected: Vec<String> = Vec::new();
            for (name, value) in &rows {
                if !expected.iter().any(|row| row.starts_with(&format!("{name}="))) {
                    expected.push(format!("{name}={value}"));
                }
            }
            let update = difference.of(picture(&rows));
            assert_eq!(merged(&mut view, update), expected);
        }
    }

    /// admin.md 18.2: no line is longer than 1 MiB.
    #[test]
    fn what_does_not_fit_comes_in_parts() {
        let (mut difference, mut view) = (Difference::default(), View::default());
        let names: Vec<String> = (0..500).map(|n| format!("{n}{}", "\u{1}".repeat(4000))).collect();
        let rows: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        let update = difference.of(picture(&rows));
        assert!(lines(7, update.clone()).unwrap().len() > 2);
        assert_eq!(merged(&mut view, update).len(), 500);
    }
}
