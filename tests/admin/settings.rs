//! `show`, `describe` and `set` (admin.md 11, config.md 10, test list 21 point 6).

use super::typed::typed;
use harness::{ConnectBuilder, Node, V4};
use std::fs;
use vmq_admin::command::settings::is_secret;
use vmq_mqtt::ReasonCode;

#[test]
fn show_has_one_column_for_each_key() {
    let node = Node::started("persistent_client_expiration = 1w\ndistributed_cookie = hush");
    let shown = typed(
        &node,
        "show allow_anonymous persistent_client_expiration max_last_will_delay",
    );
    let expected = "\
+-------------------+-----------------+------------------------------+---------------------+
| node              | allow_anonymous | persistent_client_expiration | max_last_will_delay |
+-------------------+-----------------+------------------------------+---------------------+
| VerneMQ@127.0.0.1 | on              | 604800                       | 4294967296          |
+-------------------+-----------------+------------------------------+---------------------+
";
    assert_eq!((shown.human().as_str(), shown.exit()), (expected, 0));
    let expected = r#"{"table":[{"node":"VerneMQ@127.0.0.1","allow_anonymous":"on","persistent_client_expiration":604800,"max_last_will_delay":4294967296}],"type":"table"}"#;
    assert_eq!(shown.json().trim_end(), expected);
    let raw = typed(
        &node,
        "show persistent_client_expiration max_last_will_delay --raw -n VerneMQ@127.0.0.1",
    );
    assert_eq!(raw.raw(), "VerneMQ@127.0.0.1\t1w\tclient\n");
    let secret = typed(
        &node,
        "show distributed_cookie nodename erlang.distribution.port_range.minimum",
    );
    assert_eq!(
        secret.raw(),
        "VerneMQ@127.0.0.1\t******\tVerneMQ@127.0.0.1\tnull\n"
    );
    assert!(
        !typed(&node, "describe distributed_cookie")
            .human()
            .contains("hush")
    );
}

#[test]
fn what_cannot_be_shown_is_named() {
    let node = Node::started("");
    for (line, text) in [
        ("show foo max_message_rate bar", "Invalid config keys: foo bar \n"),
        ("describe foo", "Invalid config keys: foo \n"),
        (
            "show listener.tcp.nobody",
            "Invalid config keys: listener.tcp.nobody \n",
        ),
        ("show nodename --node=a@b", "Invalid node name\n"),
        ("set max_message_rate=1 --node=a@b", "Invalid node name\n"),
    ] {
        let shown = typed(&node, line);
        assert_eq!((shown.human().as_str(), shown.exit()), (text, 1), "{line}");
    }
}

/// admin.md 11.3: every key, not only settable ones.
#[test]
fn every_key_can_be_shown_and_described() {
    let node = Node::started("");
    let keys: Vec<&str> = vmq_config::rows()
        .iter()
        .filter(|row| !row.is_pattern())
        .map(|row| &*row.key)
        .collect();
    let keys = keys.join(" ");
    for line in [
        format!("show {keys}"),
        format!("show {keys} --raw"),
        format!("show {keys} --verbose"),
        format!("describe {keys} listener.tcp.default"),
    ] {
        assert_eq!(typed(&node, &line).exit(), 0);
    }
}

#[test]
fn verbose_tells_default_and_origin() {
    let node = Node::started("retry_interval = 7");
    typed(&node, "set max_message_rate=5");
    let shown = typed(
        &node,
        "show retry_interval max_message_rate max_client_id_size --verbose",
    )
    .raw();
    let lines: Vec<&str> = shown.lines().collect();
    let file = node.conf().display().to_string();
    assert!(
        lines[0].starts_with(&format!("VerneMQ@127.0.0.1\tretry_interval\t7\t20\t{file}:")),
        "{shown}"
    );
    assert_eq!(lines[1], "VerneMQ@127.0.0.1\tmax_message_rate\t5\t0\truntime\t");
    assert_eq!(
        lines[2],
        "VerneMQ@127.0.0.1\tmax_client_id_size\t100\t100\tdefault\t"
    );
    // Without a key all of them, for whom names and words are to be offered.
    let all = typed(&node, "show --verbose").raw();
    let sync = all.lines().find(|line| line.contains("\tmessage_store.sync\t"));
    assert_eq!(
        sync.unwrap(),
        "VerneMQ@127.0.0.1\tmessage_store.sync\tbatch\tbatch\tdefault\tbatch always never"
    );
    let anonymous = all.lines().find(|line| line.contains("\tallow_anonymous\t"));
    assert!(anonymous.unwrap().ends_with("\ton off"), "{anonymous:?}");
}

