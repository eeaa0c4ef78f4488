//! The story of access, as an operator lives it: `vmq-passwd` makes the file, rules follow, the right clients get in,
//! the others are told the right code, and the log of the real process says why.

use crate::install;
use crate::libraries::level;
use crate::mosquitto::{publisher, subscriber};
use crate::program::{Ended, Program};
use harness::control::Foreground;
use harness::*;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const RULES: &str = "\
# for everybody
topic open/#
topic read news
user alice
topic alice/#
topic write news
pattern own/%u/%c/#
";

/// A closed broker that knows alice (`secret`) and bob (`p w`).
struct House {
    node: Node,
    address: SocketAddr,
    _running: Foreground,
}

impl House {
    async fn open() -> Self {
        let node = Node::new("allow_anonymous = off");
        fs::write(node.home().join("vmq.acl"), RULES).unwrap();
        let passwords = node.home().join("vmq.passwd");
        fs::remove_file(&passwords).unwrap();
        vmq_passwd(&["-c"], &passwords, "alice", "secret");
        vmq_passwd(&[], &passwords, "bob", "p w");
        let running = node.foreground(&mut node.command(&["console"]));
        let mut address = None;
        eventually("the address in the log", async || {
            address = listener_address(&node.log());
            address.is_some()
        })
        .await;
        Self {
            address: address.unwrap(),
            node,
            _running: running,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.node.home().join(name)
    }

    /// A line of the log with all these parts.
    async fn logs(&self, parts: &[&str]) {
        let what = format!("a log line with {parts:?}");
        eventually(&what, async || {
            self.node
                .log()
                .lines()
                .any(|line| parts.iter().all(|part| line.contains(part)))
        })
        .await;
    }

    fn publish(&self, v: Version, user: &str, password: &str, topic: &str) -> Ended {
        as_user(publisher(v, self.address), user, password)
            .words(&format!("-i {user}-{v:?} -q 1 -m x -t {topic}"))
            .run()
    }

    fn subscribe(&self, v: Version, user: &str, password: &str, topic: &str) -> Ended {
        as_user(subscriber(v, self.address), user, password)
            .words(&format!("-i {user}-{v:?} -q 1 -E -t {topic}"))
            .run()
    }
}

fn as_user(program: Program, user: &str, password: &str) -> Program {
    program.arg("-u").arg(user).arg("-P").arg(password)
}

fn vmq_passwd(options: &[&str], file: &Path, user: &str, password: &str) {
    let program = options.iter().fold(install::vmq_passwd(), Program::arg);
    program
        .arg(file)
        .arg(user)
        .input(format!("{password}\n{password}\n"))
        .succeed();
}

/// Port 0 was asked for; the log says what came of it.
fn listener_address(log: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once("listener default on ")?;
    rest.split_whitespace().next()?.parse().ok()
}

/// 0x80 is all that 3.x knows.
fn refused_subscription(v: Version) -> &'static str {
    if v == V5 { "135" } else { "128" }
}

/// The code that `mosquitto_pub` ends with is the one of the CONNACK.
async fn who_gets_in(v: Version) {
    let house = House::open().await;
    for (user, password) in [("alice", "secret"), ("bob", "p w")] {
        let ended = house.publish(v, user, password, "open/x");
        assert_eq!((ended.code, ended.lines), (Some(0), Vec::new()), "{user}");
    }
    let version_5 = (134, "Bad User Name or Password");
    let (wrong, unknown) = match v {
        V5 => (version_5, version_5),
        V3 | V4 => ((4, "bad user name or password"), (5, "not authorised")),
    };
    for (user, password, told, why) in [
        ("alice", "Secret", wrong, "invalid_credentials"),
        ("bob", "p", wrong, "invalid_credentials"),
        ("carol", "secret", unknown, "plugin_chain_exhausted"),
    ] {
        let ended = house.publish(v, user, password, "open/x");
        assert_eq!(ended.code, Some(told.0), "{user} {ended:?}");
        assert!(ended.says(told.1), "{user} {ended:?}");
        let client = format!("can't authenticate client {{[],<<\"{user}-{v:?}\">>}} from 127.0.0.1:");
        house
            .logs(&["[warning]", &client, &format!(" due to {why}")])
            .await;
    }
    let nobody = publisher(v, house.address)
        .words("-i nobody -t open/x -m x")
        .run();
    assert_eq!(nobody.code, Some(unknown.0), "{nobody:?}");
    house
        .logs(&[
            "can't authenticate client {[],<<\"nobody\">>}",
            "plugin_chain_exhausted",
        ])
        .await;
    // monitoring.md 12.10: one line for each, also when the log has gone on.
    assert_eq!(house.node.verb(&["reload"]).code, 0);
    house.logs(&["reloading the configuration"]).await;
    assert_eq!(offenders(&house.node.log()), ["127.0.0.1"; 4]);
    assert!(!house.node.log().contains("Secret"), "a password in the log");
}

/// What the expression for fail2ban finds: `can't authenticate client .* from <HOST>:\d+ due to` (monitoring.md 7.8).
fn offenders(log: &str) -> Vec<String> {
    let peer = |line: &str| -> Option<SocketAddr> {
        let (_, rest) = line.split_once("can't authenticate client ")?;
        let (before, _) = rest.rsplit_once(" due to")?;
        before.rsplit_once(" from ")?.1.parse().ok()
    };
    log.lines()
        .filter_map(|line| Some(peer(line)?.ip().to_string()))
        .collect()
}
versions!(tcp who_gets_in: V3, V4, V5);

