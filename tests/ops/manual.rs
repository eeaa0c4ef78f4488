//! The manual pages and completions of `vernemq`, `vmq-passwd` and `vmq-console` say what the programs say (packaging.md 7, 21 #12). Those of
//! `vmq-admin` come from its command table.

use harness::process::program;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn checkout(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(checkout(path)).unwrap()
}

fn help(tool: &str, args: &[&str]) -> String {
    let mut command = Command::new(program().with_file_name(tool));
    let output = command.args(args).arg("--help").output().unwrap();
    assert!(output.status.success(), "{tool} {args:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The options that a help text begins lines with: `-c, --config <FILE>` has two.
fn options(help: &str) -> Vec<String> {
    let lines = help
        .lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'));
    let names = lines.flat_map(|line| {
        let names = line.split("  ").next().unwrap_or_default();
        let words = names.split([',', ' ', '=']).filter(|word| word.starts_with('-'));
        words.map(str::to_owned).collect::<Vec<_>>()
    });
    names.collect()
}

/// An option as it stands in a page.
fn in_roff(option: &str) -> String {
    option.replace('-', "\\-")
}

fn assert_told(tool: &str, option: &str, page: &str, script: &str) {
    let bare = option.trim_end_matches(['.', ':']);
    assert!(page.contains(&in_roff(bare)), "{tool} {bare} is not in its page");
    let in_script = script
        .split([' ', '\'', '"', '|', ')', '('])
        .any(|word| word == bare);
    assert!(in_script, "{tool} {bare} is not completed");
}

#[test]
fn every_verb_of_vernemq_is_in_the_manual() {
    let (page, script) = (read("man/vernemq.8"), read("packaging/completions/vernemq.bash"));
    let top = help("vernemq", &[]);
    let after = top.split_once("Commands:\n").unwrap().1;
    let verbs: Vec<&str> = after
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(verbs.len() >= 13, "{verbs:?}");
    for verb in verbs {
        let term = format!(".TP\n\\fB{}", in_roff(verb));
        assert!(page.contains(&term), "{verb} is not in the page");
        assert!(
            script.split([' ', '\'']).any(|word| word == verb),
            "{verb} is not completed"
        );
        // The help of help is that of the program.
        let told = if verb == "help" {
            top.clone()
        } else {
            help("vernemq", &[verb])
        };
        for option in options(&told) {
            assert_told("vernemq", &option, &page, &script);
        }
    }
}

#[test]
fn every_option_of_vmq_passwd_is_in_the_manual() {
    let (page, script) = (
        read("man/vmq-passwd.1"),
        read("packaging/completions/vmq-passwd.bash"),
    );
    let options = options(&help("vmq-passwd", &[]));
    assert!(options.len() >= 13, "{options:?}");
    for option in options {
        assert_told("vmq-passwd", &option, &page, &script);
    }
}

#[test]
fn every_option_of_vmq_console_is_in_the_manual() {
    let (page, script) = (
        read("man/vmq-console.1"),
        read("packaging/completions/vmq-console.bash"),
    );
    let options = options(&help("vmq-console", &[]));
    assert!(options.len() >= 12, "{options:?}");
    for option in options {
        assert_told("vmq-console", &option, &page, &script);
    }
    for section in ["KEYS", "SETTINGS", "EXIT STATUS", "ENVIRONMENT"] {
        assert!(page.contains(&format!(".SH {section}\n")), "{section}");
    }
}

/// A page that another one names is there.
#[test]
fn pages_lead_to_pages() {
    let mut pages = 0;
    for entry in fs::read_dir(checkout("man")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "FILES", "SEE ALSO"] {
            assert!(
                text.contains(&format!(".SH {section}\n")),
                "{}: {section}",
                path.display()
            );
        }
        let references = text.split(".SH SEE ALSO\n").nth(1).unwrap();
        for line in references.lines() {
            let name = line
                .trim_end_matches(',')
                .replace("\\fB", "")
                .replace("\\fR", "")
                .replace('\\', "");
            let file = name.replace('(', ".").replace(')', "");
            assert!(
                checkout("man").join(&file).is_file(),
                "{}: {name}",
                path.display()
            );
        }
        pages += 1;
    }
    assert!(pages >= 17, "{pages}");
}
