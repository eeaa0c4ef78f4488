//! TLS of listeners: what is asked for is served, or the file is refused (config.md 8).

use std::time::Duration;

use super::listeners::{listener, listener_faults, of_kind, part};
use super::*;

fn tls(text: &str) -> TlsConfig {
    listener(&(of_kind("ssl") + text)).tls.expect("TLS")
}

/// The warnings about the lines of `text`, without their places.
fn warnings(text: &str) -> Vec<String> {
    let loaded = load_text(&(of_kind("ssl") + text));
    loaded.warnings.into_iter().map(|notice| notice.text).collect()
}

/// The faults of the lines of `text`, without their places.
fn faults(text: &str) -> Vec<String> {
    listener_faults(&(of_kind("ssl") + text))
}

#[test]
fn defaults_are_those_of_the_table() {
    let expected = TlsConfig {
        certfile: part("cert.pem").into(),
        keyfile: part("key.pem").into(),
        keypasswd: Secret::new(""),
        cafile: None,
        depth: 1,
        versions: vec![TlsVersion::V1_2],
        ciphers: Vec::new(),
        eccs: Vec::new(),
        require_certificate: false,
        use_identity_as_username: false,
        crlfile: None,
        handshake_timeout: Some(Duration::from_secs(5)),
    };
    assert_eq!(tls(""), expected);
    assert_eq!(
        load_text("").config.crl_refresh_interval,
        Some(Duration::from_secs(60))
    );
    assert_eq!(
        load_text("crl_refresh_interval = 0").config.crl_refresh_interval,
        None
    );
}

#[test]
fn versions_come_in_their_order() {
    let both = [TlsVersion::V1_2, TlsVersion::V1_3];
    assert_eq!(tls("listener.ssl.tls_version = tlsv1.3,tlsv1.2").versions, both);
    let old = "listener.ssl.tls_version = tlsv1.1,tlsv1.3,tlsv1";
    assert_eq!(tls(old).versions, [TlsVersion::V1_3]);
    assert_eq!(
        warnings(old),
        ["listener.ssl.tls_version: not served and left out: tlsv1.1, tlsv1"]
    );
}

#[test]
fn ciphers_keep_the_order_of_the_file() {
    let text = "listener.ssl.tls_version = tlsv1.2,tlsv1.3\n\
                listener.ssl.a.ciphers = ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256:\
                ECDHE-RSA-AES128-GCM-SHA256:AES256-SHA:ECDHE-ECDSA-AES256-GCM-SHA384";
    assert_eq!(
        tls(text).ciphers,
        [
            "ECDHE-RSA-AES128-GCM-SHA256",
            "TLS_AES_128_GCM_SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384"
        ]
    );
    assert_eq!(
        warnings(text),
        ["listener.ssl.a.ciphers: not served and left out: AES256-SHA"]
    );
}

/// The list says what may be used and nothing else, so a version without a cipher is not offered.
#[test]
fn a_version_without_cipher_is_not_offered() {
    let text = "listener.ssl.tls_version = tlsv1.2,tlsv1.3\nlistener.ssl.ciphers = TLS_AES_128_GCM_SHA256";
    assert_eq!(tls(text).versions, [TlsVersion::V1_3]);
    assert_eq!(
        warnings(text),
        ["listener.ssl.ciphers has no cipher for tlsv1.2: that version is not offered"]
    );
    assert_eq!(
        faults("listener.ssl.ciphers = TLS_AES_128_GCM_SHA256"),
        [
            "listener.ssl.ciphers: none of these is for tlsv1.2: add one, or change listener.ssl.a.tls_version or \
             listener.ssl.tls_version"
        ]
    );
}

#[test]
fn unknown_names_are_left_out_while_others_remain() {
    let curves = "listener.ssl.eccs = [brainpoolP384r1, secp384r1, sect283k1, secp384r1]";
    assert_eq!(tls(curves).eccs, ["secp384r1"]);
    assert_eq!(
        warnings(curves),
        ["listener.ssl.eccs: not served and left out: brainpoolP384r1, sect283k1"]
    );
    assert_eq!(
        faults("listener.ssl.eccs = [brainpoolP384r1, curve1]"),
        [
            "listener.ssl.eccs: none of these is served: brainpoolP384r1, curve1; served are x25519, prime256v1, \
             secp256r1, secp384r1"
        ]
    );
    let none = faults("listener.ssl.ciphers = AES256-SHA:PSK-AES128-GCM-SHA256");
    assert_eq!(none.len(), 1);
    assert!(
        none[0]
            .starts_with("listener.ssl.ciphers: none of these is served: AES256-SHA, PSK-AES128-GCM-SHA256;"),
        "{none:?}"
    );
    assert_eq!(
        tls("listener.ssl.ciphers = ''\nlistener.ssl.a.eccs = []").eccs,
        [""; 0]
    );
}

#[test]
fn what_two_listeners_inherit_is_told_once() {
    let text = "listener.ssl.b = 127.0.0.1:0\nlistener.ssl.eccs = [x25519, curve1]\n";
    assert_eq!(warnings(text).len(), 1);
    assert_eq!(faults(&format!("{text}listener.ssl.ciphers = A")).len(), 1);
}

#[test]
fn a_handshake_may_have_no_limit() {
    let timeout = |text: &str| tls(&format!("listener.ssl.tls_handshake_timeout = {text}")).handshake_timeout;
    assert_eq!(timeout("infinity"), None);
    assert_eq!(timeout("-1"), Some(Duration::from_secs(5)));
    assert_eq!(timeout("250"), Some(Duration::from_millis(250)));
}

#[test]
fn client_certificates_need_authorities() {
    let option = "listener.ssl.a.use_identity_as_username";
    assert_eq!(
        faults(&format!("{option} = on")),
        [format!(
            "{option} = on needs the authorities of client certificates: set listener.ssl.a.cafile or \
             listener.ssl.cafile"
        )]
    );
    let authorities = format!("listener.ssl.cafile = {}\n", part("cert.pem"));
    assert!(tls(&format!("{authorities}{option} = on")).use_identity_as_username);
    // Nobody is asked for a certificate that could be on it.
    assert_eq!(
        warnings(&format!("listener.ssl.crlfile = {}", part("cert.pem"))),
        ["config: listener.ssl.crlfile has no effect here (no client certificate is asked for)"]
    );
}
