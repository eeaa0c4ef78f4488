//! `authz check`: what the chain would say, which line decides, and what clients would see.

use crate::tool::{answer, client, vmq_admin};
use harness::control::eventually_blocking;
use harness::{Node, Packet, V5, publish};
use std::fs;

const ACL: &str = "# rules\ntopic read r/#\nuser joe\ntopic write w/+\n";

fn started(lines: &str) -> Node {
    let node = Node::new(lines);
    fs::write(node.home().join("vmq.acl"), ACL).unwrap();
    assert_eq!(node.verb(&["start"]).code, 0, "{}", node.log());
    node
}

/// The directory is another one in each test, and never as wide.
fn raw(node: &Node, line: &str) -> String {
    let home = node.home().display().to_string();
    answer(node, &format!("{line} --format=raw")).replace(&home, "HOME")
}

#[test]
fn a_rule_allows() {
    let node = started("");
    let line = "authz check client-id=c username=joe topic=w/1 action=publish";
    let expected = "\
allow\tnull\tvmq_acl auth_on_publish HOME/vmq.acl:4\ttopic write w/+\tjoe\tglobal
vmq_acl\tallow\tHOME/vmq.acl\t4\ttopic write w/+
vmq_passwd\tnot asked\tnull\tnull\tnull
";
    assert_eq!(raw(&node, line), expected);
    let home = node.home().display();
    let json = format!(
        concat!(
            r#"[{{"table":[{{"answer":"allow","reason":null,"#,
            r#""decided_by":"vmq_acl auth_on_publish {home}/vmq.acl:4","rule":"topic write w/+","user":"joe","#,
            r#""chain":"global"}}],"type":"table"}},"#,
            r#"{{"table":[{{"plugin":"vmq_acl","answer":"allow","file":"{home}/vmq.acl","line":4,"#,
            r#""rule":"topic write w/+"}},{{"plugin":"vmq_passwd","answer":"not asked","file":null,"#,
            r#""line":null,"rule":null}}],"type":"table"}}]"#,
            "\n"
        ),
        home = home
    );
    assert_eq!(answer(&node, &format!("{line} --format=json")), json);
}

/// The columns that tell no path are as wide in every test.
#[test]
fn nobody_allows() {
    let node = started("");
    let human = answer(&node, "authz check client-id=c topic=w/1 action=publish --qos=1");
    let verdict = "\
+--------+------------------------+-----------------------------+------+-----------+--------+
| answer | reason                 | decided_by                  | rule | user      | chain  |
+--------+------------------------+-----------------------------+------+-----------+--------+
| deny   | plugin_chain_exhausted | no plugin (auth_on_publish) | null | undefined | global |
+--------+------------------------+-----------------------------+------+-----------+--------+
";
    assert!(human.starts_with(verdict), "{human}");
    let sees = "\
+---------+------------------------------------------------------------+
| version | client_sees                                                |
+---------+------------------------------------------------------------+
| 3.1     | PUBACK, as if it had been accepted; the message is dropped |
+---------+------------------------------------------------------------+
| 3.1.1   | the connection is closed                                   |
+---------+------------------------------------------------------------+
| 5       | PUBACK 0x87 (not_authorized)                               |
+---------+------------------------------------------------------------+
";
    assert!(human.ends_with(sees), "{human}");
    let line = "authz check client-id=c topic=w/1 action=subscribe";
    let expected = "\
deny\tplugin_chain_exhausted\tno plugin (auth_on_subscribe)\tnull\tundefined\tglobal
vmq_acl\tnext\tHOME/vmq.acl\tnull\tnull
vmq_passwd\tno hook\tnull\tnull\tnull
3.1\tSUBACK 0x80
3.1.1\tSUBACK 0x80
5\tSUBACK 0x87 (not_authorized)
";
    assert_eq!(raw(&node, line), expected);
}

#[test]
fn nobody_is_asked() {
    let node = started(
        "plugins.vmq_acl = off\nplugins.vmq_passwd = off\ndisconnect_on_unauthorized_publish_v3 = on",
    );
    let line = "authz check client-id=c topic=w/1 action=publish";
    let expected = "\
deny\tno_matching_hook_found\tno plugin (auth_on_publish)\tnull\tundefined\tglobal
vmq_acl\toff\tnull\tnull\tnull
vmq_passwd\toff\tnull\tnull\tnull
No enabled plugin of the chain has the hook auth_on_publish: by default everything is refused.
3.1\tthe connection is closed
3.1.1\tthe connection is closed
5\tnothing; the message is dropped
";
    assert_eq!(raw(&node, line), expected);
}

/// What the broker decides without a plugin, and topics that are none.
#[test]
fn nobody_needs_to_be_asked() {
    let node = started("");
    let denied = raw(&node, "authz check client-id=c topic=$x action=publish --qos=2");
    assert!(denied.starts_with("deny\treserved_topic\tprotocol\t"), "{denied}");
    assert!(
        denied.ends_with("5\tPUBREC 0x90 (topic_name_invalid)\n"),
        "{denied}"
    );
    let said = vmq_admin(
        &node,
        &["authz", "check", "client-id=c", "topic=a/#", "action=publish"],
    );
    assert_eq!((said.err.as_str(), said.code), ("", 1));
    assert!(said.out.starts_with("a/# is no topic ("), "{}", said.out);
}

/// The answer is that of the client's packet, and it leaves no trace.
#[tokio::test]
async fn what_is_told_is_what_happens() {
    let node = started("max_subscriptions_per_client = 1");
    let mut joe = client(&node, V5, "c").username("joe").connect().await;
    joe.subscribe("r/1", harness::QOS0).await;
    let check = |topic: &str, action: &str| {
        raw(
            &node,
            &format!("authz check client-id=c topic={topic} action={action} --qos=1"),
        )
    };
    assert!(check("w/1", "publish").starts_with(
        "allow\tnull\tvmq_acl auth_on_publish HOME/vmq.acl:4\ttopic write w/+\tjoe\tlistener default\n"
    ));
    assert!(check("w/1/2", "publish").starts_with("deny\tplugin_chain_exhausted\t"));
    let denied = check("r/2", "subscribe");
    let by = "deny\tmax_subscriptions_per_client\tmax_subscriptions_per_client=1\t";
    assert!(denied.starts_with(by), "{denied}");
    assert!(denied.contains("5\tSUBACK 0x97 (quota_exceeded)"), "{denied}");
    assert!(check("r/1", "subscribe").starts_with("allow"));
    assert_eq!(
        super::why::metric(&node, "publish_refused", "plugin_chain_exhausted"),
        0
    );
    joe.send(&Packet::Publish(publish("w/1/2", "m"))).await;
    joe.ping().await;
    assert_eq!(
        super::why::metric(&node, "publish_refused", "plugin_chain_exhausted"),
        1
    );
    // The text of a line that moved is not shown; the rules in force are asked.
    fs::write(node.home().join("vmq.acl"), format!("\n{ACL}")).unwrap();
    eventually_blocking("the new file", || {
        check("w/1", "publish").contains("vmq.acl:5\ttopic write w/+")
    });
}
