//! Completion (admin.md 18.3, packaging.md 7): the scripts of every shell with a real broker behind them, and silence
//! without one.

use crate::tool::client;
use harness::process::program;
use harness::{Node, RawClient, V5};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn script(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/completions");
    folder.join(name).canonicalize().unwrap().display().to_string()
}

/// Runs a program of the system with the tools in its path; `None` = it is not installed.
fn run(shell: &str, args: &[&str], socket: &Path) -> Option<String> {
    let tools = program().parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new(shell)
        .args(args)
        .env("PATH", format!("{tools}:{path}"))
        .env("VMQ_ADMIN_SOCKET", socket)
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", socket.parent().unwrap())
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        output => output.unwrap(),
    };
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// What bash would offer for a line with the cursor at its end, cut as bash cuts it. `before` is run first.
fn bash(before: &str, script_name: &str, function: &str, line: &str, socket: &Path) -> Vec<String> {
    let script = script(script_name);
    let code = format!(
        "{before}
        compopt() {{ :; }}
        COMP_WORDBREAKS=$' \\t\\n\"\\'@><=;|&(:'
        . '{script}'
        COMP_LINE=$1; COMP_POINT=${{#COMP_LINE}}; shift
        COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1))
        {function} && printf '%s\\n' \"${{COMPREPLY[@]}}\"; :"
    );
    let pieces = pieces(line);
    let mut args = vec!["--norc", "-c", &code, "bash", line];
    args.extend(pieces.iter().map(String::as_str));
    let out = run("bash", &args, socket).unwrap();
    out.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words of a line as bash gives them to a completion: marks that break words are words of their own.
fn pieces(line: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let kind = |letter: char| match letter {
        ' ' => 0,
        '=' | ':' => 1,
        _ => 2,
    };
    let mut last = 2;
    for letter in line.chars() {
        let now = kind(letter);
        if now == 0 || (now != last && last != 0) {
            pieces.push(String::new());
        }
        if now != 0 {
            pieces.last_mut().unwrap().push(letter);
        }
        last = now;
    }
    pieces
}

async fn with_clients(node: &Node) -> Vec<RawClient> {
    let mut clients = Vec::new();
    for id in ["pump-1", "pump 2", "va:l=ve", "\u{1b}[2Jevil", "a+b", "aab"] {
        clients.push(client(node, V5, id).connect().await);
    }
    clients
}

/// With and without the package bash-completion.
#[tokio::test]
async fn bash_offers_what_the_broker_knows() {
    let node = Node::started("");
    let _clients = with_clients(&node).await;
    let packaged = "/usr/share/bash-completion/bash_completion";
    let with_package = match Path::new(packaged).exists() {
        true => format!(". {packaged} 2>/dev/null"),
        false => String::new(),
    };
    for before in ["", &with_package] {
        let offered = |line: &str| bash(before, "vmq-admin.bash", "_vmq_admin", line, &node.socket());
        assert_eq!(offered("vmq-admin sess"), ["session"]);
        assert_eq!(offered("vmq-admin session unsub"), ["unsubscribe"]);
        assert_eq!(
            offered("vmq-admin session unsubscribe "),
            ["client-id=", "topic="]
        );
        assert_eq!(
            offered("vmq-admin session disconnect client-id=pu"),
            ["pump\\ 2", "pump-1"]
        );
        assert_eq!(offered("vmq-admin session disconnect client-id=va:l=v"), ["ve"]);
        assert_eq!(offered("vmq-admin session disconnect client-id=va:"), ["l=ve"]);
        assert_eq!(
            offered("vmq-admin session show --client_id=a+"),
            ["a+b"],
            "no expression"
        );
        assert_eq!(
            offered("vmq-admin session disconnect clients client-ids=aab,pump-"),
            ["aab,pump-1"]
        );
        assert!(offered("vmq-admin session disconnect client-id=\u{1b}").is_empty());
        assert_eq!(offered("vmq-admin show max_infl"), ["max_inflight_messages"]);
        assert_eq!(offered("vmq-admin set vmq_acl.acl_f"), ["vmq_acl.acl_file="]);
        assert_eq!(offered("vmq-admin listener stop address=127.0.0.1 po"), ["port="]);
        let port = offered("vmq-admin listener stop address=127.0.0.1 port=");
        assert!(
            port.iter().all(|port| port.parse::<u16>().is_ok()) && !port.is_empty(),
            "{port:?}"
        );
        assert_eq!(offered("vmq-admin log level logger=consolef"), ["consolefile"]);
        assert_eq!(offered("vmq-admin plugin disable --name vmq_a"), ["vmq_acl"]);
        assert_eq!(offered("vmq-admin show x --node=VerneMQ@127"), ["127.0.0.1"]);
    }
}

#[tokio::test]
async fn zsh_and_fish_offer_the_same() {
    let node = Node::started("");
    let _clients = with_clients(&node).await;
    let zsh = format!(
        "compdef() {{ : }}
        compadd() {{ print -rl -- ${{(P)@[-1]}} }}
        . '{}'
        words=(vmq-admin session disconnect client-id=pu) CURRENT=4 PREFIX=client-id=pu
        _vmq_admin
        words=(vmq-admin session unsubscribe c) CURRENT=4 PREFIX=c
        _vmq_admin",
        script("_vmq-admin")
    );
    if let Some(out) = run("zsh", &["-f", "-c", &zsh], &node.socket()) {
        assert_eq!(out, "client-id=pump 2\nclient-id=pump-1\nclient-id=\n");
    }
    let fish = format!(
        ". '{}'; complete -C 'vmq-admin session disconnect client-id=pu'; complete -C 'vmq-admin session unsubscribe c'",
        script("vmq-admin.fish")
    );
    if let Some(out) = run("fish", &["--no-config", "-c", &fish], &node.socket()) {
        assert_eq!(
            out,
            "client-id=pump 2\tonline\nclient-id=pump-1\tonline\nclient-id=\n"
        );
    }
}

#[test]
fn without_a_broker_there_is_silence() {
    let node = Node::new("");
    let ask = |socket: &Path| {
        run(
            "vmq-admin",
            &["__complete", "session", "disconnect", "client-id="],
            socket,
        )
    };
    assert_eq!(ask(&node.socket()).unwrap(), "");
    assert_eq!(ask(&PathBuf::from("/nowhere/there/is/none")).unwrap(), "");
    // One that is there and says nothing: 300 ms, and the machine may be busy.
    let mute = node.home().join("mute.sock");
    let _listener = UnixListener::bind(&mute).unwrap();
    let began = std::time::Instant::now();
    assert_eq!(ask(&mute).unwrap(), "");
    assert!(began.elapsed() < harness::DEADLINE, "{:?}", began.elapsed());
    assert_eq!(run("vmq-admin", &["__complete"], &mute).unwrap(), "");
}

/// The other tools, in the shells that are there.
#[test]
fn verbs_and_options_of_the_other_tools() {
    let node = Node::new("");
    let vernemq = |line: &str| bash("", "vernemq.bash", "_vernemq", line, &node.socket());
    assert_eq!(vernemq("vernemq sta"), ["start"]);
    assert_eq!(vernemq("vernemq config desc"), ["describe"]);
    assert_eq!(vernemq("vernemq -c x chkconfig --s"), ["--strict"]);
    let passwd = |line: &str| bash("", "vmq-passwd.bash", "_vmq_passwd", line, &node.socket());
    assert_eq!(passwd("vmq-passwd -c"), ["-c", "-cf"]);
    assert_eq!(passwd("vmq-passwd -H sha512-"), ["sha512-pbkdf2"]);
    let console = |line: &str| bash("", "vmq-console.bash", "_vmq_console", line, &node.socket());
    assert_eq!(console("vmq-console --view t"), ["topics", "traces"]);
    assert_eq!(console("vmq-console --once --v"), ["--view", "--version"]);
    let sourced = [script("vernemq.fish"), script("vmq-passwd.fish")];
    let fish = format!(
        ". '{}'; . '{}'; complete -C 'vernemq sto'",
        sourced[0], sourced[1]
    );
    if let Some(out) = run("fish", &["--no-config", "-c", &fish], &node.socket()) {
        assert!(out.starts_with("stop\tStop gracefully"), "{out}");
    }
    for (shell, check, names) in [
        (
            "bash",
            "-n",
            [
                "vmq-admin.bash",
                "vernemq.bash",
                "vmq-passwd.bash",
                "vmq-console.bash",
            ],
        ),
        (
            "zsh",
            "-n",
            ["_vmq-admin", "_vernemq", "_vmq-passwd", "_vmq-console"],
        ),
        (
            "fish",
            "-n",
            [
                "vmq-admin.fish",
                "vernemq.fish",
                "vmq-passwd.fish",
                "vmq-console.fish",
            ],
        ),
    ] {
        for name in names {
            run(shell, &[check, &script(name)], &node.socket());
        }
    }
}
