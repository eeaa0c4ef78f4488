//! Files as cases: `tests/config/invalid/x.conf` must be refused with the text of `x.txt`, `valid/x.conf` must load
//! with the warnings of `x.txt` (none if there is no such file). `VMQ_UPDATE_CASES=1` writes the texts.

use std::fs;
use std::path::{Path, PathBuf};

fn cases(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/config")
        .join(kind);
    let entries = fs::read_dir(&folder).expect("the folder of cases");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "conf"));
    files.sort();
    assert!(files.len() > 5, "cases of {kind}");
    files
}

/// Compares with the text beside the case; the folder's name is left out.
fn compare(case: &Path, got: &str) -> Result<(), String> {
    let got = got.replace(&format!("{}/", case.parent().expect("a folder").display()), "");
    let got = if got.is_empty() { got } else { got + "\n" };
    let beside = case.with_extension("txt");
    if std::env::var_os("VMQ_UPDATE_CASES").is_some() {
        if !got.is_empty() {
            fs::write(&beside, &got).expect("written");
        }
        return Ok(());
    }
    let expected = fs::read_to_string(&beside).unwrap_or_default();
    if got == expected {
        Ok(())
    } else {
        Err(format!(
            "{}:\n--- expected\n{expected}--- got\n{got}",
            case.display()
        ))
    }
}

fn env(name: &str) -> Option<String> {
    (name == "CASE_PORT").then(|| "1883".to_owned())
}

#[test]
fn invalid_files_are_refused_with_their_texts() {
    let check = |case: &PathBuf| match vmq_config::load(case, &env) {
        Ok(_) => Err(format!("{} loads", case.display())),
        Err(faults) => compare(case, &faults.to_string()),
    };
    let wrong: Vec<String> = cases("invalid")
        .iter()
        .filter_map(|case| check(case).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn valid_files_load_with_their_warnings() {
    let check = |case: &PathBuf| match vmq_config::load(case, &env) {
        Ok(loaded) => {
            let lines: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
            compare(case, &lines.join("\n"))
        }
        Err(faults) => Err(faults.to_string()),
    };
    let wrong: Vec<String> = cases("valid")
        .iter()
        .filter_map(|case| check(case).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
