//! `listener start | stop | restart | delete | show` (admin.md 8.1 to 8.3, test list 21 point 5).

use super::settings::address;
use super::typed::{Typed, typed};
use harness::certificates::{authority, server};
use harness::{ConnectBuilder, Node, RawClient, ReasonCode, V4, V5};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;

fn place(address: SocketAddr) -> String {
    format!("address={} port={}", address.ip(), address.port())
}

/// Type, status, address and port of each listener.
fn rows(node: &Node) -> Vec<[String; 4]> {
    let shown = typed(node, "listener show").raw();
    let row = |line: &str| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        [0, 1, 2, 3].map(|column| cells[column].clone())
    };
    shown.lines().map(row).collect()
}

fn status(node: &Node, at: SocketAddr) -> Option<String> {
    let row = rows(node)
        .into_iter()
        .find(|row| row[2] == at.ip().to_string() && row[3] == at.port().to_string());
    row.map(|row| row[1].clone())
}

fn assert_done(answer: &Typed) {
    assert_eq!((answer.human().as_str(), answer.exit()), ("Done\n", 0));
    assert_eq!(answer.json(), "{\"text\":\"Done\",\"type\":\"text\"}\n");
}

/// The address of a listener that was started at port 0: it has another mountpoint than the one of the file.
fn started(node: &Node, mountpoint: &str) -> SocketAddr {
    let shown = typed(node, "listener show").raw();
    let row = shown
        .lines()
        .find(|line| line.split('\t').nth(4) == Some(mountpoint));
    let row: Vec<&str> = row.unwrap().split('\t').collect();
    SocketAddr::new(row[2].parse().unwrap(), row[3].parse().unwrap())
}

#[tokio::test]
async fn a_stopped_listener_lets_nobody_in_and_keeps_its_sessions() {
    let node = Node::started("");
    let at = address(&node);
    let mut client = ConnectBuilder::new(at, V5, "stays").connect().await;
    assert_done(&typed(&node, &format!("listener stop {}", place(at))));
    assert_eq!(status(&node, at).unwrap(), "suspended");
    assert!(RawClient::try_open(at, V4).await.is_err(), "the socket is closed");
    client.ping().await;
    // Once more is no failure.
    assert_done(&typed(&node, &format!("listener stop {}", place(at))));
    assert_done(&typed(&node, &format!("listener restart {}", place(at))));
    assert_done(&typed(&node, &format!("listener restart {}", place(at))));
    assert_eq!(status(&node, at).unwrap(), "running");
    let _another = ConnectBuilder::new(at, V4, "comes").connect().await;
    client.ping().await;
    node.wait_for_log(&format!("via=socket cmd=\"listener stop {}\"", place(at)));
}

/// Ours keeps the listener, suspended (admin.md 8.3).
#[tokio::test]
async fn stop_with_kill_ends_sessions_and_handshakes() {
    let node = Node::started("");
    let at = address(&node);
    assert_done(&typed(
        &node,
        "listener start address=127.0.0.1 port=0 --mountpoint=other",
    ));
    let mut elsewhere = ConnectBuilder::new(started(&node, "other"), V5, "elsewhere")
        .connect()
        .await;
    let mut five = ConnectBuilder::new(at, V5, "five").connect().await;
    let mut four = ConnectBuilder::new(at, V4, "four").persistent().connect().await;
    let mut silent = RawClient::open(at, V4).await;
    assert_done(&typed(&node, &format!("listener stop {} -k", place(at))));
    five.expect_end(ReasonCode::AdministrativeAction).await;
    four.expect_close().await;
    silent.expect_close().await;
    elsewhere.ping().await;
    assert_eq!(status(&node, at).unwrap(), "suspended");
    assert_done(&typed(&node, &format!("listener restart {}", place(at))));
    let back = ConnectBuilder::new(at, V4, "four").persistent();
    let _back = back.connect_present(true).await;
}

