//! The texts of `vernemq config effective | describe | generate`; the callers print them.

use crate::load::Loaded;
use crate::resolve::Origin;
use crate::table::{self, Applies, Feature, Row, Status, Type};

/// `key = value` lines sorted bytewise, hidden keys included; `origins` adds `# from <file>:<line>`.
pub fn effective_text(loaded: &Loaded, origins: bool) -> String {
    let mut out = String::new();
    for setting in &loaded.effective {
        if origins && let Some(at) = setting.origin.position() {
            out.push_str(&format!("# from {at}\n"));
        }
        out.push_str(&format!("{} = {}\n", setting.key, setting.shown()));
    }
    out
}

/// What `config generate -l debug` tells: the files in the order in which they were read.
pub fn generate_text(loaded: &Loaded) -> String {
    loaded
        .files
        .iter()
        .map(|file| format!("{}\n", file.display()))
        .collect()
}

/// The documentation of a key and its value. `file` is the main file's name.
///
/// Errors: the text for an unknown key.
pub fn describe(loaded: &Loaded, key: &str, file: &str) -> Result<String, String> {
    let Some(row) = find(key) else {
        return Err(format!("Variable '{key}' not found"));
    };
    let mut out = format!("Documentation for {key}\n{}\n\n   Valid Values: \n", row.prose);
    for kind in row.types {
        out.push_str(&format!("     - {}\n", type_phrase(*kind)));
    }
    match row.default {
        Some(default) => out.push_str(&format!("   Default Value : {default}\n")),
        None => out.push_str("   No default set\n"),
    }
    match loaded
        .get(key)
        .filter(|setting| setting.origin != Origin::Default)
    {
        Some(setting) => out.push_str(&format!("   Set Value     : {}\n", setting.shown())),
        None => out.push_str(&format!("   Value not set in {file}\n")),
    }
    Ok(out)
}

/// The documentation of a key of a running broker (admin.md 11.4): what it is about, what it may be, what it is and
/// since when, each line indented. `None` = there is no such key.
pub fn explain(loaded: &Loaded, key: &str) -> Option<String> {
    let row = find(key)?;
    let types: Vec<String> = row.types.iter().map(|kind| type_phrase(*kind)).collect();
    let mut lines = vec![
        row.prose.to_string(),
        format!("Valid values: {}", types.join("; ")),
    ];
    let setting = loaded.get(key);
    let default = setting.map_or(row.default.map(str::to_owned), |setting| setting.default.clone());
    lines.push(default.map_or_else(
        || "No default".to_owned(),
        |default| format!("Default: {default}"),
    ));
    lines.push(match setting {
        Some(setting) => format!("Value: {} ({})", setting.masked(), setting.origin),
        None => "Not set".to_owned(),
    });
    lines.push(match (row.status, row.applies()) {
        (Status::Later(feature), _) => not_available(feature),
        (Status::Ignored(reason), _) => format!("No effect: {reason}"),
        (_, Applies::AtOnce) => "vmq-admin set changes it at once".to_owned(),
        (_, Applies::NewSessions) => "vmq-admin set changes it for new sessions".to_owned(),
        (_, Applies::Restart) => "A change needs a restart".to_owned(),
    });
    let lines: Vec<String> = lines.iter().map(|line| format!("  {line}\n")).collect();
    Some(format!("{key}:\n{}", lines.concat()))
}

/// The words that a key may be, where they are a closed list or stand beside other values.
pub fn choices(key: &str) -> Vec<&'static str> {
    let words = |kind: &Type| match kind {
        Type::Flag => vec!["on", "off"],
        Type::Enum(words) => words.to_vec(),
        Type::Word(word) => vec![*word],
        _ => Vec::new(),
    };
    find(key).map_or_else(Vec::new, |row| row.types.iter().flat_map(words).collect())
}

fn not_available(feature: Feature) -> String {
    format!("No effect, not available in this version: {}", feature.title())
}

/// A pattern may be asked for as it stands in the manual.
fn find(key: &str) -> Option<&'static Row> {
    table::row(key).or_else(|| Some(table::find(&crate::key::Key::parse(key)?)?.row))
}

/// How a type is named in documentation.
pub fn type_phrase(kind: Type) -> String {
    match kind {
        Type::Flag => "on or off".to_owned(),
        Type::Integer => "an integer".to_owned(),
        Type::Enum(words) => format!("one of: {}", words.join(", ")),
        Type::Word(word) => format!("the text \"{word}\""),
        Type::File => "the path to a file".to_owned(),
        Type::Directory => "the path to a directory".to_owned(),
        Type::Ip => "an IP address".to_owned(),
        Type::IpPort => "an IP/port pair, e.g. 127.0.0.1:10011".to_owned(),
        Type::UnixSocket => "a Unix Domain Socket, e.g. local:/var/run/app.sock:0".to_owned(),
        Type::HostPort => "a host and port, e.g. broker.example.com:1883".to_owned(),
        Type::ByteSize => "a byte size with units, e.g. 10GB".to_owned(),
        Type::Percent => "a percentage, e.g. 10%".to_owned(),
        Type::Duration => "a time duration with units, e.g. '10s' for 10 seconds".to_owned(),
        Type::CoarseDuration => "an integer followed by s, h, d, w, m (four weeks) or y, e.g. 1w".to_owned(),
        Type::Integers => "a list of integers, e.g. 3,4,5".to_owned(),
        Type::IntegerTriple => "three integers, e.g. 4096,16384,32768".to_owned(),
        Type::Names => "a list of names, e.g. [a, b]".to_owned(),
        Type::ColonNames => "names separated by colons".to_owned(),
        Type::Ips => "IP addresses separated by semicolons".to_owned(),
        Type::Networks => {
            "IP addresses and networks separated by semicolons, e.g. 10.0.0.0/8; ::1".to_owned()
        }
        Type::TlsVersions => format!("a list of: {}", table::TLS_VERSIONS.join(", ")),
        Type::SocketOptions => "a list of socket options, e.g. [{nodelay, true}]".to_owned(),
        Type::NodeName => "a node name, e.g. VerneMQ@127.0.0.1".to_owned(),
        Type::FileMode => "permission bits, e.g. 0660".to_owned(),
        Type::Text => "text".to_owned(),
    }
}
