//! The command line of `vmq-console`, out of the table of arguments that the console itself reads.

use super::tools::{Opt, Value};
use clap::{Arg, CommandFactory as _, ValueHint};
use vmq_console::app::View;
use vmq_console::args::Arguments;

/// Its options in the order of its help. They live as long as this tool, which ends when the files are written.
pub(super) fn options() -> Vec<Opt<'static>> {
    let mut command = Arguments::command();
    command.build();
    command.get_arguments().map(option).collect()
}

fn option(argument: &Arg) -> Opt<'static> {
    let short = argument.get_short().map(|letter| format!("-{letter}"));
    let long = argument.get_long().map(|word| format!("--{word}"));
    let names: Vec<&str> = short.into_iter().chain(long).map(|name| &*name.leak()).collect();
    let about = argument.get_help().map(ToString::to_string).unwrap_or_default();
    Opt {
        names: names.leak(),
        value: value(argument),
        about: format!("{}.", about.trim_end_matches('.')).leak(),
    }
}

fn value(argument: &Arg) -> Value<'static> {
    if !argument.get_action().takes_values() {
        return Value::None;
    }
    if argument.get_value_hint() == ValueHint::FilePath {
        return Value::File;
    }
    if argument.get_id() == "view" {
        let views = View::ALL.map(|view| &*view.title().to_ascii_lowercase().leak());
        return Value::Words(views.to_vec().leak());
    }
    let names = argument.get_value_names().unwrap_or_default();
    let name = names.first().map(|name| name.to_ascii_lowercase());
    Value::Named(name.unwrap_or_default().leak())
}
