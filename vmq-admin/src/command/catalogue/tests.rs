//! Every command says what belongs to it (style.md 7), and what it says is what the parser does.

use super::*;
use crate::command::schema::schema;

fn form(words: &str) -> CommandForm {
    let commands = Catalogue::new().commands;
    commands
        .into_iter()
        .find(|form| form.words.join(" ") == words)
        .unwrap()
}

/// style.md 7: a command without help, example or description of its answer is none.
#[test]
fn every_command_has_help_an_example_and_a_reply() {
    for entry in entries() {
        let words = entry.words.join(" ");
        assert!(entry.syntax.starts_with(&format!("vmq-admin {words}")), "{words}");
        assert!(entry.about.ends_with('.') && entry.about.len() > 10, "{words}");
        assert!(entry.example_with(None).is_some(), "the example of {words}");
        let reply = reply::of(entry.words);
        let reply = reply.unwrap_or_else(|| panic!("command/reply.rs does not say what {words} answers"));
        assert_eq!(
            reply.elements.contains(&"table"),
            !reply.columns.is_empty(),
            "columns of {words}"
        );
        for flag in entry.flags {
            let is_label = flag.about.is_empty() && entry.words == ["metrics", "show"];
            assert!(!flag.about.is_empty() || is_label, "{words} --{}", flag.long);
        }
    }
}

/// A syntax names no key and no flag that the command does not take.
#[test]
fn a_syntax_promises_nothing() {
    for entry in entries() {
        let words = entry.syntax.split([' ', '[', ']', '|']).skip(1);
        for word in words.filter(|word| !word.contains("<field>")) {
            let name = word.split('=').next().unwrap_or_default();
            let is_known = match name.strip_prefix("--") {
                Some(flag) => entry.flags.iter().any(|spec| spec.long == flag),
                None if word.contains('=') && !name.starts_with('<') => entry.keys.contains(&name),
                None => true,
            };
            assert!(is_known, "{:?}: {word}", entry.words);
        }
    }
}

/// A word is a command of a user only once.
#[test]
fn nothing_is_declared_twice() {
    let mut seen = Vec::new();
    for entry in entries() {
        assert!(!seen.contains(&entry.words), "{:?}", entry.words);
        seen.push(entry.words);
        for (index, flag) in entry.flags.iter().enumerate() {
            let clashes = |other: &&FlagSpec| {
                other.long == flag.long || (other.short.is_some() && other.short == flag.short)
            };
            let clash = entry.flags[..index].iter().find(clashes);
            assert!(clash.is_none(), "{:?} --{}", entry.words, flag.long);
        }
    }
}

/// A flag that takes nothing but true and false, and alone means true, is declared as a switch in `command/kind.rs`; no
/// switch wants a value.
#[test]
fn switches_are_switches() {
    for entry in entries() {
        for flag in entry.flags {
            let refuses = |value: &str| {
                let words = entry.example.split(' ').skip(1).map(str::to_owned);
                let flag = format!("--{}{value}", flag.long);
                let mut arguments = Arguments::parse(words.chain([flag])).unwrap();
                arguments.take_flag("format", None);
                let text = parse(&arguments).err().map(|fault| fault.to_string());
                text.is_some_and(|text| text.starts_with("Invalid value"))
            };
            let (kind, needs) = entry.flag_kind(flag);
            let is_switch = kind == Kind::Switch;
            let behaves_so = refuses("=maybe") && !refuses("=true") && !refuses("");
            let name = format!("{:?} --{}", entry.words, flag.long);
            assert!(
                is_switch || needs == Needs::Either || !behaves_so,
                "{name} is a switch"
            );
            assert!(!is_switch || !refuses(""), "{name} is no switch");
        }
    }
}

/// What is not required can be left out.
#[test]
fn what_the_syntax_has_in_brackets_can_be_left_out() {
    for entry in entries() {
        let optional = |word: &&str| {
            let name = word.split('=').next().unwrap_or_default();
            !entry.keys.contains(&name) || entry.is_required(name) || entry.syntax.contains(" | ")
        };
        let rest = entry.example.split(' ').skip(1).filter(optional);
        let mut arguments = Arguments::parse(rest.map(str::to_owned)).unwrap();
        arguments.take_flag("format", None);
        assert!(
            matches!(parse(&arguments), Ok(Parsed::Command(_))),
            "{:?}",
            entry.words
        );
    }
}

#[test]
fn forms_say_what_operators_have_to_know() {
    let show = form("session show");
    assert!(show.read_only && !show.streams);
    let flag = |name: &str| show.flags.iter().find(|flag| flag.name == name).unwrap();
    assert_eq!(flag("client_id").value.kind, "client_id");
    assert_eq!(flag("client_id").needs, Needs::Either);
    assert_eq!(flag("is_online").value.words, ["true", "false"]);
    assert_eq!(flag("limit").needs, Needs::Value);
    assert!(flag("payload").sensitive && !flag("topic").sensitive);
    assert!(flag("sort").value.words.contains(&"queue_size".to_owned()));

    let trace = form("trace client");
    assert!(trace.streams && !trace.read_only);
    assert!(trace.keys[0].required);
    assert_eq!(trace.reply.elements, ["line", "alert"]);

    let disconnect = form("session disconnect");
    assert!(!disconnect.keys[0].required, "--filter may stand in its place");
    let level = form("log level");
    assert!(level.keys.iter().all(|key| key.required));
    assert!(level.keys[1].value.words.contains(&"debug".to_owned()));
    assert_eq!(form("listener start").flags[0].short, Some('m'));
    assert!(form("retain delete").flags[0].required, "--topic");
    assert!(!form("plugin show").flags[0].required);
    assert_eq!(form("plugin show").flags[0].value.kind, "plugin");
    assert_eq!(form("session unsubscribe").flags[0].value.kind, "switch");
}

#[test]
fn the_catalogue_survives_the_wire() {
    let catalogue = Catalogue::new();
    let json = serde_json::to_string(&catalogue).unwrap();
    assert!(json.len() < crate::wire::FRAME_BYTES_MAX / 4, "{}", json.len());
    assert_eq!(serde_json::from_str::<Catalogue>(&json).unwrap(), catalogue);
}

#[test]
fn the_schema_knows_every_command_and_resolves() {
    let schema = schema();
    let replies = &schema["$defs"]["replies"];
    for entry in entries() {
        assert!(replies[entry.words.join(" ")].is_object(), "{:?}", entry.words);
    }
    let text = schema.to_string();
    for reference in text.split("\"$ref\":\"#/$defs/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schema["$defs"][name].is_object(), "{name}");
    }
}
