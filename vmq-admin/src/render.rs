//! An answer as text, in one of the formats of admin.md 3. Knows nothing of the daemon; the caller writes the result.

mod copied;
mod grid;

use crate::element::{Element, Row, Value};
pub(crate) use copied::Copied;

/// An output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Human,
    Json,
    JsonLines,
    Csv,
    Raw,
}

/// How to print.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    pub format: Format,
    /// Headers are bold: a terminal reads.
    pub bold: bool,
}

/// What goes where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    pub out: String,
    pub err: String,
}

impl Format {
    /// The format with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "human" | "table" => Self::Human,
            "json" => Self::Json,
            "jsonl" => Self::JsonLines,
            "csv" => Self::Csv,
            "raw" => Self::Raw,
            _ => return None,
        })
    }
}

/// Prints an answer.
#[must_use]
pub fn render(elements: &[Element], style: Style) -> Rendered {
    let mut rendered = Rendered::default();
    match style.format {
        Format::Human => rendered.out = human(elements, style.bold),
        Format::Json => rendered.out = json(elements),
        Format::JsonLines => rendered.out = json_lines(elements),
        Format::Csv => csv(elements, &mut rendered),
        Format::Raw => raw(elements, &mut rendered),
    }
    rendered
}

fn human(elements: &[Element], bold: bool) -> String {
    elements.iter().map(|element| one_human(element, bold)).collect()
}

fn one_human(element: &Element, bold: bool) -> String {
    match element {
        Element::Text(text) => format!("{}\n", escape(text)),
        Element::Table(rows) => grid::grid(rows, bold),
        Element::List { title, items } => {
            let items: String = items.iter().map(|item| format!(" {}", escape(item))).collect();
            match title {
                Some(title) => format!("{}:{items}\n", escape(title)),
                None => format!("{items}\n"),
            }
        }
        // An alert in an alert has nothing more to say than its own texts.
        Element::Alert(inner) => inner
            .iter()
            .map(|element| match element {
                Element::Alert(_) => String::new(),
                other => one_human(other, bold),
            })
            .collect(),
    }
}

fn json(elements: &[Element]) -> String {
    let text = match elements {
        [one] => serde_json::to_string(one),
        many => serde_json::to_string(many),
    };
    text.map(|text| text + "\n").unwrap_or_default()
}

/// One object a line: rows of tables, and whole elements otherwise.
fn json_lines(elements: &[Element]) -> String {
    let line = |text: serde_json::Result<String>| text.map(|text| text + "\n").unwrap_or_default();
    let one = |element: &Element| match element {
        Element::Table(rows) => rows.iter().map(|row| line(serde_json::to_string(row))).collect(),
        other => line(serde_json::to_string(other)),
    };
    elements.iter().map(one).collect()
}

fn csv(elements: &[Element], rendered: &mut Rendered) {
    for element in elements {
        match element {
            Element::Table(rows) => rendered.out.push_str(&csv_table(rows)),
            Element::Alert(_) => rendered.err.push_str(&one_human(element, false)),
            Element::Text(_) | Element::List { .. } => {}
        }
    }
}

fn csv_table(rows: &[Row]) -> String {
    let Some(first) = rows.first() else {
        return String::new();
    };
    let mut out = csv_line(first.0.iter().map(|(column, _)| column.clone()));
    for row in rows {
        out.push_str(&csv_line(row.0.iter().map(|(_, value)| value.cell())));
    }
    out
}

fn csv_line(fields: impl Iterator<Item = String>) -> String {
    let quoted = fields.map(|field| match field.contains(['\r', '\n', '"', ',']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    });
    quoted.collect::<Vec<_>>().join(",") + "\r\n"
}

/// Rows separated by tabs, without header; texts as they are.
fn raw(elements: &[Element], rendered: &mut Rendered) {
    for element in elements {
        match element {
            Element::Table(rows) => {
                for row in rows {
                    let cells: Vec<String> = row.0.iter().map(|(_, value)| value.cell()).collect();
                    rendered.out.push_str(&(cells.join("\t") + "\n"));
                }
            }
            other => rendered.out.push_str(&one_human(other, false)),
        }
    }
}

/// Control characters of client ids and the like must not drive the operator's terminal.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => out.push(character),
            control if control.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out
}

fn cell(value: &Value) -> String {
    escape(&value.cell())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Element {
        let row = |node: &str, running| Row::default().with("Node", node).with("Running", running);
        Element::Table(vec![row("VerneMQ@127.0.0.1", true), row("a,\"b\"", false)])
    }

    fn out(elements: &[Element], format: Format) -> String {
        render(elements, Style { format, bold: false }).out
    }

    #[test]
    fn human_is_a_grid() {
        let expected = "\
+-------------------+---------+
| Node              | Running |
+-------------------+---------+
| VerneMQ@127.0.0.1 | true    |
+-------------------+---------+
| a,\"b\"             | false   |
+-------------------+---------+
";
        assert_eq!(out(&[table()], Format::Human), expected);
        assert_eq!(out(&[Element::Table(vec![])], Format::Human), "");
        assert_eq!(
            out(&[Element::alert("no"), Element::text("x")], Format::Human),
            "no\nx\n"
        );
    }

    #[test]
    fn json_is_one_document() {
        assert_eq!(out(&[], Format::Json), "[]\n");
        assert_eq!(
            out(&[Element::text("Done")], Format::Json),
            "{\"text\":\"Done\",\"type\":\"text\"}\n"
        );
        assert!(out(&[Element::text("a"), Element::text("b")], Format::Json).starts_with("[{"));
        let lines = "{\"Node\":\"VerneMQ@127.0.0.1\",\"Running\":true}\n";
        assert!(out(&[table()], Format::JsonLines).starts_with(lines));
    }

    #[test]
    fn csv_has_tables_only() {
        let expected = "Node,Running\r\nVerneMQ@127.0.0.1,true\r\n\"a,\"\"b\"\"\",false\r\n";
        let style = Style {
            format: Format::Csv,
            bold: false,
        };
        let rendered = render(&[Element::text("x"), table(), Element::alert("no")], style);
        assert_eq!(rendered.out, expected);
        assert_eq!(rendered.err, "no\n");
    }

    #[test]
    fn a_client_id_cannot_drive_the_terminal() {
        let row = Row::default().with("id", "a\u{1b}[31m");
        assert!(out(&[Element::Table(vec![row])], Format::Human).contains("a\\x1b[31m"));
    }

    #[test]
    fn raw_has_neither_header_nor_frame() {
        assert_eq!(
            out(&[table()], Format::Raw),
            "VerneMQ@127.0.0.1\ttrue\na,\"b\"\tfalse\n"
        );
    }
}
