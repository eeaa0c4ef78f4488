//! Versions, suites and curves.

use super::super::ServerTls;
use super::client::{BOTH, anonymous, meet, of_versions};
use super::pki::Site;
use rustls::{CipherSuite, NamedGroup, ProtocolVersion};
use vmq_config::TlsVersion::{V1_2, V1_3};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn negotiated(site: &Site) -> (ProtocolVersion, CipherSuite) {
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let meeting = meet(&tls, anonymous(&site.root)).await;
    let stream = meeting.client.unwrap();
    let session = stream.get_ref().1;
    let suite = session.negotiated_cipher_suite().unwrap().suite();
    (session.protocol_version().unwrap(), suite)
}

#[tokio::test(start_paused = true)]
async fn built_in_suites_serve_every_version_asked_for() {
    let mut site = Site::new();
    let suite = CipherSuite::TLS13_AES_256_GCM_SHA384;
    assert_eq!(negotiated(&site).await, (ProtocolVersion::TLSv1_3, suite));
    site.config.versions = vec![V1_2];
    let suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384;
    assert_eq!(negotiated(&site).await, (ProtocolVersion::TLSv1_2, suite));
}

#[tokio::test(start_paused = true)]
async fn the_order_of_the_list_is_the_preference() {
    let mut site = Site::new();
    site.config.versions = vec![V1_2];
    site.config.ciphers = names(&["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256"]);
    let suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256;
    assert_eq!(negotiated(&site).await.1, suite);
    site.config.ciphers.reverse();
    let suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    assert_eq!(negotiated(&site).await.1, suite);
    // The name of the register works too, and what is not served does no harm.
    site.config.ciphers = names(&["AES256-SHA", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"]);
    let suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256;
    assert_eq!(negotiated(&site).await.1, suite);
}

/// Suites of the version that the list leaves out are not added.
#[tokio::test(start_paused = true)]
async fn a_version_without_a_suite_is_not_offered() {
    let mut site = Site::new();
    site.config.ciphers = names(&["ECDHE-ECDSA-AES256-GCM-SHA384"]);
    assert_eq!(negotiated(&site).await.0, ProtocolVersion::TLSv1_2);
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let only_new = of_versions(&site.root, &[&rustls::version::TLS13]);
    assert_eq!(meet(&tls, only_new).await.outcome(), "no_shared_version");
    site.config.ciphers = names(&["TLS_AES_128_GCM_SHA256"]);
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let only_old = of_versions(&site.root, &[&rustls::version::TLS12]);
    assert_eq!(meet(&tls, only_old).await.outcome(), "no_shared_version");
    assert_eq!(meet(&tls, of_versions(&site.root, BOTH)).await.outcome(), "ok");
}

#[test]
fn nothing_left_to_offer_is_a_fault() {
    let mut site = Site::new();
    for (versions, ciphers) in [
        (vec![V1_2], names(&["TLS_AES_128_GCM_SHA256"])),
        (vec![V1_3], names(&["ECDHE-RSA-AES128-GCM-SHA256"])),
        (vec![V1_2, V1_3], names(&["AES256-SHA"])),
        (vec![], vec![]),
        // The key is not an RSA key.
        (vec![V1_2], names(&["ECDHE-RSA-AES128-GCM-SHA256"])),
    ] {
        site.config.versions = versions;
        site.config.ciphers = ciphers;
        let fault = ServerTls::load(&site.config, &[]).err().unwrap();
        assert_eq!(fault.key, "ciphers", "{fault}");
    }
    site.config = Site::new().config;
    site.config.eccs = names(&["secp521r1", "brainpoolP256r1"]);
    assert_eq!(ServerTls::load(&site.config, &[]).err().unwrap().key, "eccs");
}

#[tokio::test(start_paused = true)]
async fn curves_are_those_of_the_list() {
    let mut site = Site::new();
    for (curve, group) in [
        ("prime256v1", NamedGroup::secp256r1),
        ("secp256r1", NamedGroup::secp256r1),
        ("secp384r1", NamedGroup::secp384r1),
        ("x25519", NamedGroup::X25519),
    ] {
        site.config.eccs = names(&["secp521r1", curve]);
        let tls = ServerTls::load(&site.config, &[]).unwrap();
        let stream = meet(&tls, anonymous(&site.root)).await.client.unwrap();
        let session = stream.get_ref().1;
        assert_eq!(session.negotiated_key_exchange_group().unwrap().name(), group);
    }
}
