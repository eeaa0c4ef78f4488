//! `vernemq.conf`: whatever a file says, the answer is a configuration that agrees with itself or a list of faults that
//! point into the file.

use std::path::Path;
use vmq_config::{Config, Faults, Loaded, describe, diff, effective_text, load_str};

/// Longest text that is looked at: far below the bound of a file, so that an execution stays short.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// A configuration file.
pub fn config_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // A file that names other files must not make the outcome depend on the machine.
    if text.len() > TEXT_BYTES_MAX || text.contains("$(<") {
        return;
    }
    match load_str(text, &environment) {
        Ok(loaded) => check_loaded(&loaded, text),
        Err(faults) => check_faults(&faults, text),
    }
}

/// Names that are set, so that substitution is reached.
fn environment(name: &str) -> Option<String> {
    match name {
        "PORT" => Some("1883".to_owned()),
        "EMPTY" => Some(String::new()),
        "NESTED" => Some("$(PORT)".to_owned()),
        _ => None,
    }
}

fn check_loaded(loaded: &Loaded, text: &str) {
    let keys: Vec<&str> = loaded
        .effective
        .iter()
        .map(|setting| setting.key.as_str())
        .collect();
    assert!(keys.is_sorted_by(|a, b| a < b), "sorted, each key once");
    for setting in &loaded.effective {
        assert_eq!(loaded.get(&setting.key), Some(setting));
        // The defaults of all the others read the same each time.
        if !text.contains(&setting.key) {
            continue;
        }
        let text = describe(loaded, &setting.key, "vernemq.conf").expect("a key with a value has a row");
        if setting.secret && setting.shown() == "********" && setting.value.len() > 8 {
            assert!(
                !text.contains(&setting.value),
                "{} prints its secret",
                setting.key
            );
        }
    }
    let printed = effective_text(loaded, false);
    assert!(printed.lines().count() >= keys.len());
    assert_eq!(diff(loaded, loaded), vmq_config::Diff::default());
    check_same_again(loaded);
    for (_, path) in loaded.rule_files() {
        assert_ne!(path, Path::new(""), "a plugin without a file");
    }
    check_config(&loaded.config);
}

/// What `vernemq config effective` prints is a configuration with the same effect, as long as it shows everything.
fn check_same_again(loaded: &Loaded) {
    let unchanged = loaded.with_changes(&[]).expect("no change is no fault");
    assert_eq!(format!("{:?}", unchanged.config), format!("{:?}", loaded.config));
}

/// Bounds that the broker relies on without checking again.
fn check_config(config: &Config) {
    for listener in &config.listeners {
        assert!(!listener.name.is_empty());
    }
    let names: Vec<_> = config
        .listeners
        .iter()
        .map(|listener| (format!("{:?}", listener.kind), &listener.name))
        .collect();
    for (index, name) in names.iter().enumerate() {
        assert!(!names[..index].contains(name), "two listeners {name:?}");
    }
}

fn check_faults(faults: &Faults, text: &str) {
    assert!(!faults.is_empty());
    let lines = text.split('\n').count();
    for fault in faults {
        assert!(!fault.lines.is_empty());
        if let Some(at) = &fault.at {
            let line = usize::try_from(at.line).expect("a small number");
            assert!((1..=lines).contains(&line), "{fault} of {lines} lines");
        }
    }
    assert!(!faults.to_string().is_empty());
}
