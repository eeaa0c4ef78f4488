//! Passwords and access rules.

use crate::witness::Witness;
use harness::exchange::refused;
use harness::wire::{self, string};
use harness::*;

/// User `henry`, password `secret`.
pub(crate) const HENRY: &str = "henry:$6$AAECAwQFBgcICQoL$JqsxEv/ucyxjA5DKsQ+Y8CDWaQDNQI9FpAkmfwAqWfwZLk/JEGgM0EpylrJHAZKKyFQjJeZ3nFaHjPzOzPPmPw==\n";

/// User `joe`, password `pässword`.
pub(crate) const JOE: &str = "joe:$6$AAECAwQFBgcICQoL$3SSe1aVl0kMji9YENpGbiQ5/1DOQ1Q6Qfn3tPOyhG13Bn5vnZBl3lM01DcayhkqBVHfq+LuUOWwyI3kzCQvUSw==\n";

/// User `u`, password `secret`, in the form of PBKDF2.
const PBKDF2: &str = "u:$7$101$AAECAwQFBgcICQoL$Xr99N9ym9ys8TWxis5ajETJq6EVYzmc6nb8t3pUYnPBbCAbICS4xejTltonXWCtJNBvA+By+TXUqU6qCblO00w==\n";

/// hooks.md 18
async fn the_password_file_decides(v: Version) {
    let users = format!("# users\n{HENRY}\n{JOE}{PBKDF2}");
    let broker = TestBroker::builder().closed().passwd(&users).start().await;
    for (user, password) in [("henry", "secret"), ("joe", "pässword"), ("u", "secret")] {
        broker.client(v, "x").user(user, password).connect().await;
    }
    for (user, password) in [
        ("henry", "Secret"),
        ("henry", ""),
        ("joe", "secret"),
        ("u", "secrets"),
    ] {
        broker
            .client(v, "x")
            .user(user, password)
            .refused(ReasonCode::BadUsernameOrPassword)
            .await;
    }
    // Nobody answers for these: 5 in 3.x, 0x86 in version 5.
    let nobody = if v == V5 {
        ReasonCode::BadUsernameOrPassword
    } else {
        ReasonCode::NotAuthorized
    };
    broker.client(v, "x").refused(nobody).await;
    broker.client(v, "x").username("henry").refused(nobody).await;
    broker
        .client(v, "x")
        .user("Henry", "secret")
        .refused(nobody)
        .await;
    broker.client(v, "x").user("", "secret").refused(nobody).await;
}
versions!(the_password_file_decides: V3, V4, V5);

/// hooks.md 18.4
async fn the_password_file_is_read_again(v: Version) {
    let broker = TestBroker::builder().closed().passwd(HENRY).start().await;
    let mut henry = broker.client(v, "henry").user("henry", "secret").connect().await;
    broker.write_passwd(JOE);
    eventually("joe to be known", async || {
        !broker
            .client(v, "joe")
            .user("joe", "pässword")
            .ack()
            .await
            .1
            .reason
            .is_error()
    })
    .await;
    let (_, ack) = broker.client(v, "again").user("henry", "secret").ack().await;
    assert!(ack.reason.is_error());
    henry.expect_silence().await;
}
versions!(slow the_password_file_is_read_again: V4, V5);

/// hooks.md 17
async fn anonymous_access_keeps_the_rules(v: Version) {
    let broker = TestBroker::builder()
        .passwd(HENRY)
        .acl("topic all\nuser henry\ntopic own\n")
        .start()
        .await;
    let mut henry = broker.client(v, "henry").user("henry", "wrong").connect().await;
    henry.subscribe("own", QOS0).await;
    let mut nobody = broker.connect(v, "nobody").await;
    nobody.subscribe("all", QOS0).await;
    assert_eq!(
        nobody.subscribe_all(&[("own", options(QOS0))]).await,
        [refused(v, ReasonCode::NotAuthorized)]
    );
}
versions!(anonymous_access_keeps_the_rules: V3, V4, V5);

const RULES: &str = "\
# ACL for everybody
topic bar
topic write foo
topic read open_to_all
topic write v/w x/y
topic read  blanks/a\t

