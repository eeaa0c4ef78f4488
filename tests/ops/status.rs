//! How the node is, for load balancers, for people and for their scripts (monitoring.md 4, 5).

use crate::http::{OK, ask, get, with_http};
use harness::{QOS0, QOS1, V5};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use vmq_broker::listener::Listener;

/// monitoring.md 12.7: a listener that an operator has suspended.
#[tokio::test]
async fn a_suspended_listener_is_told() {
    let broker = with_http("listener.ws.sockets = 127.0.0.1:0").start().await;
    let all = broker.core().listeners.all();
    let listener = |kind: &str| {
        let is_it = |listener: &&Arc<Listener>| listener.config.kind.type_name() == kind;
        all.iter().find(is_it).unwrap()
    };
    let check = async |reason: Option<&str>| {
        for (path, body) in [
            (
                "/health",
                reason.map(|why| format!(r#"{{"status":"DOWN","reasons":["{why}"]}}"#)),
            ),
            (
                "/health/listeners",
                reason.map(|why| format!(r#"{{"status":"DOWN","reason":"{why}"}}"#)),
            ),
            (
                "/health/listeners_full_cluster",
                reason.map(|why| format!(r#"{{"status":"DOWN","reasons":["{why}"]}}"#)),
            ),
            ("/health/ping", None),
        ] {
            let reply = get(&broker, path).await;
            let expected = body.map_or((200, OK.to_owned()), |body| (503, body));
            assert_eq!((reply.status, reply.body), expected, "{path}");
        }
    };
    check(None).await;
    listener("mqtt").suspend().await.unwrap();
    check(Some("Listeners are not ready: [mqtt]")).await;
    listener("mqttws").suspend().await.unwrap();
    check(Some("Listeners are not ready: [mqtt,mqttws]")).await;
    let feed = get(&broker, "/status.json").await.body;
    assert_eq!(feed.matches(r#""status":"suspended""#).count(), 2, "{feed}");
    listener("mqtt").resume(broker.core()).unwrap();
    check(Some("Listeners are not ready: [mqttws]")).await;
    // One that is deleted is not missed.
    broker.core().listeners.remove(listener("mqttws"));
    check(None).await;
    assert_eq!(
        ask(&broker, "DELETE", "/health", "").await.status,
        200,
        "any method is GET"
    );
}

/// monitoring.md 5.2: names and order of the keys; ours at the end.
#[tokio::test]
async fn the_status_feed_has_the_shape_of_the_page() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = taken.local_addr().unwrap();
    let broker = with_http(&format!(
        "listener.ws.taken = {taken}\nlistener.ws.taken.mountpoint = mp"
    ))
    .start()
    .await;
    let offline = broker.client(V5, "offline").expiry(60).connect().await;
    offline.disconnect().await;
    let mut online = broker.connect(V5, "online").await;
    online.subscribe("a/#", QOS1).await;
    online.publish_retained("r", QOS1, "x").await;
    online.publish("a/b", QOS0, "x").await;
    online.receive("a/b", "x").await;
    let reply = get(&broker, "/status.json").await;
    assert!(
        reply.head.contains("\r\ncontent-type: application/json\r\n"),
        "{reply:?}"
    );
    let (web, mqtt) = (broker.listener("web").port(), broker.addr().port());
    let listener = |kind: &str, status: &str, port: u16, mountpoint: &str| {
        format!(
            r#"{{"type":"{kind}","status":"{status}","ip":"127.0.0.1","port":{port},"mountpoint":"{mountpoint}","max_conns":10000}}"#
        )
    };
    let expected = format!(
        r#"[{{"VerneMQ@127.0.0.1":{{"num_online":1,"num_offline":1,"msg_in":2,"msg_out":1,"queue_in":1,"queue_out":1,"queue_drop":0,"queue_unhandled":0,"num_subscriptions":1,"num_retained":1,"matches_local":1,"matches_remote":0,"version":"{}","mystatus":[{{"VerneMQ@127.0.0.1":true}}],"listeners":[{},{},{}],"uptime_ms":"#,
        env!("CARGO_PKG_VERSION"),
        listener("http", "running", web, ""),
        listener("mqtt", "running", mqtt, ""),
        listener("mqttws", "failed", taken.port(), "mp"),
    );
    assert!(reply.body.starts_with(&expected), "{}\n{expected}", reply.body);
    let ours = &reply.body[expected.len()..];
    let mut last = 0;
    for key in [
        "\"memory_bytes\":",
        "\"cpu_percent\":",
        "\"queue_processes\":2",
        "\"connect_received\":2",
        "\"rates\":{",
    ] {
        let at = ours.find(key).unwrap_or_else(|| panic!("no {key} in {ours}"));
        assert!(at > last, "{key} in {ours}");
        last = at;
    }
    for method in ["POST", "HEAD", "PUT"] {
        assert_eq!(
            ask(&broker, method, "/status.json", "").await.status,
            405,
            "{method}"
        );
    }
}

/// monitoring.md 5.1: the page is public, its figures want the key.
#[tokio::test]
async fn the_status_page_is_public_its_figures_are_not() {
    let broker = with_http("http_module.vmq_status_http.auth.mode = apikey")
        .start()
        .await;
    assert_eq!(get(&broker, "/status.json").await.status, 401);
    let page = get(&broker, "/status").await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("VerneMQ@"), "no figure, no name");
    let elsewhere = get(&broker, "/status/").await;
    assert_eq!(elsewhere.status, 308);
    assert!(
        elsewhere.head.contains("\r\nlocation: ../status\r\n"),
        "{elsewhere:?}"
    );
}
