//! The JSON of an answer, put together from its parts as they come (admin.md 3.3). Rows are copied as the daemon wrote them:
//! a listing of a hundred thousand sessions is text on both sides, and is not taken apart between.

use super::Format;
use crate::client::Part;
use serde::Serialize;

/// An answer as JSON, so far.
#[derive(Debug)]
pub(crate) struct Copied {
    /// One object a line instead of one document.
    by_line: bool,
    /// Begins with the bracket that more than one element need.
    out: String,
    elements: usize,
    /// The last element is a table that goes on.
    is_open: bool,
}

impl Copied {
    /// For the formats that are JSON.
    pub(crate) fn new(format: Format) -> Option<Self> {
        let by_line = match format {
            Format::Json => false,
            Format::JsonLines => true,
            Format::Human | Format::Csv | Format::Raw => return None,
        };
        Some(Self {
            by_line,
            out: "[".to_owned(),
            elements: 0,
            is_open: false,
        })
    }

    /// The next part; gives the number of elements so far.
    pub(crate) fn take(&mut self, part: Part<'_>) -> usize {
        match part {
            Part::Rows { rows, more } => {
                let rows = rows.into_iter().map(|row| row.get());
                match self.by_line {
                    true => rows.for_each(|row| self.line(row)),
                    false => self.rows(rows, more),
                }
            }
            Part::Other(element) if self.by_line => self.line(&json(&element)),
            Part::Other(element) => {
                self.begin();
                self.out.push_str(&json(&element));
            }
        }
        self.elements
    }

    /// The whole.
    pub(crate) fn finish(mut self) -> String {
        if self.by_line {
            return self.out.split_off(1);
        }
        self.close();
        if self.elements != 1 {
            self.out.push(']');
        }
        self.out.push('\n');
        match self.elements {
            1 => self.out.split_off(1),
            _ => self.out,
        }
    }

    fn line(&mut self, object: &str) {
        self.out.push_str(object);
        self.out.push('\n');
    }

    fn rows<'a>(&mut self, rows: impl Iterator<Item = &'a str>, more: bool) {
        if !self.is_open {
            self.begin();
            self.out.push_str("{\"table\":[");
        }
        for row in rows {
            if !self.out.ends_with('[') {
                self.out.push(',');
            }
            self.out.push_str(row);
        }
        self.is_open = true;
        if !more {
            self.close();
        }
    }

    /// Before an element.
    fn begin(&mut self) {
        self.close();
        if self.elements > 0 {
            self.out.push(',');
        }
        self.elements += 1;
    }

    fn close(&mut self) {
        if self.is_open {
            self.out.push_str("],\"type\":\"table\"}");
            self.is_open = false;
        }
    }
}

/// Texts and numbers always have a form in JSON.
fn json(element: &impl Serialize) -> String {
    serde_json::to_string(element).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Style, render};
    use super::*;
    use crate::element::{Element, Row};
    use serde_json::value::{RawValue, to_raw_value};

    fn row(n: u64) -> Row {
        Row::default().with("n", n).with("text", "a\"\u{1b}")
    }

    /// Copies elements, tables in parts of one row each.
    fn copied(elements: &[Element], format: Format) -> String {
        let mut copied = Copied::new(format).unwrap();
        for element in elements {
            match element {
                Element::Table(rows) => {
                    let rows: Vec<Box<RawValue>> =
                        rows.iter().map(|row| to_raw_value(row).unwrap()).collect();
                    for row in &rows {
                        let rows = vec![&**row];
                        copied.take(Part::Rows { rows, more: true });
                    }
                    copied.take(Part::Rows {
                        rows: Vec::new(),
                        more: false,
                    });
                }
                other => {
                    copied.take(Part::Other(other.clone()));
                }
            }
        }
        copied.finish()
    }

    #[test]
    fn a_copy_is_what_rendering_gives() {
        let table = |rows: u64| Element::Table((0..rows).map(row).collect());
        let answers = [
            vec![],
            vec![table(0)],
            vec![table(1)],
            vec![table(3)],
            vec![Element::text("x")],
            vec![table(2), Element::alert("no")],
            vec![Element::text("x"), table(2), table(0), table(1)],
        ];
        for elements in answers {
            for format in [Format::Json, Format::JsonLines] {
                let style = Style { format, bold: false };
                assert_eq!(copied(&elements, format), render(&elements, style).out);
            }
        }
    }

    /// It said that more would come, and something else came.
    #[test]
    fn a_table_that_breaks_off_is_closed() {
        for alert in [false, true] {
            let mut copied = Copied::new(Format::Json).unwrap();
            let row = to_raw_value(&row(1)).unwrap();
            copied.take(Part::Rows {
                rows: vec![&row],
                more: true,
            });
            if alert {
                copied.take(Part::Other(Element::alert("no")));
            }
            let json: serde_json::Value = serde_json::from_str(&copied.finish()).unwrap();
            assert_eq!(json.is_array(), alert);
        }
    }
}
