//! MQTT over TLS: whom broker and client believe, and who the client is then.

use crate::hostile::still_serves;
use crate::node::{address_of, certificate_files, files};
use crate::witness::Witness;
use harness::wire::{self, string};
use harness::*;
use std::io;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What becomes of a client that shakes hands so.
async fn attempt(broker: &TestBroker, tls: &ClientTls) -> io::Result<RawClient> {
    let mut client = broker.client(V5, "x").tls(tls).try_send().await?;
    // With 1.3 the refusal comes after what the client takes for the end of the handshake.
    match client.next().await {
        Ok(Packet::ConnAck(ack)) => {
            assert_eq!(ack.reason, ReasonCode::Success);
            Ok(client)
        }
        Ok(other) => panic!("unexpected {other:?}"),
        Err(_) => Err(io::ErrorKind::ConnectionReset.into()),
    }
}

async fn accepted(broker: &TestBroker, tls: &ClientTls, what: &str) {
    assert!(attempt(broker, tls).await.is_ok(), "{what}");
}

/// Refused with either version, and counted.
async fn refused(broker: &TestBroker, tls: &ClientTls, what: &str, reason: &str) {
    for tls in [tls.clone().only_1_2(), tls.clone().only_1_3()] {
        let before = broker.metric_of("tls_handshake_failed", reason);
        assert!(attempt(broker, &tls).await.is_err(), "{what}");
        eventually(&format!("{what}: tls_handshake_failed of {reason}"), async || {
            broker.metric_of("tls_handshake_failed", reason) == before + 1
        })
        .await;
    }
}

fn demanding(lines: &str) -> BrokerBuilder {
    TestBroker::builder()
        .conf("listener.ssl.default.require_certificate = on")
        .conf(lines)
}

