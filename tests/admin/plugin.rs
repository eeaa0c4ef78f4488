//! `plugin`, `cluster` and the smaller commands of `node` (admin.md 5, 9.1; hooks.md 4.3).

use super::settings::address;
use super::typed::typed;
use harness::{ConnectBuilder, Node, QOS1, V4, V5};
use vmq_mqtt::ReasonCode;

/// admin.md 14.5 has the same table.
#[test]
fn plugin_show_has_the_known_rows() {
    let node = Node::started("plugins.vmq_acl = off");
    let shown = typed(&node, "plugin show");
    let expected = "\
+------------+-------------+---------------------+----------------------------------+
| Plugin     | Type        | Hook(s)             | M:F/A                            |
+------------+-------------+---------------------+----------------------------------+
| vmq_passwd | application | auth_on_register    | vmq_passwd:auth_on_register/5    |
|            |             | auth_on_register_m5 | vmq_passwd:auth_on_register_m5/6 |
|            |             |                     |                                  |
+------------+-------------+---------------------+----------------------------------+
";
    assert_eq!(shown.human(), expected);
    let expected = r#"{"table":[{"Plugin":"vmq_passwd","Type":"application","Hook(s)":"auth_on_register\nauth_on_register_m5\n","M:F/A":"vmq_passwd:auth_on_register/5\nvmq_passwd:auth_on_register_m5/6\n"}],"type":"table"}"#;
    assert_eq!(shown.json().trim_end(), expected);
}

#[test]
fn plugin_show_is_narrowed_by_its_flags() {
    let node = Node::started("");
    let names = |line: &str| {
        let json = typed(&node, line).json();
        ["vmq_acl", "vmq_passwd"].map(|name| json.contains(&format!("\"Plugin\":\"{name}\"")))
    };
    assert_eq!(names("plugin show"), [true, true]);
    assert_eq!(names("plugin show --plugin=vmq_acl"), [true, false]);
    assert_eq!(names("plugin show --plugin=nobody"), [false, false]);
    assert_eq!(names("plugin show --hook=auth_on_register"), [false, true]);
    let one = typed(&node, "plugin show --hook=auth_on_publish_m5").json();
    assert!(
        one.contains(r#""Hook(s)":"auth_on_publish_m5\n","M:F/A":"vmq_acl:auth_on_publish_m5/7\n""#),
        "{one}"
    );
    assert!(
        typed(&node, "plugin show --internal")
            .json()
            .contains("vmq_acl:change_config/1")
    );
}

#[tokio::test]
async fn a_plugin_that_is_off_answers_nobody() {
    let node = Node::started("");
    let mut client = ConnectBuilder::new(address(&node), V5, "publisher")
        .connect()
        .await;
    let publish = || harness::Publish {
        qos: QOS1,
        ..harness::publish("a/b", "x")
    };
    assert!(!client.publish_packet(publish()).await.is_error());
    let off = typed(&node, "plugin disable --name=vmq_acl");
    assert_eq!((off.human().as_str(), off.exit()), ("Done\n", 0));
    assert_eq!(client.publish_packet(publish()).await, ReasonCode::NotAuthorized);
    let on = typed(&node, "plugin enable -n vmq_acl");
    assert_eq!(on.json(), "{\"text\":\"Done\",\"type\":\"text\"}\n");
    assert!(!client.publish_packet(publish()).await.is_error());
    node.wait_for_log("via=socket cmd=\"plugin disable --name=vmq_acl\"");
}

#[test]
fn what_cannot_be_switched_is_told() {
    let node = Node::started("plugins.vmq_acl = off");
    let home = node.home().display();
    for (line, text) in [
        (
            "plugin enable -n vmq_passwd".to_owned(),
            "Can't enable plugin: vmq_passwd due to already_enabled".to_owned(),
        ),
        (
            "plugin disable -n vmq_acl".to_owned(),
            "Can't disable plugin: vmq_acl due to plugin_not_found".to_owned(),
        ),
        (
            "plugin enable -n nobody".to_owned(),
            "Can't enable plugin: nobody due to plugin_not_found".to_owned(),
        ),
        (
            "plugin enable -n vmq_webhooks".to_owned(),
            "Can't enable plugin: vmq_webhooks due to not_available_in_this_version".to_owned(),
        ),
        (
            format!("plugin enable -n mine --path={home}"),
            "Can't enable plugin: mine due to external_erlang_plugins_not_supported".to_owned(),
        ),
        (
            "plugin enable -n mine --path=/nonexistent".to_owned(),
            "Invalid value: \"/nonexistent\" for flag: path".to_owned(),
        ),
        (
            "plugin enable -m m -f f -a 2 --hook=h".to_owned(),
            "Can't enable module plugin: {m,f,2} due to not_supported".to_owned(),
        ),
    ] {
        let answer = typed(&node, &line);
        assert_eq!(
            (answer.human(), answer.exit()),
            (format!("{text}\n"), 1),
            "{line}"
        );
    }
}

/// admin.md 5.2.
#[test]
fn a_node_alone_is_a_cluster_of_one() {
    let node = Node::started("");
    let shown = typed(&node, "cluster show");
    let expected = "\
+-------------------+---------+
| Node              | Running |
+-------------------+---------+
| VerneMQ@127.0.0.1 | true    |
+-------------------+---------+
";
    assert_eq!(shown.human(), expected);
    assert_eq!(
        shown.json(),
        "{\"table\":[{\"Node\":\"VerneMQ@127.0.0.1\",\"Running\":true}],\"type\":\"table\"}\n"
    );
}

/// admin.md 5.1.
#[tokio::test]
async fn the_history_of_a_node() {
    let node = Node::started("");
    assert_eq!(typed(&node, "node history").human(), "empty_state\n");
    let mut client = ConnectBuilder::new(address(&node), V4, "leaves-traces")
        .persistent()
        .connect()
        .await;
    client.subscribe("a", QOS1).await;
    client.disconnect().await;
    let history = typed(&node, "node history");
    assert_eq!(history.human(), "existing_state\n");
    assert_eq!(
        history.json(),
        "{\"text\":\"existing_state\",\"type\":\"text\"}\n"
    );
    // The session goes, its trace stays.
    ConnectBuilder::new(address(&node), V4, "leaves-traces")
        .connect()
        .await
        .disconnect()
        .await;
    assert_eq!(node.verb(&["restart"]).code, 0);
    assert_eq!(typed(&node, "node history").human(), "existing_state\n");
}

#[test]
fn the_commands_of_the_metadata_of_a_node_alone() {
    let node = Node::started("");
    let shown = typed(&node, "node swc_sync_status");
    let expected = "\
+---------------+------------+
| SWC Partition | InitSynced |
+---------------+------------+
| meta1         | true       |
+---------------+------------+
";
    assert_eq!(shown.human(), expected);
    assert_eq!(
        shown.json(),
        "{\"table\":[{\"SWC Partition\":\"meta1\",\"InitSynced\":true}],\"type\":\"table\"}\n"
    );
    assert_eq!(typed(&node, "node flag_as_init_synced").human(), "Done\n");
    let upgrade = typed(&node, "node upgrade --upgrade-now --instruction-file=/x");
    assert_eq!(
        (upgrade.human().as_str(), upgrade.exit()),
        (
            "Hot code upgrade is not supported. Install the new package and run 'vernemq restart'.\n",
            1
        )
    );
}
