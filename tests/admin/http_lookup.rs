//! `/api/v2`: one client at a time (admin.md 15).

use super::tool::{answer, client};
use super::web::Web;
use harness::{QOS0, QOS1, QOS2, V4, V5};
use vmq_mqtt::ReasonCode;

/// A node whose key is for `api2`.
fn started(lines: &str) -> Web {
    let mut web = Web::started(lines);
    web.key = answer(&web.node, "api-key create scope=api2")
        .trim_end()
        .to_owned();
    web
}

#[tokio::test]
async fn a_client_is_looked_up() {
    let web = started("");
    let client_of = |query: &str| web.body(&format!("/api/v2/client?{query}"));
    for query in [
        "",
        "client_id=",
        "client_id=nobody",
        "client_id=nobody&topics",
        "topics",
    ] {
        assert_eq!(client_of(query), r#"{"status":"unknown"}"#, "{query}");
    }
    let mut one = client(&web.node, V4, "one").connect().await;
    assert_eq!(client_of("client_id=one"), r#"{"status":"online"}"#);
    assert_eq!(
        client_of("topics&client_id=one"),
        r#"{"status":"online","topics":[]}"#
    );
    one.subscribe("a/b", QOS0).await;
    one.subscribe("c/#", QOS1).await;
    let topics = client_of("client_id=one&topics");
    assert!(topics.starts_with(r#"{"status":"online","topics":{"#), "{topics}");
    assert!(
        topics.contains(r#""a/b":0"#) && topics.contains(r##""c/#":1"##),
        "{topics}"
    );
    assert_eq!(client_of("client_id=one&topics=false"), r#"{"status":"online"}"#);
    let mut five = client(&web.node, V5, "fi v+e").persistent().connect().await;
    five.subscribe("x", QOS2).await;
    five.disconnect().await;
    let offline = r#"{"status":"offline","topics":{"x":2}}"#;
    for yes in ["topics", "topics=true", "topics=1", "topics="] {
        harness::eventually("the session to be offline", async || {
            client_of(&format!("client_id=fi%20v%2Be&{yes}")) == offline
        })
        .await;
    }
    assert_eq!(
        client_of("client_id=one&mountpoint=other"),
        r#"{"status":"unknown"}"#
    );
}

#[tokio::test]
async fn a_client_is_disconnected() {
    let web = started("");
    let disconnect = |query: &str| web.body(&format!("/api/v2/disconnect?{query}"));
    assert_eq!(disconnect("client_id=nobody"), r#""unknown""#);
    assert_eq!(disconnect(""), r#""unknown""#);
    let mut one = client(&web.node, V5, "one").persistent().connect().await;
    assert_eq!(disconnect("client_id=one"), r#""ok""#);
    one.expect_end(ReasonCode::AdministrativeAction).await;
    let status = || web.body("/api/v2/client?client_id=one");
    assert_eq!(status(), r#"{"status":"offline"}"#);
    assert_eq!(disconnect("client_id=one"), r#""ok""#);
    assert_eq!(status(), r#"{"status":"offline"}"#);
    assert_eq!(disconnect("client_id=one&cleanup=true"), r#""ok""#);
    assert_eq!(status(), r#"{"status":"unknown"}"#);
    let line = "peer=127.0.0.1 via=http cmd=\"session disconnect client-id=one --cleanup\"";
    web.node.wait_for_log(line);
}

#[tokio::test]
async fn methods_and_other_commands() {
    let web = started("http_mgmt.get_mutations = off");
    let reply = web.get("/api/v2/nothing");
    assert_eq!((reply.status, reply.body.as_str()), (400, "invalid_command"));
    assert_eq!(web.get("/api/v2/client?client_id=%").status, 400);
    assert_eq!(web.ask("HEAD", "/api/v2/client?client_id=x", "").status, 200);
    assert_eq!(web.ask("POST", "/api/v2/client?client_id=x", "").status, 405);
    assert_eq!(web.get("/api/v2/disconnect?client_id=x").status, 405);
    assert_eq!(web.ask("HEAD", "/api/v2/disconnect?client_id=x", "").status, 405);
    let posted = web.post("/api/v2/disconnect", "client_id=x");
    assert_eq!((posted.status, posted.body.as_str()), (200, r#""unknown""#));
    let options = web.send("OPTIONS", "/api/v2/client", "", "");
    assert!(options.has("access-control-max-age: 1728000"), "{options:?}");
    assert_eq!(
        web.ask("GET", "/api/v2/client", "Accept: text/html\r\n").status,
        406
    );
    assert_eq!(web.status_with("/api/v2/client", "x"), 401);
}
