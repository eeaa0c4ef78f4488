//! `vernemq chkconfig`: everything that would go wrong at start, told at once, without starting (config.md 3.3). The
//! rule files are looked into as well: a bad line in one of them denies what it should allow (decisions.md 13). So are
//! keys and certificates: a listener that cannot use them does not open.

use super::config_file::ConfigFile;
use super::{Exit, output};
use crate::hooks::file_providers::{PARSE_ACL, PARSE_PASSWORDS};
use crate::hooks::rule_file::{LoadFault, check_file};
use crate::listener::Listener;
use std::path::Path;
use vmq_config::{Loaded, Plugin};
use vmq_passwd::FileWarning;

/// What the rule files have to say.
#[derive(Debug, Default)]
struct Findings {
    errors: Vec<String>,
    warnings: Vec<String>,
}

/// Checks; with `strict`, a warning is as bad as an error.
pub(super) fn run(file: &ConfigFile, strict: bool) -> Exit {
    let loaded = match file.load() {
        Ok(loaded) => loaded,
        Err(faults) => {
            output::errors(faults);
            return refuse();
        }
    };
    let mut rules = check_rule_files(&loaded);
    rules.errors.extend(check_tls_files(&loaded));
    let config: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    for warning in config.iter().chain(&rules.warnings) {
        if strict {
            output::errors(warning);
        } else {
            output::warnings(warning);
        }
    }
    rules.errors.iter().for_each(output::errors);
    let has_warnings = !(config.is_empty() && rules.warnings.is_empty());
    if !rules.errors.is_empty() || (strict && has_warnings) {
        return refuse();
    }
    output::say("config is OK");
    Exit::Done
}

fn refuse() -> Exit {
    output::complain("Error generating config");
    Exit::Failed
}

fn check_rule_files(loaded: &Loaded) -> Findings {
    let mut findings = Findings::default();
    let config = &loaded.config;
    if config.plugins.contains(&Plugin::Acl) {
        let path = &config.acl.file;
        let result = check_file(path, PARSE_ACL).map(|(_, warnings)| warnings);
        if let Some(fault) = findings.take(path, result) {
            findings
                .errors
                .push(format!("can't load acl file {} due to {fault}", path.display()));
        }
    }
    if config.plugins.contains(&Plugin::Passwd) {
        let path = &config.passwd.file;
        let result = check_file(path, PARSE_PASSWORDS).map(|(_, warnings)| warnings);
        if let Some(fault) = findings.take(path, result) {
            let text = format!("can't load password file {} due to {fault}", path.display());
            // A broker without a password file is a usual thing: other plugins may authenticate.
            match fault {
                LoadFault::Unreadable(_) => findings.warnings.push(text),
                _ => findings.errors.push(text),
            }
        }
    }
    findings
}

fn check_tls_files(loaded: &Loaded) -> Vec<String> {
    let listeners = loaded.config.listeners.iter();
    let fault = |listener| {
        let fault = Listener::load_tls(listener).err()?;
        Some(format!("listener {}: {fault}", listener.name))
    };
    listeners.filter_map(fault).collect()
}

impl Findings {
    /// Notes what has a line; gives back a fault of the whole file.
    fn take(&mut self, path: &Path, result: Result<Vec<FileWarning>, LoadFault>) -> Option<LoadFault> {
        let at = |line: usize, why: &str| format!("{}:{line}: {why}", path.display());
        match result {
            Ok(warnings) => {
                let lines = warnings.iter().map(|warning| at(warning.line, &warning.why));
                self.warnings.extend(lines);
                None
            }
            Err(LoadFault::Line(fault)) => {
                self.errors.push(at(fault.line, &fault.why));
                None
            }
            Err(fault) => Some(fault),
        }
    }
}
