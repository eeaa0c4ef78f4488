//! The settings file (console.md 10): `/etc/vernemq/console.toml`, then `$XDG_CONFIG_HOME/vernemq/console.toml`. A wrong
//! key is reported with its line, and the rest is used.

pub mod table;

use crate::app::{INTERVALS_MS, View};
use crate::keys::{BINDINGS, Key};
use crate::pane::session::is_column;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What can be set.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub interval_ms: u32,
    /// `None` = as the terminal and `NO_COLOR` say.
    pub colours: Option<bool>,
    pub ascii: bool,
    pub mouse: bool,
    pub view: View,
    /// Fields of the sessions.
    pub columns: Vec<String>,
    /// Columns of the other views, by their names in filters.
    pub view_columns: BTreeMap<View, Vec<String>>,
    /// Keys by the name of their binding.
    pub keys: BTreeMap<String, Vec<Key>>,
    /// Expressions by their name: `@name` in a filter.
    pub filters: BTreeMap<String, String>,
    /// Sockets by the name of their node: `:node NAME`.
    pub sockets: BTreeMap<String, PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            interval_ms: 1000,
            colours: None,
            ascii: false,
            mouse: true,
            view: View::Overview,
            columns: Vec::new(),
            view_columns: BTreeMap::new(),
            keys: BTreeMap::new(),
            filters: BTreeMap::new(),
            sockets: BTreeMap::new(),
        }
    }
}

/// The views whose columns can be chosen, beside the sessions.
const COLUMNED: [View; 5] = [
    View::Topics,
    View::Traces,
    View::Listeners,
    View::Cluster,
    View::Plugins,
];

/// Something that is wrong, with its line.
type Fault = (usize, String);

/// The files, in the order in which they are read.
#[must_use]
pub fn files() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
    let own = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or(home);
    let own = own.map(|folder| folder.join("vernemq/console.toml"));
    [Some(PathBuf::from("/etc/vernemq/console.toml")), own]
        .into_iter()
        .flatten()
        .collect()
}

impl Settings {
    /// Reads those files that are there; the second value says what is wrong with them.
    #[must_use]
    pub fn read(files: &[PathBuf]) -> (Self, Vec<String>) {
        let mut settings = Self::default();
        let mut faults = Vec::new();
        for file in files {
            let text = match std::fs::read_to_string(file) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    faults.push(format!("{}: {error}", file.display()));
                    continue;
                }
            };
            faults.extend(settings.take_file(&text, file));
        }
        (settings, faults)
    }

    fn take_file(&mut self, text: &str, file: &Path) -> Vec<String> {
        let faults = self.take(text);
        let said = |(line, text): Fault| format!("{}:{line}: {text}", file.display());
        faults.into_iter().map(said).collect()
    }

    /// Takes a text in; says what of it is wrong.
    pub fn take(&mut self, text: &str) -> Vec<Fault> {
        let line = |at: usize| {
            text.get(..at)
                .map_or(1, |before| before.matches('\n').count() + 1)
        };
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let at = error.span().map_or(1, |span| line(span.start));
                return vec![(at, error.message().to_owned())];
            }
        };
        let mut faults = Vec::new();
        for (key, value) in table.get_ref() {
            if let Err((at, text)) = self.set(key.get_ref(), key.span().start, value) {
                faults.push((line(at), text));
            }
        }
        faults.sort();
        faults
    }

    fn set(&mut self, key: &str, at: usize, value: &Spanned<DeValue<'_>>) -> Result<(), Fault> {
        match key {
            "interval" => {
                self.interval_ms =
                    interval(string(value)?).ok_or_else(|| bad(value, "a time from 0.5s to 60s"))?
            }
            "theme" => {
                self.colours = match string(value)? {
                    "colour" | "color" => Some(true),
                    "none" => Some(false),
                    "auto" => None,
                    _ => return Err(bad(value, "auto, colour or none")),
                }
            }
            "ascii" => self.ascii = flag(value)?,
            "mouse" => self.mouse = flag(value)?,
            "view" => {
                self.view = View::parse(string(value)?).ok_or_else(|| bad(value, "the name of a view"))?
            }
            "columns" => each(value, |name, value| match name {
                "sessions" => {
                    self.columns = columns(value)?;
                    Ok(())
                }
                name => {
                    let view = View::ALL
                        .into_iter()
                        .find(|view| view.title().eq_ignore_ascii_case(name) && COLUMNED.contains(view));
                    let view = view.ok_or_else(|| bad(value, "columns of a view with a table"))?;
                    let names = strings(value)?.into_iter().map(str::to_owned).collect();
                    self.view_columns.insert(view, names);
                    Ok(())
                }
            })?,
            "keys" => each(value, |name, value| {
                if !BINDINGS.iter().any(|binding| binding.name == name) {
                    return Err(bad(
                        value,
                        &format!("the key of an action, and there is none called '{name}'"),
                    ));
                }
                let keys = strings(value)?
                    .into_iter()
                    .map(Key::parse)
                    .collect::<Option<Vec<_>>>();
                let keys =
                    keys.ok_or_else(|| bad(value, "a key such as k, ctrl-d, enter, or a list of them"))?;
                self.keys.insert(name.to_owned(), keys);
                Ok(())
            })?,
            "filters" => each(value, |name, value| {
                self.filters.insert(name.to_owned(), string(value)?.to_owned());
                Ok(())
            })?,
            "sockets" => each(value, |name, value| {
                self.sockets.insert(name.to_owned(), string(value)?.into());
                Ok(())
            })?,
            _ => return Err((at, format!("there is no setting '{key}'"))),
        }
        Ok(())
    }
}

