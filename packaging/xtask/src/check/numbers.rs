//! The measuring of `check style`: all sources of the workspace, reduced to numbers and the places behind them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::source::Source;
use crate::workspace::Workspace;

/// A number found in a file, with what it is the number of.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) what: String,
}

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// Production lines of each file that has any.
    pub(crate) files: Vec<(PathBuf, usize)>,
    /// Lines of each production function.
    pub(crate) functions: Vec<(Place, usize)>,
    /// `unwrap`, `panic!` and their like in production code.
    pub(crate) panics: Vec<Place>,
    /// `expect` in production code.
    pub(crate) expects: usize,
    /// Sleeps in tests, outside `eventually`.
    pub(crate) sleeps: Vec<Place>,
    /// Files that do not open with their reason.
    pub(crate) silent_files: Vec<PathBuf>,
    /// Exceptions from lints without a reason, or with `allow`.
    pub(crate) exceptions: Vec<Place>,
    pub(crate) production_lines: usize,
    pub(crate) test_lines: usize,
}

const PANICS: [&str; 6] = [
    ".unwrap()",
    "panic!",
    "todo!",
    "unimplemented!",
    "unreachable!",
    "dbg!",
];
const SLEEPS: [&str; 2] = ["sleep(", "sleep_until("];

/// Measures every Rust file.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn measure(workspace: &Workspace) -> Result<Numbers> {
    let mut sources = Vec::new();
    for file in workspace.files()? {
        if file.extension().is_some_and(|extension| extension == "rs") {
            let text = workspace.read(&file)?;
            sources.push((file, Source::new(&text), text));
        }
    }
    let declared = test_files(&sources);
    let mut numbers = Numbers::default();
    for (file, source, text) in &sources {
        let all_test =
            is_test_path(file) || declared.iter().any(|test| file == test || file.starts_with(test));
        numbers.add(file, source, text, all_test);
    }
    Ok(numbers)
}

impl Numbers {
    fn add(&mut self, file: &Path, source: &Source, text: &str, all_test: bool) {
        if !text.starts_with("//!") {
            self.silent_files.push(file.to_path_buf());
        }
        let production = source.lines().filter(|(_, _, test)| !all_test && !test).count();
        self.production_lines += production;
        self.test_lines += source.lines().count() - production;
        if production > 0 {
            self.files.push((file.to_path_buf(), production));
        }
        self.add_functions(file, source, all_test);
        self.add_lines(file, source, all_test);
        self.exceptions.extend(exceptions(file, source, text, all_test));
    }

    fn add_functions(&mut self, file: &Path, source: &Source, all_test: bool) {
        for function in source.functions() {
            if !all_test && !source.is_test(function.first) {
                let lines = function.lines();
                self.functions.push((
                    place(file, function.first, &format!("fn {}", function.name)),
                    lines,
                ));
            }
        }
    }

    fn add_lines(&mut self, file: &Path, source: &Source, all_test: bool) {
        let waiting: Vec<_> = source
            .functions()
            .into_iter()
            .filter(|f| f.name.starts_with("eventually"))
            .collect();
        for (number, line, test) in source.lines() {
            if all_test || test {
                let waits = waiting.iter().any(|f| (f.first..=f.last).contains(&number));
                if let Some(sleep) = first_of(&SLEEPS, line).filter(|_| !waits) {
                    self.sleeps.push(place(file, number, sleep.trim_end_matches('(')));
                }
                continue;
            }
            self.expects += line.matches(".expect(").count();
            if let Some(word) = first_of(&PANICS, line) {
                self.panics.push(place(file, number, word));
            }
        }
    }
}

/// The first of these words in the line that does not end a longer word.
fn first_of<'a>(words: &[&'a str], line: &str) -> Option<&'a str> {
    let begins_there = |at: usize| !line[..at].ends_with(super::mask::is_word);
    words.iter().copied().find(|word| {
        line.match_indices(word)
            .any(|(at, _)| word.starts_with('.') || begins_there(at))
    })
}

/// `#[expect(..)]` without a reason, and `#[allow(..)]` except in tests, where it needs one too: a lint may or
/// may not strike in them.
fn exceptions(file: &Path, source: &Source, text: &str, all_test: bool) -> Vec<Place> {
    let mut found = Vec::new();
    for (number, line, test) in source.lines() {
        let attribute = ["#[", "#!["]
            .iter()
            .find_map(|mark| line.trim_start().strip_prefix(mark));
        let Some(attribute) = attribute else { continue };
        let allows = attribute.starts_with("allow(");
        if allows && !all_test && !test {
            found.push(place(file, number, "allow(..)"));
        } else if (allows || attribute.starts_with("expect(")) && !gives_reason(text, number) {
            found.push(place(file, number, "an exception without a reason"));
        }
    }
    found
}

