//! Whole files, from text to sections.

use std::time::Duration;

use super::*;
use crate::sections::*;
use crate::table;
use proptest::prelude::*;

mod listeners;
mod live;
mod proxies;
mod tls;

fn load_text(text: &str) -> Loaded {
    load_str(text, &|name| (name == "PORT").then(|| "2883".to_owned()))
        .unwrap_or_else(|faults| panic!("{faults}"))
}

fn faults_of(text: &str) -> String {
    load_str(text, &|_| None).expect_err("faults").to_string()
}

fn warnings_of(text: &str) -> Vec<String> {
    load_text(text).warnings.iter().map(Notice::to_string).collect()
}

#[test]
fn defaults() {
    let config = load_text("").config;
    assert_eq!(config.node.name, "VerneMQ@127.0.0.1");
    assert_eq!(config.store.dir, Path::new("/var/lib/vernemq/msgstore"));
    assert_eq!(config.store.sync, SyncPolicy::Batch);
    assert!(config.store.memory_bytes > 0 && config.store.memory_bytes <= 4 << 30);
    assert_eq!(config.session.retry_interval, Duration::from_secs(20));
    assert_eq!(config.session.persistent_client_expiration, None);
    assert_eq!(config.queue.max_online_messages, Some(1000));
    assert_eq!(config.retain.expire_interval, None);
    assert_eq!(config.plugins, [Plugin::Acl, Plugin::Passwd]);
    assert_eq!(config.tcp.linger_secs, None);
    assert!(config.tcp.nodelay);
    assert_eq!(config.admin.socket_mode, 0o660);
    assert_eq!(config.log.console.rotation.size_bytes, Some(10 << 20));
    assert!(config.log.crash.is_some() && config.log.sasl.is_none() && config.log.syslog.is_none());
    assert_eq!(config.open_files_max, 262_144);
    assert_eq!(config.listeners.len(), 0);
}

#[test]
fn one_key_moves_all_data() {
    let config = Config::default_for(Path::new("/anywhere"));
    assert_eq!(config.node.data_dir, Path::new("/anywhere"));
    assert_eq!(config.store.dir, Path::new("/anywhere/msgstore"));
    assert_eq!(config.log.console.path, Path::new("/var/log/vernemq/console.log"));
    assert!(config.listeners.is_empty());
}

#[test]
fn the_last_line_of_a_key_wins() {
    let loaded = load_text("retry_interval = 1\nretry_interval = 2\n");
    assert_eq!(loaded.config.session.retry_interval, Duration::from_secs(2));
    let setting = loaded.get("retry_interval").expect("a value");
    assert_eq!(
        (setting.value.as_str(), setting.default.as_deref()),
        ("2", Some("20"))
    );
    assert_eq!(setting.origin.to_string(), "vernemq.conf:2");
    assert!(setting.runtime);
}

#[test]
fn all_faults_are_told_at_once() {
    let text = "foo = 1\nallow_anonymous = true\nretry_interval = abc\nlistener.tcp.a = localhost:1883\nnodename = x\n";
    let faults = load_str(text, &|_| None).expect_err("faults");
    assert_eq!(faults.len(), 5, "{faults}");
    let lines: Vec<String> = faults.to_string().lines().map(str::to_owned).collect();
    assert_eq!(
        lines[0],
        "vernemq.conf:1: You've tried to set foo, but there is no setting with that name."
    );
    assert_eq!(lines[1], "vernemq.conf:1:   Did you mean one of these?");
    assert_eq!(
        lines[5],
        "vernemq.conf:1: Conf file attempted to set unknown variable: foo"
    );
    assert_eq!(
        lines[6],
        "vernemq.conf:2: Error transforming datatype for: allow_anonymous"
    );
    assert!(
        lines
            .last()
            .is_some_and(|line| line.starts_with("vernemq.conf:5: ")),
        "{lines:?}"
    );
}

#[test]
fn many_unknown_keys_cost_little() {
    let text: String = (0..50_000)
        .map(|number| format!("unknown{number} = 1\n"))
        .collect();
    assert_eq!(load_str(&text, &|_| None).expect_err("faults").len(), 50_000);
}