#[tokio::test]
async fn a_started_listener_has_the_options_of_its_flags() {
    let node = Node::started("allow_anonymous = off\nlistener.tcp.max_connections = 7");
    let start = "listener start port=0 address=127.0.0.1 --mountpoint=mp --allow_anonymous_override \
                 --allowed_protocol_versions=3,4 --nr_of_acceptors=5";
    let answer = typed(&node, start);
    assert_done(&answer);
    assert_eq!(
        answer.notes(),
        "nr_of_acceptors has no effect: one accept loop serves a listener\n"
    );
    let at = started(&node, "mp");
    let _client = ConnectBuilder::new(at, V4, "in").connect().await;
    let refused = ConnectBuilder::new(at, V5, "out");
    refused.refused(ReasonCode::UnsupportedProtocolVersion).await;
    let shown = typed(&node, "listener show --mqtt");
    assert!(
        shown.raw().contains("\t7\t1\t1\tmqtt 3.1, mqtt 3.1.1\ttrue\n"),
        "{}",
        shown.raw()
    );
    assert_done(&typed(&node, &format!("listener delete {}", place(at))));
    assert_eq!(status(&node, at), None);
}

#[tokio::test]
async fn a_deleted_listener_takes_its_connections_with_it() {
    let node = Node::started("listener.tcp.default.mountpoint = mp");
    let at = address(&node);
    let mut client = ConnectBuilder::new(at, V5, "goes").connect().await;
    assert_done(&typed(&node, &format!("listener delete {}", place(at))));
    client.expect_end(ReasonCode::AdministrativeAction).await;
    assert_eq!(rows(&node).len(), 0);
    assert_eq!(typed(&node, "listener show").human(), "");
    assert_eq!(
        typed(&node, "listener show").json(),
        "{\"table\":[],\"type\":\"table\"}\n"
    );
    // The place is free again.
    assert_done(&typed(&node, &format!("listener start {}", place(at))));
    let _client = ConnectBuilder::new(at, V5, "comes").connect().await;
}

#[test]
fn what_cannot_be_done_is_told() {
    let node = Node::started("");
    let at = address(&node);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let other = place(taken.local_addr().unwrap());
    let missing = node.home().join("missing.pem").display().to_string();
    let start = "listener start address=127.0.0.1 port=0";
    for (line, text) in [
        (
            "listener stop address=127.0.0.1 port=1".to_owned(),
            "can't stop listener due to 'not_found'",
        ),
        (
            "listener restart address=127.0.0.1 port=1".to_owned(),
            "can't restart listener due to 'not_found'",
        ),
        (
            "listener delete address=::1 port=1".to_owned(),
            "can't delete listener due to 'not_found'",
        ),
        (
            format!("listener start {}", place(at)),
            "can't start listener due to '{already_started,<0.1.0>}'",
        ),
        (
            format!("listener start {other}"),
            "can't start listener due to 'eaddrinuse'",
        ),
        (
            "listener start address=192.0.2.1 port=0".to_owned(),
            "can't start listener due to 'eaddrnotavail'",
        ),
        (
            format!("{start} --auth_plugins=[vmq_passwd,vmq_webhooks]"),
            "can't start listener due to '{unknown_or_disabled_plugin,auth_plugins,vmq_webhooks}'",
        ),
        (
            format!("{start} --authz_plugins=vmq_acl,vmq_acl"),
            "can't start listener due to '{duplicate_plugin,authz_plugins,vmq_acl}'",
        ),
        (
            format!("{start} --max_connections=many"),
            "Invalid value: \"many\" for flag: max_connections",
        ),
        (
            format!("{start} --ssl --cafile={missing}"),
            &format!("Invalid value: \"{missing}\" for flag: cafile"),
        ),
        (
            format!("{start} --ssl --psk_support"),
            "can't start listener due to '--psk_support: pre-shared keys are not offered'",
        ),
        (
            format!("{start} --http_modules=vmq_health_http"),
            "can't start listener due to '--http_modules is not for mqtt listeners'",
        ),
        (
            format!("{start} --forward_connection_opts"),
            "can't start listener due to '--forward_connection_opts: no hook that takes it is available in this \
             version'",
        ),
        (
            "listener start address=local:/run/x --websocket".to_owned(),
            "can't start listener due to 'a Unix socket serves MQTT without TLS or WebSocket only'",
        ),
    ] {
        let answer = typed(&node, &line);
        assert_eq!((answer.human().trim_end(), answer.exit()), (text, 1), "{line}");
    }
    let no_certificate = typed(&node, &format!("{start} --ssl"));
    assert!(
        no_certificate.human().contains("has no certfile"),
        "{}",
        no_certificate.human()
    );
    assert_eq!(rows(&node).len(), 1);
}

