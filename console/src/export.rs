//! What is on the screen as a file: a table as CSV or lines of JSON, lines as they are (console.md 3, `w`).

use crate::app::{App, Follow, View};
use crate::pane;
use crate::table::Grid;
use serde_json::{Map, Value as Json, json};

/// A name for the file.
#[must_use]
pub fn suggestion(app: &App) -> String {
    let name = match (&app.session, app.view) {
        (Some(open), View::Sessions) => open.tab.title().to_owned(),
        (_, view) => view.title().to_ascii_lowercase(),
    };
    let end = if app.view == View::Traces && app.is_tracing {
        "txt"
    } else {
        "csv"
    };
    format!("{name}-{}.{end}", app.clock.replace(':', ""))
}

/// The content of a file of this name.
///
/// # Errors
/// The name says no form that is known, or there is nothing to write.
pub fn text(app: &App, name: &str) -> Result<String, String> {
    let is_json = name.ends_with(".jsonl") || name.ends_with(".json");
    let lines = match app.view {
        View::Logs => Some(&app.log),
        View::Traces if app.is_tracing => Some(&app.traced),
        _ => None,
    };
    if let Some(follow) = lines.filter(|_| name.ends_with(".txt")) {
        return Ok(plain(follow));
    }
    if !is_json && !name.ends_with(".csv") {
        let also = if lines.is_some() { ", .txt" } else { "" };
        return Err(format!("the name must end with .csv{also} or .jsonl"));
    }
    let rows = match (app.view, app.is_tracing, pane::grid(app)) {
        (View::Logs, _, _) => of_lines(&app.log),
        (View::Traces, true, _) => of_lines(&app.traced),
        (_, _, Some(grid)) => of_grid(&grid),
        _ => return Err("there is no table here".to_owned()),
    };
    Ok(if is_json { json_lines(&rows) } else { csv(&rows) })
}

/// Titles, then rows.
struct Rows {
    titles: Vec<String>,
    rows: Vec<Vec<Json>>,
}

fn of_grid(grid: &Grid) -> Rows {
    let value = |cell: &crate::table::Cell| {
        cell.number.map_or_else(
            || json!(cell.text),
            |number| {
                // Whole numbers stay whole.
                if number.fract() == 0.0 {
                    json!(pane::session::whole(number))
                } else {
                    json!(number)
                }
            },
        )
    };
    Rows {
        titles: grid.columns.iter().map(|column| column.field.clone()).collect(),
        rows: grid
            .lines
            .iter()
            .map(|line| line.cells.iter().map(value).collect())
            .collect(),
    }
}

fn of_lines(follow: &Follow) -> Rows {
    let titles = ["time", "kind", "client_id", "text", "payload", "count"]
        .map(str::to_owned)
        .to_vec();
    let row = |said: &crate::app::Said| {
        vec![
            json!(said.clock),
            json!(said.mark),
            json!(said.client_id),
            json!(said.text),
            json!(said.payload),
            json!(said.count),
        ]
    };
    Rows {
        titles,
        rows: follow.lines.iter().map(row).collect(),
    }
}

/// Lines as they are on the screen, with their payloads.
fn plain(follow: &Follow) -> String {
    let line = |said: &crate::app::Said| format!("{} {:<8} {}\n", said.clock, said.mark, said.words(false));
    follow.lines.iter().map(line).collect()
}

fn json_lines(rows: &Rows) -> String {
    let object = |row: &Vec<Json>| {
        let object: Map<String, Json> = rows.titles.iter().cloned().zip(row.iter().cloned()).collect();
        format!("{}\n", Json::Object(object))
    };
    rows.rows.iter().map(object).collect()
}

fn csv(rows: &Rows) -> String {
    let line = |cells: Vec<String>| format!("{}\r\n", cells.join(","));
    let titles = line(rows.titles.iter().map(|title| field(title)).collect());
    let rows = rows.rows.iter().map(|row| {
        line(
            row.iter()
                .map(|cell| match cell {
                    Json::String(text) => field(text),
                    Json::Null => String::new(),
                    other => other.to_string(),
                })
                .collect(),
        )
    });
    std::iter::once(titles).chain(rows).collect()
}

/// A field of RFC 4180. What a spreadsheet would take for a formula is kept from being one.
fn field(text: &str) -> String {
    let text = match text.starts_with(['=', '+', '-', '@']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cell, Column, Line, Table};

    #[test]
    fn tables_become_files() {
        let line = Line {
            id: String::new(),
            cells: vec![
                Cell::text("a,\"b"),
                Cell::number(1200.0, "1.2k".to_owned()),
                Cell::text("=1+1"),
            ],
        };
        let columns = vec![
            Column::text("A", "a", 1),
            Column::number("N", "n", 1),
            Column::text("F", "f", 1),
        ];
        let rows = of_grid(&Grid::whole(columns, vec![line], &Table::default(), ""));
        assert_eq!(csv(&rows), "a,n,f\r\n\"a,\"\"b\",1200,'=1+1\r\n");
        assert_eq!(
            json_lines(&rows),
            "{\"a\":\"a,\\\"b\",\"f\":\"=1+1\",\"n\":1200}\n"
        );
    }
}
