//! `check style`: the numbers we hold ourselves to, measured and compared.

use std::path::Path;

use anyhow::Result;

use super::numbers::{Numbers, Place, measure};
use super::verdict;
use crate::say;
use crate::workspace::Workspace;

/// Lines of production code in one file: half of all files, nine of ten, every one.
const FILE_MEDIAN: usize = 150;
const FILE_MOST: usize = 400;
const FILE_WALL: usize = 800;
/// Lines of one function: half of all, and what at most one in a hundred may exceed.
const FUNCTION_MEDIAN: usize = 10;
const FUNCTION_WALL: usize = 70;

/// Names under which things pile up that belong to somebody else.
const PILE_NAMES: [&str; 6] = [
    "common.rs",
    "helpers.rs",
    "misc.rs",
    "mod.rs",
    "types.rs",
    "utils.rs",
];

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let numbers = measure(workspace)?;
    report(&numbers);
    let mut faults = faults(&numbers);
    for file in workspace.files()? {
        if PILE_NAMES
            .iter()
            .any(|name| file.file_name().is_some_and(|own| own == *name))
        {
            faults.push(format!(
                "{}: name a file after the one thing it holds",
                file.display()
            ));
        }
    }
    verdict(&faults)
}

fn report(numbers: &Numbers) {
    let files = sorted(numbers.files.iter().map(|(_, lines)| *lines));
    let functions = sorted(numbers.functions.iter().map(|(_, lines)| *lines));
    say::step(format_args!(
        "{} files: median {}, nine of ten within {}, longest {} lines",
        files.len(),
        share(&files, 50),
        share(&files, 90),
        share(&files, 100),
    ));
    let long = functions.iter().filter(|lines| **lines > FUNCTION_WALL).count();
    say::step(format_args!(
        "{} functions: median {}, longest {} lines, {long} over {FUNCTION_WALL}",
        functions.len(),
        share(&functions, 50),
        share(&functions, 100),
    ));
    say::step(format_args!(
        "{} lines of production code with {} expect(..), {} lines of tests: {:.2} test lines per line",
        numbers.production_lines,
        numbers.expects,
        numbers.test_lines,
        ratio(numbers.test_lines, numbers.production_lines),
    ));
}

fn faults(numbers: &Numbers) -> Vec<String> {
    let mut faults = Vec::new();
    file_faults(numbers, &mut faults);
    function_faults(numbers, &mut faults);
    for file in &numbers.silent_files {
        faults.push(at(
            file,
            1,
            "does not open with //!: say what it owns, what holds, who calls it",
        ));
    }
    let mut list = |places: &[Place], advice: &str| {
        faults.extend(
            places
                .iter()
                .map(|place| at(&place.file, place.line, &format!("{}: {advice}", place.what))),
        );
    };
    list(
        &numbers.panics,
        "production code returns an error or states with expect(..) why it cannot fail",
    );
    list(
        &numbers.sleeps,
        "a test waits for a fact with eventually(..) or with paused time, never for a while",
    );
    list(&numbers.exceptions, "write #[expect(.., reason = \"..\")]");
    faults
}

fn file_faults(numbers: &Numbers, faults: &mut Vec<String>) {
    let lengths = sorted(numbers.files.iter().map(|(_, lines)| *lines));
    for (file, lines) in numbers.files.iter().filter(|(_, lines)| *lines > FILE_WALL) {
        faults.push(at(
            file,
            *lines,
            &format!("{lines} lines, the limit is {FILE_WALL}: split it by idea"),
        ));
    }
    if share(&lengths, 90) > FILE_MOST {
        for (file, lines) in numbers
            .files
            .iter()
            .filter(|(_, lines)| (FILE_MOST + 1..=FILE_WALL).contains(lines))
        {
            let text =
                format!("{lines} lines, nine of ten files must be within {FILE_MOST}: split it by idea");
            faults.push(at(file, *lines, &text));
        }
    }
    if share(&lengths, 50) > FILE_MEDIAN {
        let median = share(&lengths, 50);
        faults.push(format!(
            "half of the files are over {median} lines, the limit is {FILE_MEDIAN}: split the long ones"
        ));
    }
}

fn function_faults(numbers: &Numbers, faults: &mut Vec<String>) {
    let lengths = sorted(numbers.functions.iter().map(|(_, lines)| *lines));
    let long: Vec<_> = numbers
        .functions
        .iter()
        .filter(|(_, lines)| *lines > FUNCTION_WALL)
        .collect();
    if long.len() * 100 >= lengths.len().max(1) {
        for (place, lines) in long {
            let text = format!(
                "{} has {lines} lines, fewer than one function in a hundred may exceed {FUNCTION_WALL}: split it by step",
                place.what
            );
            faults.push(at(&place.file, place.line, &text));
        }
    }
    if share(&lengths, 50) > FUNCTION_MEDIAN {
        let median = share(&lengths, 50);
        faults.push(format!(
            "half of the functions are over {median} lines, the limit is {FUNCTION_MEDIAN}"
        ));
    }
}

fn at(file: &Path, line: usize, text: &str) -> String {
    format!("{}:{line}: {text}", file.display())
}

fn sorted(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut sorted: Vec<usize> = numbers.collect();
    sorted.sort_unstable();
    sorted
}

/// The number that so many percent of the sorted numbers do not exceed; 0 of none.
fn share(sorted: &[usize], percent: usize) -> usize {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of lines, printed with two digits"
)]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn with_files(lengths: &[usize]) -> Numbers {
        let files = lengths
            .iter()
            .map(|lines| (PathBuf::from("a.rs"), *lines))
            .collect();
        Numbers {
            files,
            ..Numbers::default()
        }
    }

    fn with_functions(lengths: &[usize]) -> Numbers {
        let place = Place {
            file: PathBuf::from("a.rs"),
            line: 3,
            what: "fn b".to_owned(),
        };
        Numbers {
            functions: lengths.iter().map(|lines| (place.clone(), *lines)).collect(),
            ..Numbers::default()
        }
    }

    #[test]
    fn shares_are_numbers_that_were_counted() {
        assert_eq!(share(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 50), 5);
        assert_eq!(share(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 90), 9);
        assert_eq!((share(&[7], 50), share(&[7], 100), share(&[], 90)), (7, 7, 0));
    }

    #[test]
    fn a_file_over_the_wall_is_named() {
        assert!(
            faults(&with_files(&[10, 10, 800])).len() == 1,
            "the tenth is too long, nothing is over the wall"
        );
        let found = faults(&with_files(&[&[10; 20][..], &[801]].concat()));
        assert_eq!(found, ["a.rs:801: 801 lines, the limit is 800: split it by idea"]);
    }

    #[test]
    fn one_long_function_in_a_hundred_is_too_many() {
        assert!(faults(&with_functions(&[&[5; 100][..], &[71]].concat())).is_empty());
        let found = faults(&with_functions(&[&[5; 99][..], &[71]].concat()));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("a.rs:3: fn b has 71 lines"), "{}", found[0]);
    }

    #[test]
    fn medians_are_held_too() {
        assert_eq!(faults(&with_files(&[151, 151])).len(), 1);
        assert_eq!(faults(&with_functions(&[11, 11])).len(), 1);
        assert!(faults(&with_functions(&[10, 11])).is_empty());
    }
}
