//! Columns that somebody has chosen, of a table that is here as a whole.

use super::Grid;

impl Grid {
    /// Leaves the wanted columns, in their order; the first one says what a row is, and stays.
    pub(super) fn choose(&mut self, wanted: &[String]) {
        self.choices = self.columns.iter().map(|column| column.field.clone()).collect();
        let found = wanted
            .iter()
            .filter_map(|name| self.choices.iter().position(|own| own == name))
            .filter(|at| *at > 0);
        let places: Vec<usize> = std::iter::once(0).chain(found).collect();
        if wanted.is_empty() {
            return;
        }
        self.columns = places
            .iter()
            .filter_map(|at| self.columns.get(*at).cloned())
            .collect();
        for line in &mut self.lines {
            line.cells = places
                .iter()
                .map(|at| line.cells.get(*at).cloned().unwrap_or_default())
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cell, Column, Line, Table};

    /// What is not shown is filtered and ordered by all the same.
    #[test]
    fn columns_are_chosen() {
        let line = Line {
            id: "x".to_owned(),
            cells: ["a", "b", "c"].map(Cell::text).to_vec(),
        };
        let columns = ["A", "B", "C"]
            .map(|title| Column::text(title, title, 1))
            .to_vec();
        let table = Table {
            columns: ["C", "nothing", "A"].map(str::to_owned).to_vec(),
            filter: "B=b".to_owned(),
            ..Table::default()
        };
        let grid = Grid::whole(columns, vec![line], &table, "");
        let titles: Vec<&str> = grid.columns.iter().map(|column| column.title.as_str()).collect();
        assert_eq!(
            (titles, grid.lines[0].cells[1].text.as_str()),
            (vec!["A", "C"], "c")
        );
        assert_eq!(grid.choices, ["A", "B", "C"]);
    }
}
