//! `support bundle` (issue 4, point 8): complete, without secrets, for nobody else's eyes, never over another file.

use crate::tool::{client, vmq_admin};
use harness::{Node, QOS1, V4};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

/// Words that stand in the configuration and must not stand in the bundle.
const SECRETS: [&str; 3] = ["cookie-hush", "carbon-hush", "key-hush"];

fn conf() -> String {
    format!(
        "distributed_cookie = {}\ngraphite_api_key = {}\nlistener.ssl.keypasswd = {}",
        SECRETS[0], SECRETS[1], SECRETS[2]
    )
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_bundle_is_complete_and_has_no_secrets() {
    let node = Node::started(&conf());
    let mut greedy = client(&node, V4, "greedy").connect().await;
    greedy.subscribe("some/topic", QOS1).await;
    greedy.publish_retained("some/topic", QOS1, "payload-hush").await;
    let file = node.home().join("bundle.tar");
    let output = format!("--output={}", file.display());
    let said = vmq_admin(&node, &["support", "bundle", &output, "--with-logs"]);
    let saved = format!("Saved in {}\n", file.display());
    assert_eq!((said.out, said.err.as_str(), said.code), (saved, "", 0));
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let bytes = fs::read(&file).unwrap();
    for secret in SECRETS.into_iter().chain(["payload-hush"]) {
        assert!(!has(&bytes, secret), "{secret}");
    }
    for text in [
        "******",
        "greedy",
        "some/topic",
        "queue_message_drop",
        "open_files_soft",
    ] {
        assert!(has(&bytes, text), "{text}");
    }

    let tar = Command::new("tar").arg("-tf").arg(&file).output().unwrap();
    let listed = String::from_utf8(tar.stdout).unwrap();
    let names: Vec<&str> = listed
        .lines()
        .map(|line| line.split_once('/').unwrap().1)
        .collect();
    let expected = "about.json settings.json history.json log.json node.json cluster.json listeners.json tls.json \
                    tls-check.json plugins.json durability.json log-config.json traces.json metrics.json \
                    sessions-by-queue.json sessions-by-inflight.json sessions-by-drops.json sessions-by-bytes-in.json \
                    sessions-by-bytes-out.json sessions-by-subscriptions.json topics.json";
    assert_eq!(names.join(" "), expected);
    let folder = node.home().join("unpacked");
    fs::create_dir(&folder).unwrap();
    let unpacked = Command::new("tar")
        .arg("-xf")
        .arg(&file)
        .arg("-C")
        .arg(&folder)
        .status();
    assert!(unpacked.unwrap().success());
    let inner = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    for name in names {
        let text = fs::read_to_string(inner.join(name)).unwrap();
        assert!(
            text.starts_with(['{', '[']) && text.ends_with(['\n']),
            "{name}: {text}"
        );
    }
    let settings = fs::read_to_string(inner.join("settings.json")).unwrap();
    let cookie = format!(
        r#"{{"key":"distributed_cookie","value":"******","default":"vmq","origin":"{}:"#,
        node.conf().display()
    );
    assert!(settings.contains(&cookie), "{settings}");
    let log = fs::read_to_string(inner.join("log.json")).unwrap();
    assert!(
        log.contains("vernemq ") && log.contains("starting, node"),
        "{log}"
    );

    let again = vmq_admin(&node, &["support", "bundle", &output]);
    let refused = format!(
        "can't write {} due to File exists (os error 17)\n",
        file.display()
    );
    assert_eq!((again.out, again.code), (refused, 1));
    assert_eq!(fs::read(&file).unwrap(), bytes);
    node.wait_for_log("cmd=\"support bundle (settings)\"");
}

/// Without the option there are no log lines; as JSON the answer is one.
#[test]
fn logs_are_asked_for() {
    let node = Node::started("");
    let file = node.home().join("b.tar");
    let output = format!("--output={}", file.display());
    let said = vmq_admin(&node, &["support", "bundle", &output, "--format=json"]);
    let saved = format!("{{\"text\":\"Saved in {}\",\"type\":\"text\"}}\n", file.display());
    assert_eq!((said.out, said.code), (saved, 0));
    assert!(!has(&fs::read(&file).unwrap(), "log.json"));
}

/// A node without a broker is helped as well, and what is missing is named.
#[test]
fn a_stopped_node_gives_what_it_can() {
    let node = Node::started("");
    assert_eq!(vmq_admin(&node, &["node", "stop"]).code, 0);
    let file = node.home().join("b.tar");
    let output = format!("--output={}", file.display());
    let said = vmq_admin(&node, &["support", "bundle", &output, "--with-logs"]);
    assert_eq!(said.code, 1);
    assert!(
        said.out
            .contains("\nnot complete: history.json, listeners.json, "),
        "{}",
        said.out
    );
    let bytes = fs::read(&file).unwrap();
    assert!(has(&bytes, "open_files_soft") && has(&bytes, "the broker is stopped"));
}
