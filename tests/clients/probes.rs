//! What a scanner tries at a TLS listener: old versions, weak suites, renegotiation, and offers that no library makes.
//! What should be refused is refused, and the broker can say why.

mod hello;
mod s_client;

use crate::install;
use harness::*;
use hello::{Answer, Hello, answer, answer_to_bytes};
use s_client::{s_client, shake_hands};

/// Alerts of RFC 8446 6.
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;

/// The suites of TLS 1.2 that are served with an ECDSA key, and with an RSA key, in the order of preference.
const ECDSA_SUITES: [u16; 3] = [0xC02C, 0xC02B, 0xCCA9];
const RSA_SUITES: [u16; 3] = [0xC030, 0xC02F, 0xCCA8];
/// And of TLS 1.3.
const SUITES_1_3: [u16; 3] = [0x1302, 0x1301, 0x1303];

/// A TLS listener with an ECDSA key, versions 1.2 and 1.3.
fn secure() -> BrokerBuilder {
    TestBroker::builder().transport(Transport::Ssl)
}

/// The same with an RSA key, which would serve the suites that need one.
fn secure_with_rsa() -> BrokerBuilder {
    let builder = secure();
    let home = builder.home();
    install::openssl()
        .words("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout")
        .arg(home.join("server.key"))
        .arg("-out")
        .arg(home.join("server.pem"))
        .succeed();
    builder
}

/// There is no session, the client was told so by an alert, and the broker has counted why.
async fn refused(broker: &TestBroker, arguments: &str, why: &str) {
    let before = broker.metric_of("tls_handshake_failed", why);
    let outcome = shake_hands(broker.addr(), arguments);
    assert_eq!(outcome.session(), None, "{arguments}");
    assert!(outcome.alert().is_some(), "{arguments} {outcome:?}");
    eventually(
        &format!("{arguments}: tls_handshake_failed of {why}"),
        async || broker.metric_of("tls_handshake_failed", why) == before + 1,
    )
    .await;
}

/// config.md 8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_versions_of_the_file() {
    for (setting, offered) in [
        ("tlsv1.2", [false, false, true, false]),
        ("tlsv1.3", [false, false, false, true]),
        ("tlsv1.2,tlsv1.3", [false, false, true, true]),
    ] {
        let line = format!("listener.ssl.default.tls_version = {setting}");
        let broker = secure().conf(&line).start().await;
        let versions = [
            // Distributions allow the old ones below their usual level only.
            ("-tls1 -cipher ALL:@SECLEVEL=0", "TLSv1"),
            ("-tls1_1 -cipher ALL:@SECLEVEL=0", "TLSv1.1"),
            ("-tls1_2", "TLSv1.2"),
            ("-tls1_3", "TLSv1.3"),
        ];
        for ((arguments, name), is_offered) in versions.into_iter().zip(offered) {
            if is_offered {
                let outcome = shake_hands(broker.addr(), arguments);
                assert_eq!(outcome.session().map(|(version, _)| version), Some(name));
            } else {
                refused(&broker, arguments, "no_shared_version").await;
            }
        }
    }
}

/// decisions 8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weak_suites_are_refused() {
    for broker in [secure().start().await, secure_with_rsa().start().await] {
        for suites in [
            "eNULL", "aNULL", "kRSA", "kDHE", "kPSK", "SHA1", "SHA256", "SHA384", "AESCCM", "ARIA",
            "CAMELLIA",
        ] {
            let arguments = format!("-tls1_2 -psk 00 -cipher {suites}:@SECLEVEL=0");
            refused(&broker, &arguments, "no_shared_cipher").await;
        }
    }
}

/// Every suite there could be, RC4, 3DES and export ones among them, which today's libraries cannot even ask for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_suite_is_served_but_these() {
    let ecdsa = secure().start().await;
    let rsa = secure_with_rsa().start().await;
    let of_1_2 = Hello::of_1_2 as fn(&[u16]) -> Hello;
    for (broker, hello, served) in [
        (&ecdsa, of_1_2, ECDSA_SUITES),
        (&rsa, of_1_2, RSA_SUITES),
        (&ecdsa, Hello::of_1_3, SUITES_1_3),
    ] {
        let others: Vec<u16> = (0..=u16::MAX).filter(|suite| !served.contains(suite)).collect();
        for others in others.chunks(4096) {
            let answer = answer(broker.addr(), &hello(others)).await;
            assert_eq!(
                answer,
                Answer::Alert(HANDSHAKE_FAILURE),
                "from {:04x} to {:04x}",
                others[0],
                others[others.len() - 1]
            );
        }
        // The order is the broker's, and each is served by itself.
        let reversed: Vec<u16> = served.iter().rev().copied().collect();
        assert_eq!(suite(answer(broker.addr(), &hello(&reversed)).await), served[0]);
        for only in served {
            assert_eq!(suite(answer(broker.addr(), &hello(&[only])).await), only);
        }
    }
}

fn suite(answer: Answer) -> u16 {
    match answer {
        Answer::Hello(hello) => hello.suite,
        other => panic!("unexpected {other:?}"),
    }
}

