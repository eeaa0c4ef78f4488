//! What is refused when a listener opens, with words that help; what is sent to clients.

use super::super::{ServerTls, TlsFault};
use super::client::{anonymous, meet};
use super::fixture;
use super::pki::{Site, intermediate, issue, params};
use std::time::{Duration, UNIX_EPOCH};
use vmq_config::Secret;

fn fault(site: &Site) -> TlsFault {
    ServerTls::load(&site.config, &[])
        .err()
        .expect("the listener must not open")
}

fn assert_fault(site: &Site, key: &str, words: &[&str]) {
    let fault = fault(site);
    assert_eq!(fault.key, key, "{fault}");
    let text = fault.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text:?}");
    }
}

#[test]
fn missing_and_broken_files_are_named() {
    let mut site = Site::new();
    site.config.certfile = site.path("nowhere.pem");
    assert_fault(&site, "certfile", &["nowhere.pem", "cannot be read"]);
    site.config.certfile = site.write("empty.pem", "");
    assert_fault(&site, "certfile", &["empty.pem", "no certificate in it"]);
    site.config.certfile = site.write("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    assert_fault(&site, "certfile", &["cut.pem", "END"]);
    site.config.certfile = "".into();
    assert_fault(&site, "certfile", &["is not set"]);

    let mut site = Site::new();
    site.config.keyfile = site.write("nokey.pem", "hello\n");
    assert_fault(&site, "keyfile", &["nokey.pem", "PRIVATE KEY"]);

    let mut site = Site::demanding();
    site.config.cafile = Some(site.write(
        "noca.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ));
    assert_fault(&site, "cafile", &["noca.pem", "broken"]);
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let site = Site::new();
    site.write("key.pem", &rcgen::KeyPair::generate().unwrap().serialize_pem());
    assert_fault(&site, "keyfile", &["key.pem", "does not belong", "cert.pem"]);
}

#[test]
fn encrypted_keys_open_with_their_password_only() {
    let mut site = Site::new();
    site.write("cert.pem", fixture::SERVER);
    site.write("key.pem", fixture::SERVER_KEY_AES);
    assert_fault(&site, "keyfile", &["encrypted", "keypasswd"]);
    site.config.keypasswd = Secret::new("open sesame");
    assert_fault(&site, "keyfile", &["keypasswd does not open the key"]);
    site.config.keypasswd = Secret::new("sesame");
    assert!(ServerTls::load(&site.config, &[]).is_ok());
}

#[test]
fn old_encryptions_are_refused_with_the_command_that_converts_them() {
    let mut site = Site::new();
    site.write("cert.pem", fixture::SERVER);
    site.config.keypasswd = Secret::new("sesame");
    for key in [
        fixture::SERVER_KEY_LEGACY,
        fixture::SERVER_KEY_DES3,
        fixture::SERVER_KEY_DES,
    ] {
        site.write("key.pem", key);
        assert_fault(&site, "keyfile", &["not served", "openssl pkcs8 -topk8"]);
    }
}

#[test]
fn client_certificates_need_authorities() {
    for (require, identity) in [(true, false), (false, true)] {
        let mut site = Site::new();
        site.config.cafile = None;
        site.config.require_certificate = require;
        site.config.use_identity_as_username = identity;
        assert_fault(&site, "cafile", &["require_certificate"]);
    }
}

/// A client that was revoked must not get in because its list is missing.
#[test]
fn an_unusable_revocation_list_keeps_the_listener_closed() {
    let mut site = Site::demanding();
    site.config.crlfile = Some(site.path("nowhere.pem"));
    assert_fault(&site, "crlfile", &["nowhere.pem", "cannot be read"]);
    for text in ["", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"] {
        site.config.crlfile = Some(site.write("crl.pem", text));
        assert_fault(&site, "crlfile", &["crl.pem", "revocation list"]);
    }
    // Without client certificates nobody looks at it.
    site.config.require_certificate = false;
    assert!(ServerTls::load(&site.config, &[]).is_ok());
}

/// The intermediate stands in certfile, or in cafile, and the client has the root only.
#[tokio::test(start_paused = true)]
async fn the_chain_is_completed_from_cafile() {
    let site = Site::new();
    let first = intermediate("first", &site.root);
    let leaf = issue(params("server"), &first);
    site.write("cert.pem", &leaf.certificate.pem());
    site.write("key.pem", &leaf.key.serialize_pem());
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    assert!(meet(&tls, anonymous(&site.root)).await.client.is_err());
    site.write("ca.pem", &(site.root.pem() + &first.pem()));
    assert!(tls.refresh(false).unwrap());
    let meeting = meet(&tls, anonymous(&site.root)).await;
    assert_eq!(meeting.outcome(), "ok");
    let (_, session) = meeting.client.as_ref().unwrap().get_ref();
    assert_eq!(
        session.peer_certificates().unwrap().len(),
        2,
        "the root is not sent"
    );
}

#[test]
fn the_end_of_the_certificate_is_known() {
    let site = Site::new();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let new_year_2050 = UNIX_EPOCH + Duration::from_secs(2_524_608_000);
    assert_eq!(tls.not_after(), Some(new_year_2050));
}

#[tokio::test(start_paused = true)]
async fn application_protocols() {
    let site = Site::new();
    let mut offering = anonymous(&site.root);
    offering.alpn_protocols = vec![b"mqtt".to_vec(), b"http/1.1".to_vec()];
    let mqtts = ServerTls::load(&site.config, &[]).unwrap();
    let meeting = meet(&mqtts, offering.clone()).await;
    assert_eq!(meeting.outcome(), "ok");
    assert_eq!(meeting.client.unwrap().get_ref().1.alpn_protocol(), None);
    let https = ServerTls::load(&site.config, &[b"h2", b"http/1.1"]).unwrap();
    let meeting = meet(&https, offering).await;
    assert_eq!(
        meeting.client.unwrap().get_ref().1.alpn_protocol(),
        Some(&b"http/1.1"[..])
    );
}
