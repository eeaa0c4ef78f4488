//! Where the daemon of this machine answers, for a tool that does not read the whole configuration: the two keys it
//! needs, out of the text of `vernemq.conf`. The rest of the file may have faults.

/// Where the socket is when the file does not say.
pub const DEFAULT_SOCKET: &str = "/run/vernemq/admin.sock";

/// How the node is called when the file does not say.
pub const DEFAULT_NODE: &str = "VerneMQ@127.0.0.1";

/// The value of `key` in the text of a configuration; the last line wins, as in the daemon. Quotes are taken off,
/// references are not followed.
#[must_use]
pub fn setting<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let value_of = |line: &'a str| {
        let (found, value) = line.split_once('=')?;
        (found.trim() == key).then(|| plain(value))
    };
    text.lines().rev().find_map(value_of)
}

fn plain(value: &str) -> &str {
    let value = value.trim();
    match value.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
        Some((quoted, _)) => quoted,
        None => value.split('#').next().unwrap_or_default().trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_wins() {
        let text = "# nodename = x\nnodename = a@b # here\nnodename='c#@d'\nadmin.socket.path =/run/x\n";
        assert_eq!(setting(text, "nodename"), Some("c#@d"));
        assert_eq!(setting(text, "admin.socket.path"), Some("/run/x"));
        assert_eq!(setting(text, "other"), None);
    }
}
