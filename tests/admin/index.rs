//! The command index of admin.md 4: every command that concerns one node, typed at a real broker, as a person and as a
//! program reads the answer. `index.txt` is what they read; `VMQ_TESTS_WRITE=1` writes it anew, to be looked at before it
//! is committed.

use crate::tool::{client, vmq_admin};
use harness::{Node, QOS1, V5};
use std::path::Path;
use vmq_admin::command::catalogue::{Catalogue, ReplyForm};
use vmq_admin::{Element, wire};

/// The index, in its order.
const INDEX: &str = "\
node start, node stop, node status, node upgrade, node swc_sync_status, node flag_as_init_synced, node history, \
cluster show, cluster join, cluster leave, session show, session disconnect, session disconnect clients, \
session disconnect batch, session unsubscribe, session reauthorize, retain show, retain delete, retain delete-expired, \
plugin show, plugin enable, plugin disable, listener show, listener start, listener stop, listener restart, \
listener delete, metrics show, metrics reset, api-key create, api-key add, api-key delete, api-key show, trace client, \
trace stop_all, tls show, tls check, tls clear-pem-cache, log show config, log level, set, show, describe, config show, \
config reset, bridge show, bridge start, script show, script load, script reload, script unload, webhooks show, \
webhooks register, webhooks deregister, webhooks cache show, webhooks cache clear, webui show, webui install";

/// Those that stream, stop the node, change it for good or answer something else each time: other files test them.
const ELSEWHERE: [&str; 8] = [
    "node start",
    "node stop",
    "api-key create",
    "api-key add",
    "api-key delete",
    "api-key show",
    "trace client",
    "config reset",
];

/// What is typed, each once for a person and once for a program. `PORT` is that of a listener of the node.
const LINES: &str = "\
node status
node swc_sync_status
node flag_as_init_synced
node history
node upgrade
cluster show
session show
session show --client_id --topic --qos
session show --client_id=nobody
session disconnect client-id=nobody
session disconnect clients client-ids=nobody,nowhere
session disconnect batch count=0
session unsubscribe client-id=pump topic=c
session reauthorize username=ada client-id=pump
retain show
retain delete --topic=t
retain delete-expired
plugin show
plugin disable --name=vmq_passwd
plugin enable --name=vmq_passwd
listener show
listener start address=127.0.0.1 port=0
listener stop address=127.0.0.1 port=PORT
listener restart address=127.0.0.1 port=PORT
listener delete address=127.0.0.1 port=PORT
metrics show --return_code=not_authorized
metrics show --structured --return_code=not_authorized
metrics reset
trace list
trace stop_all
tls show
tls check
tls clear-pem-cache
log show config
log level logger=consolefile level=info
set retry_interval=21
show retry_interval
describe retry_interval
config show app=vmq_acl
";

#[tokio::test]
async fn every_command_of_the_index_answers() {
    let node = Node::started("listener.ws.second = 127.0.0.1:0");
    let mut pump = client(&node, V5, "pump").connect().await;
    pump.subscribe("a/+", QOS1).await;
    pump.publish_retained("t", QOS1, "21").await;
    let mut transcript = String::new();
    for line in LINES.lines() {
        transcript.push_str(&typed(&node, line));
    }
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("admin/index.txt");
    if std::env::var_os("VMQ_TESTS_WRITE").is_some() {
        std::fs::write(&expected, &transcript).unwrap();
    }
    let expected = std::fs::read_to_string(&expected).unwrap();
    for (number, (is, should)) in transcript.lines().zip(expected.lines()).enumerate() {
        assert_eq!(is, should, "index.txt:{}", number + 1);
    }
    assert_eq!(transcript.len(), expected.len(), "one of them goes on");
}

/// Both answers of a command.
fn typed(node: &Node, line: &str) -> String {
    let port = second_port(node);
    let words: Vec<String> = line.split(' ').map(|word| word.replace("PORT", &port)).collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let human = vmq_admin(node, &words);
    words.push("--format=json");
    let json = vmq_admin(node, &words);
    if json.code == 0 {
        assert_is_as_declared(line, &json.out);
    }
    let human_out = narrow(&human.out);
    let text = format!(
        "$ vmq-admin {line}\n{human_out}{}exit {}\n$ vmq-admin {line} --format=json\n{}{}exit {}\n\n",
        human.err, human.code, json.out, json.err, json.code
    );
    same_every_time(node, &text)
}