/// Whether the attribute that begins on this line says why.
fn gives_reason(text: &str, line: usize) -> bool {
    let following = text.lines().skip(line).take(8).collect::<String>();
    following
        .split(")]")
        .next()
        .unwrap_or_default()
        .contains("reason")
}

fn place(file: &Path, line: usize, what: &str) -> Place {
    Place {
        file: file.to_path_buf(),
        line: line + 1,
        what: what.to_owned(),
    }
}

/// The files and folders of test modules that are declared in one file and lie in another.
fn test_files(sources: &[(PathBuf, Source, String)]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for (file, source, _) in sources {
        let stem = file.file_stem().unwrap_or_default();
        let parent = file.parent().unwrap_or(Path::new(""));
        let is_root = ["lib", "main"].iter().any(|root| stem == *root);
        let folder = if is_root {
            parent.to_path_buf()
        } else {
            parent.join(stem)
        };
        for module in source.test_modules() {
            found.insert(folder.join(format!("{module}.rs")));
            found.insert(folder.join(module));
        }
    }
    found
}

/// Everything under a folder `tests` is test code, except the load generator, which is a product.
fn is_test_path(file: &Path) -> bool {
    let inner = file.strip_prefix("tests/load").unwrap_or(file);
    let in_folder = inner
        .components()
        .any(|part| ["tests", "benches"].iter().any(|name| part.as_os_str() == *name));
    in_folder || inner.file_stem().is_some_and(|stem| stem == "tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(text: &str, all_test: bool) -> Numbers {
        let mut numbers = Numbers::default();
        numbers.add(Path::new("a.rs"), &Source::new(text), text, all_test);
        numbers
    }

    #[test]
    fn test_code_is_told_by_its_path() {
        for path in [
            "tests/harness/src/lib.rs",
            "broker/src/queue/tests.rs",
            "vmq-passwd/tests/tool.rs",
        ] {
            assert!(is_test_path(Path::new(path)), "{path}");
        }
        for path in [
            "tests/load/src/main.rs",
            "broker/src/queue.rs",
            "packaging/xtask/src/test.rs",
        ] {
            assert!(!is_test_path(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn test_modules_are_found_beside_their_parent() {
        let declare = |file: &str| {
            (
                PathBuf::from(file),
                Source::new("#[cfg(test)]\nmod model;\n"),
                String::new(),
            )
        };
        let files = test_files(&[declare("a/src/lib.rs"), declare("a/src/trie.rs")]);
        assert!(files.contains(Path::new("a/src/model.rs")));
        assert!(files.contains(Path::new("a/src/trie/model.rs")));
    }

    #[test]
    fn the_panic_family_is_counted_in_production_code_alone() {
        let text = "//! x\nfn a() {\n    b.unwrap();\n    c.unwrap_or(1);\n    d.expect(\"e\");\n    todo!();\n}\n\
                    #[cfg(test)]\nmod tests {\n    fn f() { g.unwrap() }\n}\n";
        let numbers = measured(text, false);
        assert_eq!(
            numbers.panics.iter().map(|place| place.line).collect::<Vec<_>>(),
            [3, 6]
        );
        assert_eq!(
            (numbers.expects, numbers.production_lines, numbers.test_lines),
            (1, 7, 4)
        );
        assert!(measured(text, true).panics.is_empty());
    }

    #[test]
    fn words_that_only_end_alike_do_not_count() {
        assert_eq!(first_of(&PANICS, "my_panic!()"), None);
        assert_eq!(first_of(&PANICS, "std::panic!()"), Some("panic!"));
        assert_eq!(first_of(&SLEEPS, "oversleep(1)"), None);
    }

    #[test]
    fn a_test_may_sleep_only_in_eventually() {
        let text = "//! x\nfn eventually() {\n    sleep(1);\n}\nfn a() {\n    thread::sleep(2);\n}\n";
        assert_eq!(
            measured(text, true)
                .sleeps
                .iter()
                .map(|place| place.line)
                .collect::<Vec<_>>(),
            [6]
        );
        assert!(measured(text, false).sleeps.is_empty());
    }

    #[test]
    fn an_exception_needs_a_reason() {
        let text = "//! x\n#[allow(dead_code)]\nfn a() {}\n#[expect(dead_code)]\nfn b() {}\n\
                    #[expect(\n    dead_code,\n    reason = \"later\"\n)]\nfn c() {}\n";
        assert_eq!(
            measured(text, false)
                .exceptions
                .iter()
                .map(|place| place.line)
                .collect::<Vec<_>>(),
            [2, 4]
        );
    }

    #[test]
    fn a_file_opens_with_its_reason() {
        assert!(measured("//! x\n", false).silent_files.is_empty());
        assert_eq!(measured("fn a() {}\n", false).silent_files.len(), 1);
    }
}