#[tokio::test]
async fn a_tls_listener_is_started_with_its_files() {
    let node = Node::started("");
    for (name, text) in [
        ("ca.pem", authority().pem()),
        ("server.pem", server().pem()),
        ("server.key", server().key_pem().to_owned()),
    ] {
        fs::write(node.home().join(name), text).unwrap();
    }
    let home = node.home().display();
    let files = format!("--cafile={home}/ca.pem --certfile={home}/server.pem --keyfile={home}/server.key");
    let line = format!(
        "listener start address=127.0.0.1 port=0 --ssl --mountpoint=tls {files} --require_certificate"
    );
    assert_done(&typed(&node, &line));
    let shown = typed(&node, "listener show -t").raw();
    let row = shown
        .lines()
        .find(|line| line.starts_with("mqtts\trunning"))
        .unwrap();
    assert!(
        row.contains("tlsv1.2\t") && row.contains("ca.pem") && row.contains("\ttrue\tfalse\tfalse\t"),
        "{row}"
    );
    let at = started(&node, "tls");
    harness::transport::announce(at, harness::Transport::Ssl);
    let tls = harness::ClientTls::of(&authority().client("somebody"));
    let _client = ConnectBuilder::new(at, V4, "in").tls(&tls).connect().await;
    let session = typed(&node, "session show --client_id=in --tls_cn --user").raw();
    assert_eq!(session, "somebody\tundefined\n");
    let near = typed(&node, "session inspect client-id=in --mountpoint=tls").raw();
    assert!(
        near.contains("\ttls\tTLSv1.2\t") && near.contains("\tcertificate\tsomebody\t"),
        "{near}"
    );
    let ignored = typed(
        &node,
        "listener start address=127.0.0.1 port=0 --mountpoint=x --require_certificate",
    );
    assert_done(&ignored);
    assert_eq!(
        ignored.notes(),
        "without --ssl these have no effect: require_certificate\n"
    );
}

#[test]
fn ipv6_and_unix_sockets() {
    let node = Node::started("");
    let path = node.home().join("mqtt.sock");
    let unix = format!("address=local:{} port=0", path.display());
    assert_done(&typed(&node, &format!("listener start {unix}")));
    assert!(UnixStream::connect(&path).is_ok());
    assert_done(&typed(&node, &format!("listener stop {unix}")));
    assert!(!path.exists(), "nobody listens there any more");
    assert_done(&typed(&node, &format!("listener restart {unix}")));
    assert!(UnixStream::connect(&path).is_ok());
    assert_done(&typed(&node, &format!("listener delete {unix}")));
    assert!(!path.exists());
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        assert_done(&typed(&node, "listener start address=::1 port=0 -m six"));
        let at = started(&node, "six");
        assert!(at.is_ipv6());
        assert!(std::net::TcpStream::connect(at).is_ok());
        assert_done(&typed(&node, &format!("listener delete {}", place(at))));
    }
}

/// monitoring.md 12, 7: a suspended listener does not run; one that was deleted is not missed.
#[test]
fn health_follows() {
    let node = Node::started(
        "listener.http.health = 127.0.0.1:0\nlistener.http.health.http_modules = [vmq_health_http]",
    );
    let all = rows(&node);
    let of = |kind: &str| {
        let row = all.iter().find(|row| row[0] == kind).unwrap();
        SocketAddr::new(row[2].parse().unwrap(), row[3].parse().unwrap())
    };
    let (http, mqtt) = (of("http"), of("mqtt"));
    assert!(get(http, "/health").starts_with("HTTP/1.1 200"));
    assert_done(&typed(&node, &format!("listener stop {}", place(mqtt))));
    let down = get(http, "/health");
    assert!(
        down.starts_with("HTTP/1.1 503") && down.contains("Listeners are not ready: [mqtt]"),
        "{down}"
    );
    assert_done(&typed(&node, &format!("listener delete {}", place(mqtt))));
    assert!(get(http, "/health").starts_with("HTTP/1.1 200"));
}