#[test]
fn references_and_environment() {
    let loaded = load_text("max_client_id_size = $(PORT)\nnodename = n$(retry_interval)@h");
    assert_eq!(loaded.config.session.max_client_id_bytes, 2883);
    assert_eq!(loaded.config.node.name, "n20@h");
    let origin = &loaded.get("max_client_id_size").expect("a value").origin;
    assert!(
        matches!(origin, Origin::Environment { name, .. } if name == "PORT"),
        "{origin:?}"
    );
    assert_eq!(
        faults_of("nodename = $(x)"),
        "vernemq.conf:1: 'nodename' substitution requires a config variable 'x' to be set"
    );
}

#[test]
fn plugins_come_in_chain_order() {
    let plugins = |text: &str| load_text(text).config.plugins;
    assert_eq!(
        plugins("plugins.vmq_webhooks = on"),
        [Plugin::Acl, Plugin::Passwd, Plugin::Webhooks]
    );
    assert_eq!(
        plugins(
            "plugins.vmq_webhooks = on\nplugins.vmq_webhooks.priority = 1\nplugins.vmq_passwd.priority = -1"
        ),
        [Plugin::Passwd, Plugin::Webhooks, Plugin::Acl]
    );
    assert_eq!(
        plugins("plugins.vmq_acl = off\nplugins.mine = off\nplugins.mine.path = /x"),
        [Plugin::Passwd]
    );
}

#[test]
fn missing_features_are_listed_once_each() {
    let text = "plugins.vmq_webhooks = on\nvmq_webhooks.a.hook = on_publish\nvmq_webhooks.a.endpoint = http://x\n\
                graphite_enabled = on\ngraphite_host = h\nlistener.vmq.a = 127.0.0.1:0\n\
                listener.vmq.max_connections = 3\noverload.shedding = on";
    assert_eq!(
        load_text(text).config.not_available_yet,
        [
            "load shedding (overload.shedding)",
            "webhooks (vmq_webhooks.a.endpoint)"
        ]
    );
}

#[test]
fn old_keys_are_mapped() {
    let config = load_text(
        "trade_consistency = on\nallow_publish_during_netsplit = off\nmax_queued_messages = -1\nlog.crash.size = 0\n\
         log.crash.rotation = $D0\nlog.crash.rotation.keep = current\nleveldb.sync_on_write = on\n\
         leveldb.maximum_memory = 64MB\nerlang.schedulers.total = 3\nacl_file = /x\nlog.syslog = on\n\
         log.syslog.ident = vmq\nleveldb.compression = off\nlog.crash.maximum_message_size = 64KB",
    )
    .config;
    assert_eq!(config.queue.max_online_messages, None);
    let crash = config.log.crash.expect("on");
    assert_eq!((crash.rotation.size_bytes, crash.rotation.keep), (None, 0));
    assert_eq!(crash.rotation.at, Some(RotationTime::Daily { hour: 0 }));
    assert_eq!(crash.message_bytes_max, 65_536);
    assert_eq!(
        (config.store.sync, config.store.memory_bytes),
        (SyncPolicy::Always, 64 << 20)
    );
    assert_eq!(config.store_tuning.compression, StoreCompression::None);
    assert_eq!(config.worker_threads, 3);
    assert_eq!(config.acl.file, Path::new("/x"));
    let syslog = config.log.syslog.expect("on");
    assert_eq!(
        (syslog.app_name.as_str(), syslog.target),
        ("vmq", SyslogTarget::Local)
    );
}

#[test]
fn socket_options() {
    let tcp = |text: &str| load_text(&format!("tcp_listen_options = {text}")).config.tcp;
    let options = tcp("[{linger, {true, 0}}, {backlog, 5}, {sndbuf, 4096}, {send_timeout, 10}]");
    assert_eq!(
        (options.linger_secs, options.backlog, options.sndbuf),
        (Some(0), 5, Some(4096))
    );
    assert_eq!(
        (options.nodelay, options.send_timeout),
        (false, Duration::from_millis(10))
    );
    let warnings = warnings_of("tcp_listen_options = [{nodelay, maybe}, {priority, 1}, {backlog, -1}]");
    assert_eq!(
        warnings,
        ["vernemq.conf:1: config: tcp_listen_options: no effect here: nodelay, priority, backlog"]
    );
}

#[test]
fn an_interval_of_zero_switches_off() {
    let config = load_text(
        "systree_interval = 0\nvmq_acl.acl_reload_interval = 0\nvmq_passwd.password_reload_interval = -7",
    );
    assert!(!config.config.systree.enabled);
    assert_eq!(config.config.acl.reload_interval, None);
    assert_eq!(config.config.passwd.reload_interval, Some(Duration::from_secs(7)));
}

