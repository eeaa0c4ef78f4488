//! A table: what is in it ([`Grid`], made by a pane) and how somebody looks at it ([`Table`], changed by `update`).

mod choose;

use crate::filter::Filter;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// What a text wants to say beside its words. The theme gives it a colour, and never only a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Faint,
    Accent,
    Good,
    Warn,
    Bad,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    pub title: String,
    /// Its name in filters, and of its order.
    pub field: String,
    pub right: bool,
    /// Cells that it takes at least, so that the table does not jump with every number.
    pub least: usize,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
    /// For order and comparison.
    pub number: Option<f64>,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// What tells it from the others.
    pub id: String,
    pub cells: Vec<Cell>,
}

/// Rows of a table, or a window on them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    pub columns: Vec<Column>,
    pub lines: Vec<Line>,
    /// Rows before the window.
    pub first: usize,
    /// Rows that match, and all of them.
    pub found: usize,
    pub of: usize,
    /// The broker has not looked at all of them yet.
    pub is_partial: bool,
    /// What is said when there is nothing.
    pub empty: String,
    /// The names of all columns that it could have, where some can be chosen.
    pub choices: Vec<String>,
}

/// The order of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub field: String,
    pub descending: bool,
}

/// How somebody looks at a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The row that is selected, counted over all of them, and who it is.
    pub cursor: usize,
    pub selected: Option<String>,
    /// Somebody has gone to this row: he is followed. Nobody has, at the start: then the first row is the first row.
    pub is_held: bool,
    /// The first row on the screen.
    pub top: usize,
    /// The first column behind the identifier.
    pub shift: usize,
    pub marked: BTreeSet<String>,
    /// The expression in force.
    pub filter: String,
    /// Why the one being typed is none.
    pub fault: Option<String>,
    pub order: Option<Order>,
    /// The columns that are wanted, in this order; none = all. Sessions have a list of their own.
    pub columns: Vec<String>,
}

impl Cell {
    /// A text of somebody else.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self {
            text: crate::text::clean(text),
            ..Self::default()
        }
    }

    /// A number, as it is said.
    #[must_use]
    pub fn number(number: f64, text: String) -> Self {
        Self {
            text,
            tone: Tone::Plain,
            number: Some(number),
        }
    }

    /// The same in another tone.
    #[must_use]
    pub fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

impl Column {
    /// A column of texts.
    #[must_use]
    pub fn text(title: &str, field: &str, least: usize) -> Self {
        Self {
            title: title.to_owned(),
            field: field.to_owned(),
            right: false,
            least,
        }
    }

    /// A column of numbers.
    #[must_use]
    pub fn number(title: &str, field: &str, least: usize) -> Self {
        Self {
            right: true,
            ..Self::text(title, field, least)
        }
    }
}

/// While there is no picture of a table yet.
pub const ASKING: &str = "asking the broker …";

impl Grid {
    /// A table whose rows nobody has told yet.
    #[must_use]
    pub fn asking(columns: Vec<Column>) -> Self {
        Self {
            columns,
            empty: ASKING.to_owned(),
            ..Self::default()
        }
    }

    /// A table that is here as a whole, filtered and in order.
    #[must_use]
    pub fn whole(columns: Vec<Column>, lines: Vec<Line>, table: &Table, empty: &str) -> Self {
        let of = lines.len();
        let mut grid = Self {
            columns,
            lines,
            first: 0,
            found: of,
            of,
            is_partial: false,
            empty: empty.to_owned(),
            choices: Vec::new(),
        };
        if let Ok(filter) = Filter::parse(&table.filter) {
            grid.keep(&filter);
        }
        if let Some(order) = &table.order {
            grid.sort(order);
        }
        grid.choose(&table.columns);
        grid
    }

    fn keep(&mut self, filter: &Filter) {
        let columns = &self.columns;
        self.lines.retain(|line| {
            let cell = |(column, cell): (&'_ Column, &'_ Cell)| {
                (column.field.clone(), cell.text.clone(), cell.number)
            };
            let cells: Vec<_> = columns.iter().zip(&line.cells).map(cell).collect();
            let row: Vec<_> = cells
                .iter()
                .map(|(name, text, number)| (name.as_str(), text.as_str(), *number))
                .collect();
            filter.holds(&row)
        });
        self.found = self.lines.len();
    }

    fn sort(&mut self, order: &Order) {
        let Some(at) = self.columns.iter().position(|column| column.field == order.field) else {
            return;
        };
        self.lines.sort_by(|left, right| {
            let ordering = match (left.cells.get(at), right.cells.get(at)) {
                (Some(left), Some(right)) => compare(left, right),
                _ => Ordering::Equal,
            };
            if order.descending {
                ordering.reverse()
            } else {
                ordering
            }
        });
    }

    /// The row with this number over all of them, if it is in the window.
    #[must_use]
    pub fn line(&self, number: usize) -> Option<&Line> {
        self.lines.get(number.checked_sub(self.first)?)
    }
}

fn compare(left: &Cell, right: &Cell) -> Ordering {
    match (left.number, right.number) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => left.text.cmp(&right.text),
    }
}

