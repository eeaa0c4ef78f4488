//! `CONFORMANCE.md`: which row of the checklists is covered by which test, generated from the lines above the tests.
//!
//! `VERNEMQ_BLESS=1 cargo test -p vmq-tests --test mqtt conformance` writes the page; without it the test fails when
//! the committed page is stale, or when a row has neither a test nor a reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

const CHECKLIST_ROWS: u16 = 159;
const HOSTILE_ROWS: u16 = 38;

/// Rows of the checklist that no test covers.
const CHECKLIST_WITHOUT: &[(u16, &str)] = &[];

/// Rows of the list of hostile inputs that no test covers.
const HOSTILE_WITHOUT: &[(u16, &str)] = &[];

/// Where tests that cite rows are.
const FOLDERS: [&str; 3] = ["mqtt", "crash", "ops"];

/// What a line above a test cites.
enum Cited {
    Checklist { clauses: String, rows: Vec<u16> },
    Hostile(Vec<u16>),
    Beyond(String),
}

struct Case {
    cited: Cited,
    name: String,
    versions: String,
    transports: &'static str,
}

#[test]
fn conformance_page_is_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mqtt");
    let page = render(&cases());
    let path = folder.join("CONFORMANCE.md");
    if env::var_os("VERNEMQ_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "CONFORMANCE.md is stale: run this test with VERNEMQ_BLESS=1"
    );
}

#[test]
fn conformance_names_hold_the_row() {
    for case in cases() {
        let function = case.name.rsplit("::").next().unwrap();
        let (letter, rows) = match &case.cited {
            Cited::Checklist { rows, .. } => ("c", rows),
            Cited::Hostile(rows) => ("h", rows),
            Cited::Beyond(_) => continue,
        };
        let width = if letter == "c" { 3 } else { 2 };
        let named = rows
            .iter()
            .any(|row| function.contains(&format!("{letter}{row:0width$}_")));
        assert!(named, "{} cites {rows:?}", case.name);
    }
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    for folder in FOLDERS {
        for file in sources(&root.join(folder)) {
            let stem = file.file_stem().unwrap().to_str().unwrap();
            let module = if stem == "main" {
                folder.to_owned()
            } else {
                stem.to_owned()
            };
            read_cases(&module, &fs::read_to_string(&file).unwrap(), &mut cases);
        }
    }
    cases
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect();
    files.sort();
    files
}

fn read_cases(module: &str, text: &str, cases: &mut Vec<Case>) {
    let mut cited = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
        if let Some(doc) = line.strip_prefix("/// ") {
            cited.extend(parse_citation(doc));
        } else if let Some(rest) = line
            .strip_prefix("async fn ")
            .or_else(|| line.strip_prefix("fn "))
        {
            let function = rest.split('(').next().unwrap();
            let (versions, transports) = dimensions(text, function);
            let case = |cited| Case {
                cited,
                name: format!("{module}::{function}"),
                versions: versions.clone(),
                transports,
            };
            cases.extend(cited.drain(..).map(case));
        } else if !line.starts_with("#[") {
            cited.clear();
        }
    }
}

fn parse_citation(doc: &str) -> Option<Cited> {
    if let Some(rows) = doc.strip_prefix("hostile ") {
        return Some(Cited::Hostile(parse_rows(rows)?));
    }
    if ["mqtt.md ", "hooks.md ", "config.md ", "decisions "]
        .iter()
        .any(|page| doc.starts_with(page))
    {
        return Some(Cited::Beyond(doc.to_owned()));
    }
    let (clauses, rest) = doc.split_at(doc.rfind("] 20.")? + 1);
    let (_section, rows) = rest.trim().split_once(' ')?;
    let clauses = if clauses == "[-]" {
        String::new()
    } else {
        clauses.replace(['[', ']'], "")
    };
    Some(Cited::Checklist {
        clauses,
        rows: parse_rows(rows)?,
    })
}

fn parse_rows(text: &str) -> Option<Vec<u16>> {
    text.split(' ')
        .map(|word| word.strip_prefix('#')?.parse().ok())
        .collect()
}