/// config.md 8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lists_of_the_file_are_obeyed() {
    let broker = secure()
        .conf("listener.ssl.default.ciphers = TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")
        .conf("listener.ssl.default.eccs = [secp384r1]")
        .start()
        .await;
    for (arguments, suite) in [
        ("-tls1_2 -cipher ECDHE", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (
            "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-AES256-GCM-SHA384",
        ),
        ("-tls1_3", "TLS_AES_128_GCM_SHA256"),
    ] {
        let outcome = shake_hands(broker.addr(), arguments);
        assert_eq!(outcome.suite(), Some(suite), "{arguments}");
        assert!(outcome.says("Server Temp Key: ECDH, secp384r1"), "{outcome:?}");
    }
    for arguments in [
        "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305",
        "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384",
        "-tls1_2 -groups X25519:P-256",
        "-tls1_3 -groups X25519:P-256",
    ] {
        refused(&broker, arguments, "no_shared_cipher").await;
    }
}

/// Compression gives secrets away by the length of what is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_compressed() {
    const DEFLATE: u8 = 1;
    let broker = secure().start().await;
    let offering = |compressions: &[u8]| Hello {
        compressions: compressions.to_vec(),
        ..Hello::of_1_2(&ECDSA_SUITES)
    };
    let Answer::Hello(hello) = answer(broker.addr(), &offering(&[DEFLATE, 0])).await else {
        panic!("refused");
    };
    assert_eq!(hello.compression, 0);
    let only = answer(broker.addr(), &offering(&[DEFLATE])).await;
    assert!(matches!(only, Answer::Alert(_)), "{only:?}");
}

/// RFC 8446 4.1.3: a client of 1.3 that somebody has talked down to 1.2 can see it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_downgrade_shows() {
    let broker = secure().start().await;
    let Answer::Hello(hello) = answer(broker.addr(), &Hello::of_1_2(&ECDSA_SUITES)).await else {
        panic!("refused");
    };
    assert!(hello.random.ends_with(b"DOWNGRD\x01"), "{:02x?}", hello.random);
}

/// What is older than TLS, or not TLS at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_protocols_get_nothing() {
    let broker = secure().start().await;
    let ssl_3 = Hello {
        version: 0x0300,
        ..Hello::of_1_2(&[0x0004, 0x0005, 0x000A, 0x002F])
    };
    let told = answer(broker.addr(), &ssl_3).await;
    assert!(
        matches!(told, Answer::Alert(HANDSHAKE_FAILURE | PROTOCOL_VERSION)),
        "{told:?}"
    );
    // RC4, RC2 and DES, as they were called; a heartbeat that asks for more than it brings; HTTP; MQTT.
    let ssl_2 = hex(
        "80 2E 01 00 02 00 15 00 00 00 10 01 00 80 02 00 80 03 00 80 04 00 80 05 00 80 06 00 40 07 00 C0 \
         01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10",
    );
    let heartbeat = hex("18 03 02 00 03 01 40 00");
    let connect = hex("10 0D 00 04 4D 51 54 54 04 02 00 3C 00 01 78");
    for bytes in [&ssl_2, &heartbeat, &b"GET / HTTP/1.1\r\n\r\n".to_vec(), &connect] {
        let told = answer_to_bytes(broker.addr(), bytes).await;
        assert!(matches!(told, Answer::Closed | Answer::Alert(_)), "{told:?}");
    }
    eventually("the attempts to be counted", async || {
        broker.metric("tls_handshake_failed") == 5
    })
    .await;
    assert_eq!(broker.metric("mqtt_connect_received"), 0);
}

/// A client that shakes hands again and again would cost the broker a hundred times what it costs the client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_renegotiates() {
    // What TLS has to say by itself leaves with the next bytes of the broker, here with its farewell.
    let broker = secure().conf("mqtt_connect_timeout = 500").start().await;
    // The line `R` is the order to try.
    let mut client = s_client(broker.addr(), "-tls1_2")
        .input("R\n")
        .input_stays_open()
        .start();
    client.line_with("RENEGOTIATING");
    client.line_with("no renegotiation");
}

/// The pages say nothing of names: a listener has one certificate, and shows it to everybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_server_name_gets_the_certificate() {
    let builder = secure();
    let cafile = builder.home().join("ca.pem");
    let broker = builder.start().await;
    for version in ["-tls1_2", "-tls1_3"] {
        for name in [
            "-servername localhost",
            "-servername nobody.example",
            "-noservername",
        ] {
            let arguments = format!(
                "{version} {name} -CAfile {} -verify_return_error -verify_hostname localhost -verify_ip 127.0.0.1",
                cafile.display()
            );
            let outcome = shake_hands(broker.addr(), &arguments);
            assert!(outcome.session().is_some(), "{arguments}");
            assert!(outcome.says("Verify return code: 0 (ok)"), "{outcome:?}");
        }
    }
}

/// A session that is resumed skips the certificates, so that there is none where they are asked for. Data before the
/// end of a handshake can be repeated by anybody, so that there is none at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resumption_and_early_data() {
    let broker = secure().start().await;
    let outcome = shake_hands(broker.addr(), "-tls1_2 -reconnect");
    assert_eq!((outcome.count("New, "), outcome.count("Reused, ")), (1, 5));
    let mut client = s_client(broker.addr(), "-tls1_3").input_stays_open().start();
    assert_eq!(client.line("    Max Early Data: "), "0");
    let asking = secure()
        .conf("listener.ssl.default.use_identity_as_username = on")
        .start()
        .await;
    let outcome = shake_hands(asking.addr(), "-tls1_2 -reconnect");
    assert_eq!((outcome.count("New, "), outcome.count("Reused, ")), (6, 0));
}
