//! The status page in a browser (monitoring.md 5.3, 5.4): live figures in both themes and at the width of a phone; and
//! what it makes of answers that one node alone does not give.

use super::PATIENCE;
use super::chromium::Chromium;
use crate::install;
use harness::*;
use std::time::Instant;

/// A browser that is there, and where it is driven.
async fn driven() -> (Chromium, String) {
    let browser = Chromium::to_be_driven();
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(url) = browser.debugger() {
            return (browser, url);
        }
        assert!(Instant::now() < end, "the browser does not start");
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
}

/// What the script saw, one line for each look. It runs beside the broker of the test.
async fn seen(debugger: &str, page: &str, words: &str, steps: &str) -> Vec<String> {
    let program = install::node("in_status.js")
        .arg(debugger)
        .arg(page)
        .words(words)
        .input(steps);
    let seen = tokio::task::spawn_blocking(|| program.succeed()).await.unwrap();
    for line in &seen {
        assert!(line.ends_with(r#""faults":[]}"#), "the page has faults: {line}");
    }
    seen
}

fn holds(seen: &str, facts: &[&str]) {
    for fact in facts {
        assert!(seen.contains(fact), "no {fact} in {seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_now_in_every_form() {
    let broker = TestBroker::builder()
        .conf("listener.http.web = 127.0.0.1:0\nlistener.ws.sockets = 127.0.0.1:0")
        .start()
        .await;
    let page = format!("http://{}/status?refresh=1", broker.listener("web"));
    let offline = broker.client(V4, "offline").persistent().connect().await;
    offline.disconnect().await;
    let mut clients = Vec::new();
    let (_browser, debugger) = driven().await;
    for (width, theme) in [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")] {
        let mut client = broker.connect(V5, &format!("c{}", clients.len())).await;
        client.subscribe("a/+", QOS1).await;
        client
            .publish_retained(&format!("r/{}", clients.len()), QOS1, "x")
            .await;
        clients.push(client);
        let lines = seen(&debugger, &page, &format!("{width} {theme}"), "").await;
        let count = clients.len();
        let [line] = lines.as_slice() else {
            panic!("{lines:?}");
        };
        holds(
            line,
            &[
                &format!("\"width\":{width},"),
                &format!("\"dark\":{}", theme == "dark"),
                "All good! No cluster issues found!",
                &format!("\"Clients online\":\"{count}\""),
                "\"Clients offline\":\"1\"",
                "\"Cluster size\":\"1\"",
                "Protocols: MQTT, MQTTWS",
                "Reachable peers: 1 of 1",
                &format!("mqtt {} running", broker.addr()),
                "\"lost\":null",
            ],
        );
        let content: u32 = number(line, "\"content\":");
        assert!(content <= width, "it does not fit: {line}");
        assert!(number(line, "\"curves\":") >= 10, "{line}");
    }
}

fn number(line: &str, before: &str) -> u32 {
    let rest = line.split_once(before).unwrap().1;
    rest[..rest.find(',').unwrap()].parse().unwrap()
}

/// A node of 2.x: no fields of ours, a mountpoint as a list of characters.
fn old_node(peers: &str, version: &str, messages: u32) -> String {
    format!(
        r#"{{"num_online":1,"num_offline":4,"msg_in":{messages},"msg_out":20,"queue_in":20,"queue_out":18,"queue_drop":0,
        "queue_unhandled":1,"num_subscriptions":5,"num_retained":1,"matches_local":12,"matches_remote":0,
        "version":"{version}","mystatus":[{{{peers}}}],"listeners":[
        {{"type":"mqtt","status":"suspended","ip":"10.0.0.1","port":1883,"mountpoint":[],"max_conns":10000}},
        {{"type":"vmq","status":"running","ip":"0.0.0.0","port":44053,"mountpoint":[109,112],"max_conns":"infinity"}}]}}"#
    )
}

/// monitoring.md 5.3, 5.4, 12.9
#[tokio::test(flavor = "multi_thread")]
async fn keys_clusters_old_nodes_and_lost_ones() {
    let broker = TestBroker::builder()
        .conf("listener.http.web = 127.0.0.1:0")
        .start()
        .await;
    let page = format!("http://{}/status?refresh=1", broker.listener("web"));
    let one = old_node(r#""a@1":true,"b@<i>2":true"#, "2.2.0", 10);
    let other = old_node(r#""a@1":false,"b@<i>2":true"#, "2.1.0", 7);
    let alone = old_node(r#""a@1":true"#, "2.2.0", 1_000_000);
    let two = format!(r#"[{{"a@1":{one},"b@<i>2":{other}}}]"#);
    let steps = format!(
        r#"[{{"status":401,"type":"wrong"}},{{"status":401,"type":"right"}},
        {{"status":200,"body":{two},"click":".name"}},{{"status":200,"body":[{{"a@1":{alone}}}]}},{{"fail":true}},
        {{"status":200,"body":[]}},{{"status":200,"body":{two}}}]"#
    );
    let (_browser, debugger) = driven().await;
    let looks = seen(&debugger, &page, "answers", &steps).await;
    assert_eq!(looks.len(), 7, "{looks:?}");
    holds(
        &looks[0],
        &[
            "\"asks\":true",
            "\"wrong\":false",
            "\"main\":false",
            "\"key\":null",
        ],
    );
    holds(
        &looks[1],
        &["\"asks\":true", "\"wrong\":true", "\"key\":\"wrong\""],
    );
    holds(
        &looks[2],
        &[
            "\"asks\":false",
            "\"key\":\"right\"",
            "b@<i>2 a@1 is not reachable.",
            "MQTT listener (10.0.0.1:1883) is suspended",
            "Cluster communication is using the 0.0.0.0 interface.",
            "Different VerneMQ versions <2.1.0 2.2.0> running in the same cluster",
            "\"Cluster size\":\"2\"",
            "\"Clients online\":\"2\"",
            "\"Clients offline\":\"8\"",
            "\"Publish in rate\":\"0/s\"",
            "\"Msg queued\":\"2\"",
            "No MQTT listener",
            "Reachable peers: 1 of 2",
            "\"matrix\":[\"a@1 yes yes\",\"b@<i>2 no yes\"]",
            "vmq 0.0.0.0:44053 running mp infinity",
        ],
    );
    holds(&looks[3], &["\"Cluster size\":\"1\"", "\"Clients online\":\"1\""]);
    assert!(!looks[3].contains("\"Publish in rate\":\"0/s\""), "{}", looks[3]);
    holds(&looks[4], &["\"lost\":\"Connection lost: "]);
    holds(&looks[5], &["\"lost\":null", "\"nodes\":[]"]);
    holds(&looks[6], &["\"Cluster size\":\"2\""]);
}