#[test]
fn rule_files_need_not_exist() {
    let loaded = load_text("vmq_acl.acl_file = /nowhere/acl\nplugins.vmq_passwd = off");
    assert_eq!(
        loaded.rule_files(),
        [("vmq_acl.acl_file", Path::new("/nowhere/acl"))]
    );
}

#[test]
fn secrets_do_not_show() {
    let loaded = load_text("distributed_cookie = hush");
    assert!(!crate::effective_text(&loaded, true).contains("hush"));
    assert!(
        !crate::describe(&loaded, "distributed_cookie", "f")
            .expect("known")
            .contains("hush")
    );
    assert!(!format!("{:?}", loaded.config).contains("hush"));
    assert_eq!(loaded.config.cluster.cookie.expose(), "hush");
}

#[test]
fn texts_of_the_config_command() {
    let loaded = load_text("max_client_id_size = 45");
    let text = crate::effective_text(&loaded, true);
    assert!(
        text.contains("\n# from vernemq.conf:1\nmax_client_id_size = 45\n"),
        "{text}"
    );
    assert!(
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .is_sorted_by_key(|line| line.split(" = ").next())
    );
    assert_eq!(
        crate::describe(&loaded, "max_client_id_size", "/etc/vernemq/vernemq.conf").expect("known"),
        "Documentation for max_client_id_size\nLongest client id in bytes; a longer one is refused.\n\n   Valid Values: \n     \
         - an integer\n   Default Value : 100\n   Set Value     : 45\n"
    );
    let unset = crate::describe(&loaded, "max_apikey_expiry_days", "x.conf").expect("known");
    assert!(
        unset.ends_with("   No default set\n   Value not set in x.conf\n"),
        "{unset}"
    );
    assert_eq!(
        crate::describe(&loaded, "foo", ""),
        Err("Variable 'foo' not found".to_owned())
    );
}

#[test]
fn files_beside_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let etc = folder.path().join("etc");
    std::fs::create_dir(&etc).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(etc.join(name), text).expect("a file");
    write(
        "vernemq.conf",
        "nodename = a@b\nplatform_data_dir = data\nvmq_acl.acl_file = etc/vmq.acl\n",
    );
    write("vm.args", "# x\n-name c@d\n+K true\n-setcookie s\n");
    write("advanced.config", "[].");
    let loaded = load(&etc.join("vernemq.conf"), &|name| {
        (name == "VERNEMQ_ERL_CONFIG").then(String::new)
    });
    let loaded = loaded.unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(loaded.config.node.name, "c@d");
    assert_eq!(loaded.config.cluster.cookie.expose(), "s");
    assert_eq!(loaded.config.node.data_dir, folder.path().join("data"));
    assert_eq!(loaded.config.store.dir, folder.path().join("data/msgstore"));
    assert_eq!(loaded.config.acl.file, folder.path().join("etc/vmq.acl"));
    assert_eq!(loaded.warnings.len(), 4, "{:?}", loaded.warnings);
    write("app.config", "[].");
    let loaded = load(&etc.join("vernemq.conf"), &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(loaded.config.node.name, "a@b");
}

proptest! {
    #[test]
    fn loading_never_panics(text in any_text()) {
        if let Err(faults) = load_str(&text, &|_| Some("$(x".to_owned())) {
            prop_assert!(!faults.is_empty());
        }
    }
}

/// Arbitrary text, and lines of real keys with arbitrary values.
fn any_text() -> impl Strategy<Value = String> {
    let key = (0..table::rows().len(), "[a-z.]{1,4}").prop_map(|(index, name)| {
        let row = &table::rows()[index];
        let words: Vec<&str> = row
            .key
            .split('.')
            .map(|word| {
                if word.starts_with('$') {
                    name.as_str()
                } else {
                    word
                }
            })
            .collect();
        words.join(".")
    });
    let value = prop_oneof![
        "\\PC{0,20}",
        "[0-9a-z\\[\\]{},:;$()<%.'-]{0,20}",
        Just("$(nodename)".to_owned())
    ];
    let line = (key, value).prop_map(|(key, value)| format!("{key} = {value}\n"));
    prop_oneof![
        Just(String::new()),
        "\\PC{0,200}".boxed(),
        proptest::collection::vec(line, 1..20).prop_map(|l| l.concat())
    ]
}
