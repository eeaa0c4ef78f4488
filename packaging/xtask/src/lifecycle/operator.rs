//! What an operator types after the installation (packaging.md 7, 8, 21.1, 21.2, 21.12).

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Result, ensure};

use super::root::Root;
use super::{clients, seen};

/// The page of `set`, `show`, `describe` and `config`, which are no group.
const BESIDE: [&str; 1] = ["settings"];

/// All of it, against a running broker.
///
/// # Errors
/// The first thing that is not as the page says.
pub(super) fn live(root: &Root) -> Result<()> {
    commands(root)?;
    listens_on_loopback()?;
    strangers(root)?;
    every_command_has_a_page(root)?;
    completion(root)
}

fn commands(root: &Root) -> Result<()> {
    for (words, part) in [
        (&["dpkg", "-s", "vernemq"][..], "Status: install ok installed"),
        (&["vernemq", "chkconfig"], "config is OK"),
        (&["vernemq", "ping"], "pong"),
        (&["vmq-admin", "cluster", "show"], "true"),
        (&["vmq-admin", "listener", "show"], "1883"),
        (&["vmq-console", "--once"], "CONNECTIONS"),
        (&["vmq-console", "--once", "--view", "sessions"], clients::KEEPER),
        (&["vmq-loadtest", "--help"], "Usage"),
    ] {
        let said = root.run(words)?;
        ensure!(said.contains(part), "{}: no '{part}' in: {said}", words.join(" "));
    }
    let places = root.run(&["whereis", "vernemq"])?;
    for place in [
        "/usr/sbin/vernemq",
        "/usr/lib/vernemq",
        "/etc/vernemq",
        "/usr/share/vernemq",
    ] {
        ensure!(
            places.split_whitespace().any(|found| found == place),
            "whereis has no {place}: {places}"
        );
    }
    root.run(&["vmq-admin", "set", "max_inflight_messages=22", "--persist"])?;
    ensure!(
        root.has("/etc/vernemq/conf.d/90-admin.conf"),
        "--persist saved nothing"
    );
    fs::remove_file(root.at("/etc/vernemq/conf.d/90-admin.conf"))?;
    seen("ping, chkconfig, cluster show, the console, set --persist, and what dpkg and whereis print");
    Ok(())
}

/// packaging.md 21.2, and decisions.md 9: no cluster listener until there is a cluster. Nothing else runs in this namespace.
fn listens_on_loopback() -> Result<()> {
    let mut open = BTreeSet::new();
    for table in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
        // sl, local address, remote address, state; 0A listens.
        for line in fs::read_to_string(table)?.lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().take(4).collect();
            if let [_, local, _, "0A"] = words[..] {
                open.insert(local.to_owned());
            }
        }
    }
    let expected = ["0100007F:075B", "0100007F:22B8"].map(str::to_owned);
    ensure!(
        open == BTreeSet::from(expected),
        "not only 127.0.0.1:1883 and 127.0.0.1:8888 are open: {open:?}"
    );
    seen("only 127.0.0.1:1883 and 127.0.0.1:8888 are open");
    Ok(())
}

/// Only root and the group of the broker may give commands.
fn strangers(root: &Root) -> Result<()> {
    let stranger = root.ask(&[
        "setpriv",
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
        "vernemq",
        "ping",
    ])?;
    ensure!(
        !stranger.is_success,
        "nobody may give commands: {}",
        stranger.text
    );
    seen("a user who is neither root nor in the group is refused");
    Ok(())
}

/// A page for every program; completion for those that take more than options.
fn every_command_has_a_page(root: &Root) -> Result<()> {
    let files = root.run(&["dpkg", "-L", "vernemq"])?;
    let files: BTreeSet<&str> = files.lines().collect();
    let programs: Vec<&str> = files
        .iter()
        .filter_map(|file| file.strip_prefix("/usr/sbin/"))
        .collect();
    ensure!(programs.len() >= 5, "the package has only {programs:?}");
    for program in &programs {
        let page = |section| format!("/usr/share/man/man{section}/{program}.{section}.gz");
        ensure!(
            [1, 8]
                .iter()
                .any(|section| files.contains(page(section).as_str())),
            "{program} has no manual page"
        );
    }
    for program in ["vernemq", "vmq-admin", "vmq-passwd", "vmq-console"] {
        for file in [
            format!("/usr/share/bash-completion/completions/{program}"),
            format!("/usr/share/zsh/vendor-completions/_{program}"),
            format!("/usr/share/fish/vendor_completions.d/{program}.fish"),
        ] {
            ensure!(files.contains(file.as_str()), "{file} is not in the package");
        }
    }
    seen("every program has its manual page, and completion for three shells");
    Ok(())
}

/// In the bash of the root, found and loaded by bash-completion: every group of commands that has a page, and a client by
/// its first letters.
fn completion(root: &Root) -> Result<()> {
    let offered = complete(root, "vmq-admin ")?;
    let pages = root.run(&["ls", "/usr/share/man/man8"])?;
    let groups = pages
        .lines()
        .filter_map(|page| page.strip_prefix("vmq-admin-")?.strip_suffix(".8.gz"));
    let groups: Vec<&str> = groups.filter(|group| !BESIDE.contains(group)).collect();
    ensure!(groups.len() > 10, "pages of only {groups:?}");
    for group in groups {
        ensure!(
            offered.lines().any(|one| one.trim() == group),
            "bash does not offer {group} after vmq-admin: {offered}"
        );
    }
    let begun = format!("vmq-admin session disconnect client-id={}", &clients::KEEPER[..3]);
    let found = complete(root, &begun)?;
    ensure!(
        found.trim() == clients::KEEPER,
        "'{begun}' is completed to: {found}"
    );
    seen("bash completes a client id from the running broker");
    Ok(())
}

/// What bash offers at the end of this line.
fn complete(root: &Root, line: &str) -> Result<String> {
    const SCRIPT: &str = r#"
        . /usr/share/bash-completion/bash_completion
        _completion_loader vmq-admin
        COMP_LINE=$1 COMP_POINT=${#1}
        # As readline cuts it: at blanks, and each = is a word.
        set -f; COMP_WORDS=(${1//=/ = }); [[ $1 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        name=$(complete -p vmq-admin | sed 's/.*-F \([^ ]*\) .*/\1/')
        "$name" vmq-admin
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    root.run(&["bash", "-c", SCRIPT, "bash", line])
}
