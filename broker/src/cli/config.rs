//! `vernemq config effective | describe | generate` (admin.md 1.4, config.md 3.4).

use super::config_file::ConfigFile;
use super::{Exit, output};

/// What the original prints for every other word.
const USAGE: &str =
    "Valid commands for vernemq config are:\n  vernemq config effective\n  vernemq config describe VARIABLE";
const DESCRIBE_USAGE: &str =
    "vernemq config describe requires a variable name to query\n  Try `vernemq config describe setting.name`";

/// Runs `words`, which follow `config`; `debug` is `-l debug`.
pub(super) fn run(file: &ConfigFile, words: &[String], debug: bool) -> Exit {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["effective"] => effective(file, debug),
        ["generate"] => generate(file, debug),
        ["describe", key] => describe(file, key),
        ["describe", ..] => refuse(DESCRIBE_USAGE),
        _ => refuse(USAGE),
    }
}

fn refuse(text: &str) -> Exit {
    output::say(text);
    Exit::Failed
}

fn effective(file: &ConfigFile, debug: bool) -> Exit {
    let Some(loaded) = file.load_or_complain() else {
        return Exit::Failed;
    };
    output::print(vmq_config::effective_text(&loaded, debug));
    Exit::Done
}

/// Silent when all is well: container entry points look for the word `error` in the output.
fn generate(file: &ConfigFile, debug: bool) -> Exit {
    let Some(loaded) = file.load_or_complain() else {
        return Exit::Failed;
    };
    if debug {
        output::print(vmq_config::generate_text(&loaded));
    }
    Exit::Done
}

fn describe(file: &ConfigFile, key: &str) -> Exit {
    let Some(loaded) = file.load_or_complain() else {
        return Exit::Failed;
    };
    match vmq_config::describe(&loaded, key, &file.path().to_string_lossy()) {
        Ok(text) => {
            output::print(text);
            Exit::Done
        }
        Err(text) => refuse(&text),
    }
}
