//! The OpenAPI document of `/api/v1`, made of the command table: a command that is declared is described. For clients
//! that are generated, and for people who look at it in their browser.

use crate::command::{Access, Entry, entries};
use serde_json::{Map, Value, json};

/// The document (OpenAPI 3.1), for a broker of this version.
#[must_use]
pub fn document(version: &str) -> Value {
    let mut paths = Map::new();
    // What streams has no form over HTTP (admin.md 14.4).
    for entry in entries().filter(|entry| !entry.streams()) {
        paths.insert(path(entry), item(entry));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "VerneMQ HTTP management API",
            "version": version,
            "description": "The commands of vmq-admin over HTTP. Flags stand in the query with their dashes, alone or with a value.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"basic": []}, {"header": []}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The user is an API key with the scope mgmt, the password is not looked at.",
                },
                "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
            "schemas": schemas(),
            "responses": responses(),
        },
    })
}

/// `show` and `describe` have the names of settings behind them.
fn takes_settings(entry: &Entry) -> bool {
    matches!(entry.words, ["show" | "describe"])
}

fn path(entry: &Entry) -> String {
    let words = entry.words.join("/");
    match takes_settings(entry) {
        true => format!("/api/v1/{words}/{{setting}}"),
        false => format!("/api/v1/{words}"),
    }
}

fn item(entry: &Entry) -> Value {
    let mut item = json!({"get": operation(entry, "get", parameters(entry))});
    if entry.access() == Access::Full {
        let mut post = operation(entry, "post", Vec::new());
        let properties: Map<String, Value> = entry
            .keys
            .iter()
            .map(|key| (*key).to_owned())
            .chain(entry.flags.iter().map(|flag| format!("--{}", flag.long)))
            .map(|name| (name, json!({"type": "string"})))
            .collect();
        post["requestBody"] = json!({
            "content": {"application/x-www-form-urlencoded": {"schema": {
                "type": "object",
                "properties": properties,
                "additionalProperties": takes_any_key(entry),
            }}},
        });
        item["post"] = post;
    }
    item
}

fn operation(entry: &Entry, method: &str, parameters: Vec<Value>) -> Value {
    let mut operation = json!({
        "operationId": format!("{method}_{}", entry.words.join("_").replace('-', "_")),
        "summary": entry.about,
        "description": format!("{}\n\nExample: {}", entry.syntax, entry.example),
        "tags": [entry.words[0]],
        "x-access": match entry.access() {
            Access::Read => "read",
            Access::Full => "full",
        },
        "x-changes": entry.changes(),
        "responses": {
            "200": {"$ref": "#/components/responses/Answer"},
            "400": {"$ref": "#/components/responses/Refused"},
            "401": {"$ref": "#/components/responses/Unauthorized"},
            "405": {"description": "The command does not take this method."},
            "406": {"description": "The caller does not take application/json."},
            "503": {"$ref": "#/components/responses/Unavailable"},
        },
    });
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    operation
}

fn parameters(entry: &Entry) -> Vec<Value> {
    let setting = takes_settings(entry).then(|| {
        json!({
            "name": "setting",
            "in": "path",
            "required": true,
            "description": "The name of a setting; more of them may follow as further parts of the path.",
            "schema": {"type": "string"},
        })
    });
    let any = takes_any_key(entry).then(|| {
        json!({
            "name": "settings",
            "in": "query",
            "required": true,
            "description": "New values, by the names of the settings.",
            "style": "form",
            "explode": true,
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        })
    });
    let keys = entry.keys.iter().map(|key| {
        json!({
            "name": key,
            "in": "query",
            "required": is_required(entry, key),
            "schema": {"type": "string"},
        })
    });
    let flags = entry.flags.iter().map(|flag| {
        json!({
            "name": format!("--{}", flag.long),
            "in": "query",
            "required": false,
            "allowEmptyValue": true,
            "description": flag.about,
            "schema": {"type": "string"},
        })
    });
    setting.into_iter().chain(any).chain(keys).chain(flags).collect()
}

/// The keys of `set` are settings, which only the daemon knows.
fn takes_any_key(entry: &Entry) -> bool {
    matches!(entry.words, ["set"])
}

/// As its syntax has it: what may be left out stands in brackets.
fn is_required(entry: &Entry, key: &str) -> bool {
    entry.syntax.contains(&format!(" {key}="))
}