/// The value of a table's keys, one after the other; the first fault ends it.
fn each(
    value: &Spanned<DeValue<'_>>,
    mut one: impl FnMut(&str, &Spanned<DeValue<'_>>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let DeValue::Table(table) = value.get_ref() else {
        return Err(bad(value, "a table"));
    };
    table
        .iter()
        .try_for_each(|(name, value)| one(name.get_ref(), value))
}

fn columns(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Fault> {
    let names = strings(value)?;
    match names.iter().find(|name| !is_column(name)) {
        Some(name) => Err(bad(
            value,
            &format!("fields of session show; '{name}' is none that a table can have"),
        )),
        None => Ok(names.into_iter().map(str::to_owned).collect()),
    }
}

/// A time that pictures may be apart: `1s`, `500ms`, `0.5s`, `2`.
#[must_use]
pub fn interval(text: &str) -> Option<u32> {
    let (number, factor) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1.0),
        (None, Some(number)) => (number, 1000.0),
        (None, None) => (text, 1000.0),
    };
    let millis = number.trim().parse::<f64>().ok()? * factor;
    let (least, most) = (
        f64::from(INTERVALS_MS[0]),
        f64::from(INTERVALS_MS[INTERVALS_MS.len() - 1]),
    );
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between the two"
    )]
    (least..=most).contains(&millis).then_some(millis as u32)
}

fn string<'a>(value: &'a Spanned<DeValue<'_>>) -> Result<&'a str, Fault> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => Err(bad(value, "a text in quotes")),
    }
}

fn strings<'a>(value: &'a Spanned<DeValue<'_>>) -> Result<Vec<&'a str>, Fault> {
    match value.get_ref() {
        DeValue::Array(values) => values.iter().map(string).collect(),
        _ => Ok(vec![string(value)?]),
    }
}

fn flag(value: &Spanned<DeValue<'_>>) -> Result<bool, Fault> {
    match value.get_ref() {
        DeValue::Boolean(flag) => Ok(*flag),
        _ => Err(bad(value, "true or false")),
    }
}

fn bad(value: &Spanned<DeValue<'_>>, wanted: &str) -> Fault {
    (value.span().start, format!("it must be {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_can_be_set() {
        let mut settings = Settings::default();
        let faults = settings.take(
            r#"
interval = "2s"
theme = "none"
ascii = true
mouse = false
view = "sessions"
[columns]
sessions = ["client_id", "peer", "queue_size"]
[keys]
disconnect = ["K", "ctrl-d"]
quit = "Q"
[filters]
slow = "online queue>100"
[sockets]
east = "/run/east.sock"
"#,
        );
        assert_eq!(faults, []);
        assert_eq!(
            (settings.interval_ms, settings.colours, settings.view),
            (2000, Some(false), View::Sessions)
        );
        assert_eq!(settings.columns, ["client_id", "peer", "queue_size"]);
        assert_eq!(settings.keys["disconnect"], [Key::Char('K'), Key::Ctrl('d')]);
        assert_eq!(settings.filters["slow"], "online queue>100");
        assert_eq!(settings.sockets["east"], Path::new("/run/east.sock"));
        assert!(settings.ascii && !settings.mouse);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_rest_is_used() {
        let mut settings = Settings::default();
        let faults = settings.take("interval = \"2h\"\nascii = true\nsound = 3\n[columns]\nsessions = [\"payload\"]\n[keys]\nfly = \"f\"\n");
        let lines: Vec<usize> = faults.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 3, 5, 7], "{faults:?}");
        assert!(settings.ascii && settings.interval_ms == 1000);
        let faults = settings.take("mouse = false\nview = \n");
        assert_eq!(faults[0].0, 2, "{faults:?}");
    }

    #[test]
    fn times_have_bounds() {
        assert_eq!(interval("0.5s"), Some(500));
        assert_eq!(interval("1500ms"), Some(1500));
        assert_eq!(interval("2"), Some(2000));
        for text in ["0.1s", "61s", "x", "", "-1s", "NaN"] {
            assert_eq!(interval(text), None, "{text}");
        }
    }
}
