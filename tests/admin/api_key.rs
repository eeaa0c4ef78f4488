//! `vmq-admin api-key`, and what the keys open (admin.md 13, 14.1, 16, 21.7).

use super::tool::{answer, rows, vmq_admin};
use super::web::{Web, basic};
use harness::Node;
use harness::control::eventually_blocking;

const KEY: &str = "a-key-that-somebody-brought-along";
/// What `printf KEY | sha256sum` begins with.
const ID: &str = "59639bcb3f08";

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// A command that fails: text on standard output, exit code 1.
fn refused(node: &Node, line: &str) -> String {
    let said = vmq_admin(node, &words(line));
    assert_eq!((said.err.as_str(), said.code), ("", 1), "{line}: {said:?}");
    said.out.trim_end().to_owned()
}

#[test]
fn keys_are_shown_by_id_and_purpose() {
    let node = Node::started("");
    assert_eq!(answer(&node, "api-key show"), "");
    let line = format!("api-key add key={KEY} expires=2099-12-31T23:59:59 scope=health");
    assert_eq!(answer(&node, &line), "ok\n");
    assert_eq!(answer(&node, &format!("api-key add key={KEY}")), "ok\n");
    let human = format!(
        "\
+--------------+-------+---------------+-------------+
| Key          | Scope | Expires (UTC) | has expired |
+--------------+-------+---------------+-------------+
| {ID} | mgmt  | never         | false       |
+--------------+-------+---------------+-------------+
"
    );
    assert_eq!(answer(&node, "api-key show scope=mgmt"), human);
    let json = format!(
        "{{\"table\":[{{\"Key\":\"{ID}\",\"Scope\":\"mgmt\",\"Expires (UTC)\":\"never\",\"has expired\":false}}],\"type\":\"table\"}}\n"
    );
    assert_eq!(answer(&node, "api-key show scope=mgmt --format=json"), json);
    let all = rows(&node, "api-key show scope=all");
    assert_eq!(all.len(), 2);
    // Local time, shown in UTC.
    assert!(all[0].starts_with(&format!("{ID}\thealth\t2")), "{all:?}");
    let verbose = answer(&node, "api-key show --verbose");
    assert!(verbose.contains("| Created (UTC)       |"), "{verbose}");
    let old = vmq_admin(&node, &["api", "list-keys", "--format=raw"]);
    assert_eq!(old.out.lines().count(), 2);
    assert!(
        old.err.contains("deprecated, use vmq-admin api-key show"),
        "{old:?}"
    );
}

/// The texts of the original, braces and all.
#[test]
fn what_is_wrong_with_a_key_is_told() {
    let node = Node::started("min_apikey_length = 20\nmax_apikey_expiry_days = 30");
    let add = |rest: &str| refused(&node, &format!("api-key add {rest}"));
    assert_eq!(add("key=short"), "{error,invalid_key_length}");
    assert_eq!(add(&format!("key={KEY} scope=nothing")), "{error,invalid_scope}");
    for line in [
        format!("api-key add key={KEY}"),
        format!("api-key add key={KEY} expires=2099-12-31T23:59:59"),
        format!("api-key add key={KEY} expires=2001-01-01T00:00:00"),
        format!("api-key add key={KEY} expires=tomorrow"),
        "api-key create".to_owned(),
        "api-key create expires=2001-01-01T00:00:00".to_owned(),
    ] {
        assert_eq!(refused(&node, &line), "{error,invalid_expiry_date}", "{line}");
    }
    for line in ["api-key show scope=nothing", "api-key create scope=all"] {
        assert_eq!(refused(&node, line), "{error,invalid_scope}", "{line}");
    }
    let absent = format!("api-key delete key={KEY}");
    assert_eq!(refused(&node, &absent), "{error,key_not_found}");
    assert!(refused(&node, "api-key delete").starts_with("Usage: vmq-admin api-key delete"));
    assert_eq!(rows(&node, "api-key show"), [""; 0]);
    let node = Node::started("min_apikey_length = 40");
    assert_eq!(answer(&node, "api-key create").len(), 41);
    let long = format!("{KEY}{KEY}");
    assert_eq!(answer(&node, &format!("api-key add key={long}")), "ok\n");
    let again = format!("api-key add key={long}");
    assert_eq!(refused(&node, &again), "{error,key_already_exists}");
    let typed = vmq_admin(
        &node,
        &["api-key", "add", &format!("key={long}"), "--format=json"],
    );
    assert_eq!(
        typed.out,
        "{\"text\":\"{error,key_already_exists}\",\"type\":\"text\"}\n"
    );
}

