//! Completion for `vernemq`, `vmq-passwd` and `vmq-console`, whose words are few and known beforehand. The scripts of
//! `vmq-admin` ask the program itself and are written by hand.

use super::console;
use super::tools::{Opt, PASSWD_OPTIONS, VERBS, VERNEMQ_OPTIONS, Value};

/// Names and texts of the scripts.
pub(crate) fn scripts() -> Vec<(&'static str, String)> {
    vec![
        ("vernemq.bash", bash_vernemq()),
        ("_vernemq", zsh_vernemq()),
        ("vernemq.fish", fish_vernemq()),
        ("vmq-passwd.bash", bash_passwd()),
        ("_vmq-passwd", zsh_passwd()),
        ("vmq-passwd.fish", fish_passwd()),
        ("vmq-console.bash", bash_console()),
        ("_vmq-console", zsh_console()),
        ("vmq-console.fish", fish_console()),
    ]
}

const HEAD: &str = "Written by cargo xtask man.";

fn names(options: &[Opt<'_>]) -> String {
    let names: Vec<&str> = options.iter().flat_map(|option| option.names).copied().collect();
    names.join(" ")
}

/// `-c | --config` of the options that a value follows.
fn with_value<'a>(options: &[Opt<'a>]) -> Vec<(String, Value<'a>)> {
    let options = options.iter().filter(|option| option.value != Value::None);
    options
        .map(|option| (option.names.join(" | "), option.value))
        .collect()
}

/// What bash does after an option.
fn bash_value(value: Value<'_>) -> String {
    match value {
        Value::File => "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))".to_owned(),
        Value::Words(words) => format!("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))", words.join(" ")),
        Value::None | Value::Named(_) => ":".to_owned(),
    }
}

fn bash_values(options: &[Opt<'_>]) -> String {
    let line =
        |(names, value): (String, Value<'_>)| format!("    {names}) {}; return ;;\n", bash_value(value));
    with_value(options).into_iter().map(line).collect()
}

fn bash_vernemq() -> String {
    let all: Vec<&str> = VERBS.iter().map(|verb| verb.word).collect();
    let mut values = bash_values(VERNEMQ_OPTIONS);
    let mut words = String::new();
    for verb in VERBS.iter().filter(|verb| !verb.options.is_empty()) {
        values.push_str(&bash_values(verb.options));
        let own = format!("{} {}", verb.words.join(" "), names(verb.options));
        words.push_str(&format!("    {}) words='{}' ;;\n", verb.word, own.trim()));
    }
    format!(
        "# {HEAD}
_vernemq() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} verb= words= i
    COMPREPLY=()
    case ${{COMP_WORDS[COMP_CWORD - 1]}} in
{values}    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
        -c | --config) ((i++)) ;;
        -*) ;;
        *) verb=${{COMP_WORDS[i]}}; break ;;
        esac
    done
    case $verb in
    '') words='{verbs}' ;;
{words}    esac
    COMPREPLY=($(compgen -W \"$words {options}\" -- \"$cur\"))
}}
complete -F _vernemq vernemq
",
        verbs = all.join(" "),
        options = names(VERNEMQ_OPTIONS),
    )
}

fn bash_passwd() -> String {
    format!(
        "# {HEAD}
_vmq_passwd() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}}
    COMPREPLY=()
    case ${{COMP_WORDS[COMP_CWORD - 1]}} in
{values}    esac
    case $cur in
    -*) COMPREPLY=($(compgen -W '{options}' -- \"$cur\")) ;;
    *) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")) ;;
    esac
}}
complete -F _vmq_passwd vmq-passwd
",
        values = bash_values(PASSWD_OPTIONS),
        options = names(PASSWD_OPTIONS),
    )
}

fn bash_console() -> String {
    let options = console::options();
    format!(
        "# {HEAD}
_vmq_console() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}}
    COMPREPLY=()
    case ${{COMP_WORDS[COMP_CWORD - 1]}} in
{values}    esac
    COMPREPLY=($(compgen -W '{names}' -- \"$cur\"))
}}
complete -F _vmq_console vmq-console
",
        values = bash_values(&options),
        names = names(&options),
    )
}

/// A text without what the shells would take for something else.
fn plain(about: &str) -> String {
    let sentence = about.split(". ").next().unwrap_or_default().trim_end_matches('.');
    sentence
        .replace('`', "")
        .replace(['\'', '[', ']'], "")
        .replace(':', ",")
}

