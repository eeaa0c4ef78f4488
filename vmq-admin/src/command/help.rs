//! Help texts from the command table, in the layout of admin.md 2.5: the first line, `Usage: ` and the syntax, is a
//! contract; the rest is free.

use super::{Entry, FlagSpec, entries, metrics};

/// What every command takes.
const GLOBAL_OPTIONS: &str = "
  Options of every command:
    --format=human|json|jsonl|csv|raw
    --watch[=<seconds>]  Asks again every 2 seconds until ^C: commands that show something and do not
                         stream. A terminal shows the last answer; elsewhere answers follow each other,
                         a blank line between.
    --timeout-rpc=<time> How long an answer may take, or infinity.
    --socket=<path>      The admin socket of the broker.
    --no-color           No bold headers.
";

/// The usage of the longest known beginning of `words`.
#[must_use]
pub fn usage(words: &[&str]) -> String {
    for length in (1..=words.len()).rev() {
        let words = &words[..length];
        if let Some(entry) = entries().find(|entry| entry.words == words) {
            return leaf(entry);
        }
        if entries().any(|entry| entry.words.starts_with(words)) {
            return group(words);
        }
    }
    group(&[])
}

fn leaf(entry: &Entry) -> String {
    let mut text = format!("Usage: {}\n\n  {}\n", entry.syntax, entry.about);
    if !entry.flags.is_empty() {
        text.push_str("\nOptions\n\n");
    }
    let shown: Vec<&FlagSpec> = entry.flags.iter().filter(|flag| !flag.about.is_empty()).collect();
    let width = shown.iter().map(|flag| names(flag).len()).max().unwrap_or(0) + 2;
    for flag in shown {
        put_line(&mut text, &format!("    {:<width$}{}", names(flag), flag.about));
    }
    if entry.words == ["metrics", "show"] {
        text.push_str(&metrics::labels::help());
    }
    put_line(&mut text, &format!("\nExample\n\n  {}", entry.example));
    text
}

fn names(flag: &FlagSpec) -> String {
    let short = flag.short.map(|short| format!("-{short}, ")).unwrap_or_default();
    format!("{short}--{}", flag.long)
}

fn group(words: &[&str]) -> String {
    let path: String = words.iter().map(|word| format!(" {word}")).collect();
    let mut text = format!("Usage: vmq-admin{path} <sub-command>\n\n");
    let about = match words {
        [] => "Administers the broker of this machine.",
        _ => "Commands of this group.",
    };
    put_line(&mut text, &format!("  {about}\n\n  Sub-commands:"));
    let mut last = "";
    for entry in entries().filter(|entry| entry.words.starts_with(words)) {
        let word = entry.words[words.len()];
        // They stand apart in the original, which does not list them at all (admin.md 2.5).
        if entry.words == ["set"] {
            text.push_str("\n  Settings:\n");
        }
        if word != last {
            put(&mut text, word, about_of(entry, words.len()));
        }
        last = word;
    }
    if words.is_empty() {
        put(&mut text, "tui", "Opens the terminal console");
    }
    text.push_str("  Use --help after a sub-command for more details.\n");
    if words.is_empty() {
        text.push_str(GLOBAL_OPTIONS);
    }
    text
}

/// A leaf tells what it does, a group what it is about; `depth` words of it are known already.
#[must_use]
pub fn about_of(entry: &Entry, depth: usize) -> &'static str {
    match entry.words {
        ["node", _] if depth == 0 => "This node",
        ["cluster", _] if depth == 0 => "The nodes that belong together",
        ["plugin", _] if depth == 0 => "Plugins and their hooks",
        ["session", ..] if depth == 0 => "Sessions of clients",
        ["retain", _] if depth == 0 => "Retained messages",
        ["authz", _] if depth == 0 => "What clients may do, and who says so",
        ["events", _] if depth == 0 => "What happened lately",
        ["listener", _] if depth == 0 => "Listeners",
        ["trace", _] if depth == 0 => "What clients and broker say to each other",
        ["tls", _] if depth == 0 => "Keys and certificates",
        ["config", _] if depth == 0 => "All settings of a part",
        ["metrics", _] if depth == 0 => "What was counted, and how the node is",
        ["api-key", _] if depth == 0 => "Keys of the HTTP API",
        ["support", _] if depth == 0 => "For whoever helps",
        ["durability", _] if depth == 0 => "When data is safe",
        ["subscription", _] if depth == 0 => "Who has subscribed to what",
        ["topic", _] if depth == 0 => "Topics that are subscribed to",
        ["log", ..] if depth == 0 => "Loggers and their levels",
        _ => entry.about,
    }
}

fn put(text: &mut String, name: &str, about: &str) {
    put_line(text, &format!("    {name:<11} {about}"));
}

fn put_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
