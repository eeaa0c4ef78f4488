//! Versions, cipher suites and curves of a listener: names of OpenSSL in, what rustls with ring can do out.
//!
//! Unknown names are left out with a warning while others remain. A version for which `ciphers` names no suite is not
//! offered, as with OpenSSL's one list: the built-in suites of that version are never added behind the operator's
//! back.

use super::fault::TlsFault;
use rustls::crypto::ring::{cipher_suite as suite, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::{SignatureAlgorithm, SupportedCipherSuite, SupportedProtocolVersion};
use std::sync::Arc;
use tracing::warn;
use vmq_config::{TlsConfig, TlsVersion};

/// OpenSSL names in the built-in order: 256 bits first, as VerneMQ does, ChaCha20 for those who offer nothing else.
static SUITES: &[(&str, SupportedCipherSuite)] = &[
    ("TLS_AES_256_GCM_SHA384", suite::TLS13_AES_256_GCM_SHA384),
    ("TLS_AES_128_GCM_SHA256", suite::TLS13_AES_128_GCM_SHA256),
    (
        "TLS_CHACHA20_POLY1305_SHA256",
        suite::TLS13_CHACHA20_POLY1305_SHA256,
    ),
    (
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "ECDHE-RSA-AES256-GCM-SHA384",
        suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "ECDHE-RSA-AES128-GCM-SHA256",
        suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "ECDHE-RSA-CHACHA20-POLY1305",
        suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];

/// The NIST curve has two names.
static CURVES: &[(&str, &dyn SupportedKxGroup)] = &[
    ("x25519", kx_group::X25519),
    ("prime256v1", kx_group::SECP256R1),
    ("secp256r1", kx_group::SECP256R1),
    ("secp384r1", kx_group::SECP384R1),
];

/// What a listener offers.
#[derive(Clone)]
pub(super) struct Policy {
    provider: Arc<CryptoProvider>,
    versions: Vec<&'static SupportedProtocolVersion>,
}

impl Policy {
    /// # Errors
    /// Nothing that was named can be offered.
    pub(super) fn new(config: &TlsConfig) -> Result<Self, TlsFault> {
        let mut versions = offered_versions(config);
        let suites: Vec<SupportedCipherSuite> = named_suites(&config.ciphers)
            .into_iter()
            .filter(|suite| versions.contains(&suite.version()))
            .collect();
        if suites.is_empty() {
            return Err(TlsFault::setting(
                "ciphers",
                "none of the suites can be offered with the versions of tls_version",
                "name other suites, such as ECDHE-RSA-AES256-GCM-SHA384 (tlsv1.2) or TLS_AES_256_GCM_SHA384 (tlsv1.3), or \
                 leave ciphers empty",
            ));
        }
        versions.retain(|version| has_suite(version, &suites));
        let provider = CryptoProvider {
            cipher_suites: suites,
            kx_groups: named_curves(&config.eccs)?,
            ..rustls::crypto::ring::default_provider()
        };
        Ok(Self {
            provider: Arc::new(provider),
            versions,
        })
    }

    pub(super) fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }

    pub(super) fn versions(&self) -> &[&'static SupportedProtocolVersion] {
        &self.versions
    }

    /// A listener whose suites want an RSA key and that has another one could serve nobody.
    ///
    /// # Errors
    /// No suite works with such a key.
    pub(super) fn check_key(&self, algorithm: SignatureAlgorithm) -> Result<(), TlsFault> {
        let mut suites = self.provider.cipher_suites.iter();
        if suites.any(|suite| suite.usable_for_signature_algorithm(algorithm)) {
            return Ok(());
        }
        Err(TlsFault::setting(
            "ciphers",
            format!("no suite of the list works with the {algorithm:?} key of keyfile"),
            "name suites for that kind of key, or leave ciphers empty",
        ))
    }
}

fn offered_versions(config: &TlsConfig) -> Vec<&'static SupportedProtocolVersion> {
    // The newer one first, whatever the order of the setting.
    let known = [
        (TlsVersion::V1_3, &rustls::version::TLS13),
        (TlsVersion::V1_2, &rustls::version::TLS12),
    ];
    let asked = known
        .into_iter()
        .filter(|(version, _)| config.versions.contains(version));
    asked.map(|(_, version)| version).collect()
}

fn has_suite(version: &SupportedProtocolVersion, suites: &[SupportedCipherSuite]) -> bool {
    let is_served = suites.iter().any(|suite| suite.version() == version);
    if !is_served {
        warn!(
            version = ?version.version,
            "this TLS version is not offered: ciphers names no suite of it that is served"
        );
    }
    is_served
}

fn named_suites(names: &[String]) -> Vec<SupportedCipherSuite> {
    if names.is_empty() {
        return SUITES.iter().map(|(_, suite)| *suite).collect();
    }
    let mut suites: Vec<SupportedCipherSuite> = Vec::with_capacity(names.len());
    for name in names {
        match suite_by_name(name) {
            Some(suite) if suites.contains(&suite) => {}
            Some(suite) => suites.push(suite),
            None => warn!(suite = %name, "cipher suite is not served and was left out"),
        }
    }
    suites
}

/// By its OpenSSL name, or by its name in the register of IANA, which VerneMQ also takes.
fn suite_by_name(name: &str) -> Option<SupportedCipherSuite> {
    let is_it = |(openssl, suite): &&(&str, SupportedCipherSuite)| {
        openssl.eq_ignore_ascii_case(name) || suite.suite().as_str() == Some(name)
    };
    SUITES.iter().find(is_it).map(|(_, suite)| *suite)
}

fn named_curves(names: &[String]) -> Result<Vec<&'static dyn SupportedKxGroup>, TlsFault> {
    if names.is_empty() {
        return Ok(rustls::crypto::ring::default_provider().kx_groups);
    }
    let mut groups: Vec<&'static dyn SupportedKxGroup> = Vec::with_capacity(names.len());
    for name in names {
        match CURVES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, group)) if groups.iter().any(|other| other.name() == group.name()) => {}
            Some((_, group)) => groups.push(*group),
            None => warn!(curve = %name, "elliptic curve is not served and was left out"),
        }
    }
    if groups.is_empty() {
        return Err(TlsFault::setting(
            "eccs",
            "none of the curves is served",
            "name x25519, prime256v1 or secp384r1, or leave eccs empty",
        ));
    }
    Ok(groups)
}
