//! Lines: a part of a table as lines of the socket, none of which is longer than a line may be, whatever clients have
//! published.

use vmq_admin::wire::{self, FrameFault, Reply, TABLE_ROWS_MAX};
use vmq_admin::{Element, Row, Value};

/// A cell of a row that does not fit into a line is cut to this many bytes: however it is escaped, a row of all columns
/// fits then.
const CUT_BYTES: usize = 2 * 1024;

/// The lines of a table.
pub(in crate::admin) struct Lines {
    id: u64,
    /// Rows that are still to be sent, the next ones last.
    left: Vec<Vec<Row>>,
    more: bool,
}

impl Lines {
    pub(in crate::admin) fn new(id: u64, rows: Vec<Row>, more: bool) -> Self {
        Self {
            id,
            left: vec![rows],
            more,
        }
    }

    fn split(&mut self, mut rows: Vec<Row>, at: usize) {
        let rest = rows.split_off(at);
        self.left.push(rest);
        self.left.push(rows);
    }
}

impl Iterator for Lines {
    type Item = Result<Vec<u8>, FrameFault>;

    /// The next line; halves what does not fit, and shortens a row that does not fit alone.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut rows = self.left.pop()?;
            if rows.len() > TABLE_ROWS_MAX {
                self.split(rows, TABLE_ROWS_MAX);
                continue;
            }
            let more = self.more || !self.left.is_empty();
            let part = element(self.id, Element::Table(rows), more);
            match wire::encode(&part) {
                Err(FrameFault::TooLong) => {}
                line => return Some(line),
            }
            rows = match part {
                Reply::Element {
                    element: Element::Table(rows),
                    ..
                } => rows,
                _ => return None,
            };
            match rows.len() {
                0 | 1 if !rows.iter_mut().any(cut) => return Some(Err(FrameFault::TooLong)),
                0 | 1 => self.left.push(rows),
                many => self.split(rows, many / 2),
            }
        }
    }
}

/// Shortens the long texts of a row and says so in them; `false` = there is none.
pub(in crate::admin) fn cut(row: &mut Row) -> bool {
    let mut is_cut = false;
    for (_, value) in &mut row.0 {
        if let Value::Text(text) = value
            && text.len() > 2 * CUT_BYTES
        {
            let length = text.len();
            text.truncate(text.floor_char_boundary(CUT_BYTES));
            text.push_str(&format!("... ({length} bytes)"));
            is_cut = true;
        }
    }
    is_cut
}

/// A part of an answer. What JSON has no word for goes beside it.
pub(in crate::admin) fn element(id: u64, element: Element, more: bool) -> Reply {
    Reply::Element {
        id,
        undefined: element.undefined_cells(),
        element,
        more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: impl IntoIterator<Item = String>) -> Vec<Row> {
        texts
            .into_iter()
            .map(|text| Row::default().with("payload", text))
            .collect()
    }

    /// The rows of all lines, and the `more` of each.
    fn read(lines: Lines) -> (Vec<Row>, Vec<bool>) {
        let (mut all, mut mores) = (Vec::new(), Vec::new());
        for line in lines {
            let line = line.unwrap();
            assert!(line.len() <= wire::FRAME_BYTES_MAX);
            match wire::decode(&line).unwrap() {
                Reply::Element {
                    id: 7,
                    element: Element::Table(rows),
                    more,
                    ..
                } => {
                    all.extend(rows);
                    mores.push(more);
                }
                other => panic!("{other:?}"),
            }
        }
        (all, mores)
    }

    #[test]
    fn a_table_comes_in_parts() {
        let many = rows((0..2500).map(|n| n.to_string()));
        let (all, mores) = read(Lines::new(7, many.clone(), false));
        assert_eq!((all, mores), (many, vec![true, true, false]));
        assert_eq!(read(Lines::new(7, Vec::new(), false)), (Vec::new(), vec![false]));
        assert_eq!(read(Lines::new(7, Vec::new(), true)).1, [true]);
    }

    /// admin.md 18.2: no line is longer than 1 MiB, whatever the clients have published.
    #[test]
    fn what_does_not_fit_into_a_line_is_divided_then_cut() {
        let large = "x".repeat(400_000);
        let four = rows([large.clone(), large.clone(), large.clone(), large]);
        let (all, mores) = read(Lines::new(7, four.clone(), false));
        assert_eq!(all, four);
        assert_eq!(mores.iter().filter(|more| !**more).count(), 1);
        // Six bytes of JSON for each of these.
        let hostile = rows(["\u{1}".repeat(200_000), "small".to_owned()]);
        let (all, _) = read(Lines::new(7, hostile, false));
        let cell = all[0].0[0].1.cell();
        assert!(
            cell.ends_with("... (200000 bytes)"),
            "{}",
            &cell[cell.len() - 30..]
        );
        assert_eq!(all[1].0[0].1.cell(), "small");
        let columns = (0..40).fold(Row::default(), |row, _| row.with("c", "\u{1}".repeat(70_000)));
        assert_eq!(read(Lines::new(7, vec![columns], false)).0.len(), 1);
    }
}