fn get(at: SocketAddr, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(harness::DEADLINE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Commands that come at the same time take turns, or are sent away; the listener is in one piece afterwards.
#[tokio::test]
async fn many_hands_on_one_listener() {
    let node = Node::started("");
    let at = address(&node);
    let (stop, restart) = (
        format!("listener stop {}", place(at)),
        format!("listener restart {}", place(at)),
    );
    std::thread::scope(|scope| {
        for hand in 0..4 {
            let (node, lines) = (&node, [&stop, &restart]);
            scope.spawn(move || {
                for turn in 0..20 {
                    let said = typed(node, lines[(hand + turn) % 2]).human();
                    assert!(
                        said == "Done\n" || said.ends_with("listener due to 'busy'\n"),
                        "{said}"
                    );
                }
            });
        }
    });
    assert_done(&typed(&node, &restart));
    let mut client = ConnectBuilder::new(at, V5, "in").connect().await;
    client.ping().await;
    let delete = format!("listener delete {}", place(at));
    let done = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| typed(&node, &delete).exit()))
            .collect();
        let exits = hands.into_iter().map(|hand| hand.join().unwrap());
        exits.filter(|exit| *exit == 0).count()
    });
    assert_eq!(done, 1, "one of them has deleted it");
    assert!(RawClient::try_open(at, V4).await.is_err());
}

/// admin.md 19 #15: a listener that is there after a restart, until it is deleted.
#[tokio::test]
async fn a_listener_is_saved_and_forgotten() {
    let node = Node::new("include conf.d/*.conf");
    assert_eq!(node.verb(&["start"]).code, 0);
    let line = "listener start address=127.0.0.1 port=0 --mountpoint=saved --max_connections=3 --persist";
    let answer = typed(&node, line);
    assert_done(&answer);
    let file = node.home().join("conf.d/90-admin.conf");
    assert_eq!(answer.notes(), format!("saved in {}\n", file.display()));
    let text = fs::read_to_string(&file).unwrap();
    let saved: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        saved,
        [
            "listener.tcp.127-0-0-1-0 = '127.0.0.1:0'",
            "listener.tcp.127-0-0-1-0.mountpoint = 'saved'",
            "listener.tcp.127-0-0-1-0.max_connections = '3'",
        ]
    );
    assert_eq!(node.verb(&["restart"]).code, 0);
    let at = started(&node, "saved");
    let _client = ConnectBuilder::new(at, V4, "in").connect().await;
    let deleted = typed(&node, &format!("listener delete {}", place(at)));
    assert_done(&deleted);
    assert_eq!(deleted.notes(), "removed from conf.d/90-admin.conf\n");
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1);
    assert_eq!(node.verb(&["restart"]).code, 0);
    assert_eq!(rows(&node).len(), 1);
    // One of the main file is told to come back.
    let at = address(&node);
    let notes = typed(&node, &format!("listener delete {}", place(at))).notes();
    assert!(
        notes.starts_with("listener.tcp.default stands in ")
            && notes.ends_with(" and comes back at the next start\n"),
        "{notes}"
    );
}

/// What cannot be saved is not started either.
#[test]
fn a_listener_that_cannot_be_saved_is_closed_again() {
    let node = Node::started("");
    let answer = typed(
        &node,
        "listener start address=127.0.0.1 port=0 --mountpoint=x --persist",
    );
    assert_eq!(answer.exit(), 1);
    let human = answer.human();
    assert!(
        human.starts_with("can't start listener due to 'listener.tcp.127-0-0-1-0 can't be saved: "),
        "{human}"
    );
    assert_eq!(rows(&node).len(), 1);
}
