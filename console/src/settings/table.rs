//! What the settings file may say, for the manual: each setting as it is written, and what it does.

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// A line, or a table with a line, of a settings file.
    pub example: &'static str,
    pub about: &'static str,
}

const fn setting(example: &'static str, about: &'static str) -> Setting {
    Setting { example, about }
}

/// All of them.
pub const TABLE: [Setting; 9] = [
    setting(
        "interval = \"2s\"",
        "Time between two pictures, `0.5s` to `60s`. Default `1s`.",
    ),
    setting(
        "theme = \"auto\"",
        "`auto` (default: colours unless `NO_COLOR` is set), `colour` or `none`.",
    ),
    setting("ascii = true", "Draw with ASCII alone. Default `false`."),
    setting(
        "mouse = false",
        "Leave the mouse to the terminal. Default `true`: the console reads it.",
    ),
    setting(
        "view = \"sessions\"",
        "The view at the start. Default `overview`.",
    ),
    setting(
        "[columns] sessions = [\"client_id\", \"peer\", \"queue_size\"]",
        "The columns of a view (sessions, topics, traces, listeners, cluster, plugins), in this order; the key `c` shows what can be chosen.",
    ),
    setting(
        "[keys] disconnect = [\"K\", \"ctrl-d\"]",
        "Other keys of an action, one or several: a character, `ctrl-` and a character, `enter`, `esc`, `tab`, `space`, `up`, `pgdn` and the like.",
    ),
    setting(
        "[filters] slow = \"online queue>100\"",
        "A filter by name: `@slow` stands for it.",
    ),
    setting(
        "[sockets] east = \"/run/vernemq-east/admin.sock\"",
        "The admin socket of another broker by name, for `--node` and the command line's `:node NAME`.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    /// A table and its line stand in one line here, and in two in a file.
    #[test]
    fn every_setting_that_is_told_can_be_set() {
        for setting in TABLE {
            let text = setting.example.replace("] ", "]\n");
            assert_eq!(Settings::default().take(&text), [], "{text}");
        }
    }
}