fn tags() -> Vec<Value> {
    let mut names: Vec<&str> = entries().map(|entry| entry.words[0]).collect();
    names.dedup();
    names.into_iter().map(|name| json!({"name": name})).collect()
}

fn schemas() -> Value {
    let element = |kind: &str, content: Value| {
        let mut properties = json!({"type": {"const": kind}});
        properties[kind] = content;
        json!({"type": "object", "required": [kind, "type"], "properties": properties})
    };
    let elements = json!({"type": "array", "items": {"$ref": "#/components/schemas/Element"}});
    let cell = json!({"type": ["string", "number", "boolean", "null"]});
    let rows = json!({"type": "array", "items": {"type": "object", "additionalProperties": cell}});
    let mut list = element("list", json!({"type": "array", "items": {"type": "string"}}));
    list["properties"]["title"] = json!({"type": "string"});
    json!({
        "Text": element("text", json!({"type": "string"})),
        "Table": element("table", rows),
        "List": list,
        "Alert": element("alert", elements.clone()),
        "Element": {"oneOf": [
            {"$ref": "#/components/schemas/Text"},
            {"$ref": "#/components/schemas/Table"},
            {"$ref": "#/components/schemas/List"},
            {"$ref": "#/components/schemas/Alert"},
        ]},
        "Answer": {
            "description": "One element, or a list of none or several.",
            "oneOf": [{"$ref": "#/components/schemas/Element"}, elements],
        },
    })
}

fn responses() -> Value {
    let json = |description: &str, schema: &str| {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        json!({"description": description, "content": {"application/json": {"schema": schema}}})
    };
    json!({
        "Answer": json("The command ran. What it could not do it tells by an alert.", "Answer"),
        "Refused": json("No such command, or not with these arguments.", "Alert"),
        "Unavailable": json("The node is not running, is busy, or did not answer in time.", "Alert"),
        "Unauthorized": {
            "description": "No key, or none with the scope mgmt that is valid now.",
            "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_that_answers_is_described() {
        let document = document("1.2.3");
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["version"], "1.2.3");
        let paths = document["paths"].as_object().unwrap();
        assert_eq!(paths.len(), entries().filter(|entry| !entry.streams()).count());
        assert!(paths.contains_key("/api/v1/session/show") && !paths.contains_key("/api/v1/trace/client"));
        let mut ids = BTreeSet::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} stands twice");
                assert!(id.starts_with(method), "{path} {method} {id}");
                assert!(operation["responses"]["200"].is_object(), "{path}");
                let changes = operation["x-changes"] == true;
                assert!(!changes || item["post"].is_object(), "{path} changes something");
                let all: &[Value] = operation["parameters"].as_array().map_or(&[], Vec::as_slice);
                let names: BTreeSet<&str> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
                assert_eq!(names.len(), all.len(), "{path}: a parameter stands twice");
                let in_path = all.iter().filter(|one| one["in"] == "path").count();
                assert_eq!(in_path, path.matches('{').count(), "{path}");
            }
        }
    }

    #[test]
    fn keys_and_flags_are_parameters() {
        let document = document("1");
        let of = |path: &str, name: &str| {
            let all = document["paths"][path]["get"]["parameters"]
                .as_array()
                .unwrap()
                .clone();
            all.into_iter().find(|one| one["name"] == name).unwrap()
        };
        assert_eq!(of("/api/v1/api-key/add", "key")["required"], true);
        assert_eq!(of("/api/v1/api-key/add", "scope")["required"], false);
        assert_eq!(of("/api/v1/session/show", "--client_id")["allowEmptyValue"], true);
        assert_eq!(of("/api/v1/show/{setting}", "setting")["in"], "path");
        assert_eq!(of("/api/v1/set", "settings")["explode"], true);
        let access = |path: &str| document["paths"][path]["get"]["x-access"].clone();
        assert_eq!(access("/api/v1/session/show"), "read");
        assert_eq!(access("/api/v1/api-key/show"), "full");
        assert_eq!(
            document["paths"]["/api/v1/api-key/show"]["get"]["x-changes"],
            false
        );
        assert!(document["paths"]["/api/v1/metrics/show"]["post"].is_null());
    }

    /// Every reference leads somewhere.
    #[test]
    fn references_are_there() {
        let document = document("1");
        let text = document.to_string();
        let references: Vec<&str> = text
            .split("\"$ref\":\"#")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert!(references.len() > 10);
        for reference in references {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }
}
