//! JSON Schema of what leaves as JSON: answers (`vmq-admin --format=json`, the HTTP API, elements on the admin socket) and the
//! description of the commands. `cargo xtask man` writes it to `packaging/schema/vmq-admin.schema.json`.

use super::catalogue::{Catalogue, CommandForm, ReplyForm};
use serde_json::{Map, Value, json};

/// The schema. The definition `replies` has one for the answer of each command, named by its words.
#[must_use]
pub fn schema() -> Value {
    let replies: Map<String, Value> = Catalogue::new()
        .commands
        .iter()
        .map(|command| (command.words.join(" "), answer(command)))
        .collect();
    let elements = ["text", "table", "list", "alert"].map(reference);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What vmq-admin answers as JSON",
        "$ref": "#/$defs/document",
        "$defs": {
            "document": {
                "description": "One element, or an array of none or several.",
                "oneOf": [reference("element"), { "type": "array", "items": reference("element") }],
            },
            "element": { "oneOf": elements },
            "text": element("text", &json!({ "text": { "type": "string" } })),
            "table": element("table", &json!({ "table": { "type": "array", "items": reference("row") } })),
            "row": { "type": "object", "additionalProperties": reference("cell") },
            "cell": { "type": ["string", "number", "boolean", "null"] },
            "list": list(),
            "alert": element("alert", &json!({ "alert": { "type": "array", "items": reference("element") } })),
            "commands": commands(),
            "replies": replies,
        },
    })
}

/// The schema as a text for people and programs.
#[must_use]
pub fn text() -> String {
    format!("{:#}\n", schema())
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// An element with one field, which must be there.
fn element(name: &str, field: &Value) -> Value {
    let mut properties = field.as_object().cloned().unwrap_or_default();
    properties.insert("type".to_owned(), json!({ "const": name }));
    json!({
        "type": "object",
        "required": [name, "type"],
        "properties": properties,
        "additionalProperties": false,
    })
}

fn list() -> Value {
    let mut list = element(
        "list",
        &json!({
            "list": { "type": "array", "items": { "type": "string" } },
            "title": { "type": "string" },
        }),
    );
    list["description"] = json!("A title is not always there.");
    list
}

/// The answer of a command; an alert may come instead of it.
fn answer(command: &CommandForm) -> Value {
    let ReplyForm { elements, .. } = &command.reply;
    let one = |name: &String| match name.as_str() {
        "table" => table(&command.reply),
        name => reference(name),
    };
    // Lines of a command that streams are no elements.
    let mut several: Vec<Value> = elements
        .iter()
        .filter(|name| *name != "line" && *name != "alert")
        .map(one)
        .collect();
    several.push(reference("alert"));
    let any = json!({ "oneOf": several });
    json!({
        "description": command.about,
        "oneOf": [any, { "type": "array", "items": any }],
    })
}

fn table(reply: &ReplyForm) -> Value {
    let cells: Map<String, Value> = reply
        .columns
        .iter()
        .map(|column| (column.clone(), reference("cell")))
        .collect();
    // Flags of a query take the usual columns away, so none of them is sure to be there.
    let row = match reply.other_columns {
        true => json!({ "type": "object", "properties": cells, "additionalProperties": reference("cell") }),
        false => {
            let required = &reply.columns;
            json!({ "type": "object", "properties": cells, "required": required, "additionalProperties": false })
        }
    };
    element("table", &json!({ "table": { "type": "array", "items": row } }))
}

/// The answer to `{"t":"commands"}`, without its first two fields.
fn commands() -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let truth = json!({ "type": "boolean" });
    let value =
        json!({ "type": "object", "required": ["kind"], "properties": { "kind": text, "words": texts } });
    let key = json!({
        "type": "object",
        "required": ["name", "required", "value"],
        "properties": { "name": text, "required": truth, "value": value },
    });
    let flag = json!({
        "type": "object",
        "required": ["name", "short", "about", "required", "needs", "value"],
        "properties": {
            "name": text,
            "short": { "type": ["string", "null"], "maxLength": 1 },
            "about": text,
            "required": truth,
            "needs": { "enum": ["nothing", "either", "value"] },
            "value": value,
            "sensitive": truth,
        },
    });
    let reply = json!({
        "type": "object",
        "required": ["elements"],
        "properties": { "elements": texts, "columns": texts, "other_columns": truth },
    });
    let required = [
        "words",
        "syntax",
        "about",
        "example",
        "keys",
        "flags",
        "read_only",
        "streams",
        "reply",
    ];
    let command = json!({
        "type": "object",
        "required": required,
        "properties": {
            "words": texts, "syntax": text, "about": text, "example": text,
            "keys": { "type": "array", "items": key },
            "flags": { "type": "array", "items": flag },
            "read_only": truth, "streams": truth, "reply": reply,
        },
    });
    json!({
        "type": "object",
        "required": ["version", "commands"],
        "properties": { "version": text, "commands": { "type": "array", "items": command } },
    })
}
