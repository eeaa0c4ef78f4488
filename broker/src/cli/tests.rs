//! What the arguments mean; what the verbs do is tested with real processes.

use super::*;

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    let (args, _) = without_erlang_arguments(line.split(' ').map(OsString::from));
    Arguments::try_parse_from(args)
}

#[test]
fn the_table_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn the_file_may_stand_before_and_after_the_verb() {
    for line in [
        "vernemq ping -c /x",
        "vernemq -c /x ping",
        "vernemq ping --config=/x",
        "vernemq console -noshell -c /x -noinput",
    ] {
        assert_eq!(parse(line).unwrap().file, Some("/x".into()), "{line}");
    }
}

#[test]
fn arguments_of_the_erlang_runtime_are_ignored() {
    let line = "vernemq console -noshell -noinput -sname a@b +K true -c -x";
    let (kept, ignored) = without_erlang_arguments(line.split(' ').map(OsString::from));
    assert_eq!(kept, ["vernemq", "console", "a@b", "true", "-c", "-x"]);
    assert_eq!(ignored, ["-noshell", "-noinput", "-sname", "+K"]);
    let Some(Verb::Console(given)) = parse("vernemq console -noshell foo --tui").unwrap().verb else {
        panic!("not the console")
    };
    assert!(given.tui);
    assert_eq!(given.ignored, ["foo"]);
    assert!(parse("vernemq console --confg x").is_err());
    assert!(parse("vernemq ping -noshell").is_err());
}

#[test]
fn config_leaves_wrong_words_to_its_own_usage() {
    let Some(Verb::Config { words, level }) = parse("vernemq config effective -l debug").unwrap().verb else {
        panic!("not config")
    };
    assert_eq!(
        (words, level.as_deref()),
        (vec!["effective".to_owned()], Some("debug"))
    );
    assert!(matches!(
        parse("vernemq config").unwrap().verb,
        Some(Verb::Config { .. })
    ));
}
