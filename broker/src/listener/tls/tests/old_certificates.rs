//! Certificates of X.509 version 1, as `openssl x509 -req` makes them.

use super::super::ServerTls;
use super::client::{BOTH, careless, meet};
use super::fixture;
use super::pki::{Site, root};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use vmq_config::Secret;

fn client() -> Option<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let certificate = CertificateDer::from_pem_slice(fixture::CLIENT.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(fixture::CLIENT_KEY.as_bytes()).unwrap();
    Some((certificate, key))
}

/// A listener whose own certificate is such a one, with an encrypted key.
fn site() -> Site {
    let mut site = Site::demanding();
    site.config.use_identity_as_username = true;
    site.write("cert.pem", fixture::SERVER);
    site.write("key.pem", fixture::SERVER_KEY_AES);
    site.config.keypasswd = Secret::new("sesame");
    site.write("ca.pem", fixture::ROOT);
    site
}

#[tokio::test(start_paused = true)]
async fn an_old_certificate_is_served_and_accepted() {
    let mut site = site();
    site.config.depth = 0;
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    for version in BOTH {
        let meeting = meet(&tls, careless(client(), &[version])).await;
        assert_eq!(meeting.outcome(), "ok");
        assert_eq!(meeting.username().as_deref(), Some("old-client"));
    }
}

/// The list is of version 1 too.
#[tokio::test(start_paused = true)]
async fn an_old_certificate_can_be_revoked() {
    let mut site = site();
    site.config.crlfile = Some(site.write("crl.pem", fixture::REVOKED_CLIENT));
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let meeting = meet(&tls, careless(client(), BOTH)).await;
    assert_eq!(meeting.outcome(), "certificate_revoked");
}

#[tokio::test(start_paused = true)]
async fn an_old_certificate_of_a_stranger_is_refused() {
    let site = site();
    site.write("ca.pem", &root("another").pem());
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let meeting = meet(&tls, careless(client(), BOTH)).await;
    assert_eq!(meeting.outcome(), "certificate_untrusted");
}

/// Any change of the signed part, or of the signature, shows.
#[tokio::test(start_paused = true)]
async fn a_changed_old_certificate_is_refused() {
    let site = site();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let (certificate, key) = client().unwrap();
    let mut bytes = certificate.to_vec();
    // The first letter of "old-client" in the subject, which stands after the issuer.
    let name = b"old-client";
    let at = bytes
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    bytes[at] = b'O';
    let meeting = meet(&tls, careless(Some((bytes.into(), key)), BOTH)).await;
    assert_eq!(meeting.outcome(), "certificate_invalid");
}

/// Whoever copies a certificate does not have its key.
#[tokio::test(start_paused = true)]
async fn an_old_certificate_without_its_key_is_refused() {
    let tls = ServerTls::load(&site().config, &[]).unwrap();
    let (certificate, _) = client().unwrap();
    for version in BOTH {
        let key = PrivateKeyDer::try_from(rcgen::KeyPair::generate().unwrap().serialize_der()).unwrap();
        let meeting = meet(&tls, careless(Some((certificate.clone(), key)), &[version])).await;
        assert_eq!(meeting.outcome(), "certificate_invalid");
    }
}