/// admin.md 11.4.
#[test]
fn describe_tells_what_a_key_is_about() {
    let node = Node::started("");
    let described = typed(&node, "describe max_message_rate nodename");
    let expected = "\
max_message_rate:
  Publishes a second of one client; when they are used up the broker stops reading until the second ends. 0 = no limit.
  Valid values: an integer
  Default: 0
  Value: 0 (default)
  vmq-admin set changes it for new sessions

nodename:
";
    let human = described.human();
    assert!(human.starts_with(expected), "{human}");
    assert!(human.ends_with("  A change needs a restart\n\n"), "{human}");
    assert!(
        described
            .json()
            .starts_with(r#"[{"text":"max_message_rate:\n  Publishes"#)
    );
}

/// admin.md 11.2.
#[test]
fn set_says_what_it_did() {
    let node = Node::started("");
    let set = typed(&node, "set max_client_id_size=20");
    assert_eq!(
        (set.human().as_str(), set.exit()),
        ("max_client_id_size set to \"20\"\n", 0)
    );
    assert_eq!(
        set.json(),
        "{\"text\":\"max_client_id_size set to \\\"20\\\"\",\"type\":\"text\"}\n"
    );
    assert!(set.notes().contains("connected sessions keep"), "{}", set.notes());
    let two = typed(&node, "set systree_interval=1000 systree_enabled=off");
    assert_eq!(
        two.human(),
        "systree_interval set to \"1000\"\nsystree_enabled set to \"off\"\n"
    );
    assert_eq!(two.notes(), "");
    let all = typed(&node, "set max_message_rate=9 --all");
    let expected = "\
Setting config across the cluster
+-------------------+-----------------------+-----------------------------+
| Node              | Node Down/Unreachable | Result                      |
+-------------------+-----------------------+-----------------------------+
| VerneMQ@127.0.0.1 | false                 | max_message_rate set to \"9\" |
+-------------------+-----------------------+-----------------------------+
";
    assert_eq!(all.human(), expected);
    let deprecated = typed(&node, "set allow_multiple_sessions=on");
    assert!(
        deprecated
            .notes()
            .starts_with("allow_multiple_sessions is deprecated\n")
    );
    node.wait_for_log("configuration changed: max_client_id_size: 100 -> 20");
    node.wait_for_log("via=socket cmd=\"set max_client_id_size=20\"");
}

/// admin.md 11.2: all keys are validated before any is applied.
#[test]
fn a_refused_value_changes_nothing() {
    let node = Node::started("");
    for (line, text) in [
        ("set max_message_rate=5 foo=1", "Unknown variable: foo\n"),
        (
            "set max_message_rate=5 nodename=a@b log.console=off",
            "The following config keys are not settable: [\"nodename\",\"log.console\"]\n\n",
        ),
        (
            "set max_message_rate=5 retry_interval=abc",
            "Error transforming datatype for: retry_interval\n\"abc\" cannot be converted to a(n) integer\n",
        ),
        (
            "set max_message_rate=5 allow_anonymous=maybe",
            "Error transforming datatype for: allow_anonymous\n\"maybe\" is not a valid enum value, acceptable values \
             are: on, off\n",
        ),
        (
            "set max_message_rate=5 remote_enqueue_timeout=9",
            "remote_enqueue_timeout can't be set, not available in this version: clustering\n",
        ),
    ] {
        let set = typed(&node, line);
        assert_eq!((set.human().as_str(), set.exit()), (text, 1), "{line}");
        assert_eq!(
            typed(&node, "show max_message_rate").raw(),
            "VerneMQ@127.0.0.1\t0\n"
        );
    }
    let duration = typed(&node, "set persistent_client_expiration=3x");
    let text = "3x must be an integer followed by one of 'h', 'd', 'w', 'm', 'y'";
    assert!(duration.human().contains(text), "{}", duration.human());
}

#[tokio::test]
async fn new_sessions_see_it_and_a_restart_forgets_it() {
    let node = Node::started("");
    typed(&node, "set max_client_id_size=5");
    let client = |id: &str| ConnectBuilder::new(address(&node), V4, id);
    let _short = client("short").connect().await;
    client("too-long").refused(ReasonCode::ClientIdNotValid).await;
    assert_eq!(node.verb(&["restart"]).code, 0);
    assert_eq!(
        typed(&node, "show max_client_id_size").raw(),
        "VerneMQ@127.0.0.1\t100\n"
    );
    let _long = client("too-long").connect().await;
}

/// The one MQTT listener, by its real port.
pub(super) fn address(node: &Node) -> std::net::SocketAddr {
    let shown = typed(node, "listener show").raw();
    let row: Vec<&str> = shown.lines().next().unwrap().split('\t').collect();
    format!("{}:{}", row[2], row[3]).parse().unwrap()
}

/// config.md 10: a rule file is read at once.
#[test]
fn another_acl_file_is_read_at_once() {
    let node = Node::started("vmq_acl.acl_reload_interval = 0");
    let other = node.home().join("other.acl");
    fs::write(&other, "topic a/#\n").unwrap();
    let set = typed(&node, &format!("set vmq_acl.acl_file={}", other.display()));
    assert_eq!(set.exit(), 0, "{}", set.human());
    node.wait_for_log(&format!("loaded acl file {}", other.display()));
    let gone = typed(&node, "set vmq_acl.acl_file=/nonexistent/acl");
    assert!(
        gone.human().contains("can't load /nonexistent/acl due to"),
        "{}",
        gone.human()
    );
    assert_eq!(gone.exit(), 1);
}

/// admin.md 19, 15.
#[test]
fn persist_writes_it_down() {
    let node = Node::new("include conf.d/*.conf");
    assert_eq!(node.verb(&["start"]).code, 0);
    let set = typed(
        &node,
        "set max_message_rate=5 allow_register_during_netsplit=on --persist",
    );
    assert_eq!(set.exit(), 1, "one of them is not available: {}", set.human());
    let set = typed(&node, "set max_message_rate=5 --persist");
    let file = node.home().join("conf.d/90-admin.conf");
    assert!(
        set.notes().contains(&format!("saved in {}", file.display())),
        "{}",
        set.notes()
    );
    assert_eq!(node.verb(&["restart"]).code, 0);
    let shown = typed(&node, "show max_message_rate --verbose").raw();
    assert!(
        shown.contains("\t5\t0\t") && shown.contains("90-admin.conf:2"),
        "{shown}"
    );
    let plain = Node::started("");
    let set = typed(&plain, "set max_message_rate=5 --persist");
    assert!(
        set.human().contains("does not include conf.d/90-admin.conf"),
        "{}",
        set.human()
    );
    assert_eq!(
        typed(&plain, "show max_message_rate").raw(),
        "VerneMQ@127.0.0.1\t0\n"
    );
}

/// The tool masks by name what the table calls secret.
#[test]
fn secrets_of_the_table_are_secrets_of_the_tool() {
    for row in vmq_config::rows().iter().filter(|row| row.secret) {
        assert!(is_secret(&row.key), "{}", row.key);
    }
    for row in vmq_config::rows().iter().filter(|row| row.runtime && !row.secret) {
        assert!(!is_secret(&row.key), "{}", row.key);
    }
}

#[test]
fn reload_goes_back_to_the_file() {
    let node = Node::started("");
    typed(&node, "set max_message_rate=5");
    assert_eq!(node.verb(&["reload"]).out, "max_message_rate: 5 -> 0\nok\n");
    let shown = typed(&node, "show max_message_rate --verbose").raw();
    assert!(shown.ends_with("\t0\t0\tdefault\t\n"), "{shown}");
}

/// admin.md 11.5.
#[test]
fn config_show_lists_the_settings_of_a_part() {
    let node = Node::started("plugins.vmq_passwd = off\nlistener.tcp.default.mountpoint = mp");
    let acl = typed(&node, "config show app=vmq_acl");
    let file = node.home().join("vmq.acl").display().to_string();
    assert_eq!(
        acl.raw(),
        format!("acl_file\t{file}\t\t\nacl_reload_interval\t1\t\t\nrevoke_on_reload\toff\t\t\n")
    );
    assert!(acl.json().starts_with(r#"{"table":[{"Config":"acl_file","Env":"#));
    let server = typed(&node, "config show app=vmq_server").raw();
    assert!(
        server.contains("\nlistener.tcp.default.mountpoint\tmp\t\t\n"),
        "{server}"
    );
    assert!(server.contains("distributed_cookie\t******\t"), "{server}");
    for (line, text, exit) in [
        (
            "config show app=vmq_acl --key=acl_reload_interval",
            "Scope: env\nValue: 1\n",
            0,
        ),
        ("config show app=vmq_acl --key=nope", "not found\n", 1),
        ("config show", "Please provide an app=<App>\n", 1),
        (
            "config show app=vmq_passwd",
            "App not configured via vmq_config\n",
            1,
        ),
        ("config show app=kernel", "App not configured via vmq_config\n", 1),
    ] {
        let shown = typed(&node, line);
        assert_eq!((shown.human().as_str(), shown.exit()), (text, exit), "{line}");
    }
}

/// admin.md 11.5: what was set or saved goes, the file counts again.
#[test]
fn a_reset_gives_the_value_of_the_file_back() {
    let node = Node::new("max_message_rate = 3\ninclude conf.d/*.conf");
    assert_eq!(node.verb(&["start"]).code, 0);
    let rate = || typed(&node, "show max_message_rate --raw").raw();
    typed(&node, "set max_message_rate=5 --persist");
    typed(&node, "set retry_interval=7");
    let reset = typed(&node, "config reset app=vmq_server --key=max_message_rate");
    assert_eq!((reset.human().as_str(), reset.exit()), ("Done\n", 0));
    assert_eq!(reset.json(), "{\"text\":\"Done\",\"type\":\"text\"}\n");
    assert_eq!(rate(), "VerneMQ@127.0.0.1\t3\n");
    let saved = std::fs::read_to_string(node.home().join("conf.d/90-admin.conf")).unwrap();
    assert_eq!(saved.lines().count(), 1, "{saved}");
    let interval = || typed(&node, "show retry_interval").raw();
    assert_eq!(interval(), "VerneMQ@127.0.0.1\t7\n");
    assert_eq!(typed(&node, "config reset app=vmq_server").human(), "Done\n");
    assert_eq!(interval(), "VerneMQ@127.0.0.1\t20\n");
    let reset = typed(
        &node,
        "config reset app=vmq_server --key=max_message_rate --config-val=9",
    );
    assert_eq!(reset.human(), "Done\n");
    assert_eq!(rate(), "VerneMQ@127.0.0.1\t9\n");
    let other = node.home().join("other.conf");
    std::fs::write(&other, "max_message_rate = 4\n").unwrap();
    let line = format!("config reset app=vmq_server --config-file={}", other.display());
    assert_eq!(typed(&node, &line).human(), "Done\n");
    assert_eq!(rate(), "VerneMQ@127.0.0.1\t4\n");
}

/// The texts of the page.
#[test]
fn what_a_reset_refuses() {
    let node = Node::started("");
    for (line, text) in [
        ("config reset", "Please provide an app=<App>\n"),
        (
            "config reset app=nothing",
            "No config found for app, due to not_configured\n",
        ),
        (
            "config reset app=vmq_server --key=retry_interval",
            "config item not found\n",
        ),
        ("config reset app=vmq_server --global", "config item not found\n"),
        (
            "config reset app=vmq_server --config-val=1",
            "config item not found\n",
        ),
        (
            "config reset app=vmq_server --key=nodename --config-val=a@b",
            "The following config keys are not settable: [\"nodename\"]\n\n",
        ),
    ] {
        let answer = typed(&node, line);
        assert_eq!((answer.human().as_str(), answer.exit()), (text, 1), "{line}");
    }
    let missing = typed(
        &node,
        "config reset app=vmq_server --config-file=/does/not/exist.conf",
    );
    let human = missing.human();
    assert!(
        human.starts_with("No config found for app, due to ") && missing.exit() == 1,
        "{human}"
    );
    assert_eq!(typed(&node, "config reset app=vmq_server").human(), "Done\n");
}