impl Table {
    /// Puts cursor and window where they belong after the rows have changed, `height` of which are on the screen: who was
    /// selected stays selected, wherever he went.
    pub fn settle(&mut self, grid: &Grid, height: usize) {
        let is_selected = |line: &Line| Some(&line.id) == self.selected.as_ref();
        let held = grid.lines.iter().position(is_selected).filter(|_| self.is_held);
        if let Some(at) = held {
            let moved = grid.first + at;
            // The window goes with him, unless he went out of sight: then it stays, and the cursor with it.
            if moved.abs_diff(self.cursor) < height {
                self.cursor = moved;
            } else {
                self.selected = None;
            }
        }
        self.cursor = self.cursor.min(grid.found.saturating_sub(1));
        self.top = self.top.min(grid.found.saturating_sub(height));
        self.top = self.top.clamp(
            (self.cursor + 1).saturating_sub(height),
            self.cursor.max(self.top.min(self.cursor)),
        );
        if let Some(line) = grid.line(self.cursor) {
            self.selected = Some(line.id.clone());
        } else if grid.found == 0 {
            self.selected = None;
        }
    }

    /// Moves the cursor by so many rows of `count`.
    pub fn step(&mut self, by: isize, count: usize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(count.saturating_sub(1));
        self.selected = None;
        self.is_held = true;
    }

    /// Another expression is in force: the first row is the one to look at.
    pub fn set_filter(&mut self, filter: &str) {
        if self.filter != filter {
            filter.clone_into(&mut self.filter);
            self.cursor = 0;
            self.top = 0;
            self.selected = None;
            self.is_held = false;
            self.marked.clear();
        }
    }

    /// Marks a row, or takes the mark off.
    pub fn toggle(&mut self, id: &str) {
        if !self.marked.remove(id) {
            self.marked.insert(id.to_owned());
        }
    }

    /// Orders by the next of the columns; behind the last one the order is the natural one again.
    pub fn next_order(&mut self, columns: &[Column]) {
        let now = self.order.as_ref().map(|order| &order.field);
        let next = match now {
            None => 0,
            Some(field) => columns
                .iter()
                .position(|column| column.field == *field)
                .map_or(0, |at| at + 1),
        };
        self.order = columns.get(next).map(|column| Order {
            field: column.field.clone(),
            descending: column.right,
        });
    }

    /// Orders by a column; a second time the other way round.
    pub fn order_by(&mut self, column: &Column) {
        match &mut self.order {
            Some(order) if order.field == column.field => order.descending = !order.descending,
            other => {
                *other = Some(Order {
                    field: column.field.clone(),
                    descending: column.right,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(ids: &[&str]) -> Grid {
        let line = |id: &&str| Line {
            id: (*id).to_owned(),
            cells: vec![Cell::text(id)],
        };
        let lines = ids.iter().map(line).collect();
        Grid::whole(
            vec![Column::text("ID", "id", 4)],
            lines,
            &Table::default(),
            "nothing",
        )
    }

    #[test]
    fn who_is_selected_stays_selected() {
        let mut table = Table::default();
        table.settle(&grid(&["a", "b", "c"]), 2);
        table.settle(&grid(&["z", "a", "b", "c"]), 2);
        assert_eq!(
            table.selected.as_deref(),
            Some("z"),
            "nobody has gone to a row yet"
        );
        table.settle(&grid(&["a", "b", "c"]), 2);
        table.step(1, 3);
        table.settle(&grid(&["a", "b", "c"]), 2);
        assert_eq!(table.selected.as_deref(), Some("b"));
        table.settle(&grid(&["b", "a", "c"]), 2);
        assert_eq!((table.cursor, table.selected.as_deref()), (0, Some("b")));
        table.settle(&grid(&["a", "c"]), 2);
        assert_eq!((table.cursor, table.selected.as_deref()), (0, Some("a")));
        table.settle(&grid(&[]), 2);
        assert_eq!((table.cursor, table.selected.as_deref()), (0, None));
    }

    #[test]
    fn the_cursor_is_on_the_screen() {
        let names: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut table = Table::default();
        for (by, top) in [(5, 0), (10, 6), (-3, 6), (-9, 3), (1000, 90), (-1000, 0)] {
            table.step(by, 100);
            table.settle(&grid(&names), 10);
            assert_eq!(table.top, top, "{by}");
        }
    }

    #[test]
    fn numbers_are_ordered_as_numbers() {
        let lines = [("a", 9.0), ("b", 10.0)].map(|(id, number)| Line {
            id: id.to_owned(),
            cells: vec![Cell::text(id), Cell::number(number, number.to_string())],
        });
        let mut table = Table::default();
        let columns = vec![Column::text("ID", "id", 2), Column::number("N", "n", 2)];
        table.next_order(&columns);
        table.next_order(&columns);
        let grid = Grid::whole(columns.clone(), lines.to_vec(), &table, "");
        assert_eq!(grid.lines[0].id, "b");
        table.order_by(&columns[1]);
        assert_eq!(
            Grid::whole(columns.clone(), lines.to_vec(), &table, "").lines[0].id,
            "a"
        );
        table.next_order(&columns);
        assert_eq!(table.order, None);
        table.set_filter("n>9");
        assert_eq!(Grid::whole(columns, lines.to_vec(), &table, "").found, 1);
    }
}
