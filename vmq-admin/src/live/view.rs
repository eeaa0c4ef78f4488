//! View: the picture that a reader of a subscription has, made of its events.

use super::{HISTORY_SECONDS_MAX, LogLine, Seconds, Update};
use crate::element::{Row, Value};
use std::collections::BTreeMap;

/// Everything that was told and still holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    facts: Row,
    rows: BTreeMap<u64, Row>,
    order: Vec<u64>,
    /// The last ten minutes of what was asked for.
    pub history: Seconds,
    /// What the last event brought; a reader that wants to keep more does so.
    pub lines: Vec<LogLine>,
    /// Lines that were left out before them.
    pub left_out: u64,
    is_partial: bool,
}

impl View {
    /// Takes an event in.
    pub fn merge(&mut self, update: Update) {
        if update.snapshot {
            *self = Self::default();
        }
        if !self.is_partial {
            self.lines.clear();
            self.left_out = 0;
        }
        self.is_partial = update.more;
        self.facts.replace(update.facts);
        for (number, columns) in update.set {
            self.rows.entry(number).or_default().replace(columns);
        }
        for number in update.gone {
            self.rows.remove(&number);
        }
        if let Some(order) = update.order {
            self.order = order;
        }
        self.lines.extend(update.lines);
        self.left_out += update.left_out;
        if let Some(seconds) = update.history {
            self.history.append(seconds);
        }
    }

    /// Whether it waits for the next event to be complete.
    #[must_use]
    pub const fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// All facts.
    #[must_use]
    pub const fn facts(&self) -> &Row {
        &self.facts
    }

    /// A fact, such as `rows` and `of` of sessions.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&Value> {
        self.facts.get(name)
    }

    /// The rows in their order, each with its number.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &Row)> {
        let row = |number: &u64| self.rows.get(number).map(|row| (*number, row));
        self.order.iter().filter_map(row)
    }

    /// A row by its number.
    #[must_use]
    pub fn row(&self, number: u64) -> Option<&Row> {
        self.rows.get(&number)
    }
}

impl Seconds {
    fn append(&mut self, newer: Self) {
        self.until = newer.until;
        for (name, values) in newer.values {
            let known = self.values.entry(name).or_default();
            known.extend(values);
            let too_many = known.len().saturating_sub(HISTORY_SECONDS_MAX);
            known.drain(..too_many);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Metrics, Sessions, Subscribe, Topic};
    use super::*;
    use crate::command::session::{Field, Sort};
    use crate::wire::{self, Reply, Request};

    fn cells(view: &View) -> Vec<String> {
        view.rows()
            .map(|(_, row)| row.0.iter().map(|(_, value)| value.cell()).collect::<Vec<_>>())
            .map(|cells| cells.join(" "))
            .collect()
    }

    fn event(data: &str) -> Update {
        let line = format!(r#"{{"t":"event","id":3,"data":{data}}}"#);
        match wire::decode(line.as_bytes()).unwrap() {
            Reply::Event { id: 3, data } => data,
            other => panic!("{other:?}"),
        }
    }

    /// The example at the head of `live`.
    #[test]
    fn events_become_a_picture() {
        let mut view = View::default();
        view.merge(event(
            r#"{"snapshot":true,"facts":{"rows":2,"of":9},"set":[[1,{"c":"a","q":812}],[2,{"c":"b","q":120}]],"order":[2,1]}"#,
        ));
        assert_eq!(cells(&view), ["b 120", "a 812"]);
        view.merge(event(
            r#"{"set":[[1,{"q":640}],[3,{"c":"n","q":null}]],"order":[1,2,3]}"#,
        ));
        assert_eq!(cells(&view), ["a 640", "b 120", "n null"]);
        view.merge(event("{}"));
        view.merge(event(r#"{"facts":{"rows":1},"gone":[2,3],"order":[1]}"#));
        assert_eq!(cells(&view), ["a 640"]);
        assert_eq!(view.fact("rows"), Some(&Value::Number(1)));
        assert_eq!(view.fact("of"), Some(&Value::Number(9)));
        assert!(view.row(2).is_none());
        view.merge(event(r#"{"snapshot":true}"#));
        assert_eq!(view, View::default());
    }

    #[test]
    fn lines_are_those_of_the_last_complete_event() {
        let mut view = View::default();
        let line = |n| format!(r#"{{"time_us":{n},"level":"info","text":"x"}}"#);
        view.merge(event(&format!(
            r#"{{"lines":[{}],"left_out":7,"more":true}}"#,
            line(1)
        )));
        assert!(view.is_partial());
        view.merge(event(&format!(r#"{{"lines":[{}]}}"#, line(2))));
        let times: Vec<i64> = view.lines.iter().map(|line| line.time_us).collect();
        assert_eq!((times, view.left_out, view.is_partial()), (vec![1, 2], 7, false));
        view.merge(event("{}"));
        assert_eq!((view.lines.len(), view.left_out), (0, 0));
    }

    #[test]
    fn ten_minutes_are_kept() {
        let mut view = View::default();
        for n in 0..700 {
            view.merge(event(&format!(
                r#"{{"history":{{"until":{n},"values":{{"x":[{n}]}}}}}}"#
            )));
        }
        let values = &view.history.values["x"];
        assert_eq!((values.len(), values[0], view.history.until), (600, 100, 699));
    }

    #[test]
    fn subscriptions_have_the_documented_form() {
        let read = |line: &str| wire::decode::<Request>(line.as_bytes()).unwrap();
        let sub = |subscribe| Request::Sub { id: 3, subscribe };
        let sessions = Sessions {
            sort: Some(Sort {
                field: Field::QueueSize,
                descending: true,
            }),
            limit: 50,
            ..Sessions::default()
        };
        let cases = [
            (
                r#"{"t":"sub","id":3,"topic":"metrics","interval_ms":500}"#,
                Subscribe::to(Topic::Metrics(Metrics::default())).every(500),
            ),
            (
                r#"{"t":"sub","id":3,"topic":"cluster"}"#,
                Subscribe::to(Topic::Cluster),
            ),
            (
                r#"{"t":"sub","id":3,"topic":"sessions","limit":50,"sort":{"field":"queue_size","descending":true}}"#,
                Subscribe::to(Topic::Sessions(sessions)),
            ),
            (
                r#"{"t":"sub","id":3,"topic":"weather","place":"here"}"#,
                Subscribe::to(Topic::Unknown),
            ),
        ];
        for (line, expected) in cases {
            let request = sub(expected);
            assert_eq!(read(line), request, "{line}");
            assert_eq!(
                wire::decode::<Request>(&wire::encode(&request).unwrap()).unwrap(),
                request
            );
        }
        for line in [
            r#"{"t":"sub","id":3}"#,
            r#"{"t":"sub","id":3,"topic":"sessions","columns":["shoe_size"]}"#,
            r#"{"t":"sub","id":3,"topic":"metrics","interval_ms":-1}"#,
        ] {
            assert!(wire::decode::<Request>(line.as_bytes()).is_err(), "{line}");
        }
    }
}