/// mqtt.md 5.3: version 3.1 is not told, 3.1.1 loses its connection, 5 gets a code.
async fn who_may_publish(v: Version) {
    let house = House::open().await;
    let own = format!("own/alice/alice-{v:?}/x");
    for (user, password, topic) in [
        ("alice", "secret", "alice/x"),
        ("alice", "secret", "news"),
        ("alice", "secret", own.as_str()),
        ("bob", "p w", "open/x"),
    ] {
        let ended = house.publish(v, user, password, topic);
        assert_eq!((ended.code, ended.lines), (Some(0), Vec::new()), "{user} {topic}");
    }
    for (topic, words) in [
        ("news", r#"[<<"news">>]"#),
        ("alice/x", r#"[<<"alice">>,<<"x">>]"#),
    ] {
        let ended = house.publish(v, "bob", "p w", topic);
        match v {
            V3 => assert_eq!((ended.code, ended.lines), (Some(0), Vec::new())),
            V4 => {
                assert_eq!(ended.code, Some(7), "{ended:?}");
                assert!(ended.says("The connection was lost"), "{ended:?}");
            }
            V5 => assert!(ended.says("Publish 1 failed: Not authorized"), "{ended:?}"),
        }
        let why = format!(
            "can't auth publish for client {{[],<<\"bob-{v:?}\">>}} (user <<\"bob\">>) on topic {words} due to \
             plugin_chain_exhausted"
        );
        house.logs(&["[error]", &why]).await;
    }
}
versions!(tcp who_may_publish: V3, V4, V5);

async fn who_may_subscribe(v: Version) {
    let house = House::open().await;
    let own = format!("own/bob/bob-{v:?}/#");
    for (topic, granted) in [
        ("open/#", true),
        ("news", true),
        (own.as_str(), true),
        ("alice/x", false),
        ("own/bob/another/#", false),
        ("#", false),
    ] {
        let ended = house.subscribe(v, "bob", "p w", topic);
        let code = if granted { "1" } else { refused_subscription(v) };
        assert!(
            ended.says(&format!("Subscribed (mid: 1): {code}")),
            "{topic} {ended:?}"
        );
    }
    let v3_or_v5 = if v == V5 { "v5" } else { "v3" };
    let why =
        format!("can't authorize SUBSCRIBE from {v3_or_v5} client {{[],<<\"bob-{v:?}\">>}} from 127.0.0.1:");
    house
        .logs(&["[error]", &why, " due to plugin_chain_exhausted"])
        .await;
}
versions!(tcp who_may_subscribe: V3, V4, V5);

/// The same codes, as the two libraries hand them to a program.
async fn what_the_libraries_are_told(v: Version) {
    let house = House::open().await;
    let (wrong, unknown) = if v == V5 { ("134", "134") } else { ("4", "5") };
    let url = format!("mqtt://{}", house.address);
    for (script, file) in [
        (install::python as fn(&str) -> Program, "with_paho.py"),
        (install::node, "with_mqtt_js.js"),
    ] {
        for (words, told) in [
            ("alice Secret a alice/x", [Some(wrong), None]),
            ("carol secret a alice/x", [Some(unknown), None]),
            ("alice secret a alice/x", [Some("0"), Some("1")]),
            ("alice secret a bob/x", [Some("0"), Some(refused_subscription(v))]),
        ] {
            let program = script(file).words(&format!("{url} {} access {words}", level(v)));
            let ended = program.run();
            let codes = [ended.code_of("connect"), ended.code_of("subscribe")];
            assert_eq!(codes, told, "{file} {words} {ended:?}");
        }
    }
}
versions!(tcp what_the_libraries_are_told: V3, V4, V5);

/// A promise of MQTT.js fails with the code of the PUBACK; a lost connection is all that 3.1.1 can say.
async fn what_a_publisher_is_told(v: Version) {
    let house = House::open().await;
    let refused = match v {
        V3 => "0",
        V4 => "closed",
        V5 => "135",
    };
    for (topic, told) in [("alice/x", "0"), ("bob/x", refused)] {
        let arguments = format!(
            "mqtt://{} {} access alice secret a {topic}",
            house.address,
            level(v)
        );
        let ended = install::node("with_mqtt_js.js").words(&arguments).run();
        assert_eq!(ended.code_of("publish"), Some(told), "{topic} {ended:?}");
    }
}
versions!(tcp what_a_publisher_is_told: V3, V4, V5);

/// Both files are read again while clients come and go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_users_and_rules_need_no_restart() {
    let house = House::open().await;
    let passwords = house.file("vmq.passwd");
    vmq_passwd(&[], &passwords, "carol", "new");
    vmq_passwd(&["-D"], &passwords, "bob", "");
    let beside = house.file("vmq.acl.new");
    fs::write(&beside, format!("{RULES}user carol\ntopic write news\n")).unwrap();
    fs::rename(&beside, house.file("vmq.acl")).unwrap();
    eventually("carol to publish news", async || {
        let ended = house.publish(V5, "carol", "new", "news");
        ended.code == Some(0) && ended.lines.is_empty()
    })
    .await;
    eventually("bob to be unknown", async || {
        house.publish(V4, "bob", "p w", "open/x").code == Some(5)
    })
    .await;
}

impl Ended {
    fn says(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.contains(text))
    }

    /// What stands behind this word in a line of a script.
    fn code_of(&self, word: &str) -> Option<&str> {
        self.lines
            .iter()
            .find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
    }
}