/// Versions and transports of `versions!(transport name: V3, V4);`.
fn dimensions(text: &str, name: &str) -> (String, &'static str) {
    let mut arms = text.lines().filter_map(|line| {
        let (head, versions) = line
            .strip_prefix("versions!(")?
            .strip_suffix(");")?
            .split_once(": ")?;
        let mut words: Vec<&str> = head.split(' ').collect();
        (words.pop() == Some(name)).then_some((words, versions))
    });
    let Some((words, versions)) = arms.next_back() else {
        return ("all in one".to_owned(), "all in one");
    };
    let names = versions
        .replace("V3", "3.1")
        .replace("V4", "3.1.1")
        .replace("V5", "5");
    let transports = match words.as_slice() {
        [] => "tcp, ssl, ws",
        ["all"] => "tcp, ssl, ws, wss",
        ["tcp" | "slow"] => "tcp",
        ["ssl"] | ["slow", "ssl"] => "ssl",
        ["ws"] | ["slow", "ws"] => "ws",
        ["wss"] | ["slow", "wss"] => "wss",
        other => panic!("{name}: no transport is called {other:?}"),
    };
    (names, transports)
}

fn render(cases: &[Case]) -> String {
    let mut checklist: BTreeMap<u16, Vec<(&str, &Case)>> = BTreeMap::new();
    let mut hostile: BTreeMap<u16, Vec<&Case>> = BTreeMap::new();
    let mut beyond: Vec<(&str, &Case)> = Vec::new();
    for case in cases {
        match &case.cited {
            Cited::Checklist { clauses, rows } => {
                rows.iter()
                    .for_each(|row| checklist.entry(*row).or_default().push((clauses, case)));
            }
            Cited::Hostile(rows) => rows
                .iter()
                .for_each(|row| hostile.entry(*row).or_default().push(case)),
            Cited::Beyond(page) => beyond.push((page, case)),
        }
    }
    check_rows(
        "checklist",
        CHECKLIST_ROWS,
        checklist.keys().copied().collect(),
        CHECKLIST_WITHOUT,
    );
    check_rows(
        "hostile inputs",
        HOSTILE_ROWS,
        hostile.keys().copied().collect(),
        HOSTILE_WITHOUT,
    );

    let mut page = String::from(HEAD);
    for (row, tests) in &checklist {
        for (clauses, case) in tests {
            writeln!(
                page,
                "| {row} | {clauses} | `{}` | {} | {} |",
                case.name, case.versions, case.transports
            )
            .unwrap();
        }
    }
    page.push_str("\n## Hostile inputs\n\n| row | test | versions | transports |\n|---|---|---|---|\n");
    for (row, tests) in &hostile {
        for case in tests {
            writeln!(
                page,
                "| {row} | `{}` | {} | {} |",
                case.name, case.versions, case.transports
            )
            .unwrap();
        }
    }
    page.push_str(
        "\n## Beyond the checklists\n\n| page | test | versions | transports |\n|---|---|---|---|\n",
    );
    beyond.sort_by_key(|(page, case)| (*page, case.name.as_str()));
    for (source, case) in beyond {
        writeln!(
            page,
            "| {source} | `{}` | {} | {} |",
            case.name, case.versions, case.transports
        )
        .unwrap();
    }
    if CHECKLIST_WITHOUT.is_empty() && HOSTILE_WITHOUT.is_empty() {
        page.push_str("\n## Rows without a test\n\nNone.\n");
        return page;
    }
    page.push_str("\n## Rows without a test\n\n| row | why |\n|---|---|\n");
    for (row, why) in CHECKLIST_WITHOUT {
        writeln!(page, "| checklist {row} | {why} |").unwrap();
    }
    for (row, why) in HOSTILE_WITHOUT {
        writeln!(page, "| hostile {row} | {why} |").unwrap();
    }
    page
}

const HEAD: &str = "\
# Conformance

Generated from the lines above the tests in `tests/mqtt`, `tests/crash` and `tests/ops`; written by
`VERNEMQ_BLESS=1 cargo test -p vmq-tests --test mqtt conformance`. Transports are the words of the listener keys; version
3.1 runs over `tcp` only.

## Checklist

| row | clauses (MQTT = 3.1.1, MQTT5 = 5.0) | test | versions | transports |
|---|---|---|---|---|
";

fn check_rows(list: &str, last: u16, tested: Vec<u16>, without: &[(u16, &str)]) {
    for row in 1..=last {
        let reason = without.iter().any(|(other, _)| *other == row);
        let test = tested.contains(&row);
        assert!(test != reason, "{list} {row}: needs either a test or a reason");
    }
    assert!(
        tested.iter().all(|row| *row <= last),
        "{list}: a test cites a row that does not exist"
    );
}