/// The port of the second listener, the only one of its kind; nothing once it is deleted.
fn second_port(node: &Node) -> String {
    let said = vmq_admin(node, &["listener", "show", "--format=raw"]);
    let second = said.out.lines().find(|line| line.starts_with("mqttws\t"));
    second
        .and_then(|line| line.split('\t').nth(3))
        .unwrap_or_default()
        .to_owned()
}

/// A grid whose columns are as narrow as can be: their width depends on ports and versions.
fn narrow(grid: &str) -> String {
    let mut out = String::new();
    for letter in grid.chars() {
        let is_again = matches!(letter, ' ' | '-') && out.ends_with(letter);
        if !is_again {
            out.push(letter);
        }
    }
    out
}

/// Ports, paths and versions are others each time.
fn same_every_time(node: &Node, text: &str) -> String {
    let text = text
        .replace(&node.home().display().to_string(), "HOME")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let mut out = String::new();
    let mut digits = String::new();
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        out.push_str(if digits.len() >= 5 { "N" } else { &digits });
        digits.clear();
        out.push(letter);
    }
    out.pop();
    out
}

/// The schema of the answers says so (style.md 7).
fn assert_is_as_declared(line: &str, json: &str) {
    let form = reply_form(line);
    let elements: Vec<Element> = match json.starts_with('[') {
        true => wire::decode(json.as_bytes()).unwrap(),
        false => vec![wire::decode(json.as_bytes()).unwrap()],
    };
    assert_eq!(elements.is_empty(), form.elements.is_empty(), "{line}: {json}");
    for element in elements {
        let (name, rows) = match element {
            Element::Text(_) => ("text", Vec::new()),
            Element::Table(rows) => ("table", rows),
            Element::List { .. } => ("list", Vec::new()),
            Element::Alert(_) => ("alert", Vec::new()),
        };
        assert!(form.elements.iter().any(|known| known == name), "{line}: {name}");
        for row in rows.iter().filter(|_| !form.other_columns) {
            let columns: Vec<&String> = row.0.iter().map(|(column, _)| column).collect();
            assert_eq!(columns, form.columns.iter().collect::<Vec<_>>(), "{line}");
        }
    }
}

/// The answer of the command with the most words of the line.
fn reply_form(line: &str) -> ReplyForm {
    let words: Vec<&str> = line.split(' ').collect();
    let forms = Catalogue::new().commands.into_iter();
    let meant = forms.filter(|form| words.iter().take(form.words.len()).eq(form.words.iter()));
    meant.max_by_key(|form| form.words.len()).unwrap().reply
}

#[test]
fn nothing_of_the_index_is_left_out() {
    for command in INDEX.split(", ") {
        let is_typed = LINES
            .lines()
            .any(|line| format!("{line} ").starts_with(&format!("{command} ")));
        let is_later = LATER.contains(&command);
        let places = [is_typed, is_later, ELSEWHERE.contains(&command)];
        assert!(places.contains(&true), "{command}");
    }
}

/// Commands of parts that this version does not have (decisions.md 32).
const LATER: [&str; 15] = [
    "cluster join",
    "cluster leave",
    "bridge show",
    "bridge start",
    "script show",
    "script load",
    "script reload",
    "script unload",
    "webhooks show",
    "webhooks register",
    "webhooks deregister",
    "webhooks cache show",
    "webhooks cache clear",
    "webui show",
    "webui install",
];

#[test]
fn what_comes_later_says_so() {
    let node = Node::new("");
    for line in LATER {
        let mut words: Vec<&str> = line.split(' ').collect();
        let said = vmq_admin(&node, &words);
        assert_eq!(
            (&*said.out, &*said.err, said.code),
            ("not available in this version\n", "", 1),
            "{line}"
        );
        words.push("--format=json");
        let json = "{\"alert\":[{\"text\":\"not available in this version\",\"type\":\"text\"}],\"type\":\"alert\"}\n";
        assert_eq!(vmq_admin(&node, &words).out, json, "{line}");
    }
}