#[test]
fn keys_survive_a_restart_and_stand_in_no_log() {
    let web = Web::started("");
    answer(&web.node, &format!("api-key add key={KEY} scope=api2"));
    answer(&web.node, &format!("api-key delete key={KEY} scope=api2"));
    let before = rows(&web.node, "api-key show");
    assert_eq!(web.status_with("/api/v1/cluster/show", &web.key), 200);
    assert_eq!(web.node.verb(&["restart"]).code, 0);
    assert_eq!(rows(&web.node, "api-key show"), before);
    let key = web.key.clone();
    let web = Web::of(web.node);
    assert_eq!(web.status_with("/api/v1/metrics/reset", &key), 200);
    web.node.wait_for_log(&format!(
        "admin: key={}\u{2026} peer=127.0.0.1 via=http cmd=\"metrics reset\"",
        &key[..4]
    ));
    web.node
        .wait_for_log("via=socket cmd=\"api-key add key=a-ke\u{2026} scope=api2\"");
    let log = web.node.log();
    assert!(!log.contains(KEY) && !log.contains(&key) && !log.contains(&key[..8]));
    let id = before[0].split('\t').next().unwrap();
    assert_eq!(answer(&web.node, &format!("api-key delete key={id}")), "ok\n");
    assert_eq!(web.status_with("/api/v1/cluster/show", &key), 401);
}

/// admin.md 16: each module wants its own scope; a ping is for everybody.
#[test]
fn a_key_opens_the_module_that_it_is_for() {
    let modules = [
        ("vmq_metrics_http", "metrics", "/metrics"),
        ("vmq_health_http", "health", "/health"),
        ("vmq_http_mgmt_api", "mgmt", "/api/v1/cluster/show"),
        ("vmq_http_v2_api", "api2", "/api/v2/client?client_id=x"),
    ];
    let all = modules.map(|(module, ..)| format!("http_module.{module}.auth.mode = apikey\n"));
    let web = Web::started(&all.concat());
    for (_, scope, path) in modules {
        let key = answer(&web.node, &format!("api-key create scope={scope}"));
        for (module, _, other) in modules {
            let expected = if other == path { 200 } else { 401 };
            assert_eq!(
                web.status_with(other, key.trim_end()),
                expected,
                "{scope} {module}"
            );
        }
    }
    for other in ["httppub", "status"] {
        let key = answer(&web.node, &format!("api-key create scope={other}"));
        for (module, _, path) in modules {
            assert_eq!(web.status_with(path, key.trim_end()), 401, "{other} {module}");
        }
    }
    assert_eq!(web.send("GET", "/health/ping", "", "").status, 200);
    assert_eq!(web.send("GET", "/health/listeners", "", "").status, 401);
}

/// admin.md 14.1
#[test]
fn a_key_is_the_user_or_a_header() {
    let web = Web::started("");
    let status = |headers: &str| web.send("GET", "/api/v1/cluster/show", headers, "").status;
    let key = &web.key;
    assert_eq!(status(&basic(&format!("{key}:"))), 200);
    assert_eq!(status(&basic(&format!("{key}:any:password"))), 200);
    assert_eq!(status(&format!("X-Api-Key: {key}\r\n")), 200);
    let right = format!("x-api-key: {key}\r\n");
    for headers in [
        String::new(),
        format!("{}{right}", basic("guess:")),
        format!("Authorization: Bearer {key}\r\n"),
        format!("Authorization: Basic {key}\r\n"),
        basic(key),
        format!("x-api-key: {}\r\n", &key[1..]),
        format!("x-api-key: {key}0\r\n"),
        "x-api-key:\r\n".to_owned(),
    ] {
        let reply = web.send("GET", "/api/v1/cluster/show", &headers, "");
        assert_eq!((reply.status, reply.body.as_str()), (401, ""), "{headers}");
        assert!(
            reply.has("www-authenticate: basic realm=\"vernemq\""),
            "{reply:?}"
        );
    }
}

#[test]
fn an_expired_key_opens_nothing_and_says_so() {
    let web = Web::started("");
    // The first second that is surely still to come.
    let mut seconds = 2;
    let soon = loop {
        let time = date(&format!("+{seconds} seconds"));
        let said = vmq_admin(&web.node, &["api-key", "create", &format!("expires={time}")]);
        if said.code == 0 {
            break said.out.trim_end().to_owned();
        }
        seconds += 2;
        assert!(seconds < 60, "{said:?}");
    };
    eventually_blocking("the key to expire", || {
        web.status_with("/api/v1/cluster/show", &soon) == 401
    });
    let shown = rows(&web.node, "api-key show");
    assert!(
        shown[0].ends_with("\tnever\tfalse") && shown[1].ends_with("\ttrue"),
        "{shown:?}"
    );
}

/// A local time, as it is typed.
fn date(when: &str) -> String {
    let output = std::process::Command::new("date")
        .args(["-d", when, "+%Y-%m-%dT%H:%M:%S"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}