/// An option for `_arguments`.
fn zsh_options(options: &[Opt<'_>]) -> String {
    let mut out = String::new();
    for option in options {
        let action = match option.value {
            Value::None => String::new(),
            Value::File => ":file:_files".to_owned(),
            Value::Words(words) => format!(":value:({})", words.join(" ")),
            Value::Named(name) => format!(":{name}:"),
        };
        for name in option.names {
            let mark = match (option.value, name.starts_with("--")) {
                (Value::None, _) | (_, false) => "",
                _ => "=",
            };
            out.push_str(&format!(
                " \\\n        '{name}{mark}[{}]{action}'",
                plain(option.about)
            ));
        }
    }
    out
}

fn zsh_vernemq() -> String {
    let verbs: String = VERBS
        .iter()
        .map(|verb| format!("        '{}:{}'\n", verb.word, plain(verb.about)))
        .collect();
    let mut cases = String::new();
    for verb in VERBS.iter().filter(|verb| !verb.options.is_empty()) {
        let words = match verb.words {
            [] => String::new(),
            words => format!(" '1:command:({})'", words.join(" ")),
        };
        cases.push_str(&format!(
            "    {}) _arguments{}{words} ;;\n",
            verb.word,
            zsh_options(verb.options)
        ));
    }
    format!(
        "#compdef vernemq
# {HEAD}
_vernemq() {{
    local -a verbs
    local state line
    verbs=(
{verbs}    )
    _arguments -C{options} '1: :->verb' '*:: :->rest'
    case $state in
    verb) _describe verb verbs; return ;;
    esac
    [[ $state == rest ]] || return
    case $line[1] in
{cases}    esac
}}
if [[ $funcstack[1] == _vernemq ]]; then _vernemq \"$@\"; else compdef _vernemq vernemq; fi
",
        options = zsh_options(VERNEMQ_OPTIONS),
    )
}

fn zsh_passwd() -> String {
    format!(
        "#compdef vmq-passwd
# {HEAD}
_vmq_passwd() {{
    _arguments{} '1:password file:_files' '2:user name:'
}}
if [[ $funcstack[1] == _vmq-passwd ]]; then _vmq_passwd \"$@\"; else compdef _vmq_passwd vmq-passwd; fi
",
        zsh_options(PASSWD_OPTIONS)
    )
}

fn zsh_console() -> String {
    format!(
        "#compdef vmq-console
# {HEAD}
_vmq_console() {{
    _arguments{}
}}
if [[ $funcstack[1] == _vmq-console ]]; then _vmq_console \"$@\"; else compdef _vmq_console vmq-console; fi
",
        zsh_options(&console::options())
    )
}

fn fish_options(program: &str, condition: &str, options: &[Opt<'_>]) -> String {
    let mut out = String::new();
    for option in options {
        let name = |name: &&str| match name.strip_prefix("--") {
            Some(long) => format!(" -l {long}"),
            None if name.len() == 2 => format!(" -s {}", &name[1..]),
            None => format!(" -o {}", &name[1..]),
        };
        let names: String = option.names.iter().map(name).collect();
        let value = match option.value {
            Value::None => String::new(),
            Value::File => " -r -F".to_owned(),
            Value::Words(words) => format!(" -x -a '{}'", words.join(" ")),
            Value::Named(_) => " -x".to_owned(),
        };
        out.push_str(&format!(
            "complete -c {program}{condition}{names}{value} -d '{}'\n",
            plain(option.about)
        ));
    }
    out
}

fn fish_vernemq() -> String {
    let mut out = format!("# {HEAD}\ncomplete -c vernemq -f\n");
    out.push_str(&fish_options("vernemq", "", VERNEMQ_OPTIONS));
    for verb in VERBS {
        out.push_str(&format!(
            "complete -c vernemq -n __fish_use_subcommand -a {} -d '{}'\n",
            verb.word,
            plain(verb.about)
        ));
        let condition = format!(" -n '__fish_seen_subcommand_from {}'", verb.word);
        out.push_str(&fish_options("vernemq", &condition, verb.options));
        if !verb.words.is_empty() {
            out.push_str(&format!(
                "complete -c vernemq{condition} -a '{}'\n",
                verb.words.join(" ")
            ));
        }
    }
    out
}

fn fish_passwd() -> String {
    format!("# {HEAD}\n{}", fish_options("vmq-passwd", "", PASSWD_OPTIONS))
}

fn fish_console() -> String {
    let options = fish_options("vmq-console", "", &console::options());
    format!("# {HEAD}\ncomplete -c vmq-console -f\n{options}")
}
