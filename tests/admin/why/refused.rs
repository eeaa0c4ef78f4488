//! Why packets are refused.

use super::{Expected, refused, started};
use crate::tool::{client, vmq_admin};
use harness::{Packet, QOS0, ReasonCode, V3, V4, V5, options, publish};

/// The password of `pw` is `pässword`.
const JOE: &str = "# users\njoe:$6$AAECAwQFBgcICQoL$3SSe1aVl0kMji9YENpGbiQ5/1DOQ1Q6Qfn3tPOyhG13Bn5vnZBl3lM01DcayhkqBVHfq+LuUOWwyI3kzCQvUSw==\n";

fn connect<'a>(client: &'a str, reason: &'a str, text: &'a str, by: &'a str) -> Expected<'a> {
    refused("connect_refused", client, reason, text, by)
}

#[tokio::test]
async fn connects_that_the_broker_refuses() {
    let node = started(
        "max_client_id_size = 10\nlistener.tcp.allowed_protocol_versions = 4,5",
        "topic #\n",
        "",
    );
    client(&node, V3, "ancient")
        .refused(ReasonCode::UnsupportedProtocolVersion)
        .await;
    let text = "invalid protocol version for";
    let by = "allowed_protocol_versions=4,5";
    connect("ancient", "unsupported_protocol_version", text, by).agrees(&node);

    let long = "a-client-id-that-is-too-long";
    client(&node, V4, long)
        .refused(ReasonCode::ClientIdNotValid)
        .await;
    let by = "max_client_id_size=10";
    connect(long, "client_identifier_not_valid", "invalid client id", by).agrees(&node);

    client(&node, V5, "wills")
        .will("$x", "m")
        .refused(ReasonCode::NotAuthorized)
        .await;
    let text = "can't authenticate last will, for client";
    connect("wills", "reserved_topic", text, "protocol").agrees(&node);
}

#[tokio::test]
async fn connects_that_plugins_refuse() {
    let node = started("allow_anonymous = off", "topic #\n", JOE);
    client(&node, V4, "wrong")
        .user("joe", "guess")
        .refused(ReasonCode::BadUsernameOrPassword)
        .await;
    let text = "due to invalid_credentials";
    let by = format!(
        "vmq_passwd auth_on_register {}:2",
        node.home().join("vmq.passwd").display()
    );
    connect("wrong", "invalid_credentials", text, &by).agrees(&node);
    client(&node, V4, "unknown")
        .user("jim", "guess")
        .refused(ReasonCode::NotAuthorized)
        .await;
    let text = "due to plugin_chain_exhausted";
    let by = "no plugin (auth_on_register)";
    connect("unknown", "plugin_chain_exhausted", text, by).agrees(&node);
}

#[tokio::test]
async fn nobody_has_the_hook() {
    let node = started(
        "plugins.vmq_acl = off\nplugins.vmq_passwd = off\nallow_anonymous = off",
        "topic #\n",
        "",
    );
    client(&node, V4, "c").refused(ReasonCode::NotAuthorized).await;
    let (reason, text) = ("no_matching_hook_found", "due to no_matching_hook_found");
    connect("c", reason, text, "no plugin (auth_on_register)").agrees(&node);

    assert_eq!(vmq_admin(&node, &["set", "allow_anonymous=on"]).code, 0);
    let mut client = client(&node, V5, "d").connect().await;
    client.send(&Packet::Publish(publish("a", "m"))).await;
    let codes = client.subscribe_all(&[("a", options(QOS0))]).await;
    assert_eq!(codes, [ReasonCode::NotAuthorized]);
    refused(
        "publish_refused",
        "d",
        reason,
        text,
        "no plugin (auth_on_publish)",
    )
    .agrees(&node);
    refused(
        "subscribe_refused",
        "d",
        reason,
        text,
        "no plugin (auth_on_subscribe)",
    )
    .agrees(&node);
}

#[tokio::test]
async fn publishes_and_subscribes() {
    let node = started("max_subscriptions_per_client = 1", "topic read r/#\n", "");
    let mut client = client(&node, V5, "c").connect().await;
    for _ in 0..3 {
        client.send(&Packet::Publish(publish("w", "m"))).await;
    }
    client.send(&Packet::Publish(publish("$x", "m"))).await;
    let codes = client
        .subscribe_all(&[("r/1", options(QOS0)), ("r/2", options(QOS0))])
        .await;
    assert_eq!(codes, [ReasonCode::Success, ReasonCode::QuotaExceeded]);
    let codes = client
        .subscribe_all(&[("r/1", options(QOS0)), ("w", options(QOS0))])
        .await;
    assert_eq!(codes, [ReasonCode::NotAuthorized, ReasonCode::NotAuthorized]);

    let exhausted = "due to plugin_chain_exhausted";
    let reason = "plugin_chain_exhausted";
    refused(
        "publish_refused",
        "c",
        reason,
        exhausted,
        "no plugin (auth_on_publish)",
    )
    .agrees(&node);
    let text = "can't auth publish for client";
    refused("publish_refused", "c", "reserved_topic", text, "protocol").agrees(&node);
    refused(
        "subscribe_refused",
        "c",
        reason,
        exhausted,
        "no plugin (auth_on_subscribe)",
    )
    .agrees(&node);
    let reason = "max_subscriptions_per_client";
    let text = "can't authorize SUBSCRIBE from v5 client";
    refused(
        "subscribe_refused",
        "c",
        reason,
        text,
        "max_subscriptions_per_client=1",
    )
    .agrees(&node);
    // Three in a row are one entry.
    let entries = super::history(&node, "c", "publish_refused");
    let counts: Vec<u64> = entries.iter().map(|(count, ..)| *count).collect();
    assert_eq!(counts, [3, 1]);
}
