//! The commands that this version does not have yet. They must not look like typing errors (decisions.md 32).

/// The answer to each of them.
pub const NOT_AVAILABLE: &str = "not available in this version";

/// Groups of which nothing exists yet.
const GROUPS: &[&str] = &["bridge", "script", "webhooks", "webui"];

/// Commands of groups of which something exists.
const COMMANDS: &[(&str, &[&str])] = &[("cluster", &["join", "leave"])];

/// Whether the words name such a command.
#[must_use]
pub fn is_known(words: &[&str]) -> bool {
    let Some(group) = words.first() else { return false };
    GROUPS.contains(group)
        || words.get(1).is_some_and(|command| {
            COMMANDS
                .iter()
                .any(|(name, commands)| name == group && commands.contains(command))
        })
}
