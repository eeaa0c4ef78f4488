//! Help: every key, in groups, searchable. It is the table that handles them.

use crate::app::App;
use crate::keys::{Action, BINDINGS, Binding};

/// Groups in their order.
pub const GROUPS: [&str; 5] = ["Views", "Moving", "Finding", "Acting", "The screen"];

/// What a filter can say.
pub const LANGUAGE: [&str; 7] = [
    "pump            in any identifier",
    "user=pump-*     * stands for anything",
    "user!=joe  !x   not",
    "client_id~^a    a regular expression",
    "queue>100       a number; < as well",
    "online offline mqtt3 mqtt5",
    "a b | c         a and b, or c",
];

/// What stands in a table and needs a word.
pub const SIGNS: [&str; 3] = [
    "AGE -           a message on disk: no time of arrival is stored with it",
    "IN/s OUT/s      what grew between two looks; … until there were two",
    "sort: … over 7s the order is of the rates of that time, not of this moment",
];

/// The lines that have the text in them.
#[must_use]
pub fn lines(app: &App, text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut lines = Vec::new();
    for group in GROUPS {
        let own = BINDINGS.iter().filter(|binding| binding.group == group);
        let found: Vec<String> = own
            .map(|binding| line(app, binding))
            .filter(|line| line.to_lowercase().contains(&text))
            .collect();
        add(&mut lines, group, found);
    }
    for (title, said) in [("Filters", &LANGUAGE[..]), ("Signs", &SIGNS)] {
        let found = said
            .iter()
            .map(|line| format!("  {line}"))
            .filter(|line| line.to_lowercase().contains(&text));
        add(&mut lines, title, found.collect());
    }
    lines
}

fn add(lines: &mut Vec<String>, title: &str, found: Vec<String>) {
    if !found.is_empty() {
        lines.push(title.to_owned());
        lines.extend(found);
    }
}

fn line(app: &App, binding: &Binding) -> String {
    let keys: Vec<String> = app
        .keys_of(binding)
        .iter()
        .map(|key| key.said(app.look.ascii))
        .collect();
    let about = match binding.action {
        Action::Show(view) => view.title(),
        _ => binding.about,
    };
    let only = if binding.acts && app.read_only {
        "  (not for who only looks)"
    } else {
        ""
    };
    format!("  {:<14} {about}{only}", keys.join(" "))
}