/// Sends bytes to the listener and reads until it closes.
async fn answer_to(broker: &TestBroker, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(broker.addr()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    within(DEADLINE, "the end", stream.read_to_end(&mut answer))
        .await
        .ok();
    answer
}

/// config.md 8
async fn a_client_that_trusts_the_authority_connects(v: Version) {
    let broker = TestBroker::start().await;
    for tls in [ClientTls::default().only_1_2(), ClientTls::default().only_1_3()] {
        let mut client = broker.client(v, "x").tls(&tls).connect().await;
        let shown = client.stream().server_certificate.clone();
        assert_eq!(shown.as_ref(), Some(certificates::server().der()));
        client.ping().await;
    }
}
versions!(ssl a_client_that_trusts_the_authority_connects: V4, V5);

/// config.md 8
async fn a_client_that_trusts_another_authority_leaves(v: Version) {
    let broker = TestBroker::start().await;
    // The same name makes it no better.
    let other = ClientTls::default().trusting(&Authority::root("authority of the tests"));
    assert!(attempt(&broker, &other).await.is_err());
    eventually("the handshake to be counted", async || {
        broker.metric("tls_handshake_failed") == 1
            && broker.metric_of("connection_refused", "tls_handshake_failed") == 1
    })
    .await;
    still_serves(&broker, v).await;
}
versions!(ssl a_client_that_trusts_another_authority_leaves: V5);

/// config.md 8
async fn only_the_versions_of_the_file_are_spoken(v: Version) {
    let only =
        |version: &str| TestBroker::builder().conf(&format!("listener.ssl.default.tls_version = {version}"));
    let old = only("tlsv1.2").start().await;
    accepted(&old, &ClientTls::default().only_1_2(), "1.2 of 1.2").await;
    assert!(attempt(&old, &ClientTls::default().only_1_3()).await.is_err());
    let new = only("tlsv1.3").start().await;
    accepted(&new, &ClientTls::default().only_1_3(), "1.3 of 1.3").await;
    assert!(attempt(&new, &ClientTls::default().only_1_2()).await.is_err());
    for broker in [&old, &new] {
        eventually("the handshakes to be counted", async || {
            broker.metric_of("tls_handshake_failed", "no_shared_version") == 1
        })
        .await;
        still_serves(broker, v).await;
    }
}
versions!(ssl only_the_versions_of_the_file_are_spoken: V5);

// `tcp`: a builder of `ssl` allows both versions.
/// config.md 8
async fn version_1_2_is_the_default(v: Version) {
    let broker = TestBroker::builder()
        .certificates(Transport::Ssl)
        .conf("listener.ssl.secure = 127.0.0.1:0")
        .start()
        .await;
    let client = |tls: ClientTls| broker.client_on("secure", v, "x").tls(&tls);
    client(ClientTls::default().only_1_2()).connect().await;
    assert!(client(ClientTls::default().only_1_3()).try_send().await.is_err());
}
versions!(tcp version_1_2_is_the_default: V5);

/// decisions 8
async fn old_versions_are_told_why(v: Version) {
    let broker = TestBroker::start().await;
    for minor in [1, 2] {
        // A ClientHello of TLS 1.0 or 1.1 with one old suite.
        let body = [&[3, minor][..], &[7; 32], &hex("00 00 02 00 2F 01 00")].concat();
        let length = u8::try_from(body.len()).unwrap();
        let hello = [&[0x16, 3, 1, 0, length + 4, 1, 0, 0, length][..], &body].concat();
        let answer = answer_to(&broker, &hello).await;
        // A fatal alert.
        assert_eq!(
            (answer[0], &answer[3..6]),
            (0x15, &[0, 2, 2][..]),
            "{answer:02x?}"
        );
    }
    eventually("the handshakes to be counted", async || {
        broker.metric_of("tls_handshake_failed", "no_shared_version") == 2
    })
    .await;
    still_serves(&broker, v).await;
}
versions!(ssl old_versions_are_told_why: V5);

/// config.md 6.2
async fn plain_bytes_are_no_handshake(v: Version) {
    let broker = TestBroker::start().await;
    let connect = wire::connect(v, 2, &[&string("x")]);
    for bytes in [&connect[..], b"GET / HTTP/1.1\r\n\r\n", &[0; 100]] {
        let answer = answer_to(&broker, bytes).await;
        // Nothing, or an alert.
        assert!(answer.is_empty() || answer[0] == 0x15, "{answer:02x?}");
    }
    eventually("the handshakes to be counted", async || {
        broker.metric_of("tls_handshake_failed", "not_tls") == 3
    })
    .await;
    assert_eq!(broker.metric("mqtt_connect_received"), 0);
    still_serves(&broker, v).await;
}
versions!(ssl plain_bytes_are_no_handshake: V4, V5);

/// config.md 6.1
async fn a_handshake_is_no_packet(v: Version) {
    let broker = TestBroker::start().await;
    let tls = ClientTls::default();
    let tcp = TcpStream::connect(broker.addr()).await.unwrap();
    let shaken = within(Duration::from_secs(4), "the broker to close", tls.handshake(tcp)).await;
    assert!(shaken.is_err());
    still_serves(&broker, v).await;
}
versions!(tcp a_handshake_is_no_packet: V5);

/// config.md 8
async fn a_handshake_has_its_time(v: Version) {
    let broker = TestBroker::builder()
        .conf("listener.ssl.default.tls_handshake_timeout = 400")
        .start()
        .await;
    for bytes in [&b""[..], &hex("16 03 01"), &hex("16 03 01 02 00 01 00 01")] {
        let start = Instant::now();
        answer_to(&broker, bytes).await;
        let took = start.elapsed();
        assert!(
            took >= Duration::from_millis(390) && took < Duration::from_secs(4),
            "{took:?}"
        );
    }
    eventually("the handshakes to be counted", async || {
        broker.metric_of("tls_handshake_failed", "timeout") == 3
    })
    .await;
    // The time is for the handshake, not for the connection.
    let mut client = broker.connect(v, "x").await;
    client.quiet_for(Duration::from_millis(500)).await;
    client.ping().await;
}
versions!(slow ssl a_handshake_has_its_time: V5);

/// config.md 8.1
async fn the_table_of_client_certificates(v: Version) {
    let named = ClientTls::of(&certificates::authority().client("device"));
    let nameless = ClientTls::of(&certificates::authority().client_without_name());
    let foreign = ClientTls::of(&Authority::root("somebody else").client("device"));
    let nobody = ClientTls::default();
    // require_certificate, use_identity_as_username; then for each client: the username, `None` = no handshake.
    let (mqtt, cn) = (Some("mqtt"), Some("device"));
    let table = [
        ("off", "off", [mqtt, mqtt, mqtt, mqtt]),
        ("on", "off", [mqtt, mqtt, None, None]),
        ("on", "on", [cn, mqtt, None, None]),
        ("off", "on", [cn, mqtt, mqtt, None]),
    ];
    for (require, identity, expected) in table {
        let (witness, builder) = Witness::builder();
        let kind = transport::under_test().key_word();
        let broker = builder
            .conf(&format!(
                "listener.{kind}.default.require_certificate = {require}\n\
                 listener.{kind}.default.use_identity_as_username = {identity}"
            ))
            .start()
            .await;
        for (number, tls) in [&named, &nameless, &nobody, &foreign].into_iter().enumerate() {
            let what = format!("require {require}, identity {identity}, client {number}");
            let client = broker.client(v, "x").user("mqtt", "secret").tls(tls);
            let connected = match client.try_send().await {
                Ok(mut client) => client.next().await.is_ok(),
                Err(_) => false,
            };
            assert_eq!(connected, expected[number].is_some(), "{what}");
            if let Some(username) = expected[number] {
                let seen = witness.only();
                assert_eq!(seen.username.as_deref(), Some(username), "{what}");
                // Hooks run with the password of the CONNECT.
                assert_eq!(seen.password.as_deref(), Some(&b"secret"[..]), "{what}");
            } else {
                assert!(witness.saw_nobody(), "{what}");
            }
        }
    }
}
versions!(ssl the_table_of_client_certificates: V4, V5);

/// config.md 6.4
async fn secure_websocket_has_the_same_table(v: Version) {
    the_table_of_client_certificates(v).await;
}
versions!(wss secure_websocket_has_the_same_table: V5);

/// config.md 8.1
async fn the_name_of_a_certificate_has_the_rights(v: Version) {
    let broker = demanding("listener.ssl.default.use_identity_as_username = on")
        .acl("pattern own/%u\n")
        .start()
        .await;
    let tls = ClientTls::of(&certificates::authority().client("device"));
    let mut client = broker.client(v, "x").user("admin", "").tls(&tls).connect().await;
    client.subscribe("own/device", QOS0).await;
    let codes = client.subscribe_all(&[("own/admin", options(QOS0))]).await;
    assert!(codes[0].is_error(), "{codes:?}");
}
versions!(ssl the_name_of_a_certificate_has_the_rights: V4, V5);

/// config.md 8.1
async fn a_certificate_alone_is_no_password(v: Version) {
    let builder = demanding("listener.ssl.default.use_identity_as_username = on").closed();
    let tls = ClientTls::of(&certificates::authority().client("device"));
    let broker = builder.start().await;
    let (_, ack) = broker.client(v, "x").tls(&tls).ack().await;
    assert!(ack.reason.is_error());
    let builder = broker.stop().await;
    let broker = builder
        .conf("listener.ssl.default.allow_anonymous_override = on")
        .start()
        .await;
    broker.client(v, "x").tls(&tls).connect().await;
}
versions!(ssl a_certificate_alone_is_no_password: V4, V5);

/// config.md 8.1
async fn certificates_that_are_not_in_force(_v: Version) {
    let authority = certificates::authority();
    let broker = demanding("").start().await;
    accepted(&broker, &ClientTls::of(&authority.client("x")), "a good one").await;
    let expired = ClientTls::of(&authority.expired_client("x"));
    refused(&broker, &expired, "out of date", "certificate_expired").await;
    let future = ClientTls::of(&authority.future_client("x"));
    refused(&broker, &future, "not yet valid", "certificate_expired").await;
    let foreign = ClientTls::of(&Authority::root("somebody else").client("x"));
    refused(&broker, &foreign, "of another authority", "certificate_untrusted").await;
    let namesake = ClientTls::of(&Authority::root("authority of the tests").client("x"));
    refused(&broker, &namesake, "of a namesake", "certificate_invalid").await;
    let server = ClientTls::of(certificates::server());
    refused(&broker, &server, "for a server", "certificate_invalid").await;
    refused(&broker, &ClientTls::default(), "none", "certificate_required").await;
}
versions!(ssl certificates_that_are_not_in_force: V5);

/// config.md 8.1
async fn a_self_signed_certificate_is_refused_even_from_cafile(_v: Version) {
    let own = Identity::self_signed("x");
    let builder = demanding("");
    let bundle = format!("{}{}", certificates::authority().pem(), own.pem());
    builder.write("ca.pem", &bundle);
    let broker = builder.start().await;
    for tls in [ClientTls::of(&own).only_1_2(), ClientTls::of(&own).only_1_3()] {
        assert!(attempt(&broker, &tls).await.is_err());
    }
    let good = ClientTls::of(&certificates::authority().client("x"));
    accepted(&broker, &good, "beside it").await;
}
versions!(ssl a_self_signed_certificate_is_refused_even_from_cafile: V5);

/// config.md 8
async fn depth_counts_intermediates(_v: Version) {
    let root = certificates::authority();
    let first = root.intermediate("first");
    let second = first.intermediate("second");
    let third = second.intermediate("third");
    let clients = [root, &first, &second, &third].map(|authority| ClientTls::of(&authority.client("x")));
    for (lines, allowed) in [
        ("listener.ssl.default.depth = 0", 0),
        ("", 1),
        ("listener.ssl.default.depth = 2", 2),
    ] {
        let broker = demanding(lines).start().await;
        for (intermediates, tls) in clients.iter().enumerate() {
            let got = attempt(&broker, tls).await.is_ok();
            assert_eq!(
                got,
                intermediates <= allowed,
                "{intermediates} intermediates, {lines:?}"
            );
        }
    }
    // Without the intermediate nobody vouches.
    let broker = demanding("").start().await;
    let alone = ClientTls::of(&first.client("x").alone());
    refused(&broker, &alone, "no intermediate", "certificate_untrusted").await;
}
versions!(ssl depth_counts_intermediates: V5);

/// config.md 8.3
async fn revoked_certificates_are_refused(_v: Version) {
    let authority = Authority::root("with a list");
    let other = Authority::root("with another list");
    let (good, bad, elsewhere) = (authority.client("x"), authority.client("x"), other.client("x"));
    let builder = demanding("");
    // Issuer and serial count: the serial of the good one is on the other's list.
    let list = authority.revocation_list(&[&bad]) + &other.revocation_list(&[&good]);
    builder.write("crl.pem", &list);
    builder.write("ca.pem", &(authority.pem() + &other.pem()));
    let line = format!(
        "listener.ssl.default.crlfile = {}/crl.pem",
        builder.home().display()
    );
    let broker = builder.conf(&line).start().await;
    accepted(&broker, &ClientTls::of(&good), "not on the list of its issuer").await;
    accepted(&broker, &ClientTls::of(&elsewhere), "on no list").await;
    refused(&broker, &ClientTls::of(&bad), "revoked", "certificate_revoked").await;
}
versions!(ssl revoked_certificates_are_refused: V5);

/// config.md 8.3
async fn a_revocation_list_is_read_again(_v: Version) {
    let authority = certificates::authority();
    let (first, second) = (authority.client("x"), authority.client("x"));
    let builder = demanding("crl_refresh_interval = 500");
    builder.write("crl.pem", &authority.revocation_list(&[]));
    let line = format!(
        "listener.ssl.default.crlfile = {}/crl.pem",
        builder.home().display()
    );
    let broker = builder.conf(&line).start().await;
    let running = broker.client(V5, "running").tls(&ClientTls::of(&first));
    let mut running = running.connect().await;
    broker.write("crl.pem", &authority.revocation_list(&[&first]));
    eventually("the list to be in force", async || {
        attempt(&broker, &ClientTls::of(&first)).await.is_err()
    })
    .await;
    // A list that cannot be read is no list without entries.
    broker.write("crl.pem", "nothing\n");
    running.quiet_for(Duration::from_millis(1500)).await;
    assert!(attempt(&broker, &ClientTls::of(&first)).await.is_err());
    accepted(&broker, &ClientTls::of(&second), "not on the list").await;
    // Sessions that run are not touched.
    running.ping().await;
}
versions!(slow ssl a_revocation_list_is_read_again: V5);

/// config.md 8.1
async fn the_first_common_name_of_a_text_type_counts(v: Version) {
    let (witness, builder) = Witness::builder();
    let broker = builder
        .conf("listener.ssl.default.use_identity_as_username = on")
        .start()
        .await;
    let authority = certificates::authority();
    let cases = [
        (authority.client("grün"), "grün"),
        (authority.client_of_printable_name("plain"), "plain"),
        (authority.client_of_other_name_and("teletex", "second"), "second"),
    ];
    for (identity, expected) in cases {
        let tls = ClientTls::of(&identity);
        broker.client(v, "x").user("mqtt", "").tls(&tls).connect().await;
        assert_eq!(witness.only().username.as_deref(), Some(expected));
    }
}
versions!(ssl the_first_common_name_of_a_text_type_counts: V5);

/// config.md 8.2
async fn new_certificates_are_noticed(_v: Version) {
    let broker = TestBroker::start().await;
    let mut running = broker.connect(V5, "running").await;
    let new = certificates::authority().server();
    broker.write("server.key", new.key_pem());
    broker.write("server.pem", &new.pem());
    eventually("the new certificate", async || {
        match attempt(&broker, &ClientTls::default()).await {
            Ok(mut client) => client.stream().server_certificate.as_ref() == Some(new.der()),
            // Half of the pair may have been read.
            Err(error) => panic!("no moment without a certificate: {error}"),
        }
    })
    .await;
    running.ping().await;
}
versions!(slow ssl new_certificates_are_noticed: V5);

/// config.md 8.2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_read_again_by_reload() {
    let node = Node::new("listener.ssl.secure = 127.0.0.1:0");
    node.add_conf(&certificate_files(&node, "ssl"));
    assert_eq!(node.verb(&["start"]).code, 0, "{}", node.log());
    let address = address_of(&node, "secure");
    let connect = async |client_id: &str| {
        let tcp = TcpStream::connect(address).await.unwrap();
        let mut client = RawClient::over(tcp, Transport::Ssl, V5).await.unwrap();
        client
            .send_raw(&wire::connect(V5, 2, &[&string(client_id)]))
            .await;
        assert!(matches!(client.recv().await, Packet::ConnAck(_)));
        let shown = client.stream().server_certificate.clone().unwrap();
        (client, shown)
    };
    let (mut running, shown) = connect("running").await;
    assert_eq!(shown, *certificates::server().der());
    let new = certificates::authority().server();
    files(&node, &new);
    let said = node.verb(&["reload"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(connect("x").await.1, *new.der());
    // A broken file, or a key of another certificate, keeps the old, and is told.
    let other = certificates::authority().server();
    for (certificate, told) in [("broken\n", "listener.ssl.certfile"), (&other.pem(), "secure")] {
        std::fs::write(node.home().join("server.pem"), certificate).unwrap();
        let said = node.verb(&["reload"]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(told), "{said:?}");
        assert_eq!(connect("x").await.1, *new.der());
    }
    running.ping().await;
}
