//! What a command answers: texts, tables, lists and alerts, in the JSON form of admin.md 3.3. Every face (terminal,
//! JSON, HTTP) prints the same elements.

mod value;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
pub use value::Value;

/// One part of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Document", try_from = "Document")]
pub enum Element {
    Text(String),
    Table(Vec<Row>),
    List {
        title: Option<String>,
        items: Vec<String>,
    },
    /// Something went wrong, or asks for attention.
    Alert(Vec<Element>),
}

/// A row of a table: column names and values, in the order of the columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(pub Vec<(String, Value)>);

/// The object on the wire; its field order is the order of the keys.
#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    alert: Option<Vec<Element>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    list: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    table: Option<Vec<Row>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    title: Option<String>,
    r#type: String,
}

impl Element {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An alert with one text.
    pub fn alert(text: impl Into<String>) -> Self {
        Self::Alert(vec![Self::text(text)])
    }

    /// Row and column of every [`Value::Undefined`] of a table: JSON has no word for them, so they travel beside it.
    #[must_use]
    pub fn undefined_cells(&self) -> Vec<(usize, usize)> {
        let Self::Table(rows) = self else {
            return Vec::new();
        };
        let of_row = |(row, cells): (usize, &Row)| {
            let is_it = |(_, (_, value)): &(usize, &(String, Value))| *value == Value::Undefined;
            let columns: Vec<usize> = cells
                .0
                .iter()
                .enumerate()
                .filter(is_it)
                .map(|(at, _)| at)
                .collect();
            columns.into_iter().map(move |column| (row, column))
        };
        rows.iter().enumerate().flat_map(of_row).collect()
    }

    /// Puts them back. What is not there, or is not empty, stays as it is.
    pub fn set_undefined(&mut self, cells: &[(usize, usize)]) {
        let Self::Table(rows) = self else { return };
        for (row, column) in cells {
            if let Some((_, value @ Value::Null)) = rows.get_mut(*row).and_then(|row| row.0.get_mut(*column))
            {
                *value = Value::Undefined;
            }
        }
    }
}

impl Row {
    /// The row with one more column.
    #[must_use]
    pub fn with(mut self, column: &str, value: impl Into<Value>) -> Self {
        self.0.push((column.to_owned(), value.into()));
        self
    }

    /// Whether it has no columns.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What stands in a column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(name, _)| name == column)
            .map(|(_, value)| value)
    }

    /// Puts these values in their columns; those that were not there come last.
    pub fn replace(&mut self, columns: Self) {
        for (name, value) in columns.0 {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => self.0.push((name, value)),
            }
        }
    }
}

impl From<Element> for Document {
    fn from(element: Element) -> Self {
        let mut document = Self {
            alert: None,
            list: None,
            table: None,
            text: None,
            title: None,
            r#type: String::new(),
        };
        document.r#type = match element {
            Element::Text(text) => {
                document.text = Some(text);
                "text"
            }
            Element::Table(rows) => {
                document.table = Some(rows);
                "table"
            }
            Element::List { title, items } => {
                document.title = title;
                document.list = Some(items);
                "list"
            }
            Element::Alert(elements) => {
                document.alert = Some(elements);
                "alert"
            }
        }
        .to_owned();
        document
    }
}

impl TryFrom<Document> for Element {
    type Error = String;

    fn try_from(document: Document) -> Result<Self, String> {
        let Document {
            alert,
            list,
            table,
            text,
            title,
            r#type,
        } = document;
        let element = match r#type.as_str() {
            "text" => text.map(Self::Text),
            "table" => table.map(Self::Table),
            "list" => list.map(|items| Self::List { title, items }),
            "alert" => alert.map(Self::Alert),
            _ => None,
        };
        element.ok_or_else(|| format!("an element of type '{type}' without its content", type = r#type))
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, value) in &self.0 {
            map.serialize_entry(column, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of columns")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut row = Row::default();
                while let Some(entry) = map.next_entry()? {
                    row.0.push(entry);
                }
                Ok(row)
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_the_documented_form() {
        let row = Row::default()
            .with("Node", "VerneMQ@127.0.0.1")
            .with("Running", true);
        let cases = [
            (Element::text("Done"), r#"{"text":"Done","type":"text"}"#),
            (
                Element::Table(vec![row]),
                r#"{"table":[{"Node":"VerneMQ@127.0.0.1","Running":true}],"type":"table"}"#,
            ),
            (Element::Table(vec![]), r#"{"table":[],"type":"table"}"#),
            (
                Element::alert("no"),
                r#"{"alert":[{"text":"no","type":"text"}],"type":"alert"}"#,
            ),
            (
                Element::List {
                    title: Some("T".into()),
                    items: vec!["a".into(), "b".into()],
                },
                r#"{"list":["a","b"],"title":"T","type":"list"}"#,
            ),
        ];
        for (element, json) in cases {
            assert_eq!(serde_json::to_string(&element).unwrap(), json);
            assert_eq!(serde_json::from_str::<Element>(json).unwrap(), element);
        }
    }

    #[test]
    fn columns_keep_their_order() {
        let json = r#"{"table":[{"z":1,"a":null,"m":"x"}],"type":"table"}"#;
        let element: Element = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&element).unwrap(), json);
    }

    /// admin.md 3.2, 3.3: `undefined` for people, `null` in JSON.
    #[test]
    fn undefined_travels_beside_the_json() {
        let row = |user| Row::default().with("client_id", "c").with("user", user);
        let mut sent = Element::Table(vec![row(Value::Null), row(Value::Undefined)]);
        let json = serde_json::to_string(&sent).unwrap();
        assert!(json.contains(r#"{"client_id":"c","user":null}"#) && !json.contains("undefined"));
        let cells = sent.undefined_cells();
        assert_eq!(cells, [(1, 1)]);
        let mut read: Element = serde_json::from_str(&json).unwrap();
        read.set_undefined(&cells);
        assert_eq!(read, sent);
        sent.set_undefined(&[(0, 0), (7, 0), (0, 9)]);
        assert_eq!(read, sent, "cells that are not empty, or not there");
    }

    #[test]
    fn an_element_without_content_is_refused() {
        assert!(serde_json::from_str::<Element>(r#"{"type":"table"}"#).is_err());
        assert!(serde_json::from_str::<Element>(r#"{"type":"film","text":"x"}"#).is_err());
    }
}
