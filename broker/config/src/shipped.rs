//! The `vernemq.conf` of the packages: prose, defaults and types from the table, order and examples from `order`.

use crate::describe::type_phrase;
use crate::key::Key;
use crate::table::{self, Row};

mod order;
use order::{Entry, State};

const HEAD: &str = "\
## Configuration of the broker. One setting a line: key = value.
## A # starts a comment, also after a value; quote a value that has one: 'a#b'.
## $(<file) takes a value from a file, $(NAME) from another setting or the environment.
## `vernemq chkconfig` checks this file; `vernemq reload` or SIGHUP applies what may change while the broker runs.
## Settings in conf.d/*.conf override those of this file.
";
const COLUMNS_MAX: usize = 100;

/// The whole text. It loads without fault or warning, and each line that is commented out may be taken in as it is,
/// once the files are there that it names; a TLS listener wants its certificate and its key.
pub fn shipped_conf() -> String {
    let mut out = HEAD.to_owned();
    for entry in order::entries() {
        match entry {
            Entry::Heading(title) => out.push_str(&format!("\n# --- {title}\n")),
            Entry::Setting { key, value, state } => setting(&mut out, &key, value, state),
        }
    }
    out.push_str("\n# --- overrides\ninclude conf.d/*.conf\n");
    out
}

fn setting(out: &mut String, key: &str, value: Option<&str>, state: State) {
    let Some(found) = Key::parse(key).and_then(|key| table::find(&key)) else {
        return;
    };
    let row = found.row;
    let value = value.or(row.default).unwrap_or_default();
    let value = if value.is_empty() { "''" } else { value };
    out.push('\n');
    for line in wrap(&row.prose) {
        out.push_str(&format!("## {line}\n"));
    }
    comment(out, row);
    out.push_str(match state {
        State::On => "",
        State::Off => "## ",
    });
    out.push_str(&format!("{key} = {value}\n"));
}

fn comment(out: &mut String, row: &Row) {
    if let Some(default) = row.default.filter(|default| !default.is_empty()) {
        out.push_str(&format!("##\n## Default: {default}\n"));
    }
    out.push_str("##\n## Acceptable values:\n");
    for kind in row.types {
        for (index, line) in wrap(&type_phrase(*kind)).iter().enumerate() {
            out.push_str(&format!("##   {} {line}\n", if index == 0 { "-" } else { " " }));
        }
    }
}

/// Cuts a text at blanks into lines that fit a screen.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let needs_line = lines
            .last()
            .is_some_and(|line| line.len() + word.len() + 4 > COLUMNS_MAX);
        if needs_line {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests;
