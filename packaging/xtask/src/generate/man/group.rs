//! `vmq-admin-<group>(8)`: the commands of one group, from the command table.

use super::super::roff::Page;
use vmq_admin::command::catalogue::{Catalogue, CommandForm, FlagForm, KeyForm, ReplyForm, ValueForm};
use vmq_admin::command::kind::{GLOBAL_FLAGS, Kind, Needs};
use vmq_admin::command::{FlagSpec, entries, help};

/// The page of the commands that have no group of their own.
const SETTINGS: &str = "settings";

/// The groups, in the order of the help.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names = Vec::new();
    for entry in entries() {
        let name = group_of(entry.words.first().copied().unwrap_or_default());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn group_of(word: &str) -> &str {
    match word {
        "set" | "show" | "describe" | "config" => SETTINGS,
        other => other,
    }
}

/// What a group is about, as a sentence.
pub(crate) fn about(name: &str) -> String {
    sentence(&title(name))
}

/// The same as the title of a page.
fn title(name: &str) -> String {
    if name == SETTINGS {
        return "settings of a running broker".to_owned();
    }
    let entry = entries().find(|entry| entry.words.first() == Some(&name));
    let about = entry
        .map_or("", |entry| help::about_of(entry, 0))
        .trim_end_matches('.');
    let mut letters = about.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// With a great letter and a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

pub(crate) fn page(name: &'static str) -> Page {
    let mut page = Page::new(&format!("vmq-admin-{name}"), 8, &title(name));
    let catalogue = Catalogue::new();
    let is_here = |form: &&CommandForm| form.words.first().is_some_and(|word| group_of(word) == name);
    let commands: Vec<&CommandForm> = catalogue.commands.iter().filter(is_here).collect();
    page.section("SYNOPSIS");
    for command in &commands {
        page.synopsis(&command.syntax);
    }
    page.section("DESCRIPTION");
    page.paragraph(&format!(
        "{} These are commands of `vmq-admin`; vmq-admin(8) tells how command lines are built, and which formats answers have.",
        about(name)
    ));
    page.section("COMMANDS");
    for command in &commands {
        put_command(&mut page, command);
    }
    page.section("OPTIONS");
    page.paragraph("Every command also takes:");
    for flag in GLOBAL_FLAGS {
        put_global(&mut page, flag);
    }
    page.section("EXAMPLES");
    for command in &commands {
        page.paragraph(&command.about);
        page.example(&command.example);
    }
    page.section("EXIT STATUS");
    page.paragraph("0 when the command did what it was told, else 1.");
    page.section("FILES");
    page.item("/run/vernemq/admin.sock", "The admin socket of the broker.");
    super::see_also(&mut page, &["vmq-admin(8)", "vernemq(8)", "vernemq.conf(5)"]);
    page
}

fn put_command(page: &mut Page, command: &CommandForm) {
    page.sub_section(&command.words.join(" "));
    page.paragraph(&command.about);
    for key in &command.keys {
        let value = placeholder(command, &key.name, &key.value);
        page.item(&format!("{}=<{value}>", key.name), &key_text(key));
    }
    for flag in &command.flags {
        page.item(&flag_term(command, flag), &flag_text(flag));
    }
    let right = match command.read_only {
        true => "Members of the read-only group may do it.",
        false => "Needs full access.",
    };
    page.paragraph(&format!("{} {right}", reply_text(&command.reply)));
}

fn key_text(key: &KeyForm) -> String {
    let text = if key.required {
        "Required."
    } else {
        "May be left out."
    };
    format!("{}{text}", words_text(&key.value))
}

fn flag_text(flag: &FlagForm) -> String {
    let about = match flag.about.as_str() {
        "" => "Only metrics with this label.".to_owned(),
        about => about_text(about, &flag.value.words),
    };
    let words = match flag.needs {
        Needs::Nothing => String::new(),
        _ => words_text(&flag.value),
    };
    let required = if flag.required { " Required." } else { "" };
    let sensitive = if flag.sensitive { " Needs full access." } else { "" };
    format!("{about}{required}{sensitive} {words}")
        .trim_end()
        .to_owned()
}

/// A flag that every command has.
pub(crate) fn put_global(page: &mut Page, flag: &FlagSpec) {
    let words: Vec<String> = Kind::of(&[], flag.long)
        .words()
        .into_iter()
        .map(str::to_owned)
        .collect();
    page.item(&global_term(flag), &about_text(flag.about, &words));
}

/// A sentence, unless it begins with a value or a name.
fn about_text(about: &str, words: &[String]) -> String {
    let first = about.split([' ', ',', ':']).next().unwrap_or_default();
    match words.iter().any(|word| word == first) || first.contains('_') {
        true => format!("{about}."),
        false => sentence(about),
    }
}

/// The values there are, unless they are only true and false.
fn words_text(value: &ValueForm) -> String {
    match value.words.as_slice() {
        [] => String::new(),
        [one, other] if one == "true" && other == "false" => String::new(),
        words => format!("One of: {}. ", words.join(", ")),
    }
}

fn flag_term(command: &CommandForm, flag: &FlagForm) -> String {
    let short = flag.short.map(|short| format!("-{short}, ")).unwrap_or_default();
    let name = placeholder(command, &flag.name, &flag.value);
    let value = match flag.needs {
        Needs::Nothing => String::new(),
        Needs::Either => format!("[=<{name}>]"),
        Needs::Value => format!("=<{name}>"),
    };
    format!("{short}--{}{value}", flag.name)
}

/// What stands for a value in the syntax, or else the kind of it.
fn placeholder<'a>(command: &'a CommandForm, name: &str, value: &'a ValueForm) -> &'a str {
    let words = command.syntax.split([' ', '[']);
    let mut values = words.filter_map(|word| word.trim_start_matches('-').split_once('='));
    let named = values.find(|(own, _)| *own == name).map(|(_, value)| value);
    match named.and_then(|value| value.strip_prefix('<')?.split_once('>')) {
        Some((placeholder, _)) => placeholder,
        None if value.kind == "words" => "word",
        None => &value.kind,
    }
}

fn global_term(flag: &FlagSpec) -> String {
    let short = flag.short.map(|short| format!("-{short}, ")).unwrap_or_default();
    let value = match flag.long {
        "help" | "no-color" => String::new(),
        _ => "=<value>".to_owned(),
    };
    format!("{short}--{}{value}", flag.long)
}

fn reply_text(reply: &ReplyForm) -> String {
    let others = if reply.other_columns {
        " unless others are asked for"
    } else {
        ""
    };
    let columns = if reply.columns.len() == 1 {
        "column"
    } else {
        "columns"
    };
    let table = || format!("a table with the {columns} {}{others}", listing(&reply.columns));
    let parts: Vec<String> = reply
        .elements
        .iter()
        .filter_map(|element| match element.as_str() {
            "text" => Some("a text".to_owned()),
            "table" => Some(table()),
            "list" => Some("a list".to_owned()),
            "line" => Some("lines as they come".to_owned()),
            _ => None,
        })
        .collect();
    match parts.is_empty() {
        true if reply.elements.is_empty() => "Prints nothing when it is done.".to_owned(),
        true => "Prints why it cannot be done.".to_owned(),
        false => format!("Prints {}.", parts.join(" or ")),
    }
}

/// `a`, `b` and `c`
fn listing(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