# ACL for user 'john'
user john
topic foo
topic read baz
topic write open_to_all
user   test
topic x/y/z/#
topic \u{43C}\u{430}\u{448}\u{438}\u{43D}\u{430}/\u{441}\u{43A}\u{43E}\u{440}\u{43E}\u{441}\u{442}\u{44C}
pattern read %m/%u/%c
pattern write %m/%u/%c
pattern own/%c/#
";

/// hooks.md 19.5
async fn the_rules_decide(v: Version) {
    let broker = TestBroker::builder().acl(RULES).start().await;
    let cyrillic =
        "\u{43C}\u{430}\u{448}\u{438}\u{43D}\u{430}/\u{441}\u{43A}\u{43E}\u{440}\u{43E}\u{441}\u{442}\u{44C}";
    // user, readable, not readable, writable, not writable
    let cases: &[(&str, [&[&str]; 4])] = &[
        (
            "",
            [
                &["bar", "open_to_all", "blanks/a"],
                &["foo", "baz", "#", "+"],
                &["bar", "foo", "v/w x/y"],
                &["baz", "open_to_all"],
            ],
        ),
        (
            "john",
            [
                &["bar", "foo", "baz", "open_to_all"],
                &["x/y/z/a"],
                &["bar", "foo", "open_to_all"],
                &["baz"],
            ],
        ),
        (
            "test",
            [
                &[
                    "x/y/z",
                    "x/y/z/#",
                    "x/y/z/+/a",
                    "/test/me",
                    "own/me",
                    "own/me/#",
                    cyrillic,
                ],
                &["/test/other", "/john/me", "own/other", "x/y/#"],
                &["x/y/z/blabla", "/test/me", "own/me/a", cyrillic],
                &["/test/other", "own/other/a"],
            ],
        ),
        (
            "stranger",
            [
                &["own/me", "/stranger/me"],
                &["x/y/z/a", "/test/me"],
                &["/stranger/me"],
                &["x/y/z/blabla", "/test/me"],
            ],
        ),
    ];
    for (user, [readable, not_readable, writable, not_writable]) in cases {
        let builder = broker.client(v, "me");
        let builder = if user.is_empty() {
            builder
        } else {
            builder.username(user)
        };
        let mut client = builder.connect().await;
        for filter in *readable {
            client.subscribe(filter, QOS0).await;
        }
        for filter in *not_readable {
            let codes = client.subscribe_all(&[(filter, options(QOS0))]).await;
            assert_eq!(codes, [refused(v, ReasonCode::NotAuthorized)], "{user} {filter}");
        }
        client.disconnect().await;
        for (topics, allowed) in [(writable, true), (not_writable, false)] {
            for topic in *topics {
                assert_eq!(
                    may_publish(&broker, &builder, topic).await,
                    allowed,
                    "{user} {topic}"
                );
            }
        }
    }
}
versions!(the_rules_decide: V3, V4, V5);

/// Asks the counter of refusals: what a refused client is told depends on the version.
pub(crate) async fn may_publish(broker: &TestBroker, builder: &ConnectBuilder, topic: &str) -> bool {
    let before = broker.metric("mqtt_publish_auth_error") + broker.metric("mqtt_publish_error");
    let mut client = builder.connect().await;
    client
        .send(&Packet::Publish(Publish {
            qos: QOS1,
            packet_id: Some(id(1)),
            ..publish(topic, "m")
        }))
        .await;
    // PUBACK or the end of the connection.
    let refused = match client.next().await {
        Ok(Packet::PubAck(ack)) => ack.reason.is_error(),
        Ok(other) => panic!("unexpected {other:?}"),
        Err(_) => true,
    };
    let after = broker.metric("mqtt_publish_auth_error") + broker.metric("mqtt_publish_error");
    !refused && before == after
}

