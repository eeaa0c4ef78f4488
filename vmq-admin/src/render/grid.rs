//! The ASCII grid of the original (admin.md 3.1): left-aligned cells, a border after every row, no wrapping.

use super::cell;
use crate::element::Row;
use std::iter::repeat_n;

/// A table as text; nothing at all when it has no rows.
pub(super) fn grid(rows: &[Row], bold: bool) -> String {
    let Some(first) = rows.first() else {
        return String::new();
    };
    let header: Vec<Vec<String>> = first.0.iter().map(|(column, _)| lines(column)).collect();
    let body: Vec<Vec<Vec<String>>> = rows
        .iter()
        .map(|row| row.0.iter().map(|(_, value)| lines(&cell(value))).collect())
        .collect();
    let widths: Vec<usize> = (0..header.len())
        .map(|column| width(header.get(column)).max(widest(&body, column)))
        .collect();
    let border = border(&widths);
    let mut out = format!("{border}{}{border}", row(&header, &widths, bold));
    for cells in &body {
        out.push_str(&row(cells, &widths, false));
        out.push_str(&border);
    }
    out
}

fn widest(body: &[Vec<Vec<String>>], column: usize) -> usize {
    body.iter()
        .map(|cells| width(cells.get(column)))
        .max()
        .unwrap_or(0)
}

fn width(cell: Option<&Vec<String>>) -> usize {
    cell.into_iter()
        .flatten()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
}

fn border(widths: &[usize]) -> String {
    let cells: String = widths
        .iter()
        .map(|width| format!("{}+", "-".repeat(width + 2)))
        .collect();
    format!("+{cells}\n")
}

fn row(cells: &[Vec<String>], widths: &[usize], bold: bool) -> String {
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let mut out = String::new();
    for line in 0..height {
        out.push('|');
        for (column, width) in widths.iter().enumerate() {
            let text = cells
                .get(column)
                .and_then(|cell| cell.get(line))
                .map_or("", String::as_str);
            let padding: String = repeat_n(' ', width - text.chars().count()).collect();
            match bold {
                true => out.push_str(&format!(" \u{1b}[1m{text}\u{1b}[0m{padding} |")),
                false => out.push_str(&format!(" {text}{padding} |")),
            }
        }
        out.push('\n');
    }
    out
}

/// The lines of a cell, tabs expanded to columns of 8.
fn lines(text: &str) -> Vec<String> {
    text.split('\n').map(expand).collect()
}

fn expand(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for character in line.chars() {
        if character == '\t' {
            let blanks = 8 - column % 8;
            out.extend(repeat_n(' ', blanks));
            column += blanks;
        } else {
            out.push(character);
            column += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_several_lines_make_a_tall_row() {
        let rows = [Row::default().with("a", "x\ny\n").with("b", "1\t2")];
        let expected = "\
+---+-----------+
| a | b         |
+---+-----------+
| x | 1       2 |
| y |           |
|   |           |
+---+-----------+
";
        assert_eq!(grid(&rows, false), expected);
    }

    #[test]
    fn headers_are_bold_on_a_terminal() {
        let rows = [Row::default().with("a", "x")];
        assert!(grid(&rows, true).contains("| \u{1b}[1ma\u{1b}[0m |"));
    }
}
