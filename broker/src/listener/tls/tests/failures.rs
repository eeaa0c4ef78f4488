//! Each reason of a failed handshake, and what the peer is told.

use super::super::{HandshakeFailure, ServerTls, handshake};
use super::client::{anonymous, meet, of_versions, presenting};
use super::pki::{Site, client_leaf, root};
use rustls::AlertDescription;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::Instant;

/// A handshake with a peer that only sends bytes; gives the failure and what came back.
async fn with_bytes(site: &Site, bytes: &[u8]) -> (HandshakeFailure, Vec<u8>) {
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    far.write_all(bytes).await.unwrap();
    let talk = async {
        far.shutdown().await.unwrap();
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let (result, answer) = tokio::join!(handshake(near, &tls, None), talk);
    (result.err().unwrap(), answer)
}

#[tokio::test(start_paused = true)]
async fn first_bytes_that_are_not_tls() {
    let site = Site::new();
    let connect = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03abc";
    for bytes in [
        &connect[..],
        b"GET / HTTP/1.1\r\n\r\n",
        &[0; 64],
        b"\x16\x09\x01\x00\x05hello",
    ] {
        let (failure, _) = with_bytes(&site, bytes).await;
        assert_eq!(failure.name(), "not_tls", "{bytes:?}: {failure}");
    }
    // A record that is TLS, with a message that is none.
    let (failure, answer) = with_bytes(&site, b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00").await;
    assert_eq!(failure.name(), "other", "{failure}");
    assert_eq!(answer.first(), Some(&0x15), "an alert: {answer:?}");
}

#[tokio::test(start_paused = true)]
async fn peers_that_leave_or_stay_silent() {
    let site = Site::new();
    let (failure, answer) = with_bytes(&site, b"").await;
    assert_eq!(failure, HandshakeFailure::PeerClosed);
    assert!(answer.is_empty());
    let (failure, _) = with_bytes(&site, b"\x16\x03\x01\x01\x00\x01").await;
    assert_eq!(failure, HandshakeFailure::PeerClosed);

    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let (near, _far): (DuplexStream, DuplexStream) = tokio::io::duplex(1024);
    let start = Instant::now();
    let failure = handshake(near, &tls, Some(Duration::from_secs(5)))
        .await
        .err()
        .unwrap();
    assert_eq!(failure, HandshakeFailure::Timeout);
    assert_eq!(start.elapsed(), Duration::from_secs(5));
}

/// The grace for the alert is bounded, in time and in bytes.
#[tokio::test(start_paused = true)]
async fn a_refused_peer_that_stays_is_cut_off() {
    let site = Site::new();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    far.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let start = Instant::now();
    let failure = handshake(near, &tls, None).await.err().unwrap();
    assert_eq!(failure, HandshakeFailure::NotTls);
    assert_eq!(start.elapsed(), Duration::from_millis(500));
}

/// Version, random bytes, no session, one suite, no compression, no extensions.
fn tls_1_1_hello() -> Vec<u8> {
    let mut hello = vec![0x16, 0x03, 0x01, 0x00, 0x2d, 0x01, 0x00, 0x00, 0x29, 0x03, 0x02];
    hello.extend([7; 32]);
    hello.extend([0x00, 0x00, 0x02, 0x00, 0x2f, 0x01, 0x00]);
    hello
}

#[tokio::test(start_paused = true)]
async fn nothing_in_common() {
    let mut site = Site::new();
    site.config.versions = vec![vmq_config::TlsVersion::V1_3];
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let meeting = meet(&tls, of_versions(&site.root, &[&rustls::version::TLS12])).await;
    assert_eq!(meeting.outcome(), "no_shared_version");
    assert_eq!(meeting.alert(), Some(AlertDescription::ProtocolVersion));

    let (failure, _) = with_bytes(&site, &tls_1_1_hello()).await;
    assert_eq!(failure.name(), "no_shared_version");

    site.config.ciphers = vec!["TLS_AES_128_GCM_SHA256".to_owned()];
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites = vec![rustls::crypto::ring::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256];
    let mut roots = rustls::RootCertStore::empty();
    roots.add(site.root.der().clone()).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let meeting = meet(&tls, client).await;
    assert_eq!(meeting.outcome(), "no_shared_cipher");
    assert_eq!(meeting.alert(), Some(AlertDescription::HandshakeFailure));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_trust_the_listener() {
    let site = Site::new();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let meeting = meet(&tls, anonymous(&root("another"))).await;
    assert_eq!(meeting.outcome(), "peer_alert");
    let text = meeting.server.err().unwrap().to_string();
    assert!(text.contains("UnknownCA"), "{text}");
}

/// With TLS 1.3 the client is done before its certificate is looked at; the alert comes while it talks already.
#[tokio::test(start_paused = true)]
async fn refused_certificates_are_told_to_the_client() {
    let site = Site::demanding();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    for version in super::client::BOTH {
        let meeting = meet(&tls, of_versions(&site.root, &[version])).await;
        assert_eq!(meeting.outcome(), "certificate_required");
        assert!(meeting.alert().is_some(), "{:?}", meeting.client);
        let stranger = client_leaf("x", 1, &root("stranger"));
        let client = super::client::presenting_by(&site.root, &stranger, &[], &[version]);
        let meeting = meet(&tls, client).await;
        assert_eq!(meeting.outcome(), "certificate_untrusted");
        assert_eq!(meeting.alert(), Some(AlertDescription::UnknownCA));
    }
}

/// The same over a socket: the alert must not be destroyed by a reset.
#[tokio::test]
async fn the_alert_survives_the_closing_of_a_socket() {
    let site = Site::demanding();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stranger = client_leaf("x", 1, &root("stranger"));
    let serve = async {
        let (socket, _) = listener.accept().await.unwrap();
        handshake(socket, &tls, None).await.err().unwrap()
    };
    let connect = async {
        let socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let config = presenting(&site.root, &stranger, &[]);
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
        let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
        let mut stream = connector.connect(name, socket).await.unwrap();
        // More than one record of the broker's reading.
        stream.write_all(&[0x10; 20_000]).await.unwrap();
        stream.read_u8().await.err().unwrap()
    };
    let (failure, error) = tokio::join!(serve, connect);
    assert_eq!(failure.name(), "certificate_untrusted");
    assert!(error.to_string().contains("UnknownCA"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn no_application_protocol_in_common() {
    let site = Site::new();
    let tls = ServerTls::load(&site.config, &[b"http/1.1"]).unwrap();
    let mut client = anonymous(&site.root);
    client.alpn_protocols = vec![b"mqtt".to_vec()];
    let meeting = meet(&tls, client).await;
    assert_eq!(meeting.outcome(), "other");
    assert_eq!(meeting.alert(), Some(AlertDescription::NoApplicationProtocol));
}