/// hooks.md 19.4
async fn the_rules_are_read_again(v: Version) {
    let broker = TestBroker::builder().acl("topic old\n").start().await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("old", QOS0).await;
    broker.write_acl("topic new\ntopic write old\n");
    eventually("the new rules", async || {
        client.subscribe_all(&[("new", options(QOS0))]).await == [ReasonCode::Success]
    })
    .await;
    assert_eq!(
        client.subscribe_all(&[("old", options(QOS0))]).await,
        [refused(v, ReasonCode::NotAuthorized)]
    );
    // A live subscription is kept unless the operator asks otherwise.
    broker
        .connect(v, "publisher")
        .await
        .publish("old", QOS0, "m")
        .await;
    client.expect("old", "m").await;
}
versions!(slow the_rules_are_read_again: V4, V5);

/// decisions 13
async fn a_reload_may_revoke_live_subscriptions(v: Version) {
    let broker = TestBroker::builder()
        .acl("topic #\n")
        .conf("vmq_acl.revoke_on_reload = on")
        .start()
        .await;
    let mut client = broker.connect(v, "x").await;
    client.subscribe("old", QOS0).await;
    client.subscribe("kept", QOS0).await;
    broker.write_acl("topic kept\ntopic new\ntopic write old\n");
    eventually("the new rules", async || {
        client.subscribe_all(&[("other", options(QOS0))]).await != [ReasonCode::Success]
    })
    .await;
    let mut publisher = broker.connect(v, "publisher").await;
    publisher.publish("old", QOS0, "m").await;
    publisher.publish("kept", QOS0, "m").await;
    client.expect("kept", "m").await;
    client.expect_silence().await;
}
versions!(slow a_reload_may_revoke_live_subscriptions: V4, V5);

/// decisions 13
async fn a_bad_rule_file_is_refused_whole(v: Version) {
    for bad in [
        "topic a\n topic b\n",
        "topic a\nallow b\n",
        "topic a\ntopic b/#/c\n",
        "topic a\ntopic \n",
    ] {
        let broker = TestBroker::builder().acl(bad).start().await;
        let mut client = broker.connect(v, "x").await;
        let codes = client.subscribe_all(&[("a", options(QOS0))]).await;
        assert_eq!(codes, [refused(v, ReasonCode::NotAuthorized)], "{bad:?}");
    }
    let broker = TestBroker::builder().acl("topic good\n").start().await;
    let mut client = broker.connect(v, "x").await;
    broker.write_acl("topic a\nallow b\n");
    client.quiet_for(std::time::Duration::from_millis(1500)).await;
    client.subscribe("good", QOS0).await;
    assert_eq!(
        client.subscribe_all(&[("a", options(QOS0))]).await,
        [refused(v, ReasonCode::NotAuthorized)]
    );
}
versions!(slow a_bad_rule_file_is_refused_whole: V4, V5);

/// hostile #27
async fn h27_absent_is_not_empty_for_hooks(v: Version) {
    let (witness, builder) = Witness::builder();
    let broker = builder.start().await;
    let (x, user, empty, secret) = (string("x"), string("u"), string(""), string("s"));
    // Flags and fields; username and password as hooks see them.
    type Case<'a> = (u8, Vec<&'a [u8]>, Option<&'a str>, Option<&'a [u8]>);
    let mut cases: Vec<Case<'_>> = vec![
        (0x02, vec![&x], None, None),
        (0x82, vec![&x, &empty], Some(""), None),
        (0x82, vec![&x, &user], Some("u"), None),
        (0xC2, vec![&x, &empty, &empty], Some(""), Some(b"")),
        (0xC2, vec![&x, &user, &empty], Some("u"), Some(b"")),
        (0xC2, vec![&x, &user, &secret], Some("u"), Some(b"s")),
    ];
    if v == V5 {
        cases.push((0x42, vec![&x, &empty], None, Some(b"")));
        cases.push((0x42, vec![&x, &secret], None, Some(b"s")));
    }
    for (flags, fields, username, password) in cases {
        let mut client = broker.raw(v).await;
        client.send_raw(&wire::connect(v, flags, &fields)).await;
        assert!(matches!(client.recv().await, Packet::ConnAck(_)));
        let seen = witness.only();
        assert_eq!(
            (
                seen.client_id.as_str(),
                seen.username.as_deref(),
                seen.password.as_deref()
            ),
            ("x", username, password)
        );
    }
}
versions!(h27_absent_is_not_empty_for_hooks: V3, V4, V5);
