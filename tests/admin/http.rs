//! `/api/v1`, the mirror of `vmq-admin` (admin.md 14, 21.8).

use super::tool::{answer, client};
use super::web::Web;
use harness::control::eventually_blocking;
use harness::{QOS0, QOS1, V4, V5};
use vmq_admin::Element;

const DONE: &str = r#"{"text":"Done","type":"text"}"#;

fn port(web: &Web) -> String {
    let listeners = answer(&web.node, "listener show --format=raw");
    let mqtt = listeners.lines().find(|row| row.starts_with("mqtt\t")).unwrap();
    mqtt.split('\t').nth(3).unwrap().to_owned()
}

/// admin.md 14.5, with the node alone that it is.
#[tokio::test]
async fn the_examples_of_the_manual() {
    let web = Web::started("plugins.vmq_acl = off\nallow_anonymous = on");
    assert_eq!(
        web.body("/api/v1/cluster/show"),
        r#"{"table":[{"Node":"VerneMQ@127.0.0.1","Running":true}],"type":"table"}"#
    );
    let refused = web.get("/api/v1/cluster/join?discovery-node=NodeB@10.0.0.2");
    assert_eq!(refused.alert(), (400, "not available in this version"));
    let listeners = web.body("/api/v1/listener/show");
    let mqtt = format!(
        r#"{{"type":"mqtt","status":"running","address":"127.0.0.1","port":"{}","mountpoint":"","max_conns":10000,"active_conns":0,"all_conns":0}}"#,
        port(&web)
    );
    assert!(listeners.contains(&mqtt), "{listeners}");
    assert_eq!(
        web.body("/api/v1/plugin/show"),
        r#"{"table":[{"Plugin":"vmq_passwd","Type":"application","Hook(s)":"auth_on_register\nauth_on_register_m5\n","M:F/A":"vmq_passwd:auth_on_register/5\nvmq_passwd:auth_on_register_m5/6\n"}],"type":"table"}"#
    );
    assert_eq!(
        web.get("/api/v1/plugin/enable?--name=vmq_passwd").alert(),
        (200, "Can't enable plugin: vmq_passwd due to already_enabled")
    );
    let metrics = web.body("/api/v1/metrics/show");
    assert!(metrics.starts_with(r#"{"text":""#), "{metrics}");
    assert!(
        metrics.contains("counter.mqtt_connect_received = 0\\n"),
        "{metrics}"
    );
    assert!(metrics.ends_with(r#"","type":"text"}"#), "{metrics}");
    // monitoring.md 2.2
    let labelled = web.body("/api/v1/metrics/show?--with-descriptions&--mqtt_version=5");
    assert!(
        labelled.starts_with(r##"{"text":"# "##) && labelled.contains("\\ncounter.mqtt_connect_received = 0")
    );
    assert_eq!(
        web.body("/api/v1/set?allow_anonymous=on"),
        r#"{"text":"allow_anonymous set to \"on\"","type":"text"}"#
    );
    // The key of the example waits for clustering.
    let netsplit = web.get("/api/v1/set?allow_publish_during_netsplit=on");
    assert!(
        netsplit
            .alert()
            .1
            .ends_with("not available in this version: clustering")
    );
    assert_eq!(
        web.body("/api/v1/show/retry_interval"),
        r#"{"table":[{"node":"VerneMQ@127.0.0.1","retry_interval":20}],"type":"table"}"#
    );
    let keys = web.body("/api/v1/api-key/show");
    assert!(keys.starts_with(r#"{"table":[{"Key":""#), "{keys}");
    assert!(
        keys.ends_with(r#"","Scope":"mgmt","Expires (UTC)":"never","has expired":false}],"type":"table"}"#),
        "{keys}"
    );
    assert_eq!(web.body("/api/v1/session/show"), r#"{"table":[],"type":"table"}"#);
}

/// admin.md 14.5
#[tokio::test]
async fn sessions_and_retained_messages() {
    let web = Web::started("");
    let mut one = client(&web.node, V4, "c1").connect().await;
    one.subscribe("a/b", QOS1).await;
    let row = |user: &str| {
        format!(
            r#"{{"table":[{{"client_id":"c1","is_online":true,"mountpoint":"","peer_host":"127.0.0.1","peer_port":PORT,"user":{user}}}],"type":"table"}}"#
        )
    };
    let shown = web.body("/api/v1/session/show");
    let (before, rest) = shown.split_once(r#""peer_port":"#).unwrap();
    let (_, after) = rest.split_once(',').unwrap();
    assert_eq!(format!("{before}\"peer_port\":PORT,{after}"), row("null"));
    assert_eq!(
        web.body("/api/v1/session/show?--client_id&--topic&--limit=10"),
        r#"{"table":[{"client_id":"c1","topic":"a/b"}],"type":"table"}"#
    );
    one.publish_retained("some/topic", QOS1, "a-message").await;
    one.publish_retained("some/a&b c=d", QOS1, "other").await;
    assert_eq!(
        web.body("/api/v1/retain/show?--payload&--topic=some/topic"),
        r#"{"table":[{"payload":"a-message"}],"type":"table"}"#
    );
    // 14.3: `+` is a blank, and what it is not is encoded.
    for (query, payloads) in [
        ("--topic=some%2Fa%26b%20c%3Dd&--payload", &["other"][..]),
        ("--topic=some/a%26b+c=d&--payload=", &["other"]),
        ("--payload&--topic=some/%2B&--limit=1", &["other"]),
        ("--payload&--topic=%23", &["other", "a-message"]),
        ("--payload&--topic=some/+", &[]),
    ] {
        let row = |payload: &&str| format!(r#"{{"payload":"{payload}"}}"#);
        let rows: Vec<String> = payloads.iter().map(row).collect();
        let expected = format!(r#"{{"table":[{}],"type":"table"}}"#, rows.join(","));
        assert_eq!(
            web.body(&format!("/api/v1/retain/show?{query}")),
            expected,
            "{query}"
        );
    }
    assert_eq!(
        web.body("/api/v1/session/disconnect?client-id=c1&--cleanup"),
        DONE
    );
    one.expect_close().await;
    assert_eq!(web.body("/api/v1/sessions"), r#"{"table":[],"type":"table"}"#);
    web.node
        .wait_for_log("peer=127.0.0.1 via=http cmd=\"session disconnect client-id=c1 --cleanup\"");
}

/// admin.md 14.3
#[test]
fn paths_have_aliases() {
    let web = Web::started("");
    for (alias, path) in [
        ("sessions", "session/show"),
        ("listeners", "listener/show"),
        ("plugins", "plugin/show"),
        ("cluster", "cluster/show"),
        ("cluster/status", "cluster/show"),
        ("plugins/show?--plugin=vmq_acl", "plugin/show?--plugin=vmq_acl"),
        ("node/%73tatus/", "node/status"),
        ("show/retry_interval/nodename", "show/retry_interval/nodename"),
        ("describe/retry_interval?--format=json", "describe/retry_interval"),
    ] {
        let without_numbers = |text: String| text.replace(|digit: char| digit.is_ascii_digit(), "");
        let [one, other] = [alias, path].map(|path| web.body(&format!("/api/v1/{path}")));
        assert_eq!(without_numbers(one), without_numbers(other), "{alias}");
    }
    // Keys and flags in any order, a flag that is nearly empty, a form.
    let made = web.post("/api/v1/api-key/add", "scope=api2&key=0123456789abcdef");
    assert_eq!(
        (made.status, made.body.as_str()),
        (200, r#"{"text":"ok","type":"text"}"#)
    );
    let gone = web.body("/api/v1/api-key/delete?scope=api2&key=0123456789abcdef");
    assert_eq!(gone, r#"{"text":"ok","type":"text"}"#);
    assert_eq!(
        web.body("/api/v1/session/disconnect?--cleanup=&client-id=x"),
        DONE
    );
}

/// admin.md 14.4
#[test]
fn what_is_no_command_is_400_with_its_text() {
    let web = Web::started("");
    let usage = web.get("/api/v1/session/fly");
    assert!(
        usage
            .alert()
            .1
            .starts_with("Usage: vmq-admin session <sub-command>"),
        "{usage:?}"
    );
    assert_eq!(usage.status, 400);
    for path in ["", "/", "/nothing", "/set/a=b/--all"] {
        let reply = web.get(&format!("/api/v1{path}"));
        assert!(
            reply.status == 400 && reply.body.contains("Usage: vmq-admin"),
            "{path}: {reply:?}"
        );
    }
    for (path, text) in [
        ("session/show?client_id=x", r"Invalid arguments: client_id=x "),
        ("session/show?--colour", r#"Invalid key: \"colour\""#),
        (
            "session/show?--limit=many",
            r#"Invalid value: \"many\" for flag: limit"#,
        ),
        (
            "session/disconnect?client-id=",
            r#"Empty value in argument: \"client-id\""#,
        ),
        ("session/show?limit", r#"Invalid flag: \"limit\""#),
        ("session/disconnect?client-id=x&-c", r#"Invalid flag: \"-c\""#),
        (
            "session/disconnect?client-id=x&client-id=y",
            r#"Argument given twice: \"client-id\""#,
        ),
        ("node/status?--x", r#"Invalid Flags: [\"x\"]"#),
        (
            "node/status?--format=csv",
            r#"Invalid value: \"csv\" for flag: format"#,
        ),
        (
            "trace/client?client-id=x",
            "trace client is not available over HTTP",
        ),
        ("script/show", "not available in this version"),
    ] {
        assert_eq!(web.get(&format!("/api/v1/{path}")).alert(), (400, text), "{path}");
    }
    // What a command has to say stays 200.
    for (path, text) in [
        (
            "plugin/enable?--name=nobody",
            "Can't enable plugin: nobody due to plugin_not_found",
        ),
        ("show/nothing", "Invalid config keys: nothing "),
        (
            "session/disconnect?client-id=x&--mountpoint",
            "Invalid mountpoint value",
        ),
    ] {
        assert_eq!(web.get(&format!("/api/v1/{path}")).alert(), (200, text), "{path}");
    }
    let usage = web.get("/api/v1/session/disconnect");
    assert_eq!(usage.status, 200);
    assert!(
        usage.alert().1.starts_with("Usage: vmq-admin session disconnect"),
        "{usage:?}"
    );
    let help = web.body("/api/v1/session/show?--help");
    assert!(
        help.starts_with(r#"{"type":"usage","usage":"Usage: vmq-admin session show"#),
        "{help}"
    );
}

/// admin.md 14.2, decisions.md 11
#[test]
fn methods_follow_what_a_command_does() {
    let web = Web::started("");
    let of = |method: &str, path: &str| {
        let reply = web.ask(method, &format!("/api/v1/{path}"), "");
        let allow = reply
            .head
            .lines()
            .find_map(|line| line.strip_prefix("allow: ").map(str::to_owned));
        (reply.status, allow.unwrap_or_default())
    };
    let (reads, writes) = ("get, head, options".to_owned(), "get, options, post".to_owned());
    assert_eq!(of("HEAD", "session/show"), (200, String::new()));
    assert_eq!(of("POST", "session/show"), (405, reads.clone()));
    assert_eq!(of("HEAD", "metrics/reset"), (405, writes.clone()));
    assert_eq!(of("GET", "metrics/reset"), (200, String::new()));
    assert_eq!(of("POST", "metrics/reset"), (200, String::new()));
    // It changes nothing, and what it shows is secret.
    assert_eq!(of("HEAD", "api-key/show"), (405, writes));
    for method in ["PUT", "DELETE", "PATCH", "TRACE"] {
        assert_eq!(of(method, "metrics/reset").0, 405, "{method}");
        assert_eq!(
            web.send(method, "/api/v1/metrics/reset", "", "").status,
            405,
            "{method}"
        );
    }
    let head = web.ask("HEAD", "/api/v1/cluster/show", "");
    assert!(head.body.is_empty() && head.has("content-length: 70"), "{head:?}");
    // Fewer are let in with one setting, at once.
    assert_eq!(web.body("/api/v1/set?http_mgmt.get_mutations=off").len(), 63);
    assert_eq!(of("GET", "metrics/reset"), (405, "options, post".to_owned()));
    assert_eq!(of("POST", "metrics/reset"), (200, String::new()));
    assert_eq!(of("GET", "api-key/show").0, 200);
    assert_eq!(of("GET", "session/show").0, 200);
    let posted = web.post("/api/v1/set", "http_mgmt.get_mutations=on");
    assert_eq!((posted.status, of("GET", "metrics/reset").0), (200, 200));
}

/// Whoever has no key learns nothing, not even what is right.
#[test]
fn the_key_comes_before_everything_else() {
    let web = Web::started("");
    for path in [
        "nothing",
        "session/show?--colour",
        "%zz",
        "openapi.json",
        "set?a=%ff",
    ] {
        let reply = web.send("GET", &format!("/api/v1/{path}"), "Accept: text/html\r\n", "");
        assert_eq!((reply.status, reply.body.as_str()), (401, ""), "{path}");
    }
    assert_eq!(web.send("GET", "/api/v2/nothing", "", "").status, 401);
    let open = Web::started("http_module.vmq_http_mgmt_api.auth.mode = noauth");
    let reply = open.send("POST", "/api/v1/metrics/reset", "", "");
    assert_eq!((reply.status, reply.body.as_str()), (200, DONE));
    open.node
        .wait_for_log("admin: key=none peer=127.0.0.1 via=http cmd=\"metrics reset\"");
}

/// admin.md 14.2
#[test]
fn only_json_and_only_to_pages_that_may() {
    let web = Web::started("");
    let accept = |what: &str| {
        web.ask("GET", "/api/v1/cluster/show", &format!("Accept: {what}\r\n"))
            .status
    };
    assert_eq!(accept("application/json"), 200);
    assert_eq!(accept("text/html, */*;q=0.1"), 200);
    assert_eq!(accept("text/html"), 406);
    let options = web.send("OPTIONS", "/api/v1/anything/at/all", "", "");
    assert_eq!((options.status, options.body.as_str()), (200, ""));
    for line in [
        "access-control-max-age: 1728000",
        "access-control-allow-methods: head, get",
        "access-control-allow-headers: content-type, authorization",
    ] {
        assert!(options.has(line), "{options:?}");
    }
    let none = web.get("/api/v1/cluster/show").head + &options.head;
    assert!(!none.contains("allow-origin"), "{none}");
    web.post("/api/v1/set", "http_mgmt.allow_origin=https://ops.example");
    let line = "access-control-allow-origin: https://ops.example";
    assert!(web.get("/api/v1/cluster/show").has(line));
    assert!(web.send("OPTIONS", "/api/v1/cluster/show", "", "").has(line));
    let bad = web.post("/api/v1/set", "http_mgmt.allow_origin=a%0d%0ab");
    assert!(bad.alert().1.contains("http_mgmt.allow_origin"), "{bad:?}");
}

/// More than fits into one piece of memory leaves as it is made.
#[tokio::test]
async fn a_long_table_is_whole() {
    let web = Web::started("");
    let mut publisher = client(&web.node, V5, "p").connect().await;
    for number in 0..1600 {
        let packet = harness::Publish {
            retain: true,
            ..harness::publish(&format!("t/{number}"), "x")
        };
        publisher.send(&harness::Packet::Publish(packet)).await;
    }
    publisher.publish("after", QOS0, "").await;
    let reply = web.get("/api/v1/retain/show?--topic&--limit=2000");
    assert!(reply.has("transfer-encoding: chunked"), "{}", reply.head);
    assert_eq!(rows_of(&reply.body), 1600);
    let short = web.get("/api/v1/retain/show?--topic&--limit=400");
    assert!(!short.has("transfer-encoding: chunked"), "{}", short.head);
    assert_eq!(rows_of(&short.body), 400);
    let note = "x-vernemq-note: showing first 400 rows per node, use --limit (400 of 1600)";
    assert!(
        short.has(note) && !reply.head.contains("x-vernemq-note"),
        "{}",
        short.head
    );
    // A form makes no difference, and every command gives its place back.
    for _ in 0..40 {
        let reply = web.post("/api/v1/retain/show", "--topic&--limit=2000");
        assert_eq!(rows_of(&reply.body), 1600);
    }
}

/// A bounded number at a time; a client that goes away gives its place back.
#[tokio::test]
async fn commands_whose_client_has_gone_end() {
    let web = Web::started("");
    let mut publisher = client(&web.node, V5, "p").connect().await;
    for number in 0..600 {
        let payload = vec![b'x'; 20_000];
        publisher
            .publish_retained(&format!("t/{number}"), QOS0, payload)
            .await;
    }
    // None of them reads what it asked for: twelve megabytes are more than sockets hold.
    let all = "/api/v1/retain/show?--payload&--limit=600";
    let waiting: Vec<_> = (0..32).map(|_| web.begin("GET", all)).collect();
    assert_eq!(web.get(all).alert(), (503, "too many commands at a time"));
    assert_eq!(web.send("GET", "/health", "", "").status, 200);
    drop(waiting);
    eventually_blocking("the places to be free", || {
        web.get("/api/v1/cluster/show").status == 200
    });
    assert_eq!(rows_of(&web.get(all).body), 600);
}

fn rows_of(body: &str) -> usize {
    match vmq_admin::wire::decode::<Element>(body.as_bytes()) {
        Ok(Element::Table(rows)) => rows.len(),
        other => panic!("{other:?}"),
    }
}

/// The document that describes all this.
#[test]
fn the_interface_describes_itself() {
    let web = Web::started("");
    let document = web.body("/api/v1/openapi.json");
    for part in [
        r#""openapi":"3.1.0""#,
        r#""/api/v1/session/show":{"get":{"#,
        r#""/api/v1/show/{setting}""#,
        r#""name":"--client_id""#,
        r#""operationId":"post_api_key_create""#,
        r#""scheme":"basic""#,
    ] {
        assert!(document.contains(part), "{part}");
    }
    assert_eq!(web.ask("POST", "/api/v1/openapi.json", "").status, 405);
}
