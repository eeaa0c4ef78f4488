//! Files and variables of the Erlang VM that may lie beside `vernemq.conf`: two words of them count, the rest is
//! named once (config.md 1.5, 12.2).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::fault::{Notice, Position};
use crate::key::Key;
use crate::source::{RawSetting, Source};

/// Flags of `vm.args` that have a setting.
const FLAGS: [(&str, &str); 2] = [("-name", "nodename"), ("-setcookie", "distributed_cookie")];
const BYTES_MAX: u64 = 1 << 20;

/// Adds what the files of `folder` and the environment say.
pub(crate) fn take(folder: &Path, env: &dyn Fn(&str) -> Option<String>, source: &mut Source) {
    let exists = |name: &str| folder.join(name).is_file();
    let mut ignore = |text: String| source.notices.push(Notice::new(None, text));
    if exists("advanced.config") {
        ignore(format!(
            "{} is not read",
            folder.join("advanced.config").display()
        ));
    }
    for name in ["VERNEMQ_ERL_CONFIG", "VERNEMQ_ERL_CONFIG_OVR"] {
        if env(name).is_some() {
            ignore(format!("the environment variable {name} has no effect here"));
        }
    }
    match (exists("app.config"), exists("vm.args")) {
        (true, true) => {
            let text = "app.config and vm.args are not read, vernemq.conf is";
            ignore(format!("{}: {text}", folder.display()));
        }
        (false, true) => take_vm_args(&folder.join("vm.args"), source),
        _ => {}
    }
}

fn take_vm_args(path: &Path, source: &mut Source) {
    let is_small = fs::metadata(path).is_ok_and(|meta| meta.len() <= BYTES_MAX);
    let text = if is_small {
        fs::read_to_string(path).ok()
    } else {
        None
    };
    let Some(text) = text else {
        source
            .notices
            .push(Notice::new(None, format!("{} cannot be read", path.display())));
        return;
    };
    let file: Arc<str> = Arc::from(path.to_string_lossy());
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace();
        let (Some(flag), Some(value)) = (words.next(), words.next()) else {
            continue;
        };
        let Some((_, key)) = FLAGS.iter().find(|(known, _)| *known == flag) else {
            continue;
        };
        let at = Position {
            file: file.clone(),
            line: number,
        };
        let notice = format!("{flag} in vm.args is deprecated, set {key} in vernemq.conf");
        source.notices.push(Notice::new(Some(at.clone()), notice));
        if let Some(key) = Key::parse(key) {
            source.settings.push(RawSetting {
                key,
                text: value.to_owned(),
                at,
            });
        }
    }
}
